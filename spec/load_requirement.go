package spec

import (
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"finesse-conformance/internal/text"
)

var idForm = text.Pattern(`^(.+)-(\d\d)(-[A-Z][A-Z_]*)?$`)

// maxTitle keeps titles on one line of a terminal and of a dashboard.
const maxTitle = 100

// requirement reads one row; nil where it is not even a mapping.
func (r *reader) requirement(n *yaml.Node, section string, deployments []Deployment) *Requirement {
	if n.Kind != yaml.MappingNode {
		r.errorf(n, "a requirement is %s: write it as keys with values", kindOf(n))
		return nil
	}
	q := &Requirement{Section: section, Deployments: deployments, File: r.file, Line: n.Line,
		Given: Given{Subject: RoleAgent}}
	before := r.found.told
	var single Step
	var hasWhen, hasThen, hasSteps bool
	r.mapping(n, "a requirement", fields{
		{"id", func(n *yaml.Node) { q.ID = r.text(n, "id") }},
		{"title", func(n *yaml.Node) { q.Title = r.line(n, "title") }},
		{"level", func(n *yaml.Node) { r.level(n, q) }},
		{"deployments", func(n *yaml.Node) { q.Deployments = r.deployments(n) }},
		{"releases", func(n *yaml.Node) { q.Releases = r.releases(n) }},
		{"sources", func(n *yaml.Node) { q.Sources = r.sources(n) }},
		{"transition", func(n *yaml.Node) { q.Transition = r.edge(n) }},
		{"given", func(n *yaml.Node) { r.given(n, &q.Given) }},
		{"when", func(n *yaml.Node) { hasWhen = true; single.When = r.when(n) }},
		{"then", func(n *yaml.Node) { hasThen = true; single.Then = r.then(n) }},
		{"steps", func(n *yaml.Node) { hasSteps = true; q.Steps = r.steps(n) }},
		{"standing", func(n *yaml.Node) { q.Invariant = oneOf(r, n, "standing", invariants()...) }},
		{"never_exercised", func(n *yaml.Node) { q.Never = r.line(n, "never_exercised") }},
		{"note", func(n *yaml.Node) { q.Note = r.line(n, "note") }},
		{"for_each", func(n *yaml.Node) {}},
	})
	switch acts := hasWhen || hasThen || hasSteps; {
	case q.Never != "" && acts:
		r.errorf(n, "%s is never_exercised and has steps: keep one of them", name(q))
	case q.Never != "":
	case !acts:
		r.errorf(n, "%s has no when and then: say what is done and what may come of it, or never_exercised and why", name(q))
	case hasSteps && (hasWhen || hasThen):
		r.errorf(n, "%s has steps beside when or then: keep one form", name(q))
	case hasSteps:
	case !hasWhen:
		r.errorf(n, "%s has no when", name(q))
	case !hasThen:
		r.errorf(n, "%s has no then", name(q))
	default:
		q.Steps = []Step{single}
	}
	if r.found.told == before { // else the keys would be blamed for each other
		r.check(n, q)
	}
	return q
}

func name(q *Requirement) string {
	if q.ID == "" {
		return "a requirement"
	}
	return q.ID
}

// check looks at what a requirement's keys say together.
func (r *reader) check(n *yaml.Node, q *Requirement) {
	m := idForm().FindStringSubmatch(q.ID)
	switch {
	case q.ID == "":
		r.errorf(n, "a requirement has no id: give it the next free one, such as %s-99", q.Section)
	case m == nil:
		r.errorf(n, "%q is no id: write the section, two digits and, for rows of one clause, a state, such as %s-07-READY", q.ID, q.Section)
	case m[1] != q.Section:
		r.errorf(n, "%s stands in the section %s: move it, or mend its id", q.ID, q.Section)
	}
	if q.Title == "" {
		r.errorf(n, "%s has no title", name(q))
	} else if utf8.RuneCountInString(q.Title) > maxTitle {
		r.errorf(n, "the title of %s is longer than %d letters", name(q), maxTitle)
	} else if strings.HasSuffix(q.Title, ".") {
		r.errorf(n, "the title of %s ends with a full stop: leave it out", name(q))
	}
	if q.Level == "" {
		r.errorf(n, "%s has no level: use %s", name(q), orList([]Level{Must, Either, Info}))
	}
	if len(q.Sources) == 0 {
		r.errorf(n, "%s has no sources: say where the clause is written", name(q))
	}
	switch inTable := strings.HasPrefix(q.Section, "TRN-"); {
	case inTable && q.Transition == nil:
		r.errorf(n, "%s has no transition: say from, to and cause", name(q))
	case !inTable && q.Transition != nil:
		r.errorf(n, "%s has a transition and is in none of the TRN sections", name(q))
	case q.Transition != nil && q.Transition.Cause == "" && q.Never == "":
		r.errorf(n, "the transition of %s has no cause: use %s", name(q), orList(causes()))
	}
	r.checkSteps(n, q)
}

// deployments reads where something applies.
func (r *reader) deployments(n *yaml.Node) []Deployment {
	got := someOf(r, n, "deployments", Deployments()...)
	var ordered []Deployment
	for _, d := range Deployments() {
		if slices.Contains(got, d) {
			ordered = append(ordered, d)
		}
	}
	return ordered
}

