package judge

import (
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// outcome says why the outcome does not hold, nil where it does.
func (c *stepJudge) outcome(out spec.Outcome) *mismatch {
	if m := c.holds(out); m != nil {
		return m
	}
	return c.event(out)
}

func (c *stepJudge) holds(out spec.Outcome) *mismatch {
	//exhaustive:enforce
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
	case spec.Avoids:
		return c.avoids(out)
	case spec.Answer:
		return c.answered(out)
	case spec.Recorded:
		return nil
	}
	return c.missed(out, evidence.MismatchUnseen, 0, fmt.Sprintf("an outcome %q that this program does not know", out.Kind))
}

// accepted: 200 or 202 (the guide has both), then the state.
func (c *stepJudge) accepted(out spec.Outcome) *mismatch {
	if m := c.taken(out); m != nil {
		return m
	}
	if m := c.arrives(out); m != nil {
		if e := c.errorEvent(); e != nil && c.step.Converged < 0 {
			m.seen = fmt.Sprintf("%d and then an event that refuses it: %s", c.act.Status, eventText(e))
			m.what = evidence.Mismatch{Kind: evidence.MismatchEvent, Said: e.ErrorType}
			m.event, m.suspect = e.Index, m.suspect || anybodys(e)
		}
		return m
	}
	if e := c.errorEvent(); e != nil {
		m := c.missed(out, evidence.MismatchEvent, 3, fmt.Sprintf("%d, the change and an event that refuses it: %s", c.act.Status, eventText(e)))
		m.what.Said = e.ErrorType
		m.event, m.xpath, m.suspect = e.Index, "Update/data/apiErrors", anybodys(e)
		return m
	}
	return c.otherNode(out)
}

// taken: the request was answered with 200 or 202.
func (c *stepJudge) taken(out spec.Outcome) *mismatch {
	if c.act == nil {
		return c.missed(out, evidence.MismatchUnseen, 0, "no request")
	}
	if m := c.unanswered(out); m != nil {
		return m
	}
	if c.act.Status != 200 && c.act.Status != 202 {
		return c.answerMissed(out)
	}
	if t, ok := c.answer().text("ApiErrors/ApiError/ErrorType"); ok {
		m := c.missed(out, evidence.MismatchAnswer, 1, fmt.Sprintf("%d with an ApiErrors body: %s", c.act.Status, t))
		m.xpath = "ApiErrors"
		return m
	}
	return nil
}

// unanswered: there was no whole answer, so nothing can be said of it.
func (c *stepJudge) unanswered(out spec.Outcome) *mismatch {
	if c.act == nil || c.act.Err == "" {
		return nil
	}
	m := c.missed(out, evidence.MismatchUnanswered, 0, "no whole answer: "+c.act.Err)
	m.suspect = true
	return m
}

// refused: see spec.Refused.
func (c *stepJudge) refused(out spec.Outcome) *mismatch {
	if c.act == nil {
		return c.missed(out, evidence.MismatchUnseen, 0, "no request")
	}
	if m := c.unanswered(out); m != nil {
		return m
	}
	switch c.act.Status {
	case 400, 401:
		if m := c.errorBody(out, out.Types); m != nil {
			return m
		}
		return c.unchanged(out)
	case 200, 202:
		if m := c.taken(out); m != nil {
			return m
		}
		return c.refusedByEvent(out)
	}
	return c.answerMissed(out)
}

// refusedByEvent: the request was accepted, nothing changed, and an event on
// the subject's own node says why.
func (c *stepJudge) refusedByEvent(out spec.Outcome) *mismatch {
	e := c.errorEvent()
	if e != nil && !slices.Contains(out.Types, e.ErrorType) {
		m := c.missed(out, evidence.MismatchEvent, 2, "an event with "+eventText(e))
		m.what.Said = e.ErrorType
		m.event, m.xpath, m.suspect = e.Index, "Update/data/apiErrors/apiError/errorType", anybodys(e)
		return m
	}
	if e == nil {
		return c.unseenRefusal(out)
	}
	if data := c.otherData(out, e.ErrorData); data != "" {
		m := c.missed(out, evidence.MismatchEvent, 2, fmt.Sprintf("an event with %s and %s", e.ErrorType, data))
		m.what.Said = e.ErrorType
		m.event, m.xpath, m.suspect = e.Index, "Update/data/apiErrors/apiError/errorData", anybodys(e)
		return m
	}
	return c.unchanged(out)
}

// unseenRefusal: the request was accepted and no event refuses it. Where
// nobody could have heard one, silence shows nothing.
func (c *stepJudge) unseenRefusal(out spec.Outcome) *mismatch {
	if m := c.unchanged(out); m != nil {
		return m
	}
	if m := c.silence(); m != nil {
		return m
	}
	if m := c.unwaited(); m != nil {
		return m
	}
	return c.missed(out, evidence.MismatchEvent, 2, fmt.Sprintf("%d and neither an error event nor a change for %v",
		c.act.Status, round(c.step.Until.Sub(c.step.Answered))))
}

