package judge

import (
	"fmt"
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
	timer time.Duration        // as the target tells, in whole seconds; 0 where it does not
}

// ends is from when on the timer may have led out of it: wrap-up was seen
// after it began, and of a timer told in whole seconds half may be all.
func (w wrapUp) ends() time.Time { return w.seen.At.Add(w.timer / 2) }

// over reports whether the timer had run out after a time in wrap-up, as far
// as that can be told.
func (w wrapUp) over(after time.Duration) bool {
	return w.timer > 0 && after >= max(w.timer/2, w.timer-max(w.timer/10, time.Second))
}

// wrapUp finds the wrap-up in which the step found its subject, or in which
// the sighting found it since.
func wrapUpOf(ev *evidence.Evidence, in evidence.Observation) (wrapUp, bool) {
	if timerLeads[in.State] == "" {
		return wrapUp{}, false
	}
	w := wrapUp{seen: in, timer: ev.Cast["subject"].WrapUpTimer}
	for _, l := range slices.Backward(ev.Observations) {
		switch {
		case l.User != in.User || l.At.After(in.At):
		case l.State != in.State:
			return w, true
		default:
			w.seen = l
		}
	}
	return w, true
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

// ledOut reports whether nothing but the wrap-up timer led out of the state
// that was reached, where that is wrap-up: no sooner than it may.
func (c *stepJudge) ledOut(first int) bool {
	reached := c.observations[first]
	w, ok := wrapUpOf(c.ev, reached)
	return ok && !slices.ContainsFunc(c.observations[first:], func(l evidence.Observation) bool {
		return l.State != reached.State && (l.State != timerLeads[reached.State] || l.At.Before(w.ends()))
	})
}

// change is a change out of wrap-up: how long after wrap-up began, and after
// it was asked for.
type change struct {
	wrapUp
	to                   spec.State
	inWrapUp, sinceAsked time.Duration
}

// late reports whether the wrap-up timer may have made the change.
func (x change) late() bool { return x.timer > 0 && x.inWrapUp > x.timer/2 }

// leftWrapUp tells of the change that a step came to when it left wrap-up.
// When looks failed or hung meanwhile, the target's own times tell how long
// wrap-up lasted.
func leftWrapUp(ev *evidence.Evidence, step evidence.Step) (change, bool) {
	w, ok := wrapUpOf(ev, step.Baseline)
	if !ok || step.Converged < 0 {
		return change{}, false
	}
	at, still := step.Answered.Add(step.Converged), w.seen.Asked
	to := evidence.Observation{}
	for _, l := range ev.Observations {
		switch {
		case l.User != step.Baseline.User || l.At.After(at):
		case l.State == step.Baseline.State && !l.Asked.Before(still):
			still = l.Asked
		case l.State != step.Baseline.State && step.During(l):
			to = l
		}
	}
	x := change{wrapUp: w, to: to.State, inWrapUp: at.Sub(w.seen.At)}
	if own := -stepBack(w.seen.ChangeTime, to.ChangeTime); own >= still.Sub(w.seen.At) && own < x.inWrapUp {
		x.inWrapUp = own
	}
	x.sinceAsked = x.inWrapUp - step.Sent.Sub(w.seen.At)
	return x, true
}

// MayBeTimer reports whether the wrap-up timer may have made the change that a
// step came to, so that it is made once more at another moment of the timer.
func MayBeTimer(ev *evidence.Evidence, step evidence.Step) bool {
	x, ok := leftWrapUp(ev, step)
	return ok && x.late()
}

// byTimer: what was asked for in wrap-up takes effect at once (guide 12.5(1),
// page 469), and did so only when the wrap-up timer had run for long. Where
// the timer leads there too, it may have done it; where it leads elsewhere and
// was over, the request may have waited for it, or the target was slow. Made
// again at another moment of the timer, the change tells: it comes as long
// after the request, or as long after wrap-up began.
func (c *stepJudge) byTimer(out spec.Outcome) *mismatch {
	x, ok := leftWrapUp(c.ev, c.step)
	if !out.HalfTimer || !ok || !x.late() {
		return nil
	}
	leads := slices.Contains(out.States, timerLeads[c.step.Baseline.State])
	if !leads && !x.over(x.inWrapUp) {
		return nil // late, and not the timer's doing
	}
	if c.req.Steps[c.index].Later {
		if before, ok := leftWrapUp(c.ev, c.ev.Steps[c.index-1]); ok && before.late() {
			return c.bothTimes(out, before, x)
		}
	}
	text := fmt.Sprintf("seen %v after wrap-up began, which is more than half the wrap-up timer of %v: the timer may have done it", round(x.inWrapUp), x.timer)
	if !leads {
		text = fmt.Sprintf("seen only as the wrap-up timer of %v ran out, %v after wrap-up began", x.timer, round(x.inWrapUp))
	}
	m := c.unproven(text)
	m.what.Kind = evidence.MismatchTimer
	return m
}

// bothTimes compares two changes that were asked for at two moments of the
// timer.
func (c *stepJudge) bothTimes(out spec.Outcome, a, b change) *mismatch {
	if (a.inWrapUp - b.inWrapUp).Abs() >= (a.sinceAsked - b.sinceAsked).Abs() {
		return nil // as long after each request
	}
	if !a.over(a.inWrapUp) || !b.over(b.inWrapUp) {
		return nil // the timer still ran, and what is slow is slow now and then
	}
	m := c.missed(out, evidence.MismatchTimer, 3, fmt.Sprintf(
		"%s with the end of the wrap-up timer of %v both times, %v and %v after wrap-up began, though it was asked for %v and %v before",
		b.to, b.timer, round(a.inWrapUp), round(b.inWrapUp), round(a.sinceAsked), round(b.sinceAsked)))
	m.xpath = "User/state"
	return m
}
