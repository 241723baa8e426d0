package judge

import (
	"strings"
	"time"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

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
	d := c.answer()
	if last, ok := c.last(); ok && c.when.Get == nil {
		d = c.documentOf(c.ev, last)
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
		if o.Via == evidence.ViaUnchanged {
			c.cameLate(&o)
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

// cameLate adds what a node told of the request, by its requestId, when nobody
// waited any longer: it changes no verdict, but is what came of the request.
func (c *stepJudge) cameLate(o *evidence.Observed) {
	for i := range c.ev.Events {
		e := &c.ev.Events[i]
		if !ofRequest(c.step, e) || e.Node != c.node() || c.step.EventBefore(e) || c.step.EventDuring(e) {
			continue
		}
		if e.IsError() {
			o.ErrorType, o.ErrorData, o.ErrorMessage, o.Via = e.ErrorType, e.ErrorData, e.ErrorMessage, evidence.ViaEvent
			return
		}
		if l, ok := evidence.ObservationOfEvent(*e); ok && l.State != c.step.Baseline.State {
			o.State, o.ReasonCodeID, o.Via = string(l.State), l.ReasonCodeID, evidence.ViaEvent
			return
		}
	}
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