// silence: the request was accepted, and nobody could have heard that it was
// refused; nil where somebody could.
func (c *stepJudge) silence() *mismatch {
	why, cause := "", ""
	channel := c.step.Heard(c.ev.Target)
	switch {
	case channel == evidence.ChannelNone && c.ev.Target.Notifications:
		why, cause = unheard(c.step.Baseline.User), evidence.CauseNoSession
	case channel == evidence.ChannelNone:
		why, cause = fmt.Sprintf("no notifications of user %s were listened to", c.step.Baseline.User), evidence.CauseNoService
	case channel == evidence.ChannelLost:
		why, cause = fmt.Sprintf("the notifications of user %s were interrupted", c.step.Baseline.User), evidence.CauseOutage
	default:
		return nil
	}
	m := c.unproven(fmt.Sprintf("%d and nothing changed for %v: %s, and only an event could show that it was refused",
		c.act.Status, round(c.step.Until.Sub(c.step.Answered)), why))
	m.what.Kind, m.gap, m.cause, m.suspect = evidence.MismatchUnheard, evidence.GapNotifications, cause, channel == evidence.ChannelLost
	return m
}

// refusable reports whether the guide allows the target to refuse the request.
func (c *stepJudge) refusable() bool {
	return slices.ContainsFunc(c.allowed(), func(out spec.Outcome) bool { return out.Kind == spec.Refused })
}

// unheard says that events are listened to, and none of a user's.
func unheard(user string) string {
	return fmt.Sprintf("the run has no session of user %s, whom it found signed in", user)
}

