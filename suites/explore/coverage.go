package explore

import (
	"fmt"
	"slices"
	"strings"

	"finesse-conformance/spec"
)

// happening is one thing that a walk does, with what the model says comes of it.
type happening struct {
	what     string // what it is, to the user
	where    string // where the user was
	result   string // what came of it
	asks     bool   // it is a request
	call     int    // how many calls began before it
	shows    shows
	families [][]string // what it is after what was before
}

// shows says when it would show that something came to nothing.
type shows int

const (
	never shows = iota
	atOnce
	atEnd // of the call, where nothing else is asked for before
	ends  // which it is itself
)

// happenings tells what the things of a round are, each after those before it.
func (m *Model) happenings(past []happening, at []modelState, r Round) []happening {
	calls := 0
	if len(past) > 0 {
		calls = past[len(past)-1].call
	}
	all := slices.Clip(past)
	start, after := at, m.After(at, r)
	for i, w := range r.Does {
		to := at
		if w.Whom() == spec.Self {
			to = m.After(at, Round{How: Alone, Does: []spec.When{w}})
		}
		if len(to) == 0 {
			to = at
		}
		if at[0].Call == "" && to[0].Call != "" {
			calls++
		}
		h := happening{what: what(w, at[0], to[0]), where: whereabouts(at[0]), result: m.result(at[0], to[0], w), asks: w.Put != nil, call: calls}
		without := m.After(start, Round{How: r.How, Does: slices.Delete(slices.Clone(r.Does), i, i+1)})
		switch {
		case w.Whom() != spec.Self || !slices.ContainsFunc(after, func(s modelState) bool { return !slices.Contains(without, s) }):
		case at[0].Pending != "" && to[0].Call == "":
			h.shows = ends
		case to[0].Pending != "":
			h.shows = atEnd
		default:
			h.shows = atOnce
		}
		if h.shows == never && i > 0 && h.what == all[len(all)-1].what { // that the same is done once, not twice
			h.shows, all[len(all)-1].shows = atOnce, max(atOnce, all[len(all)-1].shows)
		}
		h.families = families(r.How, append(all, h), i)
		if before := m.turned(start, h, w); i > 0 && before != "" {
			h.families = append(h.families, []string{fmt.Sprint(r.How, " ", h.where, " ", all[len(all)-1].what, " > ", h.what, ", ", before, " before it")})
		}
		all = append(all, h)
		at = to
	}
	return all[len(past):]
}

// turned says what would have come of a request before those that went ahead of it,
// "" where their turn makes no difference.
func (m *Model) turned(start []modelState, h happening, w spec.When) string {
	alone := m.After(start, Round{How: Alone, Does: []spec.When{w}})
	if !h.asks || len(alone) == 0 {
		return ""
	}
	if result := m.result(start[0], alone[0], w); result != h.result {
		return result
	}
	return ""
}

// what tells things apart that a target may treat differently.
func what(w spec.When, from, to modelState) string {
	by := ""
	if w.By != "" && w.By != spec.Self {
		by = string(w.By) + " "
	}
	switch {
	case w.Put != nil:
		return by + w.Put.State
	case from.Call == "" && to.Call != "":
		return "begins"
	case from.Call != "" && to.Call == "":
		return "ends"
	case to.State == spec.Talking && !talks(from.State):
		return "arrives"
	}
	return by + w.Dialog + string(w.Stimulus) + w.Timer
}

// whereabouts tells where a user is.
func whereabouts(s modelState) string {
	switch {
	case talks(s.State):
		return "call"
	case s.Call != "":
		return "reserved"
	case wrapsUp([]modelState{s}):
		return "wrap-up"
	}
	return "rest"
}

// result tells in a word what came of a request.
func (m *Model) result(from, to modelState, w spec.When) string {
	switch {
	case w.Put == nil:
		return ""
	case len(m.put(from, w, answer{Status: 202})) == 0:
		return "refused"
	case to.Pending != "" && from.Pending == "":
		return "pends"
	case to.Pending != from.Pending && to.Pending != "":
		return "replaces"
	case to.Pending != "":
		return "again"
	case to.State == from.State:
		return "stays"
	}
	return "moves"
}