// releases reads a range of releases.
func (r *reader) releases(n *yaml.Node) Releases {
	var rs Releases
	read := func(into *Release) func(*yaml.Node) {
		return func(n *yaml.Node) {
			text := r.text(n, "a release")
			if text == "" {
				return
			}
			release, err := ParseRelease(text)
			if err != nil || release.IsZero() {
				r.errorf(n, "%q is not a release: write it like \"12.5(1)\"", text)
			}
			*into = release
		}
	}
	r.mapping(n, "releases", fields{{"from", read(&rs.From)}, {"to", read(&rs.To)}})
	if !rs.To.IsZero() && rs.To.Before(rs.From) {
		r.errorf(n, "releases goes from %s down to %s", rs.From, rs.To)
	}
	return rs
}

func causes() []Cause { return []Cause{ByAgent, ByDialog, ByStimulus, ByTimer} }

// edge reads the transition of a row of a transition table.
func (r *reader) edge(n *yaml.Node) *Edge {
	var e Edge
	r.mapping(n, "transition", fields{
		{"from", func(n *yaml.Node) {
			if e.From = "*"; n.Value != "*" {
				e.From = r.state(n, "from")
			}
		}},
		{"to", func(n *yaml.Node) { e.To = r.state(n, "to") }},
		{"or", func(n *yaml.Node) { e.Or = r.state(n, "or") }},
		{"cause", func(n *yaml.Node) { e.Cause = oneOf(r, n, "cause", causes()...) }},
	})
	if at(n, "from") == nil || at(n, "to") == nil {
		r.errorf(n, "a transition has from and to")
	}
	return &e
}

// given reads a precondition into one that has its defaults.
func (r *reader) given(n *yaml.Node, g *Given) {
	r.mapping(n, "given", fields{
		{"subject", func(n *yaml.Node) { g.Subject = oneOf(r, n, "subject", RoleAgent, RoleSupervisor, RoleUser) }},
		{"state", func(n *yaml.Node) { g.State = r.state(n, "state") }},
		{"was", func(n *yaml.Node) { g.Was = oneOf(r, n, "was", Ready, NotReady) }},
		{"call", func(n *yaml.Node) { g.Call = oneOf(r, n, "call", calls()...) }},
		{"pending", func(n *yaml.Node) { g.Pending = oneOf(r, n, "pending", Ready, NotReady) }},
		{"wrap_up", func(n *yaml.Node) { g.WrapUp = oneOf(r, n, "wrap_up", On, Off) }},
		{"reason", func(n *yaml.Node) { g.Reason = r.flag(n, "reason") }},
		{"codes", func(n *yaml.Node) { g.Codes = r.codes(n) }},
		{"fresh", func(n *yaml.Node) { g.Fresh = r.flag(n, "fresh") }},
		{"witness", func(n *yaml.Node) { g.Witness = r.flag(n, "witness") }},
		{"session", func(n *yaml.Node) { g.Session = r.flag(n, "session") }},
		{"wrap_up_mode", func(n *yaml.Node) { g.WrapUpMode = oneOf(r, n, "wrap_up_mode", wrapUpModes()...) }},
		{"mobile", func(n *yaml.Node) { g.Mobile = r.flag(n, "mobile") }},
		{"device_selection", func(n *yaml.Node) { g.DeviceSelection = r.flag(n, "device_selection") }},
		{"login_name", func(n *yaml.Node) { g.LoginName = r.flag(n, "login_name") }},
		{"token", func(n *yaml.Node) { g.Token = r.flag(n, "token") }},
		{"others", func(n *yaml.Node) { g.Others = r.others(n) }},
		{"notifications", func(n *yaml.Node) { g.Notifications = r.flag(n, "notifications") }},
	})
	switch {
	case g.Was != "" && g.State.Resting():
		r.errorf(n, "given has was with %s: it is the state before a call", g.State)
	case g.Pending != "" && !g.State.OnCall():
		r.errorf(n, "given has pending without a call: name a state on a call")
	case g.Reason && g.State != NotReady && g.State != Ready:
		r.errorf(n, "given has reason without the state NOT_READY or READY")
	case g.Fresh && g.State != NotReady:
		r.errorf(n, "given has fresh without the state NOT_READY, into which signing in leads")
	case g.Session && g.State != Logout:
		r.errorf(n, "given has session without the state LOGOUT")
	case g.WrapUpMode != "" && g.WrapUp != "":
		r.errorf(n, "given has wrap_up and wrap_up_mode: keep one")
	}
	for a, s := range g.Others {
		if s != NotReady {
			r.errorf(n, "given has %s in %s: others are brought into NOT_READY alone", a, s)
		}
	}
}

// level reads one level, or one for each deployment.
func (r *reader) level(n *yaml.Node, q *Requirement) {
	r.perDeployment(n, "level", func(d Deployment, n *yaml.Node) {
		l := oneOf(r, n, "level", Must, Either, Info)
		switch {
		case q.Level == "":
			q.Level = l
		case l != q.Level:
			q.levels = map[Deployment]Level{d: l}
		}
	})
}

// others reads the states of those who play other parts than the subject.
func (r *reader) others(n *yaml.Node) map[Actor]State {
	states := map[Actor]State{}
	var known fields
	for _, a := range Actors() {
		if a != Self {
			known = append(known, field{string(a), func(n *yaml.Node) { states[a] = r.state(n, "others") }})
		}
	}
	r.mapping(n, "others", known)
	return states
}

// codes reads how many reason codes the subject has to have.
func (r *reader) codes(n *yaml.Node) map[Category]string {
	codes := map[Category]string{}
	read := func(c Category) func(*yaml.Node) {
		return func(n *yaml.Node) { codes[c] = oneOf(r, n, "codes", "none", "one", "two") }
	}
	r.mapping(n, "codes", fields{
		{string(CategoryNotReady), read(CategoryNotReady)},
		{string(CategoryLogout), read(CategoryLogout)},
	})
	return codes
}
