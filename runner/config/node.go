package config

import (
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"finesse-conformance/internal/text"
	"finesse-conformance/internal/yamlnode"
)

// mapping reads a mapping with the readers of its keys. Prefix, such as
// "timing.", goes before the keys in messages.
func (r *reader) mapping(n *yaml.Node, prefix string, fields map[string]func(*yaml.Node, string)) {
	n = yamlnode.Resolved(n)
	where := strings.TrimSuffix(prefix, ".")
	if n.Kind != yaml.MappingNode {
		r.problem(n, where, "must be a mapping of keys to values, not %s", kindOf(n))
		return
	}
	for e := range yamlnode.Entries(n) {
		k := yamlnode.Resolved(e.Key)
		read, known := fields[k.Value]
		switch {
		case k.Kind != yaml.ScalarNode:
			r.problem(k, where, "a key must be a word")
		case !known:
			r.problem(k, prefix+k.Value, "unknown key%s; known here: %s", text.Perhaps(k.Value, slices.Sorted(maps.Keys(fields))), strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
		case e.First > 0:
			r.problem(k, prefix+k.Value, "stands there twice, first in line %d", e.First)
		default:
			read(e.Value, prefix+k.Value)
		}
	}
}

func (r *reader) sequence(n *yaml.Node, key string) []*yaml.Node {
	n = yamlnode.Resolved(n)
	if n.Kind != yaml.SequenceNode {
		r.problem(n, key, "must be a list, not %s", kindOf(n))
		return nil
	}
	return n.Content
}

// value reads what a setting of the kind may have: one value, or a list.
func (r *reader) value(n *yaml.Node, key string, kind Kind) (given, bool) {
	n = yamlnode.Resolved(n)
	if kind == Headers {
		return r.pairs(n, key)
	}
	if n.Kind != yaml.SequenceNode {
		return r.scalar(n, key, kind)
	}
	if kind != List && kind != Command && kind != Nodes {
		r.problem(n, key, "must be one value, not a list")
		return given{}, false
	}
	all := given{file: r.file, line: n.Line, name: key, dir: r.dir, isList: true}
	for _, item := range n.Content {
		g, ok := r.scalar(yamlnode.Resolved(item), key, Text)
		if !ok {
			return given{}, false
		}
		all.texts = append(all.texts, g.texts...)
		all.expanded = all.expanded || g.expanded
	}
	if len(all.texts) == 0 {
		r.problem(n, key, "is empty; give a value or leave it out")
		return given{}, false
	}
	return all, true
}

// pairs reads a mapping of texts, as names and values in turn.
func (r *reader) pairs(n *yaml.Node, key string) (given, bool) {
	if n.Kind != yaml.MappingNode {
		r.problem(n, key, "must be a mapping of names to values, not %s", kindOf(n))
		return given{}, false
	}
	all := given{file: r.file, line: n.Line, name: key, dir: r.dir}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name := yamlnode.Resolved(n.Content[i])
		g, ok := r.scalar(yamlnode.Resolved(n.Content[i+1]), key+"."+name.Value, Text)
		if !ok {
			return given{}, false
		}
		all.texts = append(all.texts, name.Value, g.texts[0])
		all.expanded, all.variables = all.expanded || g.expanded, append(all.variables, g.variables...)
	}
	return all, true
}

// text reads a text.
func (r *reader) text(n *yaml.Node, key string) (given, bool) {
	return r.scalar(yamlnode.Resolved(n), key, Text)
}

// scalar reads one value. Numbers pass as texts, as they were written: an id
// or an extension is often without quotes.
func (r *reader) scalar(n *yaml.Node, key string, kind Kind) (given, bool) {
	if n.Kind != yaml.ScalarNode {
		r.problem(n, key, "must be one value, not %s", kindOf(n))
		return given{}, false
	}
	tag := n.ShortTag()
	if tag == "!!null" {
		r.problem(n, key, "is empty; give a value or leave it out")
		return given{}, false
	}
	value, variables, problem := expand(n.Value, r.lookup)
	expanded := len(variables) > 0
	if problem != "" {
		r.problem(n, key, "%s", problem)
		return given{}, false
	}
	suits := tag == "!!str"
	switch kind {
	case Bool:
		suits = tag == "!!bool" || expanded
	case Count, Number:
		suits = tag == "!!int" || tag == "!!float" || expanded || n.Value == "auto"
	case Text, List, ReleaseOf, Path, Nodes:
		suits = suits || tag == "!!int" || tag == "!!float"
	}
	if !suits {
		r.problem(n, key, "must be %s, not %s", kindText(kind), tagText(tag))
		return given{}, false
	}
	return given{texts: []string{value}, written: n.Value, file: r.file, line: n.Line, name: key, dir: r.dir, expanded: expanded, variables: variables}, true
}

// expand puts environment variables in the place of ${NAME}; $$ stands for $.
// What comes out is a text, whatever it looks like.
func expand(text string, lookup func(string) (string, bool)) (value string, variables []string, problem string) {
	var b strings.Builder
	for {
		i := strings.IndexByte(text, '$')
		if i < 0 || i == len(text)-1 {
			b.WriteString(text)
			return b.String(), variables, ""
		}
		b.WriteString(text[:i])
		switch text = text[i+1:]; text[0] {
		case '$':
			b.WriteByte('$')
			text = text[1:]
		case '{':
			name, rest, closed := strings.Cut(text[1:], "}")
			if !closed || !variableName(name) {
				return "", nil, "has a ${ that is not ${NAME}; write $${ for the characters themselves"
			}
			v, ok := lookup(name)
			if !ok {
				return "", nil, "the environment variable " + name + " is not set; set it, or write $${" + name + "} for the characters themselves"
			}
			b.WriteString(v)
			text, variables = rest, append(variables, name)
		default:
			b.WriteByte('$')
		}
	}
}

func variableName(name string) bool {
	for i, r := range name {
		letter := r == '_' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return name != ""
}

func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.ScalarNode:
		return tagText(n.ShortTag())
	}
	return "this"
}

func tagText(tag string) string {
	switch tag {
	case "!!null":
		return "nothing"
	case "!!bool":
		return "true or false (put a text into quotes)"
	case "!!int", "!!float":
		return "a number"
	case "!!str":
		return "a text"
	case "!!timestamp":
		return "a date (put a text into quotes)"
	}
	return "this"
}

func kindText(k Kind) string {
	switch k {
	case Bool:
		return "true or false"
	case Count, Number:
		return "a number"
	case Duration:
		return "a duration such as 500ms, 10s or 5m"
	case Address:
		return "an address"
	case ShardOf:
		return "a part such as 2/5"
	}
	return "a text"
}
