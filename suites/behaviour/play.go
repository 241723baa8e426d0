package behaviour

import (
	"cmp"
	"context"
	"strings"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/judge"
)

// Exercise brings a requirement about on the target; see suites.Exercise.
type Exercise func(context.Context, *spec.Requirement) (evidence.Verdict, []*evidence.Evidence)

// Play visits the situation of a row, asks everything there, and asks once
// more for what went against the guide or proved nothing: alone, in a visit of
// its own, and where that contradicts the first answer with everything that
// had gone before. It gives the evidence of all visits in order.
func (r *Row) Play(ctx context.Context, j *judge.Judge, exercise Exercise) (evidence.Verdict, []*evidence.Evidence) {
	verdict, all := exercise(ctx, r.Requirement)
	if len(all) == 0 {
		return verdict, nil // not possible here, and not in another visit either
	}
	again := false
	for i, seen := range r.judge(j, all[len(all)-1]) {
		if ctx.Err() != nil {
			break
		}
		if seen.Mark != Against && seen.Mark != NotReached {
			continue
		}
		if len(r.Cells) == 1 {
			again = seen.Mark == Against || !seen.Cell.Demand.Documented() // where the wrap-up timer may have been first
			continue
		}
		one := r.alone(i)
		_, more := exercise(ctx, one.Requirement)
		all = append(all, more...)
		again = again || seen.Mark == Against && one.last(j, more) != Against
	}
	if again && ctx.Err() == nil {
		_, more := exercise(ctx, r.Requirement)
		all = append(all, more...)
	}
	verdict.Outcome, verdict.Reason = summary(r.Conclude(j, all))
	return verdict, all
}

// last is the mark of a row of one cell after a visit.
func (r *Row) last(j *judge.Judge, visits []*evidence.Evidence) Mark {
	if len(visits) == 0 {
		return NotReached
	}
	return r.judge(j, visits[len(visits)-1])[0].Mark
}

// Conclude gives the cells of a row what all visits come to together. What
// went against the guide counts when it did so twice: in a visit of its own,
// or again after the same requests. What was as documented once and not the
// other time is noted as such, and is no failure.
func (r *Row) Conclude(j *judge.Judge, visits []*evidence.Evidence) []Seen {
	list := make([]Seen, len(r.Cells))
	for i, c := range r.Cells {
		list[i] = Seen{Cell: c, Mark: NotReached}
	}
	against := make([]int, len(list))
	take := func(i int, s Seen) {
		s.Cell = r.Cells[i]
		switch {
		case s.Mark == Against:
			if against[i]++; against[i] > 1 || list[i].Mark == NotReached {
				list[i] = s
			}
		case list[i].Mark == NotReached:
			list[i] = s
		case s.Mark != NotReached && against[i] == 1:
			list[i] = s // once is chance; a second time would have stood
		}
	}
	for _, ev := range visits {
		if ev.Requirement == r.Requirement.ID {
			for i, s := range r.judge(j, ev) {
				take(i, s)
			}
			continue
		}
		for i := range r.Cells {
			if one := r.alone(i); one.Requirement.ID == ev.Requirement {
				take(i, one.judge(j, ev)[0])
			}
		}
	}
	for i := range list {
		if list[i].Mark == Against && against[i] < 2 {
			list[i].Mark = NotReached
			list[i].Verdict.Outcome = evidence.NotExercised
		}
	}
	return list
}

// summary is the verdict on a whole row: that of its worst cell.
func summary(cells []Seen) (evidence.Outcome, string) {
	outcome, reason := evidence.NotExercised, ""
	for _, s := range cells {
		switch {
		case s.Mark == Against:
			return evidence.Failed, s.Verdict.Reason
		case s.Mark == NotReached:
			reason = cmp.Or(reason, s.Verdict.Reason)
		default:
			outcome = evidence.Passed
		}
	}
	if outcome == evidence.Passed {
		reason = ""
	}
	return outcome, reason
}

// RowOf gives the id of the requirement of a row from that of any of its
// visits.
func RowOf(id string) string {
	row, _, _ := strings.Cut(id, ".")
	return row
}
