package xmlbody

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/antchfx/xmlquery"
)

// MaxDepth is how deep elements may nest; the deepest documented body, a list of dialogs, nests 6.
const MaxDepth = 64

// maxNodes is how many elements and attributes a body may have: a document of them takes up much more
// memory than its text.
const maxNodes = 20_000

// SyntaxError says where a body stops being XML. Lines and columns count from 1, the offset from 0 and
// in bytes of the body in UTF-8.
type SyntaxError struct {
	Line, Column int
	Offset       int64
	Reason       string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("not well-formed XML: line %d, column %d (offset %d): %s", e.Line, e.Column, e.Offset, e.Reason)
}

// Parse parses a body. An empty contentType leaves the media type unjudged, which is for XML that no
// header comes with. Document types are refused where they begin: no entity is expanded and nothing
// outside of the body is read. The caller limits the size; Parse limits depth and number of elements.
//
// The error is a *SyntaxError where the body is no well-formed XML, and another where its media type or
// charset is none that can be read.
func Parse(contentType string, body []byte) (*xmlquery.Node, error) {
	text, err := decoded(contentType, body)
	if err != nil {
		return nil, err
	}
	return tree(text)
}

// decoded is a body in UTF-8.
func decoded(contentType string, body []byte) ([]byte, error) {
	charset := ""
	if contentType != "" {
		var err error
		if charset, err = mediaCharset(contentType); err != nil {
			return nil, err
		}
	}
	return toUTF8(body, charset)
}

func tree(text []byte) (*xmlquery.Node, error) {
	if err := wellFormed(text); err != nil {
		return nil, err
	}
	doc, err := xmlquery.ParseWithOptions(bytes.NewReader(text), xmlquery.ParserOptions{
		Decoder: &xmlquery.DecoderOptions{Strict: true, CharsetReader: alreadyUTF8},
	})
	if err != nil {
		return nil, fmt.Errorf("not well-formed XML: %w", err) // a prefix without its namespace
	}
	return doc, nil
}

// ParseShared is Parse for those who only read the tree: who parses the same body soon after gets the same
// one.
func ParseShared(contentType string, body []byte) (*xmlquery.Node, error) {
	text, err := decoded(contentType, body)
	if err != nil {
		return nil, err
	}
	if len(text) > longestKept {
		return tree(text)
	}
	parsed.Lock()
	doc, ok := parsed.trees[string(text)]
	parsed.Unlock()
	if ok {
		return doc, nil
	}
	doc, err = tree(text)
	if err != nil {
		return nil, err
	}
	parsed.Lock()
	if len(parsed.trees) == mostKept {
		clear(parsed.trees)
	}
	parsed.trees[string(text)] = doc
	parsed.Unlock()
	return doc, nil
}

// What was parsed lately. A run reads a user again and again until it has
// moved, and judges what it read: most bodies are met several times.
var parsed = struct {
	sync.Mutex
	trees map[string]*xmlquery.Node
}{trees: make(map[string]*xmlquery.Node)}

const (
	mostKept    = 256
	longestKept = 4 << 10 // bytes: a User has about 1,500
)

// alreadyUTF8 makes the decoder ignore the encoding of the XML declaration, which toUTF8 has seen to.
func alreadyUTF8(_ string, input io.Reader) (io.Reader, error) { return input, nil }

// wellFormed checks what encoding/xml, and so xmlquery, let pass: several roots, text outside of the
// root, a late XML declaration, doubled attributes, endless depth. It goes first because a document type
// must be refused before anything is made of it.
func wellFormed(text []byte) error {
	if at := bytes.IndexByte(text, 0); at >= 0 {
		return syntaxErrorAt(text, at, "NUL byte")
	}
	if !utf8.Valid(text) {
		return syntaxErrorAt(text, firstInvalid(text), "not valid UTF-8")
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return &SyntaxError{Line: 1, Column: 1, Reason: "the body is empty"}
	}
	decoder := xml.NewDecoder(bytes.NewReader(text))
	decoder.CharsetReader = alreadyUTF8
	depth, roots, nodes := 0, 0, 0
	for {
		start := int(decoder.InputOffset())
		token, err := decoder.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			at := int(decoder.InputOffset())
			reason := err.Error()
			var syntax *xml.SyntaxError
			if errors.As(err, &syntax) {
				reason = syntax.Msg
			}
			return syntaxErrorAt(text, at, reason)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if depth == 0 {
				if roots++; roots > 1 {
					return syntaxErrorAt(text, start, "a second root element "+token.Name.Local)
				}
			}
			if depth++; depth > MaxDepth {
				return syntaxErrorAt(text, start, fmt.Sprintf("elements nest deeper than %d", MaxDepth))
			}
			if nodes += 1 + len(token.Attr); nodes > maxNodes {
				return syntaxErrorAt(text, start, fmt.Sprintf("more than %d elements and attributes", maxNodes))
			}
			if name := doubledAttribute(token.Attr); name != "" {
				return syntaxErrorAt(text, start, "attribute "+name+" occurs twice")
			}
		case xml.EndElement:
			depth--
		case xml.CharData:
			if depth == 0 && len(bytes.TrimSpace(token)) > 0 {
				return syntaxErrorAt(text, start, "text outside of the root element")
			}
		case xml.ProcInst:
			if strings.EqualFold(token.Target, "xml") && start > 0 {
				return syntaxErrorAt(text, start, "the XML declaration is not at the start")
			}
		case xml.Directive:
			return syntaxErrorAt(text, start, "document types are refused")
		}
	}
	if roots == 0 {
		return syntaxErrorAt(text, len(text), "no root element")
	}
	return nil
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

func firstInvalid(text []byte) int {
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && size == 1 {
			return at
		}
		at += size
	}
	return len(text)
}

func syntaxErrorAt(text []byte, at int, reason string) *SyntaxError {
	before := text[:at]
	return &SyntaxError{
		Line:   1 + bytes.Count(before, []byte{'\n'}),
		Column: at - bytes.LastIndexByte(before, '\n'),
		Offset: int64(at),
		Reason: reason,
	}
}
