package judge

import (
	"strings"

	"github.com/antchfx/xmlquery"

	"finesse-conformance/internal/xmlbody"
	"finesse-conformance/suites/evidence"
)

// document is a body, read.
type document struct {
	node    *xmlquery.Node // nil where the body is no XML
	xml     bool
	problem string // the first thing that is wrong with it, "" for nothing
	path    string // where
	media   string // what is wrong with its Content-Type, "" for nothing
	extra   []string
}

// document reads the body of an answer and holds it against the schema.
func (j *Judge) document(schema, contentType, body string) *document {
	d := reported(j.bodies.ValidateAnswer(schema, contentType, []byte(body)))
	if d.xml || contentType == "" {
		return d
	}
	if bare := reported(j.bodies.ValidateAnswer(schema, "", []byte(body))); bare.xml {
		bare.media = d.problem // it is read, whatever it is said to be
		return bare
	}
	return d
}

// form is what is wrong with a document or with what it is said to be, "" for
// nothing.
func (d *document) form() string {
	if d.media != "" {
		return d.media
	}
	return d.problem
}

// notification does so with that of a notification.
func (j *Judge) notification(schema, body string) *document {
	return reported(j.bodies.Validate(schema, "", []byte(body)))
}

func reported(r xmlbody.Report) *document {
	d := &document{node: r.Document, xml: r.Document != nil, extra: r.Extra}
	if !r.Valid() {
		d.problem, d.path = r.First(), r.Problems[0].Path
	}
	return d
}

// loose reads a body without holding it against a schema.
func (j *Judge) loose(body string) *document {
	node, err := xmlbody.ParseShared("", []byte(body))
	if err != nil {
		return &document{problem: err.Error()}
	}
	return &document{node: node, xml: true}
}

// text is the trimmed text of the first element at the path.
func (d *document) text(path string) (string, bool) {
	if d.node == nil {
		return "", false
	}
	text, ok := xmlbody.Text(d.node, path)
	return strings.TrimSpace(text), ok
}

func (d *document) texts(path string) []string {
	if d.node == nil {
		return nil
	}
	return xmlbody.Texts(d.node, path)
}

// read gives the answer to the request under test, held against the schema.
func (c *stepJudge) read(schema string) *document {
	return c.document(schema, c.act.ResponseHeader["Content-Type"], c.act.ResponseBody)
}

// answer gives the answer to the request under test as it is, an empty one where
// there was no request.
func (c *stepJudge) answer() *document {
	if c.act == nil {
		return &document{}
	}
	if c.body == nil {
		c.body = c.loose(c.act.ResponseBody)
	}
	return c.body
}

// documentOf gives the body behind a sighting, an empty one where there is none.
// A user in an event is read as if it had come in an answer.
func (j *Judge) documentOf(ev *evidence.Evidence, l evidence.Observation) *document {
	switch {
	case l.Index < 0 || !l.Event && l.Index >= len(ev.Exchanges) || l.Event && l.Index >= len(ev.Events):
		return &document{}
	case !l.Event:
		return j.loose(ev.Exchanges[l.Index].ResponseBody)
	}
	d := j.loose(ev.Events[l.Index].Payload)
	for _, path := range []string{"Update/data/user", "Update/data/User"} {
		if nodes := xmlbody.Nodes(d.node, path); len(nodes) > 0 {
			return &document{node: nodes[0].Parent, xml: true}
		}
	}
	return d
}
