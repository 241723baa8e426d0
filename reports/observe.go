package reports

import (
	"cmp"
	"encoding/xml"
	"regexp"
	"slices"
	"sort"
	"strings"

	"finesse-conformance/internal/text"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// Observation is the shape of one kind of document as a run saw it: which
// elements there were and what their texts looked like, without the texts
// themselves, which change from run to run.
type Observation struct {
	// Document is the name of the root element; "User in READY" for the
	// users in a resting state, and "event" before it for notifications.
	Document string    `json:"document"`
	Seen     int       `json:"seen"` // how many documents
	Elements []Element `json:"elements"`
}

// Element is one element of a kind of document.
type Element struct {
	Path  string         `json:"path"`  // from the root's child on: roles/role; attributes as ReasonCodes/@category
	Seen  int            `json:"seen"`  // in how many documents
	Forms map[string]int `json:"forms"` // how many texts of each form, see formOf
	// Values counts the texts of elements that have a closed list of values.
	Values map[string]int `json:"values,omitempty"`
}

// enumerated are the elements whose values are a closed list. Of states only
// the undocumented ones are kept: which documented ones a run sees depends on
// the moments at which it looks.
var enumerated = map[string][]string{
	"User": {"roles/role", "settings/wrapUpOnIncoming", "settings/wrapUpOnOutgoing", "mediaType",
		"state", "pendingState"},
	"Update":      {"data/user/state", "data/user/pendingState", "data/user/roles/role"},
	"SystemInfo":  {"status", "deploymentType"},
	"ReasonCodes": {"@category", "ReasonCode/category"},
}

// maxHeld is how many bytes of documents are held while they are counted.
const maxHeld = 16 << 20

// Observe computes the shapes of all documents in the evidence: bodies of
// answers and payloads of notifications. What is no well-formed XML has no
// shape.
func Observe(all []*evidence.Evidence) []Observation {
	type seen struct{ prefix, text string }
	times, held := map[seen]int{}, 0 // most documents come again and again
	o := observer{shapes: map[string]*shape{}}
	count := func(prefix, said string) {
		if times[seen{prefix, said}]++; times[seen{prefix, said}] == 1 {
			held += len(said)
		}
	}
	flush := func() {
		for s, n := range times {
			o.add(s.prefix, s.text, n)
		}
		clear(times)
		held = 0
	}
	for _, e := range all {
		e = e.Load()
		for _, x := range e.Exchanges {
			if x.Status != 0 && x.Err == "" && x.ResponseBody != "" {
				count("", x.ResponseBody)
			}
		}
		for _, v := range e.Events {
			count("event ", v.Payload)
		}
		if held > maxHeld {
			flush()
		}
	}
	flush()
	return o.observations()
}

type observer struct {
	shapes map[string]*shape
}

type shape struct {
	seen     int
	elements map[string]*Element
}

// add counts a text that was seen so many times.
func (o *observer) add(prefix, said string, n int) {
	doc := parseDocument(said)
	if doc == nil {
		return
	}
	o.count(prefix+doc.root, doc, n)
	if doc.root == "User" && spec.State(doc.state).Resting() {
		o.count(prefix+"User in "+doc.state, doc, n)
	}
}

func (o *observer) count(name string, doc *document, n int) {
	s := o.shapes[name]
	if s == nil {
		s = &shape{elements: map[string]*Element{}}
		o.shapes[name] = s
	}
	s.seen += n
	for path, texts := range doc.texts {
		e := s.elements[path]
		if e == nil {
			e = &Element{Path: path, Forms: map[string]int{}}
			s.elements[path] = e
		}
		e.Seen += n
		list := slices.Contains(enumerated[doc.root], path)
		for _, said := range texts {
			e.Forms[formOf(said)] += n
			if list && said != "" && !(strings.HasSuffix(strings.ToLower(path), "state") && documented(said)) {
				if e.Values == nil {
					e.Values = map[string]int{}
				}
				e.Values[text.Cut(said, 64)] += n
			}
		}
	}
}

func documented(state string) bool {
	switch s := spec.State(state); s {
	case spec.Login, spec.Work, spec.WorkReady, spec.Unknown:
		return true
	default:
		return s.Resting() || s.OnCall()
	}
}

func (o *observer) observations() []Observation {
	var out []Observation
	for name, s := range o.shapes {
		obs := Observation{Document: name, Seen: s.seen, Elements: []Element{}}
		for _, e := range s.elements {
			obs.Elements = append(obs.Elements, *e)
		}
		sort.Slice(obs.Elements, func(i, j int) bool { return obs.Elements[i].Path < obs.Elements[j].Path })
		out = append(out, obs)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Document < out[j].Document })
	return out
}

