package spec

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"finesse-conformance/internal/text"
)

// Section is a part of the catalogue: the requirements of one file.
type Section struct {
	Name         string // SIG, TRN-UCCE, …
	Title        string
	Requirements []*Requirement // in the file's order
}

var sectionName = text.Pattern(`^[A-Z]+(-[A-Z]+)*$`)

// section reads one file of requirements.
func (r *reader) section(top *yaml.Node) Section {
	var s Section
	deployments := Deployments()
	var rows []*yaml.Node
	r.mapping(top, "the file", fields{
		{"section", func(n *yaml.Node) { s.Name = r.text(n, "section") }},
		{"title", func(n *yaml.Node) { s.Title = r.line(n, "title") }},
		{"deployments", func(n *yaml.Node) { deployments = r.deployments(n) }},
		{"requirements", func(n *yaml.Node) {
			if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
				r.errorf(n, "requirements is %s: write a list of requirements", kindOf(n))
				return
			}
			for _, row := range n.Content {
				rows = append(rows, r.expand(row)...)
			}
		}},
	})
	switch {
	case top.Kind != yaml.MappingNode:
		return s
	case !sectionName().MatchString(s.Name):
		r.errorf(top, "section is %q: write capitals and dashes, such as SIG or TRN-UCCE", s.Name)
		return s
	case s.Title == "":
		r.errorf(top, "the section %s has no title", s.Name)
	case at(top, "requirements") == nil:
		r.errorf(top, "the section %s has no requirements", s.Name)
	}
	for _, row := range rows {
		if q := r.requirement(row, s.Name, deployments); q != nil {
			s.Requirements = append(s.Requirements, q)
		}
	}
	return s
}

// line reads a text of one line.
func (r *reader) line(n *yaml.Node, what string) string {
	text := r.text(n, what)
	switch {
	case strings.ContainsAny(text, "\r\n"):
		r.errorf(n, "%s has several lines: write one", what)
	case strings.TrimSpace(text) != text:
		r.errorf(n, "%s begins or ends with a space", what)
	}
	return text
}

// expand gives the rows of a requirement: itself, or, with for_each, one for
// each entry, where {x} is replaced and the entry's other keys override the
// template's.
func (r *reader) expand(n *yaml.Node) []*yaml.Node {
	each := at(n, "for_each")
	if each == nil {
		return []*yaml.Node{n}
	}
	if each.Kind != yaml.SequenceNode || len(each.Content) == 0 {
		r.errorf(each, "for_each is %s: write a list such as [{x: READY}, {x: WORK}]", kindOf(each))
		return nil
	}
	if id := at(n, "id"); id == nil || !strings.HasSuffix(id.Value, "-{x}") {
		r.errorf(n, "the id of a requirement with for_each ends with -{x}")
		return nil
	}
	template := without(n, "for_each")
	var rows []*yaml.Node
	seen := map[string]bool{}
	for _, entry := range each.Content {
		x := at(entry, "x")
		switch {
		case x == nil || x.Kind != yaml.ScalarNode || x.Value == "":
			r.errorf(entry, "an entry of for_each has no x: say what {x} stands for")
			continue
		case seen[x.Value]:
			r.errorf(entry, "for_each has %s twice: keep one", x.Value)
			continue
		}
		seen[x.Value] = true
		rows = append(rows, override(replace(template, x.Value), without(entry, "x")))
	}
	return rows
}

// without copies a mapping but for one key.
func without(n *yaml.Node, key string) *yaml.Node {
	c := *n
	c.Content = nil
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value != key {
			c.Content = append(c.Content, n.Content[i], n.Content[i+1])
		}
	}
	return &c
}

// replace copies a tree with {x} replaced in all texts.
func replace(n *yaml.Node, x string) *yaml.Node {
	c := *n
	c.Value = strings.ReplaceAll(n.Value, "{x}", x)
	c.Content = make([]*yaml.Node, len(n.Content))
	for i, e := range n.Content {
		c.Content[i] = replace(e, x)
	}
	return &c
}

// override lays the keys of one mapping over another: mappings are merged,
// everything else takes the place of what was there.
func override(n, by *yaml.Node) *yaml.Node {
	if n.Kind != yaml.MappingNode || by.Kind != yaml.MappingNode {
		return by
	}
	c := *n
	c.Content = append([]*yaml.Node(nil), n.Content...)
next:
	for i := 0; i+1 < len(by.Content); i += 2 {
		key, value := by.Content[i], by.Content[i+1]
		for j := 0; j+1 < len(c.Content); j += 2 {
			if c.Content[j].Value == key.Value {
				c.Content[j+1] = override(c.Content[j+1], value)
				continue next
			}
		}
		c.Content = append(c.Content, key, value)
	}
	return &c
}
