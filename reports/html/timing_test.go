package html

import (
	"fmt"
	"testing"

	"finesse-conformance/reports"
	"finesse-conformance/suites/evidence"
)

// TestMarginChart: every requirement with a margin has a dot inside the
// drawing, later ones further right, and none on top of another.
func TestMarginChart(t *testing.T) {
	r := &reports.Result{}
	used := []int64{0, 5, 5, 5, 80, 900, 9999, 30000}
	for i, ms := range used {
		r.Requirements = append(r.Requirements, reports.Row{ID: fmt.Sprint(i), Outcome: evidence.Passed, Margin: &reports.Margin{UsedMS: ms, AllowedMS: 10000}})
	}
	r.Requirements = append(r.Requirements, reports.Row{ID: "none"})
	r.Timings.Margins.AllowedMS = 10000
	got := newTiming(r)
	if len(got.Chart.Dots) != len(used) {
		t.Fatalf("%d dots", len(got.Chart.Dots))
	}
	at := map[string]bool{}
	for i, d := range got.Chart.Dots {
		if d.X < 0 || d.X > float64(got.Chart.Width) || d.Y < 0 || d.Y > got.Chart.Base {
			t.Errorf("the dot of %d ms is outside: %v, %v", used[i], d.X, d.Y)
		}
		if i > 0 && d.X < got.Chart.Dots[i-1].X {
			t.Errorf("%d ms is left of %d ms", used[i], used[i-1])
		}
		place := fmt.Sprint(d.X, d.Y)
		if at[place] {
			t.Errorf("the dot of %d ms covers another", used[i])
		}
		at[place] = true
	}
	if last := got.Chart.Dots[len(used)-1]; last.X <= got.Chart.Limit.X || got.Chart.Limit.Label != "10 s" {
		t.Errorf("30 s at %v, the limit %+v", last.X, got.Chart.Limit)
	}
	if got.Slowest[0].Used != 30000 || got.Slowest[0].Percent() != "300 %" || got.Slowest[4].Percent() != "less than 1 %" {
		t.Errorf("the slowest are %+v", got.Slowest)
	}
	if newTiming(&reports.Result{}).Chart != nil {
		t.Error("a chart of nothing")
	}
}