// document is what one text holds: the texts by path.
type document struct {
	root, state string
	texts       map[string][]string
}

// Documents that nest deeper, or have more different paths, have no shape:
// they are none of the API's.
const (
	MaxDepth = 64
	maxPaths = 1000
)

// parseDocument reads a document, nil if it is not well-formed or not to be
// taken for one of the API's. It follows no reference to anything outside.
func parseDocument(said string) *document {
	d := &document{texts: map[string][]string{}}
	dec := xml.NewDecoder(strings.NewReader(said))
	var path []string
	var leaf []bool
	var content strings.Builder
	for {
		token, err := dec.Token()
		if err != nil {
			break
		}
		switch t := token.(type) {
		case xml.StartElement:
			if len(path) > 0 {
				leaf[len(leaf)-1] = false
			}
			d.root = cmp.Or(d.root, t.Name.Local)
			path, leaf = append(path, t.Name.Local), append(leaf, true)
			if len(path) > MaxDepth || len(d.texts)+len(t.Attr) > maxPaths {
				return nil
			}
			content.Reset()
			d.attributes(path, t.Attr)
		case xml.CharData:
			content.Write(t)
		case xml.EndElement:
			d.element(path, leaf[len(leaf)-1], strings.TrimSpace(content.String()))
			path, leaf = path[:len(path)-1], leaf[:len(leaf)-1]
			content.Reset()
		}
	}
	if d.root == "" || len(path) > 0 {
		return nil
	}
	return d
}

// attributes adds those of the element at a path.
func (d *document) attributes(path []string, list []xml.Attr) {
	for _, a := range list {
		if a.Name.Space != "xmlns" && a.Name.Local != "xmlns" {
			p := strings.Join(append(slices.Clone(path[1:]), "@"+a.Name.Local), "/")
			d.texts[p] = append(d.texts[p], strings.TrimSpace(a.Value))
		}
	}
}

// element adds the element at a path, with its text where it has no children.
func (d *document) element(path []string, leaf bool, content string) {
	p := strings.Join(path[1:], "/")
	if p == "" {
		return
	}
	if !leaf {
		content = ""
		if _, known := d.texts[p]; !known {
			d.texts[p] = nil
		}
	} else {
		d.texts[p] = append(d.texts[p], content)
	}
	if p == "state" {
		d.state = content
	}
}

// forms are tried in their order.
var forms = []struct {
	name string
	form func() *regexp.Regexp
}{
	{"empty", text.Pattern(`^$`)},
	{"none", text.Pattern(`^-1$`)},
	{"integer", text.Pattern(`^-?\d+$`)},
	{"boolean", text.Pattern(`^(true|false)$`)},
	{"time with milliseconds", text.Pattern(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|[+-]\d\d:?\d\d)$`)},
	{"time", text.Pattern(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:?\d\d)?$`)},
	{"path", text.Pattern(`^/`)},
}

// formOf classes a text: empty, none (-1), integer, boolean, time with
// milliseconds, time, path, or text.
func formOf(said string) string {
	for _, f := range forms {
		if f.form().MatchString(said) {
			return f.name
		}
	}
	return "text"
}
