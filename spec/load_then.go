package spec

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"finesse-conformance/internal/text"
)

// then reads one outcome, or several with any_of.
func (r *reader) then(n *yaml.Node) Then {
	anyOf := at(n, "any_of")
	if anyOf == nil {
		return Then{r.outcome(n)}
	}
	if len(n.Content) > 2 {
		r.errorf(n, "then has other keys beside any_of: write them into its outcomes")
	}
	if anyOf.Kind != yaml.SequenceNode || len(anyOf.Content) < 2 {
		r.errorf(anyOf, "any_of is for two outcomes and more: write a list of them")
		return nil
	}
	var all Then
	for _, e := range anyOf.Content {
		all = append(all, r.outcome(e))
	}
	return all
}

// The keys that each kind of outcome may have beside its own.
var outcomeKeys = map[Kind][]string{
	Accepted: {"may_return", "passes", "shows", "records", "half_timer", "others", "event", "other_node"},
	Refused:  {"data", "event"},
	Error:    {"types", "data", "event"},
	Keeps:    {"shows", "event"},
	Deferred: {"event"},
	Reaches:  {"others", "passes", "shows", "half_timer", "event"},
	Avoids:   nil,
	Answer:   {"types", "schema", "shows", "records", "members", "header", "event", "same", "clock"},
	Recorded: nil,
}

// anyOutcome are the keys that go with every kind.
var anyOutcome = []string{"deployments", "after"}

// outcomeKinds lists the kinds of outcomes.
func outcomeKinds() []Kind {
	return []Kind{Accepted, Refused, Error, Keeps, Deferred, Reaches, Avoids, Answer, Recorded}
}

// outcome reads one outcome: a kind and what goes with it.
func (r *reader) outcome(n *yaml.Node) Outcome {
	var o Outcome
	var kinds []string
	kind := func(k Kind, read func(*yaml.Node)) func(*yaml.Node) {
		return func(n *yaml.Node) { kinds = append(kinds, string(k)); o.Kind = k; read(n) }
	}
	states := func(n *yaml.Node) { o.States = r.states(n, string(o.Kind)) }
	status := func(n *yaml.Node) { o.Status = r.status(n) }
	r.mapping(n, "an outcome", fields{
		{"accepted", kind(Accepted, states)},
		{"refused", kind(Refused, func(n *yaml.Node) { o.Types = r.errorTypes(n) })},
		{"error", kind(Error, status)},
		{"keeps", kind(Keeps, func(n *yaml.Node) { o.Status = r.kept(n) })},
		{"deferred", kind(Deferred, states)},
		{"reaches", kind(Reaches, states)},
		{"avoids", kind(Avoids, states)},
		{"answer", kind(Answer, status)},
		{"recorded", kind(Recorded, func(n *yaml.Node) { r.flag(n, "recorded") })},
		{"types", func(n *yaml.Node) { o.Types = r.errorTypes(n) }},
		{"data", func(n *yaml.Node) { o.Data = r.data(n) }},
		{"schema", func(n *yaml.Node) { o.Schema = oneOf(r, n, "schema", r.words.schemas...) }},
		{"shows", func(n *yaml.Node) { o.Shows = r.shows(n) }},
		{"header", func(n *yaml.Node) { o.Header = r.text(n, "header") }},
		{"deployments", func(n *yaml.Node) { o.Deployments = r.deployments(n) }},
		{"after", func(n *yaml.Node) { o.After = oneOf(r, n, "after", outcomeKinds()...) }},
		{"records", func(n *yaml.Node) {
			r.list(n, func(e *yaml.Node) { o.Records = append(o.Records, r.path(e, "records")) })
		}},
		{"others", func(n *yaml.Node) { o.Others = r.others(n) }},
		{"members", func(n *yaml.Node) { o.Members = r.flag(n, "members") }},
		{"other_node", func(n *yaml.Node) { o.OtherNode = oneOf(r, n, "other_node", OtherNodeShows, OtherNodeLag) }},
		{"same", func(n *yaml.Node) { o.Same = r.flag(n, "same") }},
		{"clock", func(n *yaml.Node) { o.Clock = r.flag(n, "clock") }},
		{"may_return", func(n *yaml.Node) { o.MayReturn = r.state(n, "may_return") }},
		{"passes", func(n *yaml.Node) { o.Passes = r.state(n, "passes") }},
		{"half_timer", func(n *yaml.Node) { o.HalfTimer = r.flag(n, "half_timer") }},
		{"event", func(n *yaml.Node) { o.Event = oneOf(r, n, "event", EventChecks()...) }},
	})
	switch {
	case n.Kind != yaml.MappingNode:
		return o
	case len(kinds) == 0:
		r.errorf(n, "an outcome says none of %s", orList(outcomeKinds()))
		return o
	case len(kinds) > 1:
		r.errorf(n, "an outcome says %s: keep one, or write them below any_of", andList(kinds))
		return o
	}
	for i := 0; i < len(n.Content); i += 2 {
		if key := n.Content[i]; key.Value != kinds[0] && !slices.Contains(outcomeKeys[o.Kind], key.Value) &&
			!slices.Contains(anyOutcome, key.Value) {
			r.errorf(key, "%s does not go with %s", key.Value, o.Kind)
		}
	}
	return o
}