// error: the status at once, a well-formed body with one of the types, and
// nothing changed.
func (c *stepJudge) error(out spec.Outcome) *mismatch {
	if c.act == nil {
		return c.missed(out, evidence.MismatchUnseen, 0, "no request")
	}
	if m := c.unanswered(out); m != nil {
		return m
	}
	if !statusIn(out.Status, c.act.Status) {
		m := c.answerMissed(out)
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
		m := c.missed(out, evidence.MismatchMoved, 3, fmt.Sprintf("%s, and the user went from %s to %s %s it",
			c.answerText(), stateText(c.step.Baseline), stateText(l), fromAnswer(l.At.Sub(c.step.Answered))))
		m.at(c.step.Baseline, l)
		m.xpath = changedPath(c.step.Baseline, l)
		wished := l.Pending != "" && l.Pending != c.step.Baseline.Pending && !c.asked(spec.State(l.Pending))
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
		m := c.missed(out, evidence.MismatchMoved, 2, fmt.Sprintf("the user went to %s %v after it", stateText(l), round(l.At.Sub(c.step.Sent))))
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

// reaches: one of the states, whatever the step did to get there.
func (c *stepJudge) reaches(out spec.Outcome) *mismatch {
	if m := c.unmade(out); m != nil {
		return m
	}
	if m := c.impossible(out); m != nil {
		return m
	}
	return c.arrives(out)
}

// unmade: the step is a request, and there is none.
func (c *stepJudge) unmade(out spec.Outcome) *mismatch {
	if c.act != nil || c.when.Put == nil && c.when.Get == nil && c.when.Method == "" && c.when.Dialog == "" {
		return nil
	}
	return c.missed(out, evidence.MismatchUnseen, 0, "no request")
}

// impossible: a Dialog request that the target does not serve proves nothing
// about its states.
func (c *stepJudge) impossible(out spec.Outcome) *mismatch {
	if c.act == nil || c.when.Dialog == "" {
		return nil
	}
	if m := c.unanswered(out); m != nil {
		return m
	}
	switch {
	case c.act.Status < 400:
		return nil
	case c.act.Status == 404 || c.act.Status == 405 || c.act.Status >= 500:
		m := c.unproven(fmt.Sprintf("the Dialog request %s was answered %s", c.when.Dialog, c.answerText()))
		m.suspect = inTrouble(c.act.Status)
		return m
	}
	return c.answerMissed(out)
}

// answerForm: the body of an answer has the form that it is to have, and is
// said to have it.
func (c *stepJudge) answerForm(out spec.Outcome) *mismatch {
	if out.Schema == "" {
		if c.when.Get != nil {
			c.note(c.read("User").media)
		}
		return nil
	}
	if c.level() == spec.Info {
		return nil
	}
	d := c.read(out.Schema)
	if _, user := d.text("User"); user && c.req.Invariant != spec.InvariantValidUser {
		// What else is wrong with its form is the finding of the requirement
		// that checks the form of all reads.
		c.note(d.form())
		return nil
	}
	if d.problem != "" && !(out.Schema == "ApiErrors" && !d.xml) {
		m := c.missed(out, evidence.MismatchForm, 2, d.problem)
		m.xpath = d.path
		return m
	}
	if d.media != "" && c.req.Invariant == spec.InvariantValidUser {
		return c.missed(out, evidence.MismatchForm, 2, d.media)
	}
	c.note(d.media)
	return nil
}

// answered: only the answer counts.
func (c *stepJudge) answered(out spec.Outcome) *mismatch {
	if c.act == nil {
		if c.when.Probe != "" {
			return nil
		}
		return c.missed(out, evidence.MismatchUnseen, 0, "no request")
	}
	if m := c.unanswered(out); m != nil {
		return m
	}
	switch {
	case len(out.Status) == 0 || statusIn(out.Status, c.act.Status):
	case c.readWithOtherSuccess(out):
		c.note(fmt.Sprintf("answered %d", c.act.Status))
	default:
		if m := c.impossible(out); m != nil {
			return m
		}
		return c.answerMissed(out)
	}
	if out.Header != "" && c.act.ResponseHeader[http.CanonicalHeaderKey(out.Header)] == "" {
		return c.missed(out, evidence.MismatchAnswer, 1, fmt.Sprintf("%d without a header %s", c.act.Status, out.Header))
	}
	if len(out.Types) > 0 {
		if m := c.errorBody(out, out.Types); m != nil {
			return m
		}
	}
	if m := c.answerForm(out); m != nil {
		return m
	}
	if c.when.Put != nil || c.when.Method != "" {
		if m := c.unchanged(out); m != nil && (c.level() != spec.Info) {
			return m
		}
	}
	if m := c.members(out); m != nil {
		return m
	}
	if m := c.sameAsBefore(out); m != nil {
		return m
	}
	return c.showsIn(out, c.answerDocument(out.Schema))
}

// readWithOtherSuccess reports whether the read of a user succeeded with another
// status than it should: one cause is one finding, that of the requirement about
// reads.
func (c *stepJudge) readWithOtherSuccess(out spec.Outcome) bool {
	return c.when.Get != nil && c.when.Get.What == spec.GetUser && c.req.Invariant != spec.InvariantValidUser &&
		statusIn(out.Status, http.StatusOK) && c.act.Status/100 == 2
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
	if c.when.Put.State == string(s) || strings.EqualFold(c.when.Put.State, string(s)) {
		return true
	}
	// A sign in ends in NOT_READY; a body that is not right asks for READY.
	return c.when.Put.State == string(spec.Login) && s == spec.NotReady ||
		(c.when.Put.Body != "" || c.when.Put.State == "") && s == spec.Ready
}

// answerMissed: the answer itself is not what was expected. One that a server
// gives for another that it does not reach, or that says that a right request
// was not understood, may be the network's: it counts when it comes again.
func (c *stepJudge) answerMissed(out spec.Outcome) *mismatch {
	m := c.missed(out, evidence.MismatchAnswer, 0, c.answerText())
	m.what.Said, _ = c.answer().text("ApiErrors/ApiError/ErrorType")
	if inTrouble(c.act.Status) && m.what.Said == "" {
		m.what.Kind = evidence.MismatchUnanswered
	}
	m.elsewhere = c.onTheWay()
	m.suspect = inTrouble(c.act.Status) || m.elsewhere || c.misunderstood()
	return m
}

// inTrouble reports whether a status says that somebody on the way to the
// target did not get an answer from it.
func inTrouble(status int) bool {
	return status == http.StatusBadGateway || status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout
}

// misunderstood reports whether the answer says that the request could not be
// read, though its form was right.
func (c *stepJudge) misunderstood() bool {
	if c.when.Put != nil && c.when.Put.Body != "" {
		return false
	}
	if c.act.Status != http.StatusBadRequest {
		return aboutTheRequest(c.act.Status)
	}
	_, ours := c.answer().text("ApiErrors")
	said, _ := c.answer().text("ApiErrors/ApiError/ErrorType")
	return !ours || said == "Bad Request"
}

// onTheWay reports whether the answer says that the request could not be read,
// in the words of some server and not of the API. The target may give such a
// page itself, and then does so again; so may a server on the way, to whatever
// passes it.
func (c *stepJudge) onTheWay() bool {
	media, _, _ := mime.ParseMediaType(c.act.ResponseHeader["Content-Type"])
	_, page := c.answer().text("html")
	_, ours := c.answer().text("ApiErrors")
	return c.act.Status == http.StatusBadRequest && (page || media == "text/html" && !ours) || aboutTheRequest(c.act.Status) && !ours
}

// aboutTheRequest reports whether a status says that a request could not be
// read, and no API gives it for what the request asks for.
func aboutTheRequest(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusLengthRequired, http.StatusExpectationFailed, http.StatusMisdirectedRequest,
		http.StatusUpgradeRequired, http.StatusRequestHeaderFieldsTooLarge, http.StatusHTTPVersionNotSupported:
		return true
	}
	return false
}

// unproven: nothing was shown either way.
func (c *stepJudge) unproven(seen string) *mismatch {
	m := &mismatch{seen: seen, exchange: -1, event: -1, unproven: true}
	if c.act != nil {
		m.exchange = c.act.Index
	}
	return m
}

func (c *stepJudge) missed(out spec.Outcome, kind evidence.MismatchKind, progress int, seen string) *mismatch {
	m := &mismatch{what: evidence.Mismatch{Kind: kind}, expected: c.describe(out), seen: seen, exchange: -1, event: -1, progress: progress}
	if c.act != nil {
		m.exchange = c.act.Index
	}
	return m
}
