package reports_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"finesse-conformance/internal/contracttest"
	"finesse-conformance/reports"
	"finesse-conformance/suites/evidence"
)

// A result that is made again of its evidence, packed or not, says the same of
// the other node, and leaves the first result as it was.
func TestOtherNodeAgain(t *testing.T) {
	catalogue := contracttest.Catalogue()
	seen := []*evidence.Evidence{{Requirement: "SIG-01", Attempt: 1, Steps: []evidence.Step{
		{OtherNode: &evidence.OtherNode{Shown: true, Lag: 150 * time.Millisecond}}, {OtherNode: &evidence.OtherNode{}}, {},
	}}}
	run := reports.Run{Target: reports.Target{OtherNode: &reports.OtherNode{URL: "https://b.example.com"}}, Evidence: seen}
	first := reports.Build(catalogue, run, nil)
	want := reports.OtherNode{URL: "https://b.example.com", Changes: 2, Shown: 1, LagP50: 150, LagMax: 150}
	var none evidence.Room
	for name, all := range map[string][]*evidence.Evidence{"as it is": seen, "packed": {none.Hold(seen[0])}} {
		again := reports.Build(catalogue, first.Run(all), nil)
		for _, r := range []*reports.Result{first, again} {
			if diff := cmp.Diff(want, *r.Target.OtherNode); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	}
}
