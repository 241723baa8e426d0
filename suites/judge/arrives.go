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

// arrives: one of the states within the settle time, and still there at the
// end of the watch, with all that it has to show.
func (c *stepJudge) arrives(out spec.Outcome) *mismatch {
	last, seen := c.last()
	if !seen || last.Event { // no look shows the user, whatever events tell
		if x := c.hidden(c.ev.Target.Settle / 2); x != nil {
			return c.concealed(out, x)
		}
	}
	if !seen {
		return c.unseen()
	}
	first := slices.IndexFunc(c.observations, func(l evidence.Observation) bool {
		return slices.Contains(out.States, l.State) || Returned(out, c.step.Baseline, l)
	})
	if m := c.sameStay(out, first); m != nil {
		return m
	}
	if m := c.unsettled(first); m != nil {
		return m
	}
	if first >= 0 && c.step.Converged < 0 && c.ledOut(first) {
		return nil // an event told of it, and no look was quick enough
	}
	if first < 0 || c.step.Converged < 0 {
		return c.notArrived(out, last, first >= 0)
	}
	if m := c.tardy(out, c.observations[first]); m != nil {
		return m
	}
	there := slices.Contains(out.States, last.State)
	led := !there && c.ledOut(first)
	if !there && (out.MayReturn == "" || last.State != out.MayReturn) && !led {
		return c.leftAgain(out, c.observations[first], last)
	}
	if m := c.byTimer(out); m != nil {
		return m
	}
	if m := c.wrapped(out); m != nil {
		return m
	}
	if m := c.unwatched(c.step.Answered.Add(c.step.Converged)); m != nil {
		return m
	}
	if led {
		last = c.lastIn(c.observations[first].State)
	}
	if slices.Contains(out.States, last.State) {
		return c.shows(out, last)
	}
	return nil
}

// tardy: the state came when the settle time was over.
func (c *stepJudge) tardy(out spec.Outcome, late evidence.Observation) *mismatch {
	if c.when.Timer != "" || late.Asked.Sub(c.step.Answered) <= c.ev.Target.Settle {
		return nil
	}
	m := c.missed(out, evidence.MismatchLate, 3, fmt.Sprintf("%s only %v after the answer, and the settle time is %v",
		late.State, late.At.Sub(c.step.Answered).Round(time.Millisecond), c.ev.Target.Settle))
	m.at(c.step.Baseline, late)
	return m
}

// leftAgain: the state came and did not last.
func (c *stepJudge) leftAgain(out spec.Outcome, reached, last evidence.Observation) *mismatch {
	m := c.missed(out, evidence.MismatchLeft, 3, fmt.Sprintf("%s reached, then %s within the quiet time", reached.State, stateText(last)))
	m.at(reached, last)
	m.suspect = last.State != c.step.Baseline.State || c.chosen(last) || reached.State.Resting() // people go back too
	return m
}

// notArrived is the mismatch of a change that did not come in time. Where the
// state was there, what it has to show was not.
func (c *stepJudge) notArrived(out spec.Outcome, last evidence.Observation, there bool) *mismatch {
	if !there && c.timerUnseen(out, last) {
		timer := "wrap-up timer"
		if told := c.ev.Cast["subject"].WrapUpTimer; told > 0 {
			timer += fmt.Sprintf(" of %v", told)
		}
		m := c.unproven(fmt.Sprintf("%s, where the %s leads: it may have run out between two looks", stateText(last), timer))
		m.what.Kind, m.gap, m.suspect = evidence.MismatchTimer, evidence.GapWrapUp, true
		return m
	}
	if m := c.unwaited(); m != nil {
		return m
	}
	if reached, left := c.leftUnseen(out, last); there && left {
		m := c.missed(out, evidence.MismatchLeft, 3, fmt.Sprintf("%s, and then %s, before any look", reached.State, stateText(last)))
		m.at(reached, last)
		m.suspect = true
		return m
	}
	if there {
		if s := c.shows(out, last); s != nil {
			s.progress = 3
			return s
		}
	}
	m := c.missed(out, evidence.MismatchStayed, 2, fmt.Sprintf("%s for %v", stateText(last), round(c.step.Until.Sub(c.step.Sent))))
	m.at(c.step.Baseline, last)
	m.suspect = last.State != c.step.Baseline.State && !c.asked(last.State)
	return m
}

