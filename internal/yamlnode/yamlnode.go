// Package yamlnode reads YAML that people write: one document, strict
// mappings, and the line of everything that is wrong. What is said about it
// is for the room whose file it is. It imports nothing of the project, so that
// each room may use it.
package yamlnode

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"go.yaml.in/yaml/v3"
	lines "go.yaml.in/yaml/v4"
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
		return nil, syntaxError(data, err)
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		return nil, ErrEmpty
	}
	switch err := decoder.Decode(&more); {
	case err == nil:
		return doc.Content[0], &ManyError{more.Line}
	case !errors.Is(err, io.EOF):
		return nil, syntaxError(data, err)
	}
	return doc.Content[0], nil
}

// syntaxError says where a file is no YAML. The parser is asked whose lines are
// right: the one that reads the files tells the line before where a flow
// mapping or a tab is to blame.
func syntaxError(data []byte, err error) *SyntaxError {
	e := &SyntaxError{Text: strings.TrimPrefix(err.Error(), "yaml: ")}
	decoder := lines.NewDecoder(bytes.NewReader(data))
	for {
		var doc lines.Node
		err := decoder.Decode(&doc)
		var at *lines.LoadError
		switch {
		case err == nil:
			continue
		case errors.As(err, &at):
			last := 1 + bytes.Count(bytes.TrimRight(data, "\n"), []byte("\n"))
			e.Text, e.Line = at.Message, min(at.Mark.Line, last) // what is missing at the end is missed behind it
			if begun := at.ContextMark.Line; begun > 0 && begun < e.Line && at.ContextMsg != "" {
				e.Text += fmt.Sprintf(" %s that begins in line %d", at.ContextMsg, begun)
			}
		}
		return e
	}
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
