package explore

import (
	"fmt"
	"slices"
	"strings"

	"finesse-conformance/spec"
	"finesse-conformance/suites/behaviour"
)

// orders gives where a user may be after a round, over all orders that may
// have come about. An answer that is nil may be any.
func (m *Model) orders(from []modelState, does []spec.When, how How, answers []answer) []modelState {
	whatever := answers == nil
	if whatever {
		answers = make([]answer, len(does))
		for i := range answers {
			answers[i].Any = true
		}
	}
	var ends []modelState
	var follow func(at []modelState, left []int)
	follow = func(at []modelState, left []int) {
		if len(at) == 0 {
			return
		}
		if len(left) == 0 {
			ends = append(ends, at...)
			return
		}
		for n, i := range left {
			waits := slices.ContainsFunc(left[:n], func(j int) bool { // requests that are accepted are done in their order
				return does[i].Put != nil && does[j].Put != nil && (whatever || answers[i].Status < 400 && answers[j].Status < 400)
			})
			if how == InARow && waits {
				continue
			}
			var next []modelState
			for _, s := range at {
				next = append(next, m.Next(s, does[i], answers[i])...)
			}
			follow(unique(next), slices.Delete(slices.Clone(left), n, n+1))
		}
	}
	all := make([]int, len(does))
	for i := range all {
		all[i] = i
	}
	follow(from, all)
	return unique(ends)
}

// After gives where the subject may be after a round, whatever it is answered.
func (m *Model) After(from []modelState, r Round) []modelState {
	return m.after(from, r.of(spec.Self))
}

func (m *Model) after(from []modelState, mine Round) []modelState {
	return closed(m.orders(from, mine.Does, mine.How, nil))
}

// closed forgets what only a round is about.
func closed(list []modelState) []modelState {
	for i := range list {
		list[i].done = 0
	}
	return unique(list)
}

// deviation tells what is not possible in the nth round of what a walk does to
// a user.
func (m *Model) deviation(w Walk, h history, n int) *Deviation {
	from := m.start(w)
	for _, p := range h.rounds[:n] {
		var next []modelState
		for _, s := range m.orders(from, p.does, p.how, p.answer) {
			next = append(next, m.see(s, p.seen.state, p.seen.reason, p.seen.answer)...)
		}
		from = unique(next)
	}
	p := h.rounds[n]
	d := &Deviation{
		Round: n, From: texts(from), Seen: string(p.seen.state),
		Answers: p.answers(), Sources: m.rulesOf(from, p.does),
	}
	if p.seen.reason != "" {
		d.Seen += " with the " + p.seen.reason + " reason code"
	}
	ends := m.orders(from, p.does, p.how, p.answer)
	if d.Expected = texts(ends); len(ends) == 0 {
		d.Expected = "other answers: these are those of no order"
		if len(p.does) == 1 {
			d.Expected = "another answer"
		}
	}
	return d
}

// answers tells in words what the requests of a round were answered.
func (p played) answers() string {
	var all []string
	for i, a := range p.answer {
		if p.does[i].Put == nil {
			continue
		}
		text := fmt.Sprint(a.Status)
		if a.Type != "" {
			text += " " + a.Type
		}
		if a.Event {
			text += " by event"
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

// rulesOf gives where the rules of requests are written.
func (m *Model) rulesOf(from []modelState, does []spec.When) []spec.Source {
	var list []spec.Source
	for _, s := range from {
		for _, w := range does {
			if w.Put == nil || s.Open {
				continue
			}
			cell, _ := m.cell(s, w)
			for _, rule := range m.demand(cell).Rules {
				list = append(list, rule.Sources...)
			}
		}
	}
	var own []spec.Source
	for _, source := range list {
		if source.Guide != "" && !slices.Contains(own, source) {
			own = append(own, source)
		}
	}
	return own
}

// texts tells states in words, each once.
func texts(list []modelState) string {
	var all []string
	for _, s := range list {
		text := "anywhere"
		if !s.Open {
			text = behaviour.Describe(s.Situation)
			if s.State == spec.NotReady && s.Reason != "" {
				text += " with the " + s.Reason + " reason code"
			}
		}
		if !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	return strings.Join(all, " or ")
}