// leftUnseen reports whether events told that the user came to the state that was
// sought and went on to where it was seen last: looks that lag show neither.
func (c *stepJudge) leftUnseen(out spec.Outcome, last evidence.Observation) (reached evidence.Observation, left bool) {
	came := false
	for _, l := range c.observations {
		switch {
		case !l.Event:
		case slices.Contains(out.States, l.State):
			reached, came, left = l, true, false
		case came && l.State == last.State:
			left = true
		}
	}
	return reached, left
}

// lastIn is the last sighting of the user in a state, one there is.
func (c *stepJudge) lastIn(s spec.State) (last evidence.Observation) {
	for _, l := range c.observations {
		if l.State == s {
			last = l
		}
	}
	return last
}

// Returned reports whether a sighting shows that the user was in the state
// that was sought and has gone back since, where the guide allows that: the
// same state as before, in another stay. Nobody need have seen it in between.
func Returned(out spec.Outcome, was, now evidence.Observation) bool {
	return out.MayReturn != "" && now.State == out.MayReturn && was.State == now.State &&
		was.ChangeTime != "" && now.ChangeTime != "" && now.ChangeTime != was.ChangeTime
}

// sameStay: what shows that the user was there and is back, another time of the state
// that the step found, is shown by turns with the time of then, as two nodes show one
// stay by two clocks. Whether it went nobody sees.
func (c *stepJudge) sameStay(out spec.Outcome, first int) *mismatch {
	if first < 0 || slices.ContainsFunc(c.observations, func(l evidence.Observation) bool { return slices.Contains(out.States, l.State) }) ||
		!slices.ContainsFunc(c.observations[first:], func(l evidence.Observation) bool { return !l.Event && visitOf(l) == visitOf(c.step.Baseline) }) {
		return nil
	}
	m := c.unproven(fmt.Sprintf("%s since two times by turns, as by the clocks of two nodes: nobody saw whether the user went and came back", c.step.Baseline.State))
	m.suspect = true
	return m
}

// unsettled: nobody saw the user as the time came to its end in which the
// change had to show, since the looks of then failed or hung. It may have come
// in time; and where an event alone told of the state, so may what an event does
// not show.
func (c *stepJudge) unsettled(first int) *mismatch {
	end := c.deadline()
	inTime := first >= 0 && !c.observations[first].Asked.After(end) && c.step.Converged >= 0
	if end.IsZero() || inTime || c.errorEvent() != nil {
		return nil
	}
	from := end.Add(-end.Sub(c.step.Answered) / 10)
	for _, l := range c.observations {
		if !l.Event && !l.Asked.Before(from) && !l.Asked.After(end) {
			return nil
		}
	}
	x := c.lost(from, end)
	if x == nil {
		return nil
	}
	m := c.unproven(fmt.Sprintf("nobody saw user %s at the end of the settle time: %s", c.step.Baseline.User, lossText(x)))
	m.exchange, m.suspect = x.Index, true
	return m
}

// deadline is until when the change has to show, zero where that is not known.
func (c *stepJudge) deadline() time.Time {
	end := c.step.Answered.Add(c.ev.Target.Settle)
	if c.when.Timer == "" {
		return end
	}
	timer := c.ev.Cast["subject"].WrapUpTimer
	if timer == 0 {
		return time.Time{}
	}
	return end.Add(timer)
}

// lost is the first look at the subject that was under way in a period and
// did not show what was so then: it failed, or hung for a whole settle time.
func (c *stepJudge) lost(from, to time.Time) *evidence.Exchange {
	for i := range c.ev.Exchanges {
		x := &c.ev.Exchanges[i]
		if x.Method != http.MethodGet || x.Path != "/finesse/api/User/"+c.step.Baseline.User {
			continue
		}
		if !x.Started.After(to) && !x.Started.Add(x.Duration).Before(from) && (!x.Served() || x.Started.Before(from) && x.Duration >= c.ev.Target.Settle) {
			return x
		}
	}
	return nil
}

