package judge

import (
	"fmt"
	"slices"
	"time"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// avoids: the user leaves its state, and is in none of the states from then to
// the end of the quiet time: what was refused before must not be done then
// either. Where a call still shows in its state nothing is proven; a state that
// shows no call, as NOT_READY does on one that is not routed, may stay.
func (c *stepJudge) avoids(out spec.Outcome) *mismatch {
	if m := c.impossible(out); m != nil {
		return m
	}
	var left time.Time
	for _, l := range c.observations {
		if l.State == c.step.Baseline.State {
			continue
		}
		if slices.Contains(out.States, l.State) {
			m := c.missed(out, evidence.MismatchMoved, 2, fmt.Sprintf("a move to %s %v after it", stateText(l), round(l.At.Sub(c.step.Sent))))
			m.at(c.step.Baseline, l)
			m.suspect = true // people ask for that too
			return m
		}
		if left.IsZero() {
			left = l.At
		}
	}
	switch {
	case !left.IsZero():
	case !c.step.Baseline.State.OnCall():
		left = c.step.Answered
	default:
		m := c.unproven(fmt.Sprintf("the user stayed in %s", c.step.Baseline.State))
		m.suspect, m.gap = true, evidence.GapPath
		return m
	}
	return c.unwatched(left)
}
