package retry_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/scenario/retry"
)

func repetition(id string, n int, outcome evidence.Outcome, status int) evidence.Verdict {
	return evidence.Verdict{
		Requirement: id, Repetition: n, Outcome: outcome, Reason: "why", Attempts: n, Duration: time.Second,
		Observed: evidence.Observed{Status: status},
	}
}

func TestRepeated(t *testing.T) {
	got := retry.Repeated([]evidence.Verdict{
		repetition("B", 2, evidence.Failed, 400), repetition("A", 0, evidence.NotExercised, 0), repetition("B", 1, evidence.Passed, 202),
		repetition("C", 1, evidence.NotExercised, 0), repetition("C", 2, evidence.Passed, 202), repetition("B", 3, evidence.Failed, 500),
		repetition("B", 4, evidence.Passed, 202), repetition("C", 3, evidence.NotExercised, 0),
	})
	if len(got) != 3 || got[0].Requirement != "B" || got[1].Requirement != "A" || got[2].Requirement != "C" {
		t.Fatalf("the verdicts are %+v", got)
	}
	if b := got[0]; b.Outcome != evidence.Failed || b.Repetition != 2 || b.Observed.Status != 400 || b.Duration != 4*time.Second {
		t.Errorf("what failed first does not decide: %+v", b)
	}
	if got[1].Rates != nil {
		t.Error("what was not repeated has rates")
	}
	if c := got[2]; c.Outcome != evidence.Passed || c.Repetition != 2 {
		t.Errorf("what was put to the test does not decide: %+v", c)
	}
	want := &evidence.Rates{Exercised: 4, Failed: 2, Low: 0.15, High: 0.85, Seen: []evidence.Variant{
		{Outcome: evidence.Passed, Reason: "why", Status: 202, Times: 2},
		{Outcome: evidence.Failed, Reason: "why", Status: 400, Times: 1}, {Outcome: evidence.Failed, Reason: "why", Status: 500, Times: 1},
	}}
	if diff := cmp.Diff(want, got[0].Rates); diff != "" {
		t.Error(diff)
	}
	want = &evidence.Rates{Exercised: 1, NotExercised: 2, High: 0.7935, Seen: []evidence.Variant{
		{Outcome: evidence.NotExercised, Reason: "why", Times: 2}, {Outcome: evidence.Passed, Reason: "why", Status: 202, Times: 1},
	}}
	if diff := cmp.Diff(want, got[2].Rates); diff != "" {
		t.Error(diff)
	}
}
