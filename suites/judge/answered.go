package judge

import (
	"fmt"
	"net/http"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

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
	return c.showsIn(out, c.answer())
}

// readWithOtherSuccess reports whether the read of a user succeeded with another
// status than it should: one cause is one finding, that of the requirement about
// reads.
func (c *stepJudge) readWithOtherSuccess(out spec.Outcome) bool {
	return c.when.Get != nil && c.when.Get.What == spec.GetUser && c.req.Invariant != spec.InvariantValidUser &&
		statusIn(out.Status, http.StatusOK) && c.act.Status/100 == 2
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
