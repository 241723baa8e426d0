package explore

import (
	"fmt"
	"slices"
	"strings"

	"finesse-conformance/spec"
	"finesse-conformance/suites/behaviour"
)

// Sentence tells a finding in a sentence.
func (f Finding) Sentence() string {
	d := f.Deviation
	text := "from " + behaviour.Describe(f.Walk.Start) + ", " + f.Walk.Words() + ": expected " + d.Expected + ", saw " + d.Seen
	if d.Answers != "" {
		text += " (answered " + d.Answers + ")"
	}
	return text
}

// Scenario is the walk of a finding as a requirement that can be pasted into a
// file of spec/requirements. What each step demands is what the model has.
func (m *Model) Scenario(f Finding) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, "  "+format+"\n", args...) }
	line("# Paste it below the requirements of a file, and give it that file's section and its next free number.")
	line("- id: PND-99")
	line("  title: %s", quoted(title(f.Walk)))
	line("  level: MUST")
	line("  deployments: [%s]", m.Deployment)
	line("  given: %s", m.flowGiven(f.Walk))
	line("  steps:")
	at := m.start(f.Walk)
	for n, r := range f.Walk.Rounds {
		line("    - when: %s", flowWhen(r.Does[0]))
		if rest := r.Does[1:]; len(rest) > 0 {
			line("      %s: [%s]", map[How]string{InARow: "following", Together: "together"}[r.How], join(rest, flowWhen))
		}
		next, refused := m.After(at, r), false
		if m.opens(next, f.Walk.Rounds[n+1:]) {
			line("      # Where LOGOUT waits for the end of the call instead, no guide says what comes of the rest.")
			next, refused = unlessSignedOut(next), true
		}
		others := ""
		if f.Deviation.Whom == spec.Colleague && n == len(f.Walk.Rounds)-1 {
			along := m.along(f.Walk, spec.Colleague)
			others = fmt.Sprintf(", others: {colleague: %s}", along[len(along)-1][0].State)
		}
		line("      then: %s", m.flowThen(at, r, next, refused, others))
		at = next
	}
	line("  sources: [%s]", join(m.sources(f), func(s spec.Source) string {
		if s.Page == "" {
			return fmt.Sprintf("{guide: %s}", s.Guide)
		}
		return fmt.Sprintf("{guide: %s, page: %s}", s.Guide, s.Page)
	}))
	return b.String()
}

// opens reports whether the model loses the user in what comes next.
func (m *Model) opens(at []modelState, rounds []Round) bool {
	for _, r := range rounds {
		if at = m.After(at, r); slices.ContainsFunc(at, func(s modelState) bool { return s.Open }) {
			return true
		}
	}
	return false
}

// sources are those of the rules that the last round is about, and of the
// queue of requests where there were several.
func (m *Model) sources(f Finding) []spec.Source {
	list := slices.Clone(f.Deviation.Sources)
	if queue := (spec.Source{Guide: "DG12.5", Page: "22"}); len(list) == 0 || f.Walk.Rounds[len(f.Walk.Rounds)-1].How != Alone {
		list = append(list, queue)
	}
	return list
}

// title is the walk in words, as short as a title has to be.
func title(w Walk) string {
	text := behaviour.Describe(w.Start) + ": " + w.Words()
	if len(text) > 100 {
		text = text[:strings.LastIndex(text[:99], " ")] + " …" // a title ends with no full stop
	}
	return text
}

func quoted(text string) string { return fmt.Sprintf("%q", text) }

func join[T any](list []T, words func(T) string) string {
	all := make([]string, len(list))
	for i, one := range list {
		all[i] = words(one)
	}
	return strings.Join(all, ", ")
}

// flowGiven writes where a walk begins.
func (m *Model) flowGiven(w Walk) string {
	g := m.given(w)
	parts := []string{"state: " + string(g.State)}
	add := func(key, value string) {
		if value != "" {
			parts = append(parts, key+": "+value)
		}
	}
	add("was", string(g.Was))
	add("call", string(g.Call))
	add("pending", string(g.Pending))
	add("wrap_up", string(g.WrapUp))
	if len(w.whom()) > 1 {
		add("others", "{colleague: NOT_READY}")
	}
	if n := g.Codes[spec.CategoryNotReady]; n != "" {
		add("codes", "{NOT_READY: "+n+"}")
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func flowWhen(w spec.When) string {
	by := ""
	if w.By != "" && w.By != spec.Self {
		by = "by: " + string(w.By) + ", "
	}
	switch {
	case w.Whom() != spec.Self:
		return "{" + by + "put: {state: " + w.Put.State + ", user: " + spec.UserOwn + "}}"
	case w.Put != nil && (w.Put.Reason == spec.ReasonAuto || w.Put.Reason == ""):
		return "{" + by + "put: " + w.Put.State + "}"
	case w.Put != nil:
		return "{" + by + "put: {state: " + w.Put.State + ", reason: " + w.Put.Reason + "}}"
	case w.Dialog != "":
		return "{" + by + "dialog: " + w.Dialog + "}"
	case w.Timer != "":
		return "{timer: " + w.Timer + "}"
	}
	return "{stimulus: " + string(w.Stimulus) + "}"
}

// flowThen writes what the model has of a round: the outcomes of a request
// alone, else where the user ends, and what it says of others. What was refused is
// not what waits for the end of the call.
func (m *Model) flowThen(at []modelState, r Round, next []modelState, refused bool, others string) string {
	var outcomes []string
	if len(r.Does) == 1 && r.Does[0].Put != nil && r.Does[0].Whom() == spec.Self {
		for _, s := range at {
			cell, _ := m.cell(s, r.Does[0])
			for _, o := range m.demand(cell).Then.On(m.Deployment) {
				if text := flowOutcome(o); !(refused && o.Kind == spec.Deferred) && !slices.Contains(outcomes, text) {
					outcomes = append(outcomes, text)
				}
			}
		}
	} else {
		var states []string
		for _, s := range next {
			if !slices.Contains(states, string(s.State)) {
				states = append(states, string(s.State))
			}
		}
		outcomes = []string{"{reaches: [" + strings.Join(states, ", ") + "]" + shown(next) + others + "}"}
	}
	if len(outcomes) == 1 {
		return outcomes[0]
	}
	return "{any_of: [" + strings.Join(outcomes, ", ") + "]}"
}

// shown demands the reason code that a user has wherever it may be.
func shown(next []modelState) string {
	reason := next[0].Reason
	if reason == "" || slices.ContainsFunc(next, func(s modelState) bool { return s.State != spec.NotReady || s.Reason != reason }) {
		return ""
	}
	return `, shows: [{at: User/reasonCodeId, is: "{` + reason + `}"}]`
}

func flowOutcome(o spec.Outcome) string {
	states := "[" + join(o.States, func(s spec.State) string { return string(s) }) + "]"
	types := "[" + join(o.Types, quoted) + "]"
	switch o.Kind {
	case spec.Accepted, spec.Reaches:
		return "{" + string(o.Kind) + ": " + states + "}"
	case spec.Refused:
		return "{refused: " + types + "}"
	case spec.Error:
		return "{error: [" + join(o.Status, func(n int) string { return fmt.Sprint(n) }) + "], types: " + types + "}"
	case spec.Keeps:
		if len(o.Status) == 0 {
			return "{keeps: any}"
		}
	}
	return "{keeps: 2xx}" // what is deferred stays until the call ends
}
