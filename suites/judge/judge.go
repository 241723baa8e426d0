// Package judge says what evidence means for a requirement. Judging is a pure
// function: no clock, no network, no scheduler. The same evidence gives the
// same verdict today and in a year, here and in a recheck.
//
// No other module is promised anything of it: see docs/stability.md.
package judge

import (
	"cmp"
	"maps"
	"strings"

	"finesse-conformance/internal/xmlbody"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// Judge holds what a verdict needs beside requirement and evidence: the
// schemas, and the titles of guides for the clause. It is safe for concurrent
// use.
type Judge struct {
	bodies    *xmlbody.Validator
	catalogue *spec.Catalogue
}

// New makes a Judge.
func New(catalogue *spec.Catalogue, bodies *xmlbody.Validator) *Judge {
	return &Judge{bodies: bodies, catalogue: catalogue}
}

// Verdict judges one attempt at a requirement.
func (j *Judge) Verdict(req *spec.Requirement, ev *evidence.Evidence) evidence.Verdict {
	v := evidence.Verdict{
		Requirement: req.ID, Step: -1, Exchange: -1, Event: -1,
		Attempts: ev.Attempt, Duration: ev.Ended.Sub(ev.Started),
		Clause: j.clause(req),
	}
	if ev.Requirement != req.ID {
		v.Outcome, v.Reason = evidence.NotExercised, "the evidence is of "+ev.Requirement
		v.Gap.Kind = evidence.GapHarness
		return v
	}
	if ev.Interference != "" {
		v.Outcome, v.Reason = evidence.NotExercised, ev.Interference
		v.Gap.Kind = cmp.Or(ev.Gap.Kind, evidence.GapInterference)
		return v
	}
	h := j.hear(req, ev, &v)
	if h.step != nil {
		v.Asked = h.step.action()
	}
	switch {
	case h.broken != nil:
		return h.step.fail(v, h.broken)
	case h.open != nil:
		// Whom else it moved is seen where nobody could hear that it was refused.
		if m := j.bystanders(ev, h.led); m != nil && !m.unproven {
			return h.step.fail(v, m)
		}
		return h.openStep.fail(v, h.open)
	case ev.Unreached != "":
		v.Outcome, v.Reason, v.Gap = evidence.NotExercised, ev.Unreached, ev.Gap
		return v
	case len(ev.Steps) < len(req.Steps) || len(req.Steps) == 0:
		v.Outcome, v.Reason = evidence.NotExercised, "the run ended before the steps were through"
		v.Gap.Kind = evidence.GapEnded
		return v
	case !h.proven:
		v.Outcome, v.Reason = evidence.NotExercised, "every step was left out: "+h.skipped
		v.Gap.Kind = evidence.GapOther
		return v
	}
	if m := j.bystanders(ev, h.led); m != nil {
		return j.stepJudge(req, ev, len(req.Steps)-1).fail(v, m)
	}
	v.Outcome = evidence.Passed
	if req.LevelOn(ev.Target.Deployment) == spec.Info {
		v.Outcome = evidence.Info
	}
	v.Observed.Note = join(v.Observed.Note, strings.Join(h.taken, "; "))
	return v
}

// hearing is what came of the steps of an attempt.
type hearing struct {
	step     *stepJudge // the last that was judged
	broken   *mismatch  // what failed in it, or could not be proven
	open     *mismatch  // a refusal that nobody could hear: what comes later may show that it was none
	openStep *stepJudge
	came     spec.Kind // to which the last Put came
	silent   *mismatch // where that was accepted, and may have been refused all the same: nobody would have heard it
	led      map[spec.Actor]spec.State
	taken    []string // the alternatives that were taken
	proven   bool     // something was demanded, and was there
	skipped  string   // why a step was left out
}

// hear judges the steps in their order. What was done counts, also when the
// rest could not be.
func (j *Judge) hear(req *spec.Requirement, ev *evidence.Evidence, v *evidence.Verdict) *hearing {
	h := &hearing{led: map[spec.Actor]spec.State{}}
	left := false
	for i := range min(len(req.Steps), len(ev.Steps)) {
		if why := ev.Steps[i].Skipped; why != "" {
			left, h.skipped = true, cmp.Or(h.skipped, why)
			continue
		}
		c := j.stepJudge(req, ev, i)
		c.came, h.step = h.came, c
		if m := cmp.Or(c.elsewhere(), c.lapsedBefore(), c.toldElsewhere()); m != nil {
			h.broken = m
			return h
		}
		out, m := c.judge()
		if un := cmp.Or(c.beaten(out, m), c.lapsedUnseen(m), c.heldUnheard(m)); un != nil {
			m = un
		}
		if c.silent = h.silent; m != nil && c.asAfterRefusal() {
			m = h.silent
		}
		v.Observed = merge(v.Observed, c.observed())
		c.record(out, v)
		if m != nil && m.unproven && m.what.Kind == evidence.MismatchTimer && playedLater(req, ev, i+1) {
			continue // the next step tells
		}
		if m != nil && m.unproven && m.what.Kind == evidence.MismatchUnheard && h.open == nil {
			h.open, h.openStep, out.Kind, m = m, c, spec.Refused, nil
		}
		if m != nil && (h.open == nil || !m.unproven) {
			h.broken = m
			return h
		}
		h.follow(c, out)
		if len(req.Steps[i].Then) > 1 || c.level() == spec.Info {
			h.taken = append(h.taken, c.label(out))
		}
	}
	h.proven = h.proven || !left
	return h
}

// follow keeps up with what an outcome means for the steps to come.
func (h *hearing) follow(c *stepJudge, out spec.Outcome) {
	if c.when.Put != nil && c.when.Whom() == spec.Self {
		h.came, h.silent = out.Kind, nil
		if out.Kind != spec.Refused && c.act != nil && c.act.Status < 400 && c.refusable() {
			h.silent = c.silence()
		}
	}
	maps.Copy(h.led, out.Others)
	h.proven = h.proven || out.Kind != spec.Recorded
}

// playedLater reports whether a step is the one before once more, and was
// made.
func playedLater(req *spec.Requirement, ev *evidence.Evidence, i int) bool {
	return i < min(len(req.Steps), len(ev.Steps)) && req.Steps[i].Later && ev.Steps[i].Skipped == ""
}

func (j *Judge) clause(req *spec.Requirement) string {
	if len(req.Sources) == 0 {
		return ""
	}
	return j.catalogue.Cite(req.Sources[0])
}
