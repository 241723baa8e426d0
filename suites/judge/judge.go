// Package judge says what evidence means for a requirement. Judging is a pure
// function: no clock, no network, no scheduler. The same evidence gives the
// same verdict today and in a year, here and in a recheck.
//
// No other module is promised anything of it: see docs/stability.md.
package judge

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"finesse-conformance/spec"
	"finesse-conformance/spec/xmlbody"
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
		if m := cmp.Or(c.elsewhere(), c.lapsedBefore()); m != nil {
			h.broken = m
			return h
		}
		out, m := c.judge()
		if un := c.beaten(out, m); un != nil {
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
	if c.when.Put != nil {
		h.came, h.silent = out.Kind, nil
		if out.Kind != spec.Refused && c.act != nil && c.act.Status < 400 && c.refusable() {
			h.silent = c.silence()
		}
	}
	maps.Copy(h.led, out.Others)
	h.proven = h.proven || out.Kind != spec.Recorded
}

// record keeps what an outcome says is to be recorded.
func (c *stepJudge) record(out spec.Outcome, v *evidence.Verdict) {
	if out.Passes != "" {
		passed := c.passed(out.Passes)
		v.Observed.Note, v.Observed.Passing = join(v.Observed.Note, passed), join(v.Observed.Passing, passed)
	}
	// Figures are others each time: no comparison holds them against a run.
	for _, figure := range c.figures(out) {
		v.Observed.Note, v.Observed.Passing = join(v.Observed.Note, figure), join(v.Observed.Passing, figure)
	}
	d := c.answerDocument("")
	if last, ok := c.last(); ok && c.when.Get == nil {
		d = c.documentOf(last)
	}
	for _, path := range out.Records {
		text, there := d.text(path)
		note := path + " " + text
		if !there {
			note = "no " + path
		} else if text == "" {
			note = path + " empty"
		}
		v.Observed.Note = join(v.Observed.Note, line(note))
	}
}

