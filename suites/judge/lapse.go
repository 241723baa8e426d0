package judge

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
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
// reservation that was over by itself: later than what the request does, or after
// the event that refused it and not what it asked for, and the user is READY or
// NOT_READY, as they leave it, or in what was asked for, where that was taken and
// waits for their end. For what it did not ask for a quiet time of seconds is not
// waited: events of that may come as late.
func (c *stepJudge) lapsed(l evidence.Observation, waits bool) bool {
	asked := c.asked(l.State)
	if !reserves(c.step.Baseline.State) || l.State != spec.Ready && l.State != spec.NotReady && !(waits && asked) {
		return false
	}
	late := c.ev.Target.Quiet
	if !asked {
		late = min(late, seconds)
	}
	if l.At.Sub(c.step.Answered) >= late {
		return true
	}
	refused := c.errorEvent()
	return !asked && refused != nil && refused.Received.Before(l.At)
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

// seconds is from when on looks lag so far that they tell no order.
const seconds = 2 * time.Second

// lapsedUnseen: the call or reservation may have been over by itself before the
// request, as looks lag by seconds, and nothing else tells of it.
func (c *stepJudge) lapsedUnseen(m *mismatch) *mismatch {
	lag := c.lagOfLooks()
	if m == nil || m.unproven || !reserves(c.step.Baseline.State) || c.step.Heard(c.ev.Target) == evidence.ChannelAlive || lag < max(seconds, c.ev.Target.Quiet) {
		return nil
	}
	i := slices.IndexFunc(c.observations, func(l evidence.Observation) bool { return l.State != c.step.Baseline.State })
	if i < 0 {
		return nil
	}
	left := c.observations[i]
	if after := left.At.Sub(c.step.Answered); left.State != spec.Ready && left.State != spec.NotReady || after > lag {
		return nil
	}
	un := c.unproven(fmt.Sprintf("%s may have been over by itself before the request: looks lagged by %v on the way", c.step.Baseline.State, round(lag)))
	un.suspect, un.gap = true, evidence.GapPath
	return un
}

// lagOfLooks is by how much looks lagged at most behind what was asked for on the
// user's way to where the step found it.
func (c *stepJudge) lagOfLooks() (most time.Duration) {
	for _, x := range c.ev.Exchanges {
		answered := x.Started.Add(x.Duration)
		if x.Method != http.MethodPut || x.Path != "/finesse/api/User/"+c.step.Baseline.User || x.Status/100 != 2 || !answered.Before(c.step.Sent) {
			continue
		}
		old := time.Duration(0) // how long after it what was before still showed
		for _, l := range c.ev.Observations {
			if l.Event || l.User != c.step.Baseline.User || !l.Asked.After(answered) || !c.step.Before(l) {
				continue
			}
			if strings.Contains(x.RequestBody, "<state>"+string(l.State)+"</state>") {
				most = max(most, old)
				break
			}
			old = l.Asked.Sub(answered)
		}
	}
	return most
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
