package spec

import (
	"io/fs"
	"slices"

	"go.yaml.in/yaml/v3"
)

// LoadRules reads the rules that are part of the program. Its error is
// Problems. They are not part of Load, since few commands need them.
func LoadRules() (*Rules, error) { return loadRules(contract, &embedded) }

func loadRules(files fs.FS, known *vocabulary) (*Rules, error) {
	found := &problems{}
	docs, w := readWords(files, known, found, "rules.yaml")
	if w == nil {
		return nil, found.err()
	}
	rules := &Rules{}
	r, top := docs.open("rules.yaml", w, found)
	if top == nil {
		return nil, found.err()
	}
	r.mapping(top, "rules.yaml", fields{{"rules", func(n *yaml.Node) {
		if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
			r.errorf(n, "rules is %s: write a list of rules", kindOf(n))
			return
		}
		names := map[string]bool{}
		for _, e := range n.Content {
			rule := r.rule(e)
			if rule.Name != "" && names[rule.Name] {
				r.errorf(e, "the rule %q is there twice: give them names that tell them apart", rule.Name)
			}
			names[rule.Name] = true
			rules.all = append(rules.all, rule)
		}
	}}})
	if err := found.err(); err != nil {
		return nil, err
	}
	return rules, nil
}

func (r *reader) rule(n *yaml.Node) *Rule {
	rule := &Rule{Deployments: Deployments(), Line: n.Line}
	asks := append([]string{AskNone, AskUnknown}, texts(r.words.states)...)
	r.mapping(n, "a rule", fields{
		{"name", func(n *yaml.Node) { rule.Name = r.line(n, "name") }},
		{"deployments", func(n *yaml.Node) { rule.Deployments = r.deployments(n) }},
		{"releases", func(n *yaml.Node) { rule.Releases = r.releases(n) }},
		{"who", func(n *yaml.Node) { rule.Who = someOf(r, n, "who", Askers()...) }},
		{"given", func(n *yaml.Node) { rule.Given = r.pattern(n) }},
		{"asks", func(n *yaml.Node) { rule.Asks = someOf(r, n, "asks", asks...) }},
		{"reason", func(n *yaml.Node) {
			rule.Reason = someOf(r, n, "reason", ReasonNone, ReasonValid, ReasonWrongCategory, ReasonUnknown, ReasonAuto)
		}},
		{"codes", func(n *yaml.Node) { rule.Codes = oneOf(r, n, "codes", On, Off) }},
		{"then", func(n *yaml.Node) { rule.Then = r.then(n) }},
		{"sources", func(n *yaml.Node) { rule.Sources = r.sources(n) }},
	})
	if n.Kind != yaml.MappingNode {
		return rule
	}
	for _, key := range []string{"name", "who", "then", "sources"} {
		if at(n, key) == nil {
			r.errorf(n, "a rule has no %s", key)
		}
	}
	if i := slices.IndexFunc(rule.Then, func(o Outcome) bool { return o.Kind == Recorded || o.Kind == Avoids }); i >= 0 {
		r.errorf(n, "a rule says %s: what the guide says nothing of has no rule", rule.Then[i].Kind)
	}
	return rule
}

func texts[T ~string](list []T) []string {
	all := make([]string, len(list))
	for i, x := range list {
		all[i] = string(x)
	}
	return all
}
