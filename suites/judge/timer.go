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

// wrapUp finds the wrap-up in which the step found its subject, or in which
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

// beaten: in wrap-up, the answer came, or what was asked for was done, when the
// timer may have led out of it before, and no look since shows otherwise.
// Whatever was done then, it was done in a state in which nobody knows the user
// to have been.
func (c *stepJudge) beaten(out spec.Outcome, m *mismatch) *mismatch {
	w, ok := wrapUpOf(c.ev, c.step.Baseline)
	if !ok || c.act == nil || c.when.Get != nil || m != nil && (m.unproven || m.what.Kind == evidence.MismatchTimer) {
		return nil
	}
	if m == nil && out.Kind != spec.Refused && out.Kind != spec.Error {
		return nil
	}
	if m != nil && c.wantsWrapUpData() {
		un := c.unproven("the user does not leave wrap-up without wrap-up data: " + c.answerText())
		un.what.Kind, un.gap = evidence.MismatchTimer, evidence.GapWrapUp
		return un
	}
	if m != nil && c.act.Status/100 == 2 && c.errorEvent() == nil && refusedEverywhere(c.when) {
		return nil // it is accepted nowhere, wherever the timer leads
	}
	if m != nil && m.what.Kind == evidence.MismatchStayed && c.act.Status/100 == 2 && c.errorEvent() == nil && supervisorSignsOut(c.when) {
		m.suspect = true
		return nil // it is done everywhere
	}
	decided, moved := c.decided(m)
	if decided.Before(w.soonest()) {
		return nil
	}
	still := func(l evidence.Observation) bool {
		return l.State == c.step.Baseline.State && !l.Event && !l.Asked.Before(decided) && !c.toldOver(l)
	}
	// Of a timer of a second nobody sees whether it still runs.
	if blink := w.timer > 0 && w.timer <= w.slack() && m != nil; !moved && !blink && slices.ContainsFunc(c.observations, still) {
		return nil
	}
	timer := fmt.Sprintf("the wrap-up timer of %v", w.timer)
	if w.timer == 0 { // it is told nowhere, and may be as short
		if timer = "the wrap-up timer, which the target does not tell,"; !c.leftFor(timerLeads[c.step.Baseline.State]) {
			return nil
		}
	}
	return c.unsure("%s may have ended wrap-up before the request was dealt with, %v after wrap-up was seen", timer, round(decided.Sub(w.seen.At)))
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

// toldOver reports whether a look shows wrap-up though an event had told before
// where its timer led: reads lag behind events.
func (c *stepJudge) toldOver(l evidence.Observation) bool {
	return slices.ContainsFunc(c.ev.Observations, func(o evidence.Observation) bool {
		return o.Event && o.User == l.User && o.State == timerLeads[l.State] && o.At.Before(l.Asked) &&
			l.ChangeTime != "" && o.ChangeTime > l.ChangeTime
	})
}

// refusedEverywhere reports whether a request asks for a state that nobody can
// be placed in by a request (guide 12.5(1), page 46; for supervisors, page 47).
func refusedEverywhere(w spec.When) bool {
	if w.Put == nil {
		return false
	}
	switch s := spec.State(w.Put.State); s {
	case spec.Login, spec.Logout, spec.NotReady, spec.Ready:
		return false
	case spec.Work, spec.WorkReady:
		return w.By == spec.Supervisor
	}
	return true
}

// supervisorSignsOut reports whether a request is one that is accepted in every
// state but LOGOUT (guide 12.5(1), page 47).
func supervisorSignsOut(w spec.When) bool {
	return w.Put != nil && w.By == spec.Supervisor && spec.State(w.Put.State) == spec.Logout
}

// wantsWrapUpData reports whether the target says that the user has to give
// wrap-up data before it leaves wrap-up: its settings need not tell that before.
func (c *stepJudge) wantsWrapUpData() bool {
	if e := c.errorEvent(); e != nil {
		return e.ErrorData == wrapUpDataRequired
	}
	data, _ := c.answer().text("ApiErrors/ApiError/ErrorData")
	return c.act.Status >= 400 && data == wrapUpDataRequired
}

// heldUnheard: who stays in wrap-up may have to give wrap-up data before, where its
// settings leave open whether (an empty mode, or none), and nobody would have heard
// of a refusal. A supervisor signs it out all the same; UCCX has no such mode
// (DevNet, User wrap-up mode).
func (c *stepJudge) heldUnheard(m *mismatch) *mismatch {
	if m == nil || m.unproven || m.what.Kind != evidence.MismatchStayed || m.what.To != c.step.Baseline.State || timerLeads[c.step.Baseline.State] == "" ||
		c.when.Put == nil || c.act == nil || c.act.Status >= 400 || supervisorSignsOut(c.when) {
		return nil
	}
	mode, _ := c.documentOf(c.ev, c.step.Baseline).text("User/settings/wrapUpOnIncoming")
	if mode != "" || c.ev.Target.Deployment != spec.UCCE || c.step.Heard(c.ev.Target) == evidence.ChannelAlive {
		return nil
	}
	return c.unsure("the user may have to give wrap-up data before it leaves wrap-up: its settings do not tell, and nobody would have heard of a refusal")
}

// leftFor reports whether the first other state that the subject was seen in
// since the request is this.
func (c *stepJudge) leftFor(s spec.State) bool {
	i := slices.IndexFunc(c.observations, func(l evidence.Observation) bool { return l.State != c.step.Baseline.State })
	return i >= 0 && c.observations[i].State == s
}

// decided is when the target had dealt with the request, as far as that shows,
// and whether it shows in a change: a refusal tells it itself, unless what it
// refuses was done.
func (c *stepJudge) decided(m *mismatch) (at time.Time, moved bool) {
	e := c.errorEvent()
	done := m != nil && slices.ContainsFunc(c.observations, func(l evidence.Observation) bool { return c.asked(l.State) })
	switch {
	case e != nil && !done:
		return e.Received, false
	case c.act.Status >= 400 && !done:
		return c.step.Answered, false
	}
	for _, l := range c.observations {
		if l.State != c.step.Baseline.State {
			return l.At, true
		}
	}
	return c.step.Answered, false
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
	for _, calls := range []string{"Incoming", "Outgoing"} {
		if mode, _ := c.documentOf(c.ev, last).text("User/settings/wrapUpOn" + calls); mode != "" {
			return true
		}
	}
	return false
}
