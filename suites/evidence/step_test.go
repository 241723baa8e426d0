package evidence_test

import (
	"testing"
	"time"

	"finesse-conformance/suites/evidence"
)

// What came in the instant of the request came after it, unless its place in
// the evidence says otherwise.
func TestOrder(t *testing.T) {
	sent := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	until := sent.Add(time.Second)
	bare := evidence.Step{Sent: sent, Until: until}
	bounded := evidence.Step{Sent: sent, Until: until, Exchanges: &evidence.Range{First: 3, Next: 6}, Events: &evidence.Range{First: 3, Next: 6}}
	for name, test := range map[string]struct {
		step           evidence.Step
		at             time.Time
		index          int
		before, during bool
	}{
		"earlier":                    {bare, sent.Add(-1), 0, true, false},
		"at that instant":            {bare, sent, 0, false, true},
		"at the end":                 {bare, until, 9, false, true},
		"later":                      {bare, until.Add(1), 9, false, false},
		"at that instant, before it": {bounded, sent, 2, true, false},
		"at that instant, after it":  {bounded, sent, 3, false, true},
		"at the end, within":         {bounded, until, 5, false, true},
		"at the end, behind":         {bounded, until, 6, false, false},
	} {
		for _, event := range []bool{false, true} {
			o := evidence.Observation{Asked: test.at, At: test.at, Index: test.index, Event: event}
			if got := test.step.Before(o); got != test.before {
				t.Errorf("%s (event %v): before is %v", name, event, got)
			}
			if got := test.step.During(o); got != test.during {
				t.Errorf("%s (event %v): during is %v", name, event, got)
			}
		}
		e := &evidence.Event{Received: test.at, Index: test.index}
		if test.step.EventBefore(e) != test.before || test.step.EventDuring(e) != test.during {
			t.Errorf("%s: an event is before %v, during %v", name, test.step.EventBefore(e), test.step.EventDuring(e))
		}
	}
}
