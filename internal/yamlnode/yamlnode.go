// Package yamlnode reads YAML that people write: one document, strict
// mappings, and the line of everything that is wrong. What is said about it
// is for the room whose file it is. It imports nothing of the project, so that
// each room may use it.
package yamlnode

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"strconv"

	"go.yaml.in/yaml/v3"

	"finesse-conformance/internal/text"
)

// ErrEmpty is the error of a file without a document.
var ErrEmpty = errors.New("is empty")

// SyntaxError is the error of a file that is not YAML.
type SyntaxError struct {
	Line int // 0 where it is not known
	Text string
}

func (e *SyntaxError) Error() string { return e.Text }

// ManyError is the error of a file with more than one document.
type ManyError struct{ Line int }

func (e *ManyError) Error() string { return "has a second document" }

var syntax = text.Pattern(`^yaml: (?:line (\d+): )?(.*)$`)

// Document gives the top node of the one document that a file holds. The
// error is ErrEmpty or a *SyntaxError; with a *ManyError it gives the top node
// of the first document nevertheless.
func Document(data []byte) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var doc, more yaml.Node
	switch err := decoder.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil, ErrEmpty
	case err != nil:
		return nil, syntaxError(err)
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		return nil, ErrEmpty
	}
	switch err := decoder.Decode(&more); {
	case err == nil:
		return doc.Content[0], &ManyError{more.Line}
	case !errors.Is(err, io.EOF):
		return nil, syntaxError(err)
	}
	return doc.Content[0], nil
}

func syntaxError(err error) *SyntaxError {
	e := &SyntaxError{Text: err.Error()}
	if m := syntax().FindStringSubmatch(e.Text); m != nil {
		e.Line, _ = strconv.Atoi(m[1]) // 0 where there is none
		e.Text = m[2]
	}
	return e
}

// Entry is a key of a mapping with its value.
type Entry struct {
	Key, Value *yaml.Node
	// First is the line of the same key further up in the mapping, 0 where
	// there is none. The library keeps the last of two, without a word.
	First int
}

// Entries gives the entries of a mapping in the file's order.
func Entries(n *yaml.Node) iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		// Most mappings have few keys: looking back is cheaper than a map.
		const few = 16
		var lines map[string]int
		if len(n.Content) > 2*few {
			lines = make(map[string]int, len(n.Content)/2)
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			e := Entry{Key: n.Content[i], Value: n.Content[i+1]}
			key := Resolved(e.Key).Value
			switch {
			case lines == nil:
				for k := 0; k < i && e.First == 0; k += 2 {
					if before := Resolved(n.Content[k]); before.Value == key {
						e.First = before.Line
					}
				}
			case lines[key] > 0:
				e.First = lines[key]
			default:
				lines[key] = e.Key.Line
			}
			if !yield(e) {
				return
			}
		}
	}
}

// Resolved gives what an alias stands for, and any other node as it is.
func Resolved(n *yaml.Node) *yaml.Node {
	for range 8 { // an alias of an alias does not exist, but a document is not to be trusted
		if n.Kind != yaml.AliasNode || n.Alias == nil {
			break
		}
		n = n.Alias
	}
	return n
}
