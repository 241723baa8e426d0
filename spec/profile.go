package spec

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Profile is a part of the catalogue that a deployment may be certified for by
// itself. A requirement may be in several profiles, or in none.
type Profile struct {
	Name         string // core, supervisor, …
	Title        string // what it is about, in one line
	Needs        string // what a target has to have for all of it
	Requirements []*Requirement
}

// Profiles gives the profiles in the order of profiles.yaml.
func (c *Catalogue) Profiles() []Profile { return slices.Clone(c.profiles) }

// Apart says why a requirement is in no profile, "" where nothing is said.
func (c *Catalogue) Apart(id string) string { return c.apart[id] }

// MatchID reports whether a pattern, in which * stands for any text, matches
// an id. Capitals do not matter. The error is that of a malformed pattern.
func MatchID(pattern, id string) (bool, error) {
	return path.Match(strings.ToUpper(pattern), strings.ToUpper(id))
}

var profileName = regexp.MustCompile(`^[a-z]+$`)

// readProfiles reads profiles.yaml into the catalogue, whose requirements are
// there already.
func (c *Catalogue) readProfiles(docs documents, w *words, found *problems) {
	r, top := docs.open("profiles.yaml", w, found)
	if top == nil {
		return
	}
	r.mapping(top, "profiles.yaml", fields{
		{"profiles", func(n *yaml.Node) {
			if n.Kind != yaml.MappingNode {
				r.errorf(n, "profiles is %s: write the names of the profiles, each with title, needs and requirements", kindOf(n))
				return
			}
			for i := 0; i+1 < len(n.Content); i += 2 {
				c.readProfile(r, n.Content[i], n.Content[i+1])
			}
		}},
		{"apart", func(n *yaml.Node) { r.list(n, func(n *yaml.Node) { c.readApart(r, n) }) }},
	})
}

func (c *Catalogue) readProfile(r *reader, key, n *yaml.Node) {
	p := Profile{Name: key.Value}
	r.mapping(n, "the profile "+key.Value, fields{
		{"title", func(n *yaml.Node) { p.Title = r.line(n, "title") }},
		{"needs", func(n *yaml.Node) { p.Needs = r.line(n, "needs") }},
		{"requirements", func(n *yaml.Node) { p.Requirements = c.matching(r, n) }},
	})
	switch {
	case !profileName.MatchString(p.Name):
		r.errorf(key, "%q is no name for a profile: use small letters", p.Name)
	case slices.ContainsFunc(c.profiles, func(o Profile) bool { return o.Name == p.Name }):
		r.errorf(key, "the profile %s is there twice: keep one", p.Name)
	case p.Title == "" || p.Needs == "" || len(p.Requirements) == 0:
		r.errorf(key, "the profile %s lacks a title, needs or requirements: say all three", p.Name)
	default:
		c.profiles = append(c.profiles, p)
		for _, q := range p.Requirements {
			q.Profiles = append(q.Profiles, p.Name)
		}
	}
}

func (c *Catalogue) readApart(r *reader, n *yaml.Node) {
	var why string
	var some []*Requirement
	r.mapping(n, "an entry of apart", fields{
		{"requirements", func(n *yaml.Node) { some = c.matching(r, n) }},
		{"why", func(n *yaml.Node) { why = r.line(n, "why") }},
	})
	if why == "" {
		r.errorf(n, "an entry of apart says no why")
	}
	for _, q := range some {
		c.apart[q.ID] = why
	}
}

// matching gives the requirements that one of the patterns of a list matches,
// in the order of the catalogue.
func (c *Catalogue) matching(r *reader, n *yaml.Node) []*Requirement {
	picked := map[string]bool{}
	r.list(n, func(n *yaml.Node) {
		pattern, any := r.text(n, "a pattern"), false
		for _, q := range c.all {
			is, err := MatchID(pattern, q.ID)
			if err != nil {
				r.errorf(n, "%q is no pattern: %v", pattern, err)
				return
			}
			if is {
				picked[q.ID], any = true, true
			}
		}
		if !any && pattern != "" {
			r.errorf(n, "%q matches no requirement", pattern)
		}
	})
	var some []*Requirement
	for _, q := range c.all {
		if picked[q.ID] {
			some = append(some, q)
		}
	}
	return some
}
