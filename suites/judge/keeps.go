package judge

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// unchanged: state, pending state and reason code are what they were, in
// every sighting of the watch.
func (c *stepJudge) unchanged(out spec.Outcome) *mismatch {
	if c.when.Get != nil {
		return nil // a read changes nothing
	}
	if len(c.observations) == 0 {
		if x := c.hidden(0); x != nil && x.Status == http.StatusUnauthorized {
			return c.concealed(out, x)
		}
		return c.unseen()
	}
	for _, l := range c.observations {
		if l.Same(c.step.Baseline) || c.passingLogin(l) || c.oldWish(l) || c.timedOut(l) || c.lapsed(l, false) {
			continue
		}
		m := c.missed(out, evidence.MismatchMoved, 3, fmt.Sprintf("%s, and a move from %s to %s %s it",
			c.answerText(), stateText(c.step.Baseline), stateText(l), fromAnswer(l.At.Sub(c.step.Answered))))
		m.at(c.step.Baseline, l)
		m.xpath = changedPath(c.step.Baseline, l)
		wished := l.Pending != "" && l.Pending != c.step.Baseline.Pending
		m.suspect = l.State != c.step.Baseline.State || c.chosen(l) || wished // also to what was asked for: people ask for that too
		return m
	}
	return c.unwatched(c.step.Answered)
}

// oldWish reports whether a look differs from the baseline only in showing,
// or not yet or no more, a change that was asked for before this request: on a
// call a pending change may show late, or never (DG12.5 p.348). What became of it shows
// with the end of the call.
func (c *stepJudge) oldWish(l evidence.Observation) bool {
	base := c.step.Baseline
	if l.State != base.State || !base.State.OnCall() {
		return false
	}
	wishes := []string{""}
	if c.req.Given.Pending != "" {
		wishes = append(wishes, string(c.req.Given.Pending))
	}
	for _, step := range c.req.Steps[:c.index] {
		if step.When.Put != nil {
			wishes = append(wishes, step.When.Put.State)
		}
	}
	return len(wishes) > 1 && slices.Contains(wishes, base.Pending) && slices.Contains(wishes, l.Pending)
}

// keeps: the state stays; the pending state and its reason code may change.
func (c *stepJudge) keeps(out spec.Outcome) *mismatch {
	if m := c.unmade(out); m != nil {
		return m
	}
	if m := c.unanswered(out); m != nil {
		return m
	}
	if m := c.impossible(out); m != nil {
		return m
	}
	if len(out.Status) > 0 && c.act != nil && !statusIn(out.Status, c.act.Status) {
		return c.answerMissed(out)
	}
	if c.when.Put != nil && c.act.Status >= 400 && c.level() != spec.Info {
		if m := c.errorBody(out, nil); m != nil {
			return m
		}
	}
	if e := c.errorEvent(); e != nil && len(out.Status) > 0 {
		m := c.missed(out, evidence.MismatchEvent, 1, fmt.Sprintf("%d and then an event that refuses it: %s", c.act.Status, eventText(e)))
		m.what.Said = e.ErrorType
		m.event, m.suspect = e.Index, anybodys(e)
		return m
	}
	if len(c.observations) == 0 {
		return c.unseen()
	}
	for _, l := range c.observations {
		if l.State == c.step.Baseline.State || c.passingLogin(l) || c.timedOut(l) || c.lapsed(l, true) {
			continue
		}
		m := c.missed(out, evidence.MismatchMoved, 2, fmt.Sprintf("a move to %s %v after it", stateText(l), round(l.At.Sub(c.step.Sent))))
		m.at(c.step.Baseline, l)
		m.suspect = true // also to what was asked for: people ask for that too
		return m
	}
	if m := c.unwatched(c.step.Answered); m != nil {
		return m
	}
	last, _ := c.last()
	return c.shows(out, last)
}

// deferred: 2xx, the state stays, and one of the states comes with the end of
// the call, which is the next step.
func (c *stepJudge) deferred(out spec.Outcome) *mismatch {
	if m := c.taken(out); m != nil {
		return m
	}
	if m := c.keeps(spec.Outcome{Kind: spec.Keeps}); m != nil {
		m.expected, m.progress = c.describe(out), 1
		return m
	}
	if e := c.errorEvent(); e != nil {
		m := c.missed(out, evidence.MismatchEvent, 1, fmt.Sprintf("%d and then an event that refuses it: %s", c.act.Status, eventText(e)))
		m.what.Said, m.event, m.suspect = e.ErrorType, e.Index, anybodys(e)
		return m
	}
	if c.index+1 >= len(c.ev.Steps) {
		why, gap := c.ev.Unreached, c.ev.Gap.Kind
		if why == "" {
			why, gap = "the run ended before the steps were through", evidence.GapEnded
		}
		return &mismatch{exchange: c.act.Index, event: -1, unproven: true, gap: gap, seen: why}
	}
	if c.ev.Steps[c.index+1].Skipped != "" {
		if last, seen := c.last(); seen && slices.Contains(out.States, last.State) && c.lapsed(last, true) {
			return nil // the end of the reservation was that of the call
		}
		return c.missed(out, evidence.MismatchUnseen, 1, "no end of the call")
	}
	next := c.Judge.stepJudge(c.req, c.ev, c.index+1)
	for _, l := range next.observations {
		if slices.Contains(out.States, l.State) {
			return nil
		}
	}
	last, seen := next.last()
	if !seen {
		return c.missed(out, evidence.MismatchUnseen, 1, "no sighting of the user after the end of the call")
	}
	m := c.missed(out, evidence.MismatchStayed, 2, fmt.Sprintf("%d, nothing at once, and %s after the end of the call", c.act.Status, stateText(last)))
	m.at(next.step.Baseline, last)
	return m
}

// passingLogin: LOGIN is a request and a passing moment (guide 12.5(1), page
// 42), seen only while a sign in is under way.
func (c *stepJudge) passingLogin(l evidence.Observation) bool {
	return l.State == spec.Login && c.when.Put != nil && c.when.Put.State == string(spec.Login) &&
		l.Asked.Sub(c.step.Answered) <= c.ev.Target.Settle
}

// asked reports whether the state is what the request under test asked for.
func (c *stepJudge) asked(s spec.State) bool {
	if c.when.Put == nil {
		return false
	}
	if strings.EqualFold(c.when.Put.State, string(s)) {
		return true
	}
	// A sign in ends in NOT_READY; a body that is not right asks for READY.
	return c.when.Put.State == string(spec.Login) && s == spec.NotReady ||
		(c.when.Put.Body != "" || c.when.Put.State == "") && s == spec.Ready
}
