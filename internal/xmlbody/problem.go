package xmlbody

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
	"unicode"

	"github.com/getkin/kin-openapi/openapi3"
)

// Problem is one thing that is wrong with a body.
type Problem struct {
	// Path is the XPath of the element, from the root and without a leading slash, in the spelling of the
	// schema. It is empty where the problem is one of the body as a whole.
	Path string
	// Message says what is wrong in one line, without the path.
	Message string
	// Expected is what the schema asks for.
	Expected string
	// Seen is what the body has, shortened; empty where it has nothing.
	Seen string
}

// String is the problem in one line, as in `User/state: "FOO" is not one of LOGOUT, NOT_READY`.
func (p Problem) String() string {
	if p.Path == "" {
		return p.Message
	}
	return p.Path + ": " + p.Message
}

// problemsOf turns what kin-openapi found into problems of the body.
func problemsOf(err error, root *shape) []Problem {
	var problems []Problem
	if many, ok := err.(openapi3.MultiError); ok {
		for _, err := range many {
			problems = append(problems, problemsOf(err, root)...)
		}
		return problems
	}
	var one *openapi3.SchemaError
	if errors.As(err, &one) {
		return []Problem{problemOf(one, root)}
	}
	return []Problem{{Path: root.names[0], Message: err.Error()}}
}

func problemOf(err *openapi3.SchemaError, root *shape) Problem {
	p := Problem{Path: xpath(err.JSONPointer(), root)}
	schema := err.Schema
	seen, isText := err.Value.(string)
	p.Seen = shorten(seen)
	_, elements := err.Value.(map[string]any)
	switch field := err.SchemaField; {
	case field == "required":
		p.Seen, p.Expected, p.Message = "", "present", "missing"
	case field == "type" && isText && schema.Type.Is(openapi3.TypeObject),
		field == "type" && isText && schema.Type.Is(openapi3.TypeArray):
		p.Expected, p.Message = "elements", fmt.Sprintf("holds the text %s, expected elements", quote(seen))
	case field == "type" && isText:
		p.Expected = article(schema.Type.Slice()[0])
		p.Message = fmt.Sprintf("%s is not %s", quoteOrEmpty(seen), p.Expected)
	case field == "anyOf" && schema.Type.Is(openapi3.TypeObject):
		p.Expected = "one of " + alternatives(schema.AnyOf)
		p.Message = "is not " + p.Expected
	case elements && (field == "type" || field == "enum" || field == "anyOf"):
		p.Expected, p.Message = "text", "holds elements, expected text"
	case field == "enum":
		p.Expected = "one of " + values(schema.Enum)
		p.Message = fmt.Sprintf("%s is not %s", quoteOrEmpty(seen), p.Expected)
	case field == "pattern":
		p.Expected = schema.Pattern
		if form, ok := schema.Extensions["x-form"].(string); ok {
			p.Expected = form
		}
		p.Message = fmt.Sprintf("%s does not have the form %s", quoteOrEmpty(seen), p.Expected)
	case field == "minLength", field == "anyOf" && isText && seen == "":
		p.Expected, p.Message = "text", "is empty"
	case field == "minimum":
		p.Expected = "at least " + number(*schema.Min)
		p.Seen = fmt.Sprint(err.Value)
		p.Message = fmt.Sprintf("%v is less than %s", err.Value, number(*schema.Min))
	case field == "maximum":
		p.Expected = "at most " + number(*schema.Max)
		p.Seen = fmt.Sprint(err.Value)
		p.Message = fmt.Sprintf("%v is more than %s", err.Value, number(*schema.Max))
	case field == "minItems":
		p.Expected, p.Message = "at least one element", "is empty"
	default:
		p.Message = cmp.Or(err.Reason, "does not fit "+field)
	}
	return p
}

// xpath turns the way to a value into the way to its element.
func xpath(pointer []string, s *shape) string {
	way := s.names[0]
	for len(pointer) > 0 {
		step := pointer[0]
		pointer = pointer[1:]
		if i, err := strconv.Atoi(step); err == nil && s.kind == openapi3.TypeArray {
			s = s.items
			way += "/" + indexed(s.names[0], i+1)
			continue
		}
		p, ok := s.property(step)
		if !ok {
			return way + "/" + step
		}
		s = p.shape
		switch {
		case p.attribute:
			way += "/@" + p.names[0]
		case p.list():
			way += "/" + p.items.names[0]
			if s = p.items; len(pointer) > 0 {
				if i, err := strconv.Atoi(pointer[0]); err == nil {
					way, pointer = indexed(way, i+1), pointer[1:]
				}
			}
		default:
			way += "/" + p.names[0]
		}
	}
	return way
}

// alternatives names the schemas that a value may fit.
func alternatives(refs openapi3.SchemaRefs) string {
	names := make([]string, len(refs))
	for i, ref := range refs {
		names[i] = path.Base(ref.Ref)
	}
	return strings.Join(names, ", ")
}

func article(kind string) string {
	switch kind {
	case openapi3.TypeInteger, openapi3.TypeObject, openapi3.TypeArray:
		return "an " + kind
	}
	return "a " + kind
}

func values(enum []any) string {
	words := make([]string, 0, len(enum))
	for _, v := range enum {
		if v == "" {
			words = append(words, "nothing")
			continue
		}
		words = append(words, fmt.Sprint(v))
	}
	return strings.Join(words, ", ")
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func quoteOrEmpty(s string) string {
	if s == "" {
		return "nothing"
	}
	return quote(s)
}

// quote shows text of the target in one line whatever it holds.
func quote(s string) string { return strconv.QuoteToGraphic(shorten(s)) }

// shorten keeps reports readable: a body may hold a megabyte in one element.
func shorten(s string) string {
	const most = 80
	n := 0
	for i := range s {
		if n++; n > most {
			s = strings.TrimRightFunc(s[:i], unicode.IsSpace) + "…"
			break
		}
	}
	return strings.ToValidUTF8(s, "\ufffd")
}
