package reports

import (
	"fmt"
	"math"
	"strings"

	"finesse-conformance/internal/text"
	"finesse-conformance/suites/evidence"
)

// RatesText says what the repetitions of a requirement came to: "failed 3 of
// 10 times (30%; 11% to 60% with 95% confidence): 202 (7), 400 (3)".
func RatesText(r *Rates) string {
	if r == nil {
		return ""
	}
	var said string
	switch {
	case r.Exercised == 0:
		said = fmt.Sprintf("not exercised in any of %d repetitions", r.NotExercised)
	case len(r.Seen) > 0 && r.High == 0: // recorded only: nothing fails
		said = fmt.Sprintf("recorded %s", text.Count(r.Exercised, "time"))
	case r.Failed == 0:
		said = fmt.Sprintf("held %d of %d times (fails less often than %s, with 95%% confidence)", r.Exercised, r.Exercised, percent(r.High))
	default:
		said = fmt.Sprintf("failed %d of %d times (%s; %s to %s with 95%% confidence)",
			r.Failed, r.Exercised, percent(float64(r.Failed)/float64(r.Exercised)), percent(r.Low), percent(r.High))
	}
	if r.Exercised > 0 && r.NotExercised > 0 {
		said += fmt.Sprintf(", %d more not exercised", r.NotExercised)
	}
	if len(r.Seen) < 2 {
		return said
	}
	var seen []string
	for _, v := range r.Seen {
		seen = append(seen, fmt.Sprintf("%s (%d)", variantText(v), v.Times))
	}
	return said + ": " + text.Few(seen, 6)
}

func variantText(v evidence.Variant) string {
	words := []string{}
	if v.Outcome == evidence.Failed || v.Outcome == evidence.NotExercised {
		words = append(words, strings.ReplaceAll(string(v.Outcome), "_", " "))
	}
	if seen := ObservedText(Observed{Status: v.Status, ErrorType: v.ErrorType, State: v.State}); seen != "" {
		words = append(words, seen)
	}
	if len(words) == 0 {
		return string(v.Outcome)
	}
	return strings.Join(words, " ")
}

func percent(p float64) string { return fmt.Sprintf("%.0f%%", math.Round(p*100)) }

// Unsteady reports whether repetitions of the requirement did not all come to
// the same.
func (r *Row) Unsteady() bool { return r.Rates != nil && len(r.Rates.Seen) > 1 }
