package explore

import (
	"strings"

	"finesse-conformance/spec"
)

// coverage counts what was done before, in which situation and after what: a
// walk that repeats what others did finds nothing. What depends on an order
// depends on two or three things in a row, so these are what is counted.
type coverage struct {
	counts map[string]int
	starts map[spec.Situation]int
}

// aspect is one way to look at a round, and how much it counts that nobody has
// done the like.
type aspect struct {
	text   string
	weight float64
}

// news says how much of a round is new: the more the less was done before.
func (c *coverage) news(w Walk, at []modelState, r Round) float64 {
	sum := 0.0
	for _, a := range aspects(w, at, r) {
		sum += a.weight / float64(1+c.counts[a.text])
	}
	return sum
}

func (c *coverage) begin(s spec.Situation) {
	if c.starts == nil {
		c.starts, c.counts = map[spec.Situation]int{}, map[string]int{}
	}
	c.starts[s]++
}

func (c *coverage) add(w Walk, at []modelState, r Round) {
	for _, a := range aspects(w, at, r) {
		c.counts[a.text]++
	}
}

// aspects lists what a round is in a walk.
func aspects(w Walk, at []modelState, r Round) []aspect {
	s := at[0]
	names := make([]string, len(r.Does))
	for i, d := range r.Does {
		names[i] = name(d)
	}
	does := string(r.How) + ": " + strings.Join(names, ", ")
	state, pending := string(s.State), string(s.State)+" "+string(s.Pending)
	where := pending + " " + string(s.Call) + " " + string(s.WrapUp) + " " + string(s.Was)
	before, long := lastNames(w)
	return []aspect{
		{"in " + state + " " + does, 1},
		{"pending " + pending + " " + does, 0.5},
		{"where " + where + " " + names[0], 0.5},
		{"after " + before + " > " + names[0], 0.5},
		{"in " + state + " after " + before + " > " + names[0], 1},
		{"long " + long + " > " + names[0], 0.5},
		{"anywhere " + does, 0.5},
	}
}

// lastNames names the last thing and the last two things of a walk.
func lastNames(w Walk) (last, two string) {
	all := []string{"", "start " + string(w.Start.State) + " " + string(w.Start.Pending)}
	for _, r := range w.Rounds {
		for _, d := range r.Does {
			all = append(all, name(d))
		}
	}
	n := len(all)
	return all[n-1], all[n-2] + " > " + all[n-1]
}

// name tells things apart that a target may treat differently.
func name(d spec.When) string {
	by := ""
	if d.By != "" && d.By != spec.Self {
		by = string(d.By) + " "
	}
	switch {
	case d.Put != nil && d.Put.Reason == spec.ReasonNone:
		return by + d.Put.State + " without reason"
	case d.Put != nil:
		return by + d.Put.State
	}
	return by + d.Dialog + string(d.Stimulus) + d.Timer
}
