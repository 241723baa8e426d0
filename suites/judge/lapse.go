package judge

import (
	"fmt"
	"slices"
	"time"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// A call that nobody answers rings for a time, and a campaign's reservation that
// nothing comes of lasts for one. Then the target ends both by itself, and no
// API tells when.

// reserves reports whether a state is one that the target ends by itself.
func reserves(s spec.State) bool {
	return s == spec.Reserved || s == spec.ReservedOutbound || s == spec.ReservedOutboundPreview
}

// lapsed reports whether a look shows what may have come of a call or a
// reservation that was over by itself: later than what the request does, and the
// user is READY or NOT_READY, as they leave it, or in what was asked for, where
// that was taken and waits for their end.
func (c *stepJudge) lapsed(l evidence.Observation, waits bool) bool {
	if !reserves(c.step.Baseline.State) || l.At.Sub(c.step.Answered) < c.ev.Target.Quiet {
		return false
	}
	return l.State == spec.Ready || l.State == spec.NotReady || waits && c.asked(l.State)
}

// lapsedBefore: the call or reservation was over by itself before the step.
func (c *stepJudge) lapsedBefore() *mismatch {
	if c.index == 0 || c.req.Steps[c.index].Again {
		return nil
	}
	before := c.ev.Steps[c.index-1].Baseline
	left := c.step.Baseline.State != before.State && before.User == c.step.Baseline.User
	if !reserves(before.State) || !left || !stays(c.req.Steps[c.index-1].Then) {
		return nil
	}
	m := c.unproven(fmt.Sprintf("%s was over by itself %v before the step", before.State, round(c.step.Sent.Sub(c.lapse(before.State)))))
	m.exchange, m.suspect, m.gap = -1, true, evidence.GapPath
	return m
}

// lapse is when the user was seen first to have left the state.
func (c *stepJudge) lapse(s spec.State) time.Time {
	at := c.step.Sent
	for _, l := range slices.Backward(c.ev.Observations) {
		if l.User != c.step.Baseline.User || !c.step.Before(l) {
			continue
		}
		if l.State == s {
			break
		}
		at = l.At
	}
	return at
}

// stays reports whether every outcome leaves the user in its state.
func stays(then spec.Then) bool {
	return !slices.ContainsFunc(then, func(out spec.Outcome) bool {
		switch out.Kind {
		case spec.Refused, spec.Error, spec.Keeps, spec.Deferred, spec.Answer:
			return false
		}
		return true
	})
}
