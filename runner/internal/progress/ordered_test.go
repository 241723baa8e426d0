package progress

import (
	"slices"
	"testing"

	"finesse-conformance/spec"
	"finesse-conformance/suites"
	"finesse-conformance/suites/evidence"
)

// tale keeps which verdicts were told.
type tale struct {
	None
	ids []string
}

func (t *tale) Done(v evidence.Verdict) { t.ids = append(t.ids, v.Requirement) }

// Progress that comes out of order is told in order.
func TestProgressInOrder(t *testing.T) {
	var items []suites.Item
	for _, id := range []string{"SIG-01", "SIG-02", "SIG-03", "SIG-04"} {
		items = append(items, suites.Item{Requirement: &spec.Requirement{ID: id}})
	}
	told := &tale{}
	o, flush := InOrder(told, items)
	for _, id := range []string{"SIG-03", "SIG-02"} {
		o.Done(evidence.Verdict{Requirement: id})
	}
	if len(told.ids) > 0 {
		t.Errorf("told before the first: %v", told.ids)
	}
	o.Done(evidence.Verdict{Requirement: "SIG-01"})
	if want := []string{"SIG-01", "SIG-02", "SIG-03"}; !slices.Equal(told.ids, want) {
		t.Errorf("told %v, want %v", told.ids, want)
	}
	flush() // SIG-04 never came
	if len(told.ids) != 3 {
		t.Errorf("told %v", told.ids)
	}
}
