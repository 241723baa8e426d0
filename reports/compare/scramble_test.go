package compare

import (
	"testing"

	"finesse-conformance/reports"
	"finesse-conformance/suites/evidence"
)

// TestNothingIsDecidedBySentences: with every sentence of the verdicts made
// unreadable, gaps, verdict, exit code, changes and drift are the same.
func TestNothingIsDecidedBySentences(t *testing.T) {
	build := func(scrambled bool) (*reports.Result, *Comparison) {
		p := many()
		p.verdict("SIG-01").Outcome = evidence.Failed
		p.verdict("ERR-04").Observed.Note, p.verdict("ERR-04").Observed.Passing = "passed READY; TLS 1.3", "passed READY"
		if scrambled {
			for i := range p.verdicts {
				v := &p.verdicts[i]
				v.Reason, v.Expected, v.Seen = "xq zw", "xq", "zw"
			}
		}
		r := p.result()
		c, err := Results(many().result(), r)
		if err != nil {
			t.Fatal(err)
		}
		return r, c
	}
	a, before := build(false)
	b, after := build(true)
	if a.Verdict != b.Verdict || a.Exit.Code != b.Exit.Code || a.Summary != b.Summary {
		t.Errorf("%s, exit %d became %s, exit %d", a.Verdict, a.Exit.Code, b.Verdict, b.Exit.Code)
	}
	gaps := 0
	for i := range a.Requirements {
		x, y := a.Requirements[i].Gap, b.Requirements[i].Gap
		if (x == nil) != (y == nil) || x != nil && *x != *y {
			t.Errorf("%s: the gap %+v became %+v", a.Requirements[i].ID, x, y)
		}
		if x != nil && x.Kind != evidence.GapOther {
			gaps++
		}
	}
	if gaps < 3 {
		t.Errorf("only %d gaps of a kind", gaps)
	}
	if x, y := changesText(before), changesText(after); x != y || x == "" {
		t.Errorf("the changes %s became %s", x, y)
	}
	if x, y := driftsText(before.Drifts), driftsText(after.Drifts); x != y || x == "" {
		t.Errorf("the drift %s became %s", x, y)
	}
}
