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
// wrap-up lasted, where they are by one clock.
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
	if own, ok := evidence.Later(w.seen.ChangeTime, to.ChangeTime); ok && !twoClocks(ev.Observations) && own >= still.Sub(w.seen.At) && own < x.inWrapUp {
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
	if c.toldOver(c.step.Baseline) || c.req.Steps[c.index].Later && c.toldOver(c.ev.Steps[c.index-1].Baseline) {
		return c.unsure("an event had told before the request that the wrap-up timer of %v was over", x.timer)
	}
	if other := c.otherWrapUp(); other != "" {
		return c.missed(out, evidence.MismatchTimer, 3, fmt.Sprintf("a move from %s to %s, and %v later to %s", c.step.Baseline.State, other, round(x.inWrapUp), x.to))
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

// otherWrapUp is the kind of wrap-up in which a step that left one saw its subject
// meanwhile, "" for none: it has a timer of its own, and is no change at once.
func (c *stepJudge) otherWrapUp() spec.State {
	for _, l := range c.observations {
		if timerLeads[l.State] != "" && l.State != c.step.Baseline.State && timerLeads[c.step.Baseline.State] != "" {
			return l.State
		}
	}
	return ""
}

// unsure is what proves nothing because of the wrap-up timer, and is played once
// more: another time may tell.
func (c *stepJudge) unsure(format string, args ...any) *mismatch {
	m := c.unproven(fmt.Sprintf(format, args...))
	m.what.Kind, m.gap, m.suspect = evidence.MismatchTimer, evidence.GapWrapUp, true
	return m
}

// apartEnough is how far apart two moments of a timer have to be of which the
// one is to tell what the other does not.
const apartEnough = time.Second

// bothTimes compares two changes that were asked for at two moments of the
// timer.
func (c *stepJudge) bothTimes(out spec.Outcome, a, b change) *mismatch {
	if (a.inWrapUp - b.inWrapUp).Abs() >= (a.sinceAsked - b.sinceAsked).Abs() {
		return nil // as long after each request
	}
	if !a.over(a.inWrapUp) || !b.over(b.inWrapUp) {
		return nil // the timer still ran, and what is slow is slow now and then
	}
	if moved := (a.inWrapUp - a.sinceAsked) - (b.inWrapUp - b.sinceAsked); moved.Abs() < min(apartEnough, a.timer) {
		m := c.unproven(fmt.Sprintf("asked for at two moments of the wrap-up timer of %v that are only %v apart", b.timer, round(moved.Abs())))
		m.what.Kind, m.gap = evidence.MismatchTimer, evidence.GapWrapUp
		return m
	}
	if c.mayHaveBeenOver(a) || c.mayHaveBeenOver(b) {
		return c.unsure("the wrap-up timer of %v may have been over when it was asked for: wrap-up was seen long after what ended the call", b.timer)
	}
	if b.timer <= b.slack() {
		return c.unsure("%s came when the wrap-up timer of %v was over both times: of one as short nobody sees whether it still ran", b.to, b.timer)
	}
	if near := b.timer - b.slack()/2; a.inWrapUp < near || b.inWrapUp < near {
		return c.unsure("%s came before the wrap-up timer of %v was over, though not by much: looks that lag show what is done at once as late", b.to, b.timer)
	}
	if !c.wrapUpModeTold() {
		return c.unsure("%s with the end of the wrap-up timer of %v both times, as where the user has to give wrap-up data, and the target does not show whether it has", b.to, b.timer)
	}
	m := c.missed(out, evidence.MismatchTimer, 3, fmt.Sprintf(
		"%s with the end of the wrap-up timer of %v both times, %v and %v after wrap-up began, though it was asked for %v and %v before",
		b.to, b.timer, round(a.inWrapUp), round(b.inWrapUp), round(a.sinceAsked), round(b.sinceAsked)))
	m.xpath = "User/state"
	return m
}

// mayHaveBeenOver reports whether wrap-up may have begun so long before it was
// seen that its timer was over when the change was asked for: reads that lag show
// the call for as long as they lag. It began no sooner than the last request on the
// call was sent.
func (c *stepJudge) mayHaveBeenOver(x change) bool {
	asked := x.seen.At.Add(x.inWrapUp - x.sinceAsked)
	var ended time.Time
	for _, e := range c.ev.Exchanges {
		if e.Method == http.MethodPut && strings.HasPrefix(e.Path, "/finesse/api/Dialog/") && e.Started.Before(x.seen.At) {
			ended = e.Started
		}
	}
	return !ended.IsZero() && !asked.Before(ended.Add(x.timer-x.slack()))
}

// wrapUpModeTold reports whether the target shows what wrap-up is to the user.
// Where it does not (DevNet has events and users without), that may be one that is not
// left before its timer without wrap-up data.
func (c *stepJudge) wrapUpModeTold() bool {
	last, ok := c.last()
	if !ok {
		return false
	}
	d := c.documentOf(c.ev, last)
	return slices.ContainsFunc([]string{"Incoming", "Outgoing"}, func(calls string) bool {
		mode, _ := d.text("User/settings/wrapUpOn" + calls)
		return mode != ""
	})
}
