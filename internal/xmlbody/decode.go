package xmlbody

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/antchfx/xmlquery"
	"github.com/getkin/kin-openapi/openapi3"
)

// maxNotes bounds the list of unknown elements, and that of problems: a report is for reading.
const maxNotes = 50

// decoding is one run of the decoder over a body.
type decoding struct {
	problems []Problem // what JSON Schema has no word for: an element that occurs twice
	extra    []string
	seen     map[string]bool
}

// value makes of an element what the schema of its shape can judge. Where the element does not fit the
// type, its text or its children are given as they are, and validation says what is wrong.
func (d *decoding) value(node *xmlquery.Node, s *shape, path string) any {
	switch s.kind {
	case openapi3.TypeObject:
		return d.object(node, s, path)
	case openapi3.TypeArray:
		return d.wrappedList(node, s, path)
	}
	if firstElement(node) != nil {
		return map[string]any{}
	}
	d.noteAttributes(node, path)
	return scalar(TextOf(node), s)
}

func scalar(text string, s *shape) any {
	if text == "" && s.schema.Nullable {
		return nil
	}
	switch s.kind {
	case openapi3.TypeInteger:
		if i, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64); err == nil {
			return i
		}
	case openapi3.TypeNumber:
		if f, err := strconv.ParseFloat(strings.TrimSpace(text), 64); err == nil {
			return f
		}
	case openapi3.TypeBoolean:
		switch strings.TrimSpace(text) { // the four spellings of XML Schema
		case "true", "1":
			return true
		case "false", "0":
			return false
		}
	}
	return text
}

func (d *decoding) object(node *xmlquery.Node, s *shape, path string) any {
	if text := strings.TrimSpace(TextOf(node)); text != "" {
		return text
	}
	if s.schema.Nullable && firstElement(node) == nil && len(node.Attr) == 0 {
		return nil
	}
	value := make(map[string]any, len(s.props))
	if len(s.props) == 0 {
		return value // the schema leaves the children open
	}
	for _, attr := range node.Attr {
		if i, ok := s.attributeNamed(attr.Name.Local); ok {
			value[s.props[i].key] = scalar(attr.Value, s.props[i].shape)
		} else {
			d.noteAttribute(attr, path)
		}
	}
	counts := make([]int, len(s.props))
	for child := firstElement(node); child != nil; child = nextElement(child) {
		i, ok := s.childNamed(child)
		if !ok {
			d.note(path + "/" + shorten(child.Data))
			continue
		}
		p := s.props[i]
		counts[i]++
		if p.list() {
			item := d.value(child, p.items, indexed(path+"/"+child.Data, counts[i]))
			list, _ := value[p.key].([]any)
			value[p.key] = append(list, item)
			continue
		}
		if counts[i] == 1 {
			value[p.key] = d.value(child, p.shape, path+"/"+child.Data)
		}
	}
	for i, p := range s.props {
		if counts[i] > 1 && !p.list() {
			d.problem(Problem{
				Path:     path + "/" + p.names[0],
				Message:  fmt.Sprintf("occurs %d times, expected once", counts[i]),
				Expected: "once",
				Seen:     fmt.Sprintf("%d times", counts[i]),
			})
		}
	}
	return value
}

// wrappedList decodes a list that has an element of its own around its items.
func (d *decoding) wrappedList(node *xmlquery.Node, s *shape, path string) any {
	if text := strings.TrimSpace(TextOf(node)); text != "" {
		return text
	}
	list := []any{}
	for child := firstElement(node); child != nil; child = nextElement(child) {
		if !s.items.named(child) {
			d.note(path + "/" + shorten(child.Data))
			continue
		}
		list = append(list, d.value(child, s.items, indexed(path+"/"+child.Data, len(list)+1)))
	}
	d.noteAttributes(node, path)
	return list
}

func (d *decoding) problem(p Problem) {
	if len(d.problems) < maxNotes {
		d.problems = append(d.problems, p)
	}
}

func (d *decoding) note(path string) {
	if len(d.extra) >= maxNotes || d.seen[path] {
		return
	}
	if d.seen == nil {
		d.seen = make(map[string]bool)
	}
	d.seen[path] = true
	d.extra = append(d.extra, path)
}

func (d *decoding) noteAttributes(node *xmlquery.Node, path string) {
	for _, attr := range node.Attr {
		d.noteAttribute(attr, path)
	}
}

func (d *decoding) noteAttribute(attr xmlquery.Attr, path string) {
	if attr.Name.Space != "xmlns" && attr.Name.Local != "xmlns" {
		d.note(path + "/@" + shorten(attr.Name.Local))
	}
}

func indexed(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

func firstElement(node *xmlquery.Node) *xmlquery.Node { return orNextElement(node.FirstChild) }

func nextElement(node *xmlquery.Node) *xmlquery.Node { return orNextElement(node.NextSibling) }

func orNextElement(node *xmlquery.Node) *xmlquery.Node {
	for node != nil && node.Type != xmlquery.ElementNode {
		node = node.NextSibling
	}
	return node
}

// TextOf is the text of an element itself, without that of its children.
func TextOf(node *xmlquery.Node) string {
	first := node.FirstChild
	if first == nil {
		return ""
	}
	if first.NextSibling == nil && isText(first) {
		return first.Data
	}
	var text strings.Builder
	for child := first; child != nil; child = child.NextSibling {
		if isText(child) {
			text.WriteString(child.Data)
		}
	}
	return text.String()
}

func isText(node *xmlquery.Node) bool {
	return node.Type == xmlquery.TextNode || node.Type == xmlquery.CharDataNode
}
