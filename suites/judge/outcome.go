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

// outcome says why the outcome does not hold, nil where it does.
func (c *court) outcome(out spec.Outcome) *miss {
	if m := c.holds(out); m != nil {
		return m
	}
	return c.event(out)
}

func (c *court) holds(out spec.Outcome) *miss {
	switch out.Kind {
	case spec.Accepted:
		return c.accepted(out)
	case spec.Refused:
		return c.refused(out)
	case spec.Error:
		return c.error(out)
	case spec.Keeps:
		return c.keeps(out)
	case spec.Deferred:
		return c.deferred(out)
	case spec.Reaches:
		return c.reaches(out)
	case spec.Answer:
		return c.answered(out)
	case spec.Recorded:
		return nil
	}
	return c.missed(out, 0, fmt.Sprintf("an outcome %q that this program does not know", out.Kind))
}

// accepted: 200 or 202 (the guide has both, A1), then the state.
func (c *court) accepted(out spec.Outcome) *miss {
	if m := c.taken(out); m != nil {
		return m
	}
	if m := c.arrives(out); m != nil {
		if e := c.errorEvent(); e != nil && c.step.Converged < 0 {
			m.seen = fmt.Sprintf("%d and then an event that refuses it: %s", c.act.Status, eventText(e))
			m.event, m.suspect = e.Index, m.suspect || anybodys(e)
		}
		return m
	}
	if e := c.errorEvent(); e != nil {
		m := c.missed(out, 3, fmt.Sprintf("%d, the change and an event that refuses it: %s", c.act.Status, eventText(e)))
		m.event, m.xpath, m.suspect = e.Index, "Update/data/apiErrors", anybodys(e)
		return m
	}
	return nil
}

// taken: the request was answered with 200 or 202.
func (c *court) taken(out spec.Outcome) *miss {
	if c.act == nil {
		return c.missed(out, 0, "no request")
	}
	if m := c.unanswered(out); m != nil {
		return m
	}
	if c.act.Status != 200 && c.act.Status != 202 {
		return c.missed(out, 0, c.answerText())
	}
	if t, ok := c.answer().text("ApiErrors/ApiError/ErrorType"); ok {
		m := c.missed(out, 1, fmt.Sprintf("%d with an ApiErrors body: %s", c.act.Status, t))
		m.xpath = "ApiErrors"
		return m
	}
	return nil
}

// unanswered: there was no whole answer, so nothing can be said of it.
func (c *court) unanswered(out spec.Outcome) *miss {
	if c.act == nil || c.act.Err == "" {
		return nil
	}
	m := c.missed(out, 0, "no whole answer: "+c.act.Err)
	m.suspect = true
	return m
}

