package behaviour

import (
	"slices"
	"strconv"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/judge"
)

// Mark says how what was seen in a cell stands to the guide. The set is closed.
type Mark string

// The marks of a cell.
const (
	AsDocumented Mark = "as_documented" // one of the outcomes that the guide allows
	Against      Mark = "against"       // none of them: a failure
	Undocumented Mark = "undocumented"  // the guide says nothing; what was seen is recorded
	NotReached   Mark = "not_reached"   // it was not asked, or what was seen proves nothing
)

// Seen is what came of one cell.
type Seen struct {
	Cell    Cell
	Mark    Mark
	Verdict evidence.Verdict
}

// judge gives each cell of a row its verdict, from the evidence of one
// attempt. A cell whose step was not played, or proves nothing, is not
// reached: one bad cell costs no other.
func (r *Row) judge(j *judge.Judge, ev *evidence.Evidence) []Seen {
	list := make([]Seen, 0, len(r.Cells))
	for i, c := range r.Cells {
		part := *ev
		req := *r.Requirement
		req.Steps = req.Steps[c.Step : c.Step+c.Steps]
		end := min(c.Step+c.Steps, len(ev.Steps))
		part.Steps = ev.Steps[min(c.Step, end):end]
		if len(part.Steps) == c.Steps {
			part.Unreached = "" // what was missing later says nothing of this one
		}
		if i != len(r.Cells)-1 {
			part.Before, part.After = nil, nil // the others were looked at when all was over
		}
		v := j.Verdict(&req, &part)
		if !c.Demand.Documented() && timerWasFirst(&part) {
			v.Outcome, v.Reason = evidence.NotExercised, "the wrap-up timer may have made the change, and not the request"
		}
		list = append(list, Seen{Cell: c, Mark: mark(c, v), Verdict: v})
	}
	return list
}

// timerWasFirst reports whether the wrap-up timer may have made the change that was
// seen after a request of which the guide says nothing, and so waits for no state.
func timerWasFirst(ev *evidence.Evidence) bool {
	if len(ev.Steps) == 0 {
		return false
	}
	step := ev.Steps[0]
	i := slices.IndexFunc(ev.Observations, func(l evidence.Observation) bool {
		return l.User == step.Baseline.User && l.State != step.Baseline.State && step.During(l)
	})
	if i < 0 {
		return false
	}
	step.Converged = ev.Observations[i].At.Sub(step.Answered)
	return judge.MayBeTimer(ev, step)
}

func mark(c Cell, v evidence.Verdict) Mark {
	switch {
	case v.Outcome == evidence.Failed:
		return Against
	case v.Outcome != evidence.Passed:
		return NotReached
	case c.Demand.Documented():
		return AsDocumented
	}
	return Undocumented
}

// Symbol is the mark as one character of a matrix.
func (m Mark) Symbol() string {
	//exhaustive:enforce
	switch m {
	case NotReached:
	case AsDocumented:
		return "✓"
	case Against:
		return "✗"
	case Undocumented:
		return "·"
	}
	return " "
}

// Result says in a few words what a cell came to: "202 → READY", "400 Invalid
// Input". Two maps are compared by it.
func (s Seen) Result() string {
	if s.Mark == NotReached {
		return ""
	}
	return outcome(s.Verdict.Observed, s.Cell.Situation.State)
}

func outcome(o evidence.Observed, from spec.State) string {
	text := strconv.Itoa(o.Status)
	switch {
	case o.ErrorType != "":
		text += " " + o.ErrorType
		if o.Via == evidence.ViaEvent {
			text += " (event)"
		}
	case o.State != "" && spec.State(o.State) != from:
		text += " → " + o.State
	case o.State != "":
		text += " stays"
	}
	return text
}

// Marks lists the marks.
func Marks() []Mark { return []Mark{AsDocumented, Against, Undocumented, NotReached} }
