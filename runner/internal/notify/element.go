package notify

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxDepth bounds how deep elements may lie in each other.
const maxDepth = 100

// element is one XML element, with the bytes that it was written in: a payload that was not escaped is kept as it
// came, and parsing forgets that.
type element struct {
	name     xml.Name
	attrs    []xml.Attr
	text     string // character data directly inside, entities resolved
	children []*element
	inner    []byte // as sent, without its own tags
}

func (e *element) attr(name string) string {
	for _, a := range e.attrs {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

// child returns the first child of that name, whatever its case or namespace, or nil: servers do not agree with
// themselves on the case of names (user and User, reasonCode and ReasonCode).
func (e *element) child(name string) *element {
	if e == nil {
		return nil
	}
	for _, c := range e.children {
		if strings.EqualFold(c.name.Local, name) {
			return c
		}
	}
	return nil
}

// content is the text of a child, "" when there is none.
func (e *element) content(name string) string {
	if c := e.child(name); c != nil {
		return strings.TrimSpace(c.text)
	}
	return ""
}

// source is a decoder together with the bytes that it reads.
type source struct {
	decoder *xml.Decoder
	// slice returns the bytes between two offsets of the decoder, which stay as they are.
	slice func(from, to int64) []byte
}

// parse reads exactly one element from data.
func parse(data []byte) (*element, error) {
	s := source{xml.NewDecoder(bytes.NewReader(data)), func(from, to int64) []byte { return data[from:to] }}
	for {
		token, err := s.decoder.Token()
		if err != nil {
			return nil, err
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			if text, isText := token.(xml.CharData); isText && len(bytes.TrimSpace(text)) > 0 {
				return nil, errors.New("text where an element was expected")
			}
			continue
		}
		e, err := s.element(start)
		if err != nil {
			return nil, err
		}
		return e, s.nothingMore()
	}
}

// nothingMore makes sure that only white space and comments are left.
func (s source) nothingMore() error {
	for {
		token, err := s.decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.StartElement:
			return fmt.Errorf("a second element, %s, where one was expected", token.Name.Local)
		case xml.CharData:
			if len(bytes.TrimSpace(token)) > 0 {
				return errors.New("text after the element")
			}
		}
	}
}

// element reads on to the end of the element that start began.
func (s source) element(start xml.StartElement) (*element, error) {
	type open struct {
		e    *element
		body int64 // where its content begins
	}
	begin := func(start xml.StartElement) open {
		return open{&element{name: start.Name, attrs: start.Attr}, s.decoder.InputOffset()}
	}
	stack := []open{begin(start.Copy())}
	for {
		at := s.decoder.InputOffset()
		token, err := s.decoder.Token()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		top := &stack[len(stack)-1]
		switch token := token.(type) {
		case xml.StartElement:
			if len(stack) == maxDepth {
				return nil, &because{Garbage, fmt.Sprintf("elements lie more than %d deep", maxDepth), nil}
			}
			stack = append(stack, begin(token.Copy()))
		case xml.CharData:
			top.e.text += string(token)
		case xml.EndElement:
			// A self-closing element has its end where its beginning ended.
			top.e.inner = s.slice(top.body, max(at, top.body))
			if len(stack) == 1 {
				return top.e, nil
			}
			parent := stack[len(stack)-2].e
			parent.children = append(parent.children, top.e)
			stack = stack[:len(stack)-1]
		}
	}
}