var (
	statusForm = text.Pattern(`^[1-5]\d\d$`)
	classForm  = text.Pattern(`^[1-5]xx$`)
)

// status reads HTTP statuses and classes of them.
func (r *reader) status(n *yaml.Node) []int {
	var all []int
	r.list(n, func(e *yaml.Node) {
		text := r.text(e, "a status")
		switch {
		case text == "":
		case statusForm().MatchString(text):
			all = append(all, int(text[0]-'0')*100+int(text[1]-'0')*10+int(text[2]-'0'))
		case classForm().MatchString(text):
			all = append(all, int(text[0]-'0'))
		default:
			r.errorf(e, "%q is no HTTP status: write one such as 400, or a class such as 4xx", text)
		}
	})
	return all
}

// kept reads what the answer is where a state stays: any, or a status.
func (r *reader) kept(n *yaml.Node) []int {
	if n.Kind == yaml.ScalarNode && n.Value == "any" {
		return nil
	}
	return r.status(n)
}

// data reads the ErrorData: one text, or one for each deployment.
func (r *reader) data(n *yaml.Node) map[Deployment]string {
	data := map[Deployment]string{}
	r.perDeployment(n, "data", func(d Deployment, n *yaml.Node) { data[d] = r.text(n, "data") })
	return data
}

// perDeployment calls read for each deployment that a value is for.
func (r *reader) perDeployment(n *yaml.Node, what string, read func(Deployment, *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		for _, d := range Deployments() {
			read(d, n)
		}
		return
	}
	known := fields{}
	for _, d := range Deployments() {
		known = append(known, field{string(d), func(n *yaml.Node) { read(d, n) }})
	}
	r.mapping(n, what, known)
}

// shows reads what must stand in a body.
func (r *reader) shows(n *yaml.Node) []Show {
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		r.errorf(n, `shows is %s: write a list such as [{at: User/extension, is: "{extension}"}]`, kindOf(n))
		return nil
	}
	var all []Show
	for _, e := range n.Content {
		all = append(all, r.show(e))
	}
	return all
}

var (
	pathForm        = text.Pattern(`^[A-Za-z]+(/[A-Za-z]+)+$`)
	placeholderForm = text.Pattern(`\{([^{}]*)\}`)
)

func (r *reader) show(n *yaml.Node) Show {
	var s Show
	r.mapping(n, "shows", fields{
		{"at", func(n *yaml.Node) { s.At = r.path(n, "at") }},
		{"is", func(n *yaml.Node) {
			s.Is = map[Deployment][]string{}
			r.perDeployment(n, "is", func(d Deployment, n *yaml.Node) {
				r.list(n, func(e *yaml.Node) { s.Is[d] = append(s.Is[d], r.shown(e)) })
			})
		}},
		{"each_in", func(n *yaml.Node) {
			r.list(n, func(e *yaml.Node) { s.EachIn = append(s.EachIn, r.shown(e)) })
		}},
		{"or_absent", func(n *yaml.Node) { s.OrAbsent = r.flag(n, "or_absent") }},
		{"or_system", func(n *yaml.Node) { s.OrSystem = r.flag(n, "or_system") }},
	})
	switch {
	case n.Kind != yaml.MappingNode:
	case s.At == "" && at(n, "at") == nil:
		r.errorf(n, "shows has no at: say which element is meant")
	case (s.Is == nil) == (s.EachIn == nil):
		r.errorf(n, "shows says what the element is, with is or with each_in: keep one")
	case s.OrSystem && s.At != "User/reasonCodeId":
		r.errorf(n, "shows has or_system: it goes with User/reasonCodeId")
	}
	return s
}

// path reads a path from the root of a document to an element.
func (r *reader) path(n *yaml.Node, what string) string {
	path := r.text(n, what)
	if path != "" && !pathForm().MatchString(path) {
		r.errorf(n, "%s is %q: write a path such as User/reasonCodeId", what, path)
	}
	return path
}

// shown reads a text in which placeholders stand.
func (r *reader) shown(n *yaml.Node) string {
	text := r.text(n, "is")
	for _, m := range placeholderForm().FindAllStringSubmatch(text, -1) {
		if !slices.Contains(Placeholders(), m[1]) {
			r.errorf(n, "{%s} stands for nothing: use %s", m[1], orList(Placeholders()))
		}
	}
	return text
}
