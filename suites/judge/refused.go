package judge

import (
	"fmt"
	"slices"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

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
		m.event, m.xpath, m.suspect = e.Index, "Update/data/apiErrors/apiError/errorType", c.ofAnotherState(e)
		return m
	}
	if e == nil {
		return c.unseenRefusal(out)
	}
	if data := c.otherData(out, e.ErrorData); data != "" {
		m := c.missed(out, evidence.MismatchEvent, 2, fmt.Sprintf("an event with %s and %s", e.ErrorType, data))
		m.what.Said = e.ErrorType
		m.event, m.xpath, m.suspect = e.Index, "Update/data/apiErrors/apiError/errorData", c.ofAnotherState(e)
		return m
	}
	return c.unchanged(out)
}

// ofAnotherState reports whether an event may refuse something else than what was
// asked in the state that the step found: it has no request id, or the user was
// seen to move before it came, as by another's hand.
func (c *stepJudge) ofAnotherState(e *evidence.Event) bool {
	return anybodys(e) || slices.ContainsFunc(c.observations, func(l evidence.Observation) bool {
		return l.State != c.step.Baseline.State && l.At.Before(e.Received)
	})
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
			m.seen += ", and a move to " + stateText(last)
		}
		return m
	}
	if m := c.errorBody(out, out.Types); m != nil {
		return m
	}
	return c.unchanged(out)
}
