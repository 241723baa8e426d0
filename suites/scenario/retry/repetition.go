package retry

import (
	"cmp"
	"slices"

	"finesse-conformance/suites/evidence"
)

// Repeated makes one verdict of those on the repetitions of each requirement,
// in the order in which the requirements first come. What failed in one
// repetition failed: the first failure decides, else the first that was put to
// the test. A verdict that is no repetition stays as it is.
func Repeated(verdicts []evidence.Verdict) []evidence.Verdict {
	by := map[string][]evidence.Verdict{}
	var order []string
	for _, v := range verdicts {
		if by[v.Requirement] == nil {
			order = append(order, v.Requirement)
		}
		by[v.Requirement] = append(by[v.Requirement], v)
	}
	var out []evidence.Verdict
	for _, id := range order {
		list := by[id]
		if list[0].Repetition == 0 {
			out = append(out, list...)
			continue
		}
		slices.SortStableFunc(list, func(a, b evidence.Verdict) int { return cmp.Compare(a.Repetition, b.Repetition) })
		out = append(out, ofRepetitions(list))
	}
	return out
}

func ofRepetitions(list []evidence.Verdict) evidence.Verdict {
	says := []evidence.Outcome{evidence.Failed, evidence.Passed, evidence.Info}
	decided := list[0]
	for _, outcome := range says {
		if n := slices.IndexFunc(list, func(v evidence.Verdict) bool { return v.Outcome == outcome }); n >= 0 {
			decided = list[n]
			break
		}
	}
	rates := &evidence.Rates{Seen: []evidence.Variant{}}
	decided.Duration = 0
	for _, v := range list {
		decided.Duration += v.Duration
		switch v.Outcome {
		case evidence.Failed:
			rates.Failed++
			rates.Exercised++
		case evidence.Passed, evidence.Info:
			rates.Exercised++
		default:
			rates.NotExercised++
		}
		note(rates, v)
	}
	rates.Low, rates.High = evidence.Wilson(rates.Failed, rates.Exercised)
	slices.SortStableFunc(rates.Seen, func(a, b evidence.Variant) int { return cmp.Compare(b.Times, a.Times) })
	decided.Rates = rates
	return decided
}

// note counts what a verdict saw. Reasons name users and times, so that two
// of the same kind are hardly ever equal: they tell nothing apart.
func note(rates *evidence.Rates, v evidence.Verdict) {
	o := v.Observed
	seen := evidence.Variant{Outcome: v.Outcome, Status: o.Status, ErrorType: o.ErrorType, State: o.State}
	if v.Outcome == evidence.NotExercised {
		seen = evidence.Variant{Outcome: v.Outcome}
	}
	for i := range rates.Seen {
		kind := rates.Seen[i]
		kind.Reason, kind.Times = "", 0
		if kind == seen {
			rates.Seen[i].Times++
			return
		}
	}
	seen.Reason, seen.Times = v.Reason, 1
	rates.Seen = append(rates.Seen, seen)
}
