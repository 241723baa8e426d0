package judge

import (
	"slices"
	"time"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// timerLeads is where the end of the wrap-up timer leads.
var timerLeads = map[spec.State]spec.State{spec.Work: spec.NotReady, spec.WorkReady: spec.Ready}

// wrapUp is one stay of the subject in wrap-up, which its timer ends.
type wrapUp struct {
	seen  evidence.Observation // first, a moment after it began
	since time.Time            // when it had not begun yet, as far as looks tell
	timer time.Duration        // as the target tells, in whole seconds; 0 where it does not
}

// slack is how much sooner than told the timer may be over.
func (w wrapUp) slack() time.Duration { return max(w.timer/10, time.Second) }

// ends is from when on the timer may have led out of it: wrap-up was seen
// after it began, and of a timer told in whole seconds half may be all.
func (w wrapUp) ends() time.Time {
	end := w.seen.At.Add(w.timer / 2)
	if first := w.soonest(); first.Before(end) {
		return first
	}
	return end
}

// soonest is when the timer is over where wrap-up began as early as looks
// allow, and the timer is as short as told.
func (w wrapUp) soonest() time.Time {
	since := w.since
	if since.IsZero() {
		since = w.seen.Asked
	}
	return since.Add(w.timer - w.slack())
}

// over reports whether the timer had run out after a time in wrap-up, as far
// as that can be told.
func (w wrapUp) over(after time.Duration) bool {
	return w.timer > 0 && after >= max(w.timer/2, w.timer-w.slack())
}

// wrapUpOf finds the wrap-up in which the step found its subject, or in which
// the sighting found it since. Where an event told of it, looks that show what was
// before lag; the event has the time of its node.
func wrapUpOf(ev *evidence.Evidence, in evidence.Observation) (wrapUp, bool) {
	if timerLeads[in.State] == "" {
		return wrapUp{}, false
	}
	w := wrapUp{seen: in, timer: ev.Cast["subject"].WrapUpTimer}
	for i, l := range slices.Backward(ev.Observations) {
		switch {
		case l.User != in.User || l.At.After(in.At), l.Event && old(ev.Observations[:i], l, in.State):
		case l.State != in.State && w.since.IsZero():
			w.since = l.Asked // unless it lags behind what was seen of this stay
		case l.State == in.State && (w.since.IsZero() || l.ChangeTime != "" && l.ChangeTime == in.ChangeTime || l.Event && evidence.Near(l.ChangeTime, in.ChangeTime)):
			w.seen, w.since = l, time.Time{}
		}
	}
	return w, true
}

// old reports whether what an event shows was seen before, and the state it
// came before since: the event is late, and no end of that state.
func old(before []evidence.Observation, event evidence.Observation, came spec.State) bool {
	later := false
	for _, l := range slices.Backward(before) {
		switch {
		case l.User != event.User:
		case l.State == came:
			later = true
		case l.State == event.State && l.ChangeTime == event.ChangeTime && l.ChangeTime != "":
			return later
		}
	}
	return false
}

// timedOut reports whether a look shows what the wrap-up timer may have done
// meanwhile, and not what was asked for: also the state that was asked for,
// where that was refused at once and the timer has run out.
func (c *stepJudge) timedOut(l evidence.Observation) bool {
	w, ok := wrapUpOf(c.ev, c.step.Baseline)
	if !ok || l.State != timerLeads[c.step.Baseline.State] || l.At.Before(w.ends()) {
		return false
	}
	return !c.asked(l.State) || c.act != nil && c.act.Status >= 400 && w.over(l.At.Sub(w.seen.At)) && l.Reason() == c.step.Baseline.Reason()
}

// ledOut reports whether the wrap-up timer may have led out of the state that
// was reached, where that is wrap-up, to where the last look shows the user: no
// sooner than it may. What lies between are looks that lag.
func (c *stepJudge) ledOut(first int) bool {
	reached := c.observations[first]
	w, ok := wrapUpOf(c.ev, reached)
	last, _ := c.last()
	if !ok || last.State != timerLeads[reached.State] {
		return false
	}
	out := slices.IndexFunc(c.observations[first:], func(l evidence.Observation) bool { return l.State == last.State })
	return !c.observations[first+out].At.Before(w.ends())
}

// timerUnseen reports whether the user may have been in the wrap-up that was
// sought, and its timer have run out, between two looks: where nothing but
// looks tells.
func (c *stepJudge) timerUnseen(out spec.Outcome, last evidence.Observation) bool {
	leads := slices.ContainsFunc(out.States, func(s spec.State) bool { return timerLeads[s] != "" && timerLeads[s] == last.State })
	if !leads || c.step.Heard(c.ev.Target) == evidence.ChannelAlive {
		return false
	}
	w := wrapUp{timer: c.ev.Cast["subject"].WrapUpTimer}
	before := c.step.Sent
	for _, l := range c.observations {
		if l.State == last.State {
			w.since = before
			return !l.At.Before(w.soonest())
		}
		before = l.Asked
	}
	return false
}

// toldOver reports whether a look shows wrap-up though an event had told before
// where its timer led: reads lag behind events.
func (c *stepJudge) toldOver(l evidence.Observation) bool {
	return slices.ContainsFunc(c.ev.Observations, func(o evidence.Observation) bool {
		return o.Event && o.User == l.User && o.State == timerLeads[l.State] && o.At.Before(l.Asked) &&
			l.ChangeTime != "" && o.ChangeTime > l.ChangeTime
	})
}
