package spec

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"finesse-conformance/internal/text"
)

// reader turns the nodes of one YAML file into values and notes what it does
// not understand, with the line. Reading goes on after a problem.
type reader struct {
	file  string
	found *problems
	words *words
}

// errorf notes a problem at the node.
func (r *reader) errorf(n *yaml.Node, format string, args ...any) {
	line := 0
	if n != nil {
		line = n.Line
	}
	r.found.add(Problem{File: r.file, Line: line, Text: fmt.Sprintf(format, args...)})
}

// documents are the parsed files of a contract by name.
type documents map[string]document

// document is the top node of a file, or what is wrong with it.
type document struct {
	top     *yaml.Node
	problem *Problem
}

// parse parses files at the same time: parsing is most of the time that
// loading takes, and every command waits for it.
func parse(files fs.FS, names []string) documents {
	parsed := make([]document, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() { parsed[i] = parseFile(files, name) })
	}
	wg.Wait()
	docs := documents{}
	for i, name := range names {
		docs[name] = parsed[i]
	}
	return docs
}

var yamlLine = text.Pattern(`^yaml: (?:line (\d+): )?(.*)$`)

func parseFile(files fs.FS, name string) document {
	problem := func(line int, text string) document {
		return document{problem: &Problem{File: name, Line: line, Text: text}}
	}
	data, err := fs.ReadFile(files, name)
	if err != nil {
		return problem(0, "cannot be read: "+err.Error())
	}
	var doc, more yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	if err := decoder.Decode(&doc); err == io.EOF {
		return problem(0, "is empty")
	} else if err != nil {
		text, line := err.Error(), 0
		if m := yamlLine().FindStringSubmatch(text); m != nil {
			line, _ = strconv.Atoi(m[1])
			text = m[2]
		}
		return problem(line, "is not YAML: "+text)
	}
	if err := decoder.Decode(&more); err != io.EOF {
		return problem(more.Line, "has a second document: keep one, without a line ---")
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		return problem(0, "is empty")
	}
	return document{top: doc.Content[0]}
}

// open gives a reader for a parsed file and its top node, which is nil after
// a problem.
func (docs documents) open(name string, w *words, found *problems) (*reader, *yaml.Node) {
	doc := docs[name]
	if doc.problem != nil {
		found.add(*doc.problem)
	}
	return &reader{file: name, found: found, words: w}, doc.top
}

// fields says for the keys of a mapping how their values are read. It is no
// map: there is one for every mapping of the contract, mostly of few keys.
type fields []field

type field struct {
	key  string
	read func(*yaml.Node)
}

func (known fields) index(key string) int {
	return slices.IndexFunc(known, func(f field) bool { return f.key == key })
}

// mapping reads a mapping key by key, in the file's order. Keys that are not
// among the fields, and keys that are there twice, are problems.
func (r *reader) mapping(n *yaml.Node, what string, known fields) {
	if n.Kind != yaml.MappingNode {
		r.errorf(n, "%s is %s: write it as keys with values, of %s", what, kindOf(n), keysOf(known))
		return
	}
	seen := make([]bool, len(known))
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		at := known.index(key.Value)
		switch {
		case key.Kind != yaml.ScalarNode || at < 0:
			r.errorf(key, "%s has no key %q: use %s", what, key.Value, keysOf(known))
		case seen[at]:
			r.errorf(key, "%s has the key %s twice: keep one", what, key.Value)
		default:
			seen[at] = true
			known[at].read(value)
		}
	}
}

func keysOf(known fields) string {
	keys := make([]string, len(known))
	for i, f := range known {
		keys[i] = f.key
	}
	slices.Sort(keys)
	return strings.Join(keys, ", ")
}

// list calls read with each element of a sequence, or with the node itself
// where it is a single one.
func (r *reader) list(n *yaml.Node, read func(*yaml.Node)) {
	if n.Kind != yaml.SequenceNode {
		read(n)
		return
	}
	if len(n.Content) == 0 {
		r.errorf(n, "the list is empty: leave the key out, or fill it")
	}
	for _, e := range n.Content {
		read(e)
	}
}

// text gives the text of a scalar. Numbers are texts too, nothing is not.
func (r *reader) text(n *yaml.Node, what string) string {
	switch {
	case n.Kind == yaml.MappingNode && len(n.Content) == 2 && n.Content[1].Tag == "!!null":
		r.errorf(n, `%s is a mapping: put "{%s}" in quotes`, what, n.Content[0].Value)
	case n.Kind != yaml.ScalarNode || n.Tag == "!!null":
		r.errorf(n, "%s is %s: write a text", what, kindOf(n))
	default:
		return n.Value
	}
	return ""
}

// flag gives a switch that is either left out or true.
func (r *reader) flag(n *yaml.Node, what string) bool {
	if n.Kind != yaml.ScalarNode || n.Value != "true" {
		r.errorf(n, "%s is %s: it is true or left out", what, kindOf(n))
		return false
	}
	return true
}

// oneOf gives a text that has to be one of a closed set.
func oneOf[T ~string](r *reader, n *yaml.Node, what string, set ...T) T {
	text := T(r.text(n, what))
	if text == "" && n.Value == "" && n.Kind == yaml.ScalarNode && n.Tag != "!!null" {
		r.errorf(n, "%s is empty: use %s", what, orList(set))
		return ""
	}
	if text != "" && !slices.Contains(set, text) {
		r.errorf(n, "%s is %q: use %s", what, string(text), orList(set))
		return ""
	}
	return text
}

// someOf gives one text or a list of texts, each of a closed set.
func someOf[T ~string](r *reader, n *yaml.Node, what string, set ...T) []T {
	var all []T
	r.list(n, func(e *yaml.Node) {
		if one := oneOf(r, e, what, set...); one != "" {
			if slices.Contains(all, one) {
				r.errorf(e, "%s has %s twice: keep one", what, one)
			}
			all = append(all, one)
		}
	})
	return all
}

func orList[T ~string](set []T) string  { return inWords(set, " or ") }
func andList[T ~string](set []T) string { return inWords(set, " and ") }

func inWords[T ~string](set []T, last string) string {
	var text strings.Builder
	for i, w := range set {
		switch {
		case i == 0:
		case i+1 == len(set):
			text.WriteString(last)
		default:
			text.WriteString(", ")
		}
		text.WriteString(string(w))
	}
	return text.String()
}

func kindOf(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Kind == yaml.AliasNode:
		return "a YAML alias"
	case n.Tag == "!!null":
		return "nothing"
	}
	return strconv.Quote(n.Value)
}