// kind is what a thing is where it counts which things come together.
func (h happening) kind() string {
	if h.asks {
		return "asked"
	}
	return h.what
}

// families lists what the last of some things is, the ith of its round: in its
// situation, and after what was before. What depends on an order depends on two or
// three things, which need not come one right after the other.
func families(how How, all []happening, i int) [][]string {
	n := len(all) - 1
	h := all[n]
	list := [][]string{{"in " + h.where + " " + h.what + " " + h.result + " " + string(how)}}
	add := func(text ...string) { list = append(list, text) }
	if n > 0 {
		add("next " + all[n-1].what + " " + all[n-1].result + " > " + h.what)
	}
	if i > 0 {
		if how == InARow {
			add("quick " + all[n-1].what + " > " + h.what)
		}
		add(string(how) + " " + all[n-1].where + " " + all[n-1].what + " > " + h.what)
	}
	if i > 1 {
		add(string(how) + " " + all[n-2].kind() + ", " + all[n-1].kind() + " > " + h.kind())
	}
	requests, nth := []string{h.what}, 1
	for _, a := range slices.Backward(all[:n]) {
		if a.asks {
			if requests = append(requests, a.what); len(requests) == 2 {
				add("asked " + a.what + " " + a.result + " > " + h.where + " " + h.what)
			}
		}
		if a.what == h.what && a.call == h.call {
			nth++
		}
	}
	if h.asks && len(requests) >= 3 {
		add(strings.Join(requests[:3], " < "))
	}
	add(fmt.Sprint("nth ", nth, " ", h.where, " ", h.what))
	var once []string
	for _, a := range all[:n] {
		text := "once " + a.what + " " + a.result + " > " + h.what
		if a.call != h.call {
			text += ", another call"
		}
		if !slices.Contains(once, text) {
			once = append(once, text)
		}
	}
	add(once...)
	return list
}

// coverage counts what was done before, and after what: a walk that repeats what
// others did finds nothing.
type coverage struct {
	counts map[string]int
	starts map[spec.Situation]int
	usual  float64 // news of a round on a call, in a reservation or in wrap-up, of late
}

func (c *coverage) begin(s spec.Situation) {
	if c.starts == nil {
		c.starts, c.counts = map[spec.Situation]int{}, map[string]int{}
	}
	c.starts[s]++
}

// news says how much of what happens is new: the more the less was seen before.
func (c *coverage) news(past, now []happening) float64 {
	sum := 0.0
	for i, h := range now {
		switch h.shows {
		case never:
			sum += c.newsOf(h) / 2
		case ends:
			waits := waiting(slices.Concat(past, now[:i]))
			for _, w := range waits[min(i, len(waits)):] { // those of this round count by themselves
				sum += c.newsOf(w)
			}
			fallthrough
		default:
			sum += c.newsOf(h)
		}
	}
	return sum / float64(len(now))
}

func (c *coverage) newsOf(h happening) float64 {
	sum := 0.0
	for _, family := range h.families {
		for _, text := range family {
			sum += 1 / float64((1+c.counts[text])*len(family))
		}
	}
	return sum
}

// waiting lists what the end of a call shows: what was done since the change that
// pends was asked for.
func waiting(past []happening) []happening {
	var list []happening
	for _, h := range slices.Backward(past) {
		if h.shows != atEnd {
			break
		}
		if list = append(list, h); h.result == "pends" || h.result == "replaces" {
			break
		}
	}
	return list
}

// add counts what shows.
func (c *coverage) add(past, now []happening) {
	for i, h := range now {
		var shown []happening
		switch h.shows {
		case ends:
			shown = append(waiting(slices.Concat(past, now[:i])), h)
		case atOnce, never:
			shown = append(shown, h)
		}
		for _, h := range shown {
			for _, family := range h.families {
				for _, text := range family {
					c.counts[text]++
				}
			}
		}
	}
}
