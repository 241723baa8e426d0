package xmlbody

import (
	"bytes"
	"fmt"
	"sync"
	"unicode/utf8"

	"github.com/antchfx/xmlquery"
)

// maxDepth is how deep elements may nest; the deepest documented body, a list of dialogs, nests 6.
const maxDepth = 64

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
	if doc := parsed.get(text); doc != nil {
		return doc, nil
	}
	doc, err := tree(text)
	if err != nil {
		return nil, err
	}
	parsed.put(text, doc)
	return doc, nil
}

// parsed is what was parsed lately. A run reads a user again and again until it
// has moved, and judges what it read: most bodies are met several times.
var parsed trees

// trees keeps the trees of two generations: what is not asked for while as many
// others come goes.
type trees struct {
	sync.Mutex
	young, old map[string]*xmlquery.Node
}

func (t *trees) get(text []byte) *xmlquery.Node {
	t.Lock()
	defer t.Unlock()
	doc, ok := t.young[string(text)]
	if !ok {
		if doc, ok = t.old[string(text)]; ok {
			t.keep(string(text), doc)
		}
	}
	return doc
}

func (t *trees) put(text []byte, doc *xmlquery.Node) {
	t.Lock()
	defer t.Unlock()
	t.keep(string(text), doc)
}

func (t *trees) keep(text string, doc *xmlquery.Node) {
	if t.young == nil || len(t.young) == mostKept {
		t.young, t.old = make(map[string]*xmlquery.Node, mostKept), t.young
	}
	t.young[text] = doc
}

const (
	mostKept    = 256     // in a generation
	longestKept = 4 << 10 // bytes: a User has about 1,500
)

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