// arrives: one of the states within the settle time, and still there at the
// end of the watch, with all that it has to show.
func (c *court) arrives(out spec.Outcome) *miss {
	last, seen := c.last()
	if !seen {
		return c.missed(out, 1, "no sighting of the user")
	}
	first := -1
	for i, l := range c.looks {
		if slices.Contains(out.States, l.State) || Returned(out, c.step.Baseline, l) {
			first = i
			break
		}
	}
	if m := c.unsettled(first); m != nil {
		return m
	}
	if first < 0 || c.step.Converged < 0 {
		if m := c.unwaited(); m != nil {
			return m
		}
		m := c.missed(out, 2, fmt.Sprintf("%s for %v", stateText(last), round(c.step.Until.Sub(c.step.Sent))))
		m.exchange, m.xpath = lookExchange(last), "User/state"
		m.suspect = last.State != c.step.Baseline.State && !c.asked(last.State)
		if first >= 0 {
			// The state was there; what it has to show was not.
			if s := c.shows(out, last); s != nil {
				s.progress = 3
				return s
			}
		}
		return m
	}
	if late := c.looks[first]; c.when.Timer == "" && late.Asked.Sub(c.step.Answered) > c.ev.Target.Settle {
		m := c.missed(out, 3, fmt.Sprintf("%s only %v after the answer, and the settle time is %v",
			late.State, late.At.Sub(c.step.Answered).Round(time.Millisecond), c.ev.Target.Settle))
		m.exchange, m.xpath = lookExchange(late), "User/state"
		return m
	}
	if !slices.Contains(out.States, last.State) && (out.MayReturn == "" || last.State != out.MayReturn) {
		m := c.missed(out, 3, fmt.Sprintf("%s reached, then %s within the quiet time", c.looks[first].State, stateText(last)))
		m.exchange, m.xpath = lookExchange(last), "User/state"
		m.suspect = last.State != c.step.Baseline.State || c.chosen(last)
		return m
	}
	if out.Never != "" && last.State == out.Never {
		m := c.missed(out, 3, "the user left in "+string(out.Never))
		m.exchange, m.xpath = lookExchange(last), "User/state"
		return m
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
	if slices.Contains(out.States, last.State) {
		return c.shows(out, last)
	}
	return nil
}

// Returned reports whether a sighting shows that the user was in the state
// that was sought and has gone back since, where the guide allows that: the
// same state as before, entered later. Nobody need have seen it in between.
func Returned(out spec.Outcome, was, now evidence.Look) bool {
	return out.MayReturn != "" && now.State == out.MayReturn && was.State == now.State &&
		was.ChangeTime != "" && now.ChangeTime > was.ChangeTime
}

// unsettled: nobody asked any more when the settle time came to its end, since
// a GET hung for all of it. What it did not show may have come in time.
func (c *court) unsettled(first int) *miss {
	if first < 0 {
		first = len(c.looks)
	} else if c.looks[first].Asked.Sub(c.step.Answered) <= c.ev.Target.Settle {
		return nil
	}
	settle := c.ev.Target.Settle
	for i := first - 1; i >= 0; i-- {
		l := c.looks[i]
		if l.Event {
			continue
		}
		if c.when.Timer != "" || c.errorEvent() != nil || l.Asked.Sub(c.step.Answered) >= settle*9/10 || l.At.Sub(l.Asked) < settle {
			return nil
		}
		return &miss{exchange: -1, event: -1, unproven: true, suspect: true,
			seen: fmt.Sprintf("nobody saw user %s at the end of the settle time: the GET before took %v", l.User, round(l.At.Sub(l.Asked)))}
	}
	return nil
}

// byTimer: what was asked for in wrap-up takes effect at once (guide 12.5(1),
// page 469), and did so only when the wrap-up timer had run for long. Where
// the timer leads there too, it may have done it; where it leads elsewhere and
// was over, the request may have waited for it, or the target was slow.
func (c *court) byTimer(out spec.Outcome) *miss {
	if !out.HalfTimer || c.step.Facts["late"] == "" {
		return nil
	}
	leads := timerLeads[c.step.Baseline.State]
	over := c.step.Facts["timer over"]
	switch {
	case slices.Contains(out.States, leads):
		return &miss{exchange: -1, event: -1, unproven: true, seen: c.step.Facts["late"]}
	case over != "":
		return &miss{exchange: -1, event: -1, unproven: true, seen: "seen " + over}
	}
	return nil // late, and not the timer's doing
}

// timerLeads is where the end of the wrap-up timer leads.
var timerLeads = map[spec.State]spec.State{spec.Work: spec.NotReady, spec.WorkReady: spec.Ready}

// timedOut reports whether a look shows what the wrap-up timer may have done
// meanwhile, and not what was asked for.
func (c *court) timedOut(l evidence.Look) bool {
	from := c.step.TimerFrom
	return !from.IsZero() && l.State == timerLeads[c.step.Baseline.State] && !c.asked(l.State) && !l.At.Before(from)
}

// wrapped: the call ended in wrap-up first, though none was to follow it.
func (c *court) wrapped(out spec.Outcome) *miss {
	if !c.when.EndCall || c.req.Given.WrapUp != spec.Off {
		return nil
	}
	for _, l := range c.looks {
		if (l.State == spec.Work || l.State == spec.WorkReady) && !slices.Contains(out.States, l.State) {
			m := c.missed(out, 3, fmt.Sprintf("%s first, though no wrap-up was to follow the call", stateText(l)))
			m.exchange, m.xpath = lookExchange(l), "User/state"
			return m
		}
	}
	return nil
}

// unwaited: the change was not waited for as long as it may take, as the run
// that this evidence is of looked for another outcome or was stopped. That it
// did not come, or did not stay, is not proven by it. As below, a tenth less
// is near enough.
func (c *court) unwaited() *miss {
	waited := c.step.Until.Sub(c.step.Answered)
	if waited >= c.ev.Target.Settle*9/10 || c.errorEvent() != nil || c.act != nil && c.act.Status >= 400 {
		return nil
	}
	return &miss{exchange: -1, event: -1, unproven: true,
		seen: fmt.Sprintf("the user was watched for %v and the settle time is %v: the run did not wait for this outcome", round(waited), c.ev.Target.Settle)}
}

// unwatched: nobody saw the user when the quiet time after the moment was
// over, so that nothing is proven of it. What was seen may have come at the
// end of an answer: a tenth less is near enough.
func (c *court) unwatched(since time.Time) *miss {
	for _, l := range c.looks {
		if !l.Event && l.At.Sub(since) >= c.ev.Target.Quiet*9/10 {
			return nil
		}
	}
	return &miss{exchange: -1, event: -1, unproven: true, suspect: true,
		seen: fmt.Sprintf("nothing was seen of user %s at the end of the quiet time", c.step.Baseline.User)}
}

// refused: see spec.Refused.
func (c *court) refused(out spec.Outcome) *miss {
	if c.act == nil {
		return c.missed(out, 0, "no request")
	}
	if m := c.unanswered(out); m != nil {
		return m
	}
	switch {
	case c.act.Status == 400 || c.act.Status == 401:
		if m := c.errorBody(out, out.Types); m != nil {
			return m
		}
	case c.act.Status == 200 || c.act.Status == 202:
		if m := c.taken(out); m != nil {
			return m
		}
		e := c.errorEvent()
		switch {
		case e != nil && !slices.Contains(out.Types, e.ErrorType):
			m := c.missed(out, 2, "an event with "+eventText(e))
			m.event, m.xpath, m.suspect = e.Index, "Update/data/apiErrors/apiError/errorType", anybodys(e)
			return m
		case e == nil && c.ev.Target.Notifications && c.step.Facts["outage"] == "":
			if m := c.unchanged(out); m != nil {
				return m
			}
			return c.missed(out, 2, fmt.Sprintf("%d and neither an error event nor a change for %v",
				c.act.Status, round(c.step.Until.Sub(c.step.Answered))))
		}
	default:
		return c.missed(out, 0, c.answerText())
	}
	return c.unchanged(out)
}

// error: the status at once, a well-formed body with one of the types, and
// nothing changed.
func (c *court) error(out spec.Outcome) *miss {
	if c.act == nil {
		return c.missed(out, 0, "no request")
	}
	if m := c.unanswered(out); m != nil {
		return m
	}
	if !statusIn(out.Status, c.act.Status) {
		m := c.missed(out, 0, c.answerText())
		if last, ok := c.last(); ok && last.State != c.step.Baseline.State {
			m.seen += ", and the user went to " + stateText(last)
		}
		return m
	}
	if m := c.errorBody(out, out.Types); m != nil {
		return m
	}
	return c.unchanged(out)
}

// unchanged: state, pending state and reason code are what they were, in
// every sighting of the watch.
func (c *court) unchanged(out spec.Outcome) *miss {
	if c.when.Get != nil {
		return nil // a read changes nothing
	}
	if len(c.looks) == 0 {
		return c.missed(out, 1, "no sighting of the user afterwards")
	}
	for _, l := range c.looks {
		if l.Same(c.step.Baseline) || c.passingLogin(l) || c.oldWish(l) || c.timedOut(l) {
			continue
		}
		m := c.missed(out, 3, fmt.Sprintf("%s, and the user went from %s to %s %v after it",
			c.answerText(), stateText(c.step.Baseline), stateText(l), round(l.At.Sub(c.step.Answered))))
		m.exchange, m.xpath = lookExchange(l), changedPath(c.step.Baseline, l)
		wished := l.Pending != "" && l.Pending != c.step.Baseline.Pending && !c.asked(spec.State(l.Pending))
		m.suspect = l.State != c.step.Baseline.State || c.chosen(l) || wished // also to what was asked for: people ask for that too
		return m
	}
	return c.unwatched(c.step.Answered)
}

// oldWish reports whether a look differs from the baseline only in showing,
// or not yet or no more, a change that was asked for before this request: on a
// call a pending change may show late, or never (A16). What became of it shows
// with the end of the call.
func (c *court) oldWish(l evidence.Look) bool {
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
func (c *court) keeps(out spec.Outcome) *miss {
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
		return c.missed(out, 0, c.answerText())
	}
	if c.when.Put != nil && c.act.Status >= 400 && c.req.Level != spec.Info {
		if m := c.errorBody(out, nil); m != nil {
			return m
		}
	}
	if e := c.errorEvent(); e != nil && len(out.Status) > 0 {
		m := c.missed(out, 1, fmt.Sprintf("%d and then an event that refuses it: %s", c.act.Status, eventText(e)))
		m.event, m.suspect = e.Index, anybodys(e)
		return m
	}
	if len(c.looks) == 0 {
		return c.missed(out, 1, "no sighting of the user afterwards")
	}
	for _, l := range c.looks {
		if l.State == c.step.Baseline.State || c.passingLogin(l) {
			continue
		}
		m := c.missed(out, 2, fmt.Sprintf("the user went to %s %v after it", stateText(l), round(l.At.Sub(c.step.Sent))))
		m.exchange, m.xpath = lookExchange(l), "User/state"
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
func (c *court) deferred(out spec.Outcome) *miss {
	if m := c.taken(out); m != nil {
		return m
	}
	if m := c.keeps(spec.Outcome{Kind: spec.Keeps}); m != nil {
		m.expected, m.progress = c.describe(out), 1
		return m
	}
	if c.index+1 >= len(c.ev.Steps) {
		why := c.ev.Unreached
		if why == "" {
			why = "the run ended before the steps were through"
		}
		return &miss{exchange: c.act.Index, event: -1, unproven: true, seen: why}
	}
	if c.ev.Steps[c.index+1].Skipped != "" {
		return c.missed(out, 1, "no end of the call")
	}
	next := c.Judge.court(c.req, c.ev, c.index+1)
	for _, l := range next.looks {
		if slices.Contains(out.States, l.State) {
			return nil
		}
	}
	last, seen := next.last()
	if !seen {
		return c.missed(out, 1, "no sighting of the user after the end of the call")
	}
	m := c.missed(out, 2, fmt.Sprintf("%d, nothing at once, and %s after the end of the call", c.act.Status, stateText(last)))
	m.exchange, m.xpath = lookExchange(last), "User/state"
	return m
}

// reaches: one of the states, whatever the step did to get there.
func (c *court) reaches(out spec.Outcome) *miss {
	if m := c.unmade(out); m != nil {
		return m
	}
	if m := c.impossible(out); m != nil {
		return m
	}
	return c.arrives(out)
}

// unmade: the step is a request, and there is none.
func (c *court) unmade(out spec.Outcome) *miss {
	if c.act != nil || c.when.Put == nil && c.when.Get == nil && c.when.Method == "" && c.when.Dialog == "" {
		return nil
	}
	return c.missed(out, 0, "no request")
}

// impossible: a Dialog request that the target does not serve proves nothing
// about its states.
func (c *court) impossible(out spec.Outcome) *miss {
	if c.act == nil || c.when.Dialog == "" {
		return nil
	}
	if m := c.unanswered(out); m != nil {
		return m
	}
	switch {
	case c.act.Status < 400:
		return nil
	case c.act.Status == 404 || c.act.Status == 405 || c.act.Status == 501 || c.act.Status >= 500:
		return &miss{exchange: c.act.Index, event: -1, unproven: true,
			seen: fmt.Sprintf("the Dialog request %s was answered %s", c.when.Dialog, c.answerText())}
	}
	return c.missed(out, 0, c.answerText())
}

// answered: only the answer counts.
func (c *court) answered(out spec.Outcome) *miss {
	if c.act == nil {
		if c.when.Probe != "" {
			return nil
		}
		return c.missed(out, 0, "no request")
	}
	if m := c.unanswered(out); m != nil {
		return m
	}
	if len(out.Status) > 0 && !statusIn(out.Status, c.act.Status) {
		if m := c.impossible(out); m != nil {
			return m
		}
		return c.missed(out, 0, c.answerText())
	}
	if out.Header != "" && c.act.ResponseHeader[http.CanonicalHeaderKey(out.Header)] == "" {
		return c.missed(out, 1, fmt.Sprintf("%d without a header %s", c.act.Status, out.Header))
	}
	if len(out.Types) > 0 {
		if m := c.errorBody(out, out.Types); m != nil {
			return m
		}
	}
	if out.Schema != "" && c.req.Level != spec.Info {
		d := c.read(out.Schema)
		if d.problem != "" && !(out.Schema == "ApiErrors" && !d.xml) {
			m := c.missed(out, 2, d.problem)
			m.xpath = d.path
			return m
		}
	}
	if c.when.Put != nil || c.when.Method != "" {
		if m := c.unchanged(out); m != nil && (c.req.Level != spec.Info) {
			return m
		}
	}
	return c.showsIn(out, c.answerDocument(out.Schema))
}

// passingLogin: LOGIN is a request and a passing moment (guide 12.5(1), page
// 42), seen only while a sign in is under way.
func (c *court) passingLogin(l evidence.Look) bool {
	return l.State == spec.Login && c.when.Put != nil && c.when.Put.State == string(spec.Login) &&
		l.Asked.Sub(c.step.Answered) <= c.ev.Target.Settle
}

// asked reports whether the state is what the request under test asked for.
func (c *court) asked(s spec.State) bool {
	if c.when.Put == nil {
		return false
	}
	if c.when.Put.State == string(s) || strings.EqualFold(c.when.Put.State, string(s)) {
		return true
	}
	// A sign in ends in NOT_READY; a body that is not right asks for READY.
	return c.when.Put.State == string(spec.Login) && s == spec.NotReady ||
		(c.when.Put.Body != "" || c.when.Put.State == "") && s == spec.Ready
}

func (c *court) missed(out spec.Outcome, progress int, seen string) *miss {
	m := &miss{expected: c.describe(out), seen: seen, exchange: -1, event: -1, progress: progress}
	if c.act != nil {
		m.exchange = c.act.Index
	}
	return m
}