func lossText(x *evidence.Exchange) string {
	switch {
	case x.Err != "":
		return fmt.Sprintf("a GET failed after %v: %s", round(x.Duration), x.Err)
	case !x.Served():
		return fmt.Sprintf("a GET was answered %d", x.Status)
	}
	return fmt.Sprintf("the GET before took %v", round(x.Duration))
}

// wrapped: the call ended in wrap-up first, though none was to follow it.
func (c *stepJudge) wrapped(out spec.Outcome) *mismatch {
	if !c.when.EndCall || c.req.Given.WrapUp != spec.Off {
		return nil
	}
	for _, l := range c.observations {
		if (l.State == spec.Work || l.State == spec.WorkReady) && !slices.Contains(out.States, l.State) {
			m := c.missed(out, evidence.MismatchMoved, 3, fmt.Sprintf("%s first, though no wrap-up was to follow the call", stateText(l)))
			m.at(c.step.Baseline, l)
			return m
		}
	}
	return nil
}

// unwaited: the change was not waited for as long as it may take, as the run
// that this evidence is of looked for another outcome or was stopped. That it
// did not come, or did not stay, is not proven by it. As below, a tenth less
// is near enough.
func (c *stepJudge) unwaited() *mismatch {
	waited := c.step.Until.Sub(c.step.Answered)
	if waited >= c.ev.Target.Settle*9/10 || c.errorEvent() != nil || c.act != nil && c.act.Status >= 400 {
		return nil
	}
	return &mismatch{exchange: -1, event: -1, unproven: true,
		seen: fmt.Sprintf("the user was watched for %v and the settle time is %v: the run did not wait for this outcome", round(waited), c.ev.Target.Settle)}
}

// unwatched: nobody saw the user when the quiet time after the moment was
// over, so that nothing is proven of it. What was seen may have come at the
// end of an answer: a tenth less is near enough.
func (c *stepJudge) unwatched(since time.Time) *mismatch {
	for _, l := range c.observations {
		if !l.Event && l.At.Sub(since) >= c.ev.Target.Quiet*9/10 {
			return nil
		}
	}
	return &mismatch{exchange: -1, event: -1, unproven: true, suspect: true,
		seen: fmt.Sprintf("nothing was seen of user %s at the end of the quiet time", c.step.Baseline.User)}
}

// hidden is the last look at the subject where the target answered all of them
// itself, for a time, and never with the user: not the network, nor a server
// before it, nor one that puts off. One that asks for other credentials may
// have been told to, but for a wrong password just before.
func (c *stepJudge) hidden(span time.Duration) (last *evidence.Exchange) {
	wrong := c.when.Credentials() == spec.CredentialsWrong
	first := time.Time{}
	for i := range c.ev.Exchanges {
		x := &c.ev.Exchanges[i]
		if x.Method != http.MethodGet || x.Path != "/finesse/api/User/"+c.step.Baseline.User || x.Started.Before(c.step.Answered) || x.Started.After(c.step.Until) {
			continue
		}
		itself := x.Served() && x.Status != http.StatusForbidden || x.Err == "" && x.Status == http.StatusInternalServerError
		if !itself || x.Status == http.StatusUnauthorized && !(wrong && strings.Contains(x.ResponseBody, "<ApiErrors")) {
			return nil
		}
		if last = x; first.IsZero() {
			first = x.Started
		}
	}
	if last == nil || last.Started.Sub(first) < span {
		return nil
	}
	return last
}

// concealed is the failure of a target that shows nobody the user any more.
func (c *stepJudge) concealed(out spec.Outcome, x *evidence.Exchange) *mismatch {
	m := c.missed(out, evidence.MismatchUnseen, 2, fmt.Sprintf("%d in place of the user for %v", x.Status, round(c.step.Until.Sub(c.step.Sent))))
	m.exchange, m.suspect = x.Index, x.Status != http.StatusUnauthorized // which nobody at a desk brings about
	return m
}

// unseen: nobody was shown the user any more, so that nothing is proven of it.
func (c *stepJudge) unseen() *mismatch {
	m := c.unproven("no sighting of the user afterwards")
	m.what.Kind, m.suspect = evidence.MismatchUnseen, true
	return m
}
