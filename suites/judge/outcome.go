package judge

import (
	"fmt"
	"mime"
	"net/http"

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
	m := c.missed(out, evidence.MismatchUnanswered, 0, unanswered(*c.act))
	m.suspect = true
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

// notTheTargets is the mismatch of an answer that somebody on the way may have
// given, or of none; nil for any other.
func (c *stepJudge) notTheTargets(out spec.Outcome) *mismatch {
	if c.act == nil {
		return nil
	}
	if m := c.unanswered(out); m != nil {
		return m
	}
	if m := c.answerMissed(out); m.suspect {
		return m
	}
	return nil
}

// firstOfProxies is from where on no status is registered: proxies take these for
// what became of the server behind them (520 to 530, 598, 599).
const firstOfProxies = 520

// inTrouble reports whether a status says that somebody on the way to the
// target did not get an answer from it.
func inTrouble(status int) bool {
	switch status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusNetworkAuthenticationRequired:
		return true
	}
	return status >= firstOfProxies
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
		http.StatusUpgradeRequired, http.StatusRequestHeaderFieldsTooLarge, http.StatusHTTPVersionNotSupported,
		495, 496, 497, 499: // nginx: what it has against the connection
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
