// Package diagram draws the states of a deployment and the documented ways
// between them as SVG: the rows of its transition table as arrows, and in each
// state what the target has to refuse there. With the outcomes of a run every
// arrow and every refusal shows what became of it.
package diagram

import (
	"slices"
	"strings"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// Input is what a diagram shows.
type Input struct {
	Deployment spec.Deployment
	// Requirements are those of the catalogue, in its order; those of other
	// deployments are left out.
	Requirements []*spec.Requirement
	// Outcomes are what became of the requirements, by id. Without any (nil)
	// the diagram shows the documentation: who causes a transition.
	Outcomes map[string]Outcome
	// Changes are what became of the requirements between two runs, by id: Worse,
	// Better or Drifted. With them (not nil) the diagram shows changes in place
	// of outcomes.
	Changes map[string]Mark
	// Link gives the address to which a click leads, nil for a diagram without
	// links.
	Link func(ids []string) string
	// Standalone puts the styles for light and dark into the drawing, for a
	// file of its own. Otherwise the page has to bring them.
	Standalone bool
}

// Outcome is what became of a requirement, as far as a diagram shows it.
type Outcome struct {
	Outcome evidence.Outcome
	Note    string // evidence.Observed.Note: which of several allowed outcomes was taken
}

// Mark is how an arrow or a refusal is drawn.
type Mark string

// The marks beside those of the outcomes, which have the outcomes' names.
const (
	// Plain: drawn without outcomes.
	Plain Mark = "plain"
	// LetThrough: a refusal that the guide leaves open, and the target let the
	// request through.
	LetThrough Mark = "let_through"
	// Worse, Better and Drifted are what became of a requirement between two
	// runs, Same what else there is.
	Worse   Mark = "worse"
	Better  Mark = "better"
	Drifted Mark = "drifted"
	Same    Mark = "same"
)

// Arrow is a documented transition, with all the rows that describe it.
type Arrow struct {
	From, To spec.State // From is "*" for any state
	Rows     []*spec.Requirement
	Mark     Mark
}

// Refusal is a state that must not be reached by asking for it.
type Refusal struct {
	From, To spec.State
	// SupervisorOnly: only a supervisor is refused; the user's own request is
	// another matter.
	SupervisorOnly bool
	Rows           []*spec.Requirement
	Mark           Mark
}

// Arrows gives the documented transitions of the deployment in the order of
// the table; rows with the same ends are one arrow.
func (in Input) Arrows() []Arrow {
	var all []Arrow
	add := func(from, to spec.State, q *spec.Requirement) {
		i := slices.IndexFunc(all, func(a Arrow) bool { return a.From == from && a.To == to })
		if i < 0 {
			i, all = len(all), append(all, Arrow{From: from, To: to})
		}
		all[i].Rows = append(all[i].Rows, q)
	}
	for _, q := range in.Requirements {
		if q.Transition == nil || !slices.Contains(q.Deployments, in.Deployment) {
			continue
		}
		add(q.Transition.From, q.Transition.To, q)
		if q.Transition.Or != "" {
			add(q.Transition.From, q.Transition.Or, q)
		}
	}
	for i := range all {
		all[i].Mark = in.mark(all[i].Rows, false)
	}
	return all
}

// Refusals gives what the target has to refuse, by the requirements that ask
// for a state and expect a refusal because of the state that the user is in.
func (in Input) Refusals() []Refusal {
	var all []Refusal
	for _, q := range in.Requirements {
		if !slices.Contains(q.Deployments, in.Deployment) {
			continue
		}
		for _, r := range refusals(q) {
			i := slices.IndexFunc(all, func(o Refusal) bool { return o.From == r.From && o.To == r.To })
			if i < 0 {
				all = append(all, r)
				continue
			}
			if !slices.Contains(all[i].Rows, q) {
				all[i].Rows = append(all[i].Rows, q)
			}
			all[i].SupervisorOnly = all[i].SupervisorOnly && r.SupervisorOnly
		}
	}
	for i := range all {
		all[i].Mark = in.mark(all[i].Rows, true)
	}
	return all
}

// refusals reads the forbidden edges from a requirement: its requests are
// right but for the state of the user, and may be refused with Invalid State
// or must leave the state as it is. A refusal under further conditions, such
// as a pending change, forbids no edge, and neither does one that the guide
// leaves open, or a change that only comes later.
func refusals(q *spec.Requirement) []Refusal {
	g := q.Given
	if q.Transition != nil || strings.HasPrefix(q.Section, "NTF") || g.State == "" || g.Pending != "" ||
		g.Call != "" {
		return nil
	}
	var all []Refusal
	for i, s := range q.Steps {
		p := s.When.Put
		if p == nil || s.When.By != spec.Self && s.When.By != "" && s.When.By != spec.Supervisor || tricky(p) || !refused(s.Then) {
			continue
		}
		to := spec.State(p.State)
		if !isState(to) || to == spec.Login || comes(to, q.Steps[i:]) {
			continue
		}
		all = append(all, Refusal{From: g.State, To: to, Rows: []*spec.Requirement{q}, SupervisorOnly: s.When.By == spec.Supervisor})
	}
	return all
}

// tricky reports whether more is wrong with a request than the state.
func tricky(p *spec.Put) bool {
	switch p.Reason {
	case "", spec.ReasonAuto, spec.ReasonValid:
	default:
		return true
	}
	return p.EmptyState || p.Body != "" || p.User != "" || p.Credentials != "" || p.Mobile != nil
}

func refused(then spec.Then) bool {
	return slices.ContainsFunc(then, func(o spec.Outcome) bool {
		return o.Kind == spec.Refused && slices.Contains(o.Types, "Invalid State") || o.Kind == spec.Keeps
	})
}

// comes reports whether a state may be reached after all: at once, or because
// the change waits for the end of the call, which is a later step.
func comes(s spec.State, steps []spec.Step) bool {
	kept := slices.ContainsFunc(steps[0].Then, func(o spec.Outcome) bool { return o.Kind == spec.Keeps })
	return slices.ContainsFunc(steps, func(step spec.Step) bool {
		return kept && step.When.Put == nil || slices.ContainsFunc(step.Then, func(o spec.Outcome) bool {
			return (o.Kind == spec.Accepted || o.Kind == spec.Reaches) && slices.Contains(o.States, s)
		})
	})
}

func isState(s spec.State) bool {
	_, known := places[s]
	return known
}

// marks orders what can be seen, what matters most first.
var marks = []Mark{Mark(evidence.Failed), Mark(evidence.Waived), LetThrough, Mark(evidence.Passed), Mark(evidence.Info),
	Mark(evidence.NotExercised), Mark(evidence.NotApplicable)}

// changes orders what can have become of something.
var changes = []Mark{Worse, Drifted, Better, Same}

// documentation reports whether the diagram shows neither outcomes nor changes.
func (in Input) documentation() bool { return in.Outcomes == nil && in.Changes == nil }

// mark gives the mark of several rows: that of the one that matters most.
func (in Input) mark(rows []*spec.Requirement, refusal bool) Mark {
	if in.documentation() {
		return Plain
	}
	if in.Changes != nil {
		best := len(changes) - 1
		for _, q := range rows {
			if i := slices.Index(changes, in.Changes[q.ID]); i >= 0 {
				best = min(best, i)
			}
		}
		return changes[best]
	}
	best := len(marks) - 1
	for _, q := range rows {
		o, known := in.Outcomes[q.ID]
		if !known {
			o.Outcome = evidence.NotExercised
		}
		m := Mark(o.Outcome)
		if refusal && o.Outcome == evidence.Passed && q.Level == spec.Either && letThrough(o.Note) {
			m = LetThrough
		}
		if i := slices.Index(marks, m); i >= 0 {
			best = min(best, i)
		}
	}
	return marks[best]
}

// letThrough reports whether no outcome of refusal is among those that an
// EITHER requirement took, which are parts of its note.
func letThrough(note string) bool {
	for part := range strings.SplitSeq(note, "; ") {
		if slices.Contains([]spec.Kind{spec.Refused, spec.Keeps, spec.Error}, spec.Kind(part)) {
			return false
		}
	}
	return note != ""
}