// figures are what was measured of the other node.
func (c *stepJudge) figures(out spec.Outcome) (list []string) {
	if lag := c.lag(); out.OtherNode == spec.OtherNodeLag && lag != "" {
		list = append(list, lag)
	}
	if out.Clock {
		list = append(list, c.clocks())
	}
	return list
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

// stepJudge judges one step.
type stepJudge struct {
	*Judge
	req          *spec.Requirement
	ev           *evidence.Evidence
	index        int
	when         spec.When
	step         evidence.Step
	act          *evidence.Exchange     // the request under test, nil where the step is none
	observations []evidence.Observation // sightings of the subject since the request was sent
	body         *document              // of the answer, read on first use
	notes        []string               // what is recorded, since it is the finding of another requirement
	came         spec.Kind              // to which the last Put of a step before came
	silent       *mismatch              // see hearing
}

// asAfterRefusal reports whether what does not follow from what the last request
// came to follows from its refusal, of which nobody would have heard.
func (c *stepJudge) asAfterRefusal() bool {
	if c.silent == nil || c.came == spec.Refused {
		return false
	}
	came := c.came
	defer func() { c.came = came }()
	c.came = spec.Refused
	if len(c.allowed()) == 0 {
		return false
	}
	_, m := c.judge()
	return m == nil
}

func (j *Judge) stepJudge(req *spec.Requirement, ev *evidence.Evidence, index int) *stepJudge {
	c := &stepJudge{Judge: j, req: req, ev: ev, index: index, when: req.Steps[index].When, step: ev.Steps[index]}
	if n := c.step.Exchange; n >= 0 && n < len(ev.Exchanges) {
		c.act = &ev.Exchanges[n]
	}
	c.observations = sightings(ev, c.step)
	return c
}

// sightings gives the looks at the subject between a step's request and the
// end of its watch. A look at an older change that arrives late says nothing
// about this request.
func sightings(ev *evidence.Evidence, step evidence.Step) []evidence.Observation {
	var list []evidence.Observation
	for _, l := range ev.Observations {
		if l.User != step.Baseline.User || !step.During(l) || stale(ev, step, l) {
			continue
		}
		list = append(list, l)
	}
	return list
}

// elsewhere: the precondition was not there when the step began, so that the
// step proves nothing.
func (c *stepJudge) elsewhere() *mismatch {
	want, is := c.req.Given.State, c.step.Baseline.State
	if want == "" || is == want || c.index > 0 && !c.req.Steps[c.index].Again {
		return nil
	}
	return &mismatch{exchange: -1, event: -1, unproven: true, suspect: true,
		seen: fmt.Sprintf("the user was in %s, not in %s, when the step began", is, want)}
}

// judge tries every outcome that the guide allows. The first that holds wins;
// else the miss of the one that came furthest explains the failure best.
func (c *stepJudge) judge() (spec.Outcome, *mismatch) {
	var worst *mismatch
	allowed := c.allowed()
	for _, out := range allowed {
		m := c.outcome(out)
		if m == nil {
			return out, nil
		}
		// What is still possible is no failure, whatever the others missed.
		if worst == nil || m.unproven && !worst.unproven || m.unproven == worst.unproven && m.progress > worst.progress {
			worst = m
		}
	}
	if worst != nil && len(allowed) > 1 {
		var all []string
		for _, out := range allowed {
			all = append(all, c.describe(out))
		}
		worst.expected = strings.Join(all, ", or ")
	}
	return spec.Outcome{}, worst
}

// level is how binding the requirement is on the deployment.
func (c *stepJudge) level() spec.Level { return c.req.LevelOn(c.ev.Target.Deployment) }

// allowed are the outcomes that the guide allows on the deployment, after what
// the last request came to.
func (c *stepJudge) allowed() spec.Then {
	var list spec.Then
	for _, out := range c.req.Steps[c.index].Then {
		if out.AllowedOn(c.ev.Target.Deployment) && (out.After == "" || out.After == c.came) {
			list = append(list, out)
		}
	}
	return list
}

// mismatch is why an outcome does not hold.
type mismatch struct {
	what      evidence.Mismatch
	expected  string
	seen      string
	xpath     string
	exchange  int
	event     int
	progress  int    // how far the outcome went before it missed
	suspect   bool   // somebody else's hand could explain it
	elsewhere bool   // the answer may be that of a server on the way
	unproven  bool   // nothing was proven either way: not exercised
	cause     string // of the gap
	gap       evidence.GapKind
}

// at says which sighting shows the mismatch, and from where the user came.
func (m *mismatch) at(from, to evidence.Observation) {
	m.what.From, m.what.To = from.State, to.State
	m.exchange, m.xpath = observedExchange(to), "User/state"
}

// fail turns a mismatch into a verdict.
func (c *stepJudge) fail(v evidence.Verdict, m *mismatch) evidence.Verdict {
	v.Step, v.Exchange, v.Event = c.index, m.exchange, m.event
	if v.Exchange < 0 && c.act != nil {
		v.Exchange = c.act.Index
	}
	m.seen = line(m.seen)
	v.Mismatch = m.what
	if c.when.Put != nil {
		v.Mismatch.Asked = spec.State(c.when.Put.State)
	}
	v.XPath, v.Asked, v.Expected, v.Seen, v.Suspect, v.Elsewhere = line(m.xpath), c.action(), m.expected, m.seen, m.suspect, m.elsewhere
	v.Reason = fmt.Sprintf("%s: expected %s; saw %s", v.Asked, m.expected, m.seen)
	switch {
	case m.unproven:
		v.Outcome, v.Reason = evidence.NotExercised, m.seen
		v.Gap = evidence.Gap{Kind: cmp.Or(m.gap, evidence.GapOther), Cause: m.cause}
	case c.level() == spec.Info:
		v.Outcome = evidence.Info
		v.Observed.Note = join(v.Observed.Note, "saw "+m.seen)
	default:
		v.Outcome = evidence.Failed
	}
	return v
}

// observed is what was seen in this step, whatever it means.
func (c *stepJudge) observed() evidence.Observed {
	var o evidence.Observed
	if c.act != nil {
		o.Status = c.act.Status
		if c.act.Status >= 400 {
			d := c.answer()
			o.ErrorType, _ = d.text("ApiErrors/ApiError/ErrorType")
			o.ErrorData, _ = d.text("ApiErrors/ApiError/ErrorData")
			o.ErrorMessage, _ = d.text("ApiErrors/ApiError/ErrorMessage")
			o.Via = evidence.ViaSync
		}
	}
	if e := c.errorEvent(); e != nil && o.ErrorType == "" {
		o.ErrorType, o.ErrorData, o.ErrorMessage, o.Via = e.ErrorType, e.ErrorData, e.ErrorMessage, evidence.ViaEvent
	}
	if last, ok := c.last(); ok {
		o.State, o.ReasonCodeID = string(last.State), last.ReasonCodeID
		if o.Via == "" {
			o.Via = c.via(last)
		}
	} else if o.Via == "" && c.act != nil {
		o.Via = evidence.ViaSync
	}
	o.Note = join(c.facts(), strings.Join(c.notes, ", "))
	if c.step.Facts["outage"] != "" {
		o.Outage = line(c.facts())
	}
	for _, text := range []*string{&o.ErrorType, &o.ErrorData, &o.ErrorMessage, &o.State, &o.ReasonCodeID, &o.Note} {
		*text = line(*text)
	}
	return o
}

// passed says whether a state that may be passed on the way was seen, and
// with which code.
func (c *stepJudge) passed(s spec.State) string {
	for _, l := range c.observations {
		if l.State != s {
			continue
		}
		if l.ReasonCode == "" {
			return "passed " + stateText(l)
		}
		return "passed " + string(s) + " with code " + l.ReasonCode
	}
	return string(s) + " was not seen on the way"
}

// via says how the state that counts was first seen.
func (c *stepJudge) via(last evidence.Observation) evidence.Via {
	if last.Same(c.step.Baseline) && c.step.Converged < 0 {
		return evidence.ViaUnchanged
	}
	for _, l := range c.observations {
		if l.State == last.State {
			if l.Event {
				return evidence.ViaEvent
			}
			break
		}
	}
	return evidence.ViaGet
}

// note records what this requirement does not fail for.
func (c *stepJudge) note(text string) {
	if text != "" && !slices.Contains(c.notes, text) {
		c.notes = append(c.notes, text)
	}
}

func (c *stepJudge) facts() string {
	if len(c.step.Facts) == 0 {
		return ""
	}
	var list []string
	for _, key := range sortedKeys(c.step.Facts) {
		list = append(list, key+": "+c.step.Facts[key])
	}
	return strings.Join(list, ", ")
}

// last is the sighting that the step ends with: the last GET, which nothing
// newer contradicts, else the last event.
func (c *stepJudge) last() (evidence.Observation, bool) {
	for i := len(c.observations) - 1; i >= 0; i-- {
		if !c.observations[i].Event {
			return c.observations[i], true
		}
	}
	if n := len(c.observations); n > 0 {
		return c.observations[n-1], true
	}
	return evidence.Observation{}, false
}

// merge keeps what a later step saw, and what only an earlier one did.
func merge(a, b evidence.Observed) evidence.Observed {
	if b.Status != 0 {
		a.Status = b.Status
	}
	if b.Via != "" && (a.Via == "" || a.ErrorType == "" || b.ErrorType != "") {
		a.Via = b.Via
	}
	if b.ErrorType != "" {
		a.ErrorType, a.ErrorData, a.ErrorMessage = b.ErrorType, b.ErrorData, b.ErrorMessage
	}
	if b.State != "" {
		a.State, a.ReasonCodeID = b.State, b.ReasonCodeID
	}
	a.Note, a.Outage = join(a.Note, b.Note), join(a.Outage, b.Outage)
	return a
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}

// fromAnswer says how long after an answer, or before it, something was seen: a change may be
// quicker than the answer.
func fromAnswer(d time.Duration) string {
	if d < 0 {
		return round(-d).String() + " before"
	}
	return round(d).String() + " after"
}

// round makes a duration fit for a sentence.
func round(d time.Duration) time.Duration {
	switch {
	case d > 10*time.Second:
		return d.Round(time.Second)
	case d > time.Second:
		return d.Round(100 * time.Millisecond)
	}
	return d.Round(time.Millisecond)
}
