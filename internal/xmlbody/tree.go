package xmlbody

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/antchfx/xmlquery"
)

// tree makes the tree of a body while it checks what encoding/xml lets pass: several roots, text outside of
// the root, a late XML declaration, doubled attributes, a prefix that nothing declares, endless depth. A
// document type is refused where it begins, before anything is made of it. Comments and processing
// instructions say nothing and are left out.
func tree(text []byte) (*xmlquery.Node, error) {
	if at := bytes.IndexByte(text, 0); at >= 0 {
		return nil, syntaxErrorAt(text, at, "NUL byte")
	}
	if !utf8.Valid(text) {
		return nil, syntaxErrorAt(text, firstInvalid(text), "not valid UTF-8")
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, &SyntaxError{Line: 1, Column: 1, Reason: "the body is empty"}
	}
	decoder := xml.NewDecoder(bytes.NewReader(text))
	decoder.CharsetReader = alreadyUTF8
	p := planting{text: text, doc: &xmlquery.Node{Type: xmlquery.DocumentNode}}
	p.top = p.doc
	for {
		start := int(decoder.InputOffset())
		token, err := decoder.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			reason := err.Error()
			var syntax *xml.SyntaxError
			if errors.As(err, &syntax) {
				reason = syntax.Msg
			}
			return nil, syntaxErrorAt(text, int(decoder.InputOffset()), reason)
		}
		if reason := p.take(token, start); reason != "" {
			return nil, syntaxErrorAt(text, start, reason)
		}
	}
	if !p.rooted {
		return nil, syntaxErrorAt(text, len(text), "no root element")
	}
	return p.doc, nil
}

// alreadyUTF8 makes the decoder ignore the encoding of the XML declaration, which toUTF8 has seen to.
func alreadyUTF8(_ string, input io.Reader) (io.Reader, error) { return input, nil }

// planting is a tree that is being made.
type planting struct {
	text         []byte
	doc, top     *xmlquery.Node // top is what is open
	depth, nodes int
	rooted       bool
	prefixes     map[string]string // by the namespaces that were declared
}

// take takes a token in that begins at an offset, or gives why a body may not have it.
func (p *planting) take(token xml.Token, start int) (reason string) {
	switch token := token.(type) {
	case xml.StartElement:
		return p.open(token, start)
	case xml.EndElement:
		p.depth--
		p.top = p.top.Parent
	case xml.CharData:
		if p.depth > 0 {
			xmlquery.AddChild(p.top, &xmlquery.Node{Type: xmlquery.TextNode, Data: string(token)})
		} else if len(bytes.TrimSpace(token)) > 0 {
			return "text outside of the root element"
		}
	case xml.ProcInst:
		if strings.EqualFold(token.Target, "xml") && start > 0 {
			return "the XML declaration is not at the start"
		}
	case xml.Directive:
		return "document types are refused"
	}
	return ""
}

func (p *planting) open(token xml.StartElement, start int) (reason string) {
	if p.depth == 0 && p.rooted {
		return "a second root element " + token.Name.Local
	}
	p.rooted = true
	if p.depth++; p.depth > maxDepth {
		return fmt.Sprintf("elements nest deeper than %d", maxDepth)
	}
	if p.nodes += 1 + len(token.Attr); p.nodes > maxNodes {
		return fmt.Sprintf("more than %d elements and attributes", maxNodes)
	}
	if name := doubledAttribute(token.Attr); name != "" {
		return "attribute " + name + " occurs twice"
	}
	node := &xmlquery.Node{Type: xmlquery.ElementNode, Data: token.Name.Local, NamespaceURI: token.Name.Space, Attr: p.attributes(token.Attr)}
	if space := token.Name.Space; space != "" {
		if _, declared := p.prefixes[space]; !declared && space != xmlNamespace {
			return "the prefix " + space + " has no namespace"
		}
		node.Prefix = prefixAt(p.text[start:])
	}
	xmlquery.AddChild(p.top, node)
	p.top = node
	return ""
}

const xmlNamespace = "http://www.w3.org/XML/1998/namespace"

// prefixAt is the prefix of the tag that a text begins with.
func prefixAt(text []byte) string {
	end := bytes.IndexAny(text, " \t\r\n/>")
	prefix, _, _ := strings.Cut(string(text[1:max(end, 1)]), ":")
	return prefix
}

// attributes are those of an element, by the prefixes of their namespaces.
func (p *planting) attributes(attrs []xml.Attr) []xmlquery.Attr {
	if len(attrs) == 0 {
		return nil
	}
	list := make([]xmlquery.Attr, len(attrs))
	for _, a := range attrs {
		if a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns" {
			if p.prefixes == nil {
				p.prefixes = map[string]string{xmlNamespace: "xml"}
			}
			prefix := ""
			if a.Name.Space != "" {
				prefix = a.Name.Local
			}
			p.prefixes[a.Value] = prefix
		}
	}
	for i, a := range attrs {
		list[i] = xmlquery.Attr{Name: a.Name, Value: a.Value, NamespaceURI: a.Name.Space}
		if prefix, declared := p.prefixes[a.Name.Space]; declared {
			list[i].Name.Space = prefix
		}
	}
	return list
}

func doubledAttribute(attrs []xml.Attr) string {
	if len(attrs) < 2 {
		return ""
	}
	seen := make(map[xml.Name]bool, len(attrs))
	for _, attr := range attrs {
		if seen[attr.Name] {
			return attr.Name.Local
		}
		seen[attr.Name] = true
	}
	return ""
}
