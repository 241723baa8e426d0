package judge

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

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

// toldElsewhere: an event had told before the step that the user was not any more
// where a look found it last, as nodes lag, calls, reservations and wrap-up end by
// themselves, and people act: after that state, or at a later time by whatever
// clock. What was told before the news of the state that was found is older.
func (c *stepJudge) toldElsewhere() *mismatch {
	found := c.step.Baseline
	if found.ChangeTime == "" {
		return nil
	}
	var told []evidence.Observation
	var last *evidence.Event
	for i := range c.ev.Events {
		e := &c.ev.Events[i]
		l, ok := evidence.ObservationOfEvent(*e)
		if !ok || !c.step.EventBefore(e) || e.Node != "/finesse/api/User/"+found.User {
			continue
		}
		again := func(old evidence.Observation) bool { return visitOf(old) == visitOf(l) }
		if !slices.ContainsFunc(told, again) {
			told, last = append(told, l), e
		}
	}
	came := slices.ContainsFunc(told, func(l evidence.Observation) bool {
		return l.State == found.State && !evidence.Apart(l.ChangeTime, found.ChangeTime)
	})
	if len(told) == 0 || told[len(told)-1].State == found.State || last.Index < newsOfBaseline(c.ev, c.step, last.Node) {
		return nil
	}
	// Of a state that was there before the attempt nothing is told.
	if by, ok := evidence.Later(found.ChangeTime, told[len(told)-1].ChangeTime); !came && (!ok || by <= evidence.NodesApart) {
		return nil
	}
	m := c.unproven(fmt.Sprintf("an event had told %v before the step that the user was in %s, and a look that lags still showed %s",
		round(c.step.Sent.Sub(last.Received)), told[len(told)-1].State, found.State))
	m.exchange, m.event, m.suspect, m.gap = -1, last.Index, true, evidence.GapPath
	return m
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
	if worst != nil && !worst.unproven && !worst.suspect {
		if m := c.notTheTargets(allowed[0]); m != nil {
			worst = m // whatever else was missed: it was not asked, as far as anybody knows
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
