package xmlbody

import (
	"fmt"
	"sync"

	"github.com/antchfx/xmlquery"
	"github.com/getkin/kin-openapi/openapi3"
)

// Validator validates XML bodies against the component schemas of one OpenAPI document. It is made once
// and may be used by many goroutines.
type Validator struct {
	schemas func() *schemas
}

// schemas are the component schemas of a document, prepared.
type schemas struct {
	kinds map[string]*shape
	// answers are kinds without the names that only notifications have.
	answers map[string]*shape
}

// NewValidator validates by the component schemas of a document, which is loaded when the first body is
// validated: many a caller never validates one. The document is part of the program, so that one that cannot be
// loaded, is invalid or is of OpenAPI 3.1, whose nullable is another, is a mistake of the programmer, and a panic.
func NewValidator(load func() (*openapi3.T, error)) *Validator {
	return &Validator{schemas: sync.OnceValue(func() *schemas {
		doc, err := load()
		if err != nil {
			panic(fmt.Sprintf("xmlbody: %v", err))
		}
		s, err := prepare(doc)
		if err != nil {
			panic(fmt.Sprintf("xmlbody: %v", err))
		}
		return s
	})}
}

// Prepare loads the document now: for a caller who has time to spare, as while a
// target answers.
func (v *Validator) Prepare() { v.schemas() }

func prepare(doc *openapi3.T) (*schemas, error) {
	if doc.IsOpenAPI31OrLater() {
		return nil, fmt.Errorf("OpenAPI %s is not supported, expected 3.0", doc.OpenAPI)
	}
	s := &schemas{kinds: make(map[string]*shape), answers: make(map[string]*shape)}
	if doc.Components == nil {
		return s, nil
	}
	heard, answered := newShaper(true), newShaper(false)
	for kind, ref := range doc.Components.Schemas {
		s.kinds[kind] = heard.of(ref.Value, kind)
		s.answers[kind] = answered.of(ref.Value, kind)
	}
	return s, nil
}

// Report is what came of validating a body.
type Report struct {
	// Document is the parsed body, nil where it could not be parsed.
	Document *xmlquery.Node
	// Problems are what is wrong, at most 50, in the order of the schema and none for a valid body.
	Problems []Problem
	// Extra are the XPaths of elements and attributes that the schema does not name, each once and at
	// most 50. They do not make a body invalid.
	Extra []string
}

// Valid says that nothing is wrong.
func (r Report) Valid() bool { return len(r.Problems) == 0 }

// First is the first problem in one line, "" where there is none.
func (r Report) First() string {
	if len(r.Problems) == 0 {
		return ""
	}
	return r.Problems[0].String()
}

// Validate judges a body by the component schema that kind names, such as User or ApiErrors. The content
// type is that of the message; where it is empty, the media type is not judged. The caller limits the
// size of the body.
func (v *Validator) Validate(kind, contentType string, body []byte) Report {
	return validate(v.schemas().kinds, kind, contentType, body)
}

// ValidateAnswer is Validate for the body of an answer: spellings that only notifications have are
// unknown there.
func (v *Validator) ValidateAnswer(kind, contentType string, body []byte) Report {
	return validate(v.schemas().answers, kind, contentType, body)
}

func validate(kinds map[string]*shape, kind, contentType string, body []byte) Report {
	doc, err := ParseShared(contentType, body)
	if err != nil {
		return Report{Problems: []Problem{{Message: err.Error(), Expected: "XML", Seen: shorten(string(body))}}}
	}
	report := validateElement(kinds, kind, firstElement(doc))
	report.Document = doc
	return report
}

func validateElement(kinds map[string]*shape, kind string, element *xmlquery.Node) Report {
	s, ok := kinds[kind]
	if !ok {
		return Report{Document: element, Problems: []Problem{{Message: fmt.Sprintf("the contract has no schema %q", kind)}}}
	}
	value, d := decodeRoot(element, s)
	report := Report{Document: element, Problems: d.problems, Extra: d.extra}
	if value == nil {
		return report
	}
	if err := s.schema.VisitJSON(value, openapi3.MultiErrors()); err != nil {
		report.Problems = append(report.Problems, problemsOf(err, s)...)
		report.Problems = report.Problems[:min(len(report.Problems), maxNotes)]
	}
	return report
}

// decodeRoot gives no value where the element is another than the shape's.
func decodeRoot(element *xmlquery.Node, s *shape) (any, *decoding) {
	d := &decoding{}
	if element == nil || !s.named(element) {
		seen := ""
		if element != nil {
			seen = element.Data
			if element.NamespaceURI != s.space {
				seen = "{" + element.NamespaceURI + "}" + seen
			}
		}
		d.problem(Problem{
			Path:     shorten(seen),
			Message:  fmt.Sprintf("the root element is %s, expected %s", shorten(seen), s.names[0]),
			Expected: s.names[0],
			Seen:     shorten(seen),
		})
		return nil, d
	}
	return d.value(element, s, s.names[0]), d
}
