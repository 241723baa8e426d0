package judge

import (
	"slices"
	"strings"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// reasons makes the check that whoever chose a reason for NOT_READY is shown with
// it (guide, p.51): where the last thing that was asked for a user is a NOT_READY of
// its own, it came there and stayed, no look shows the reason, and nothing else can
// be why. A reason that a requirement sends as a wrong one is that requirement's to judge.
func (s *Invariants) reasons(ev *evidence.Evidence) {
	req, ok := s.judge.catalogue.ByID(ev.Requirement)
	if ok && slices.ContainsFunc(req.Steps, sendsWrongReason) || slices.ContainsFunc(ev.Exchanges, func(x evidence.Exchange) bool { return !x.Served() }) {
		return
	}
	for user, x := range lastPuts(ev) {
		reason := sent(x, "reasonCodeId")
		if x.As != user || x.WrongPassword || x.Status/100 != 2 || reason == "" || sent(x, "state") != string(spec.NotReady) ||
			slices.ContainsFunc(ev.Events, func(e evidence.Event) bool { return e.IsError() && strings.HasSuffix(e.Node, "/User/"+user) }) {
			continue
		}
		if shown, lost := reasonLost(ev, user, x, reason); lost {
			s.breaks(spec.InvariantReason, ev, "User/reasonCodeId", reason+", which was sent with NOT_READY", seenReason(shown))
		}
	}
}

func sendsWrongReason(step spec.Step) bool {
	return step.When.Put != nil && slices.Contains([]string{spec.ReasonUnknown, spec.ReasonMalformed, spec.ReasonWrongCategory, spec.ReasonForeign, spec.ReasonCode}, step.When.Put.Reason)
}

func seenReason(o evidence.Observation) string {
	if o.Reason() == "" {
		return "none"
	}
	return o.Reason()
}

// lastPuts gives the last change that was asked for each user before it was put
// back, but for those of whom NOT_READY was asked for more than once: the second may
// have been refused as one too many.
func lastPuts(ev *evidence.Evidence) map[string]evidence.Exchange {
	last, wishes := map[string]evidence.Exchange{}, map[string]int{}
	for _, x := range ev.Exchanges {
		if x.Method != "PUT" || x.Purpose == evidence.ForReturn {
			continue
		}
		if _, user, ok := strings.Cut(strings.TrimSuffix(x.Path, "/"), "/api/User/"); ok {
			last[user] = x
			if sent(x, "state") == string(spec.NotReady) {
				wishes[user]++
			}
		}
	}
	for user, n := range wishes {
		if n > 1 {
			delete(last, user)
		}
	}
	return last
}

// sent gives what a request has under a name.
func sent(x evidence.Exchange, name string) string {
	_, rest, _ := strings.Cut(x.RequestBody, "<"+name+">")
	value, _, _ := strings.Cut(rest, "</"+name+">")
	return strings.TrimSpace(value)
}

// reasonLost looks at how a user is shown after its NOT_READY: coming from where
// the guide lets it choose, staying for the quiet time, never with the reason.
func reasonLost(ev *evidence.Evidence, user string, x evidence.Exchange, reason string) (last evidence.Observation, lost bool) {
	from := []spec.State{spec.Ready, spec.Work, spec.WorkReady, spec.Talking, spec.Hold}
	if ev.Target.Deployment == spec.UCCE {
		from = append(from, spec.ReservedOutbound, spec.ReservedOutboundPreview)
	}
	back := ev.Ended
	if i := slices.IndexFunc(ev.Exchanges, func(x evidence.Exchange) bool { return x.Purpose == evidence.ForReturn }); i >= 0 {
		back = ev.Exchanges[i].Started
	}
	var before, first evidence.Observation
	for _, o := range ev.Observations {
		switch {
		case o.Event || o.User != user || o.At.After(back):
		case o.Asked.Before(x.Started):
			before = o
		case o.Asked.Before(x.Started.Add(x.Duration)):
		case o.State == spec.NotReady:
			if first.State == "" {
				first = o
			}
			if last = o; o.Reason() == reason {
				return last, false
			}
		case first.State != "", o.State != before.State && !o.State.OnCall():
			// Something else moved it, or wrap-up came between.
			return last, false
		}
	}
	return last, slices.Contains(from, before.State) && first.State != "" && last.Asked.Sub(first.Asked) >= ev.Target.Quiet
}
