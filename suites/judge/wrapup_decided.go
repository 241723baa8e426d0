package judge

import (
	"fmt"
	"slices"
	"time"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

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
	if m != nil && c.act.Status/100 == 2 && c.errorEvent() == nil && AcceptedNowhere(c.when) {
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

// AcceptedNowhere reports whether a request asks for a state that nobody can
// be placed in by a request (guide 12.5(1), page 46; for supervisors, page 47).
func AcceptedNowhere(w spec.When) bool {
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
