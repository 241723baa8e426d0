package scenario

import (
	"testing"

	"finesse-conformance/suites/evidence"
)

func TestAlike(t *testing.T) {
	say := func(seen string) evidence.Verdict { return evidence.Verdict{Seen: seen, Expected: "WORK_READY"} }
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"WORK for 722ms", "WORK for 1.2s", true},
		{"READY only 1m2.5s after the answer, and the settle time is 10s", "READY only 58s after the answer, and the settle time is 10s", true},
		{"user 1001 moved from LOGOUT to READY", "user 1002 moved from LOGOUT to READY", true},
		{"202, and the user went from READY to WORK 3ms after it", "202, and the user went from READY to WORK 14ms after it", true},
		{"401 Invalid Supervisor (1001), and the user went from READY to NOT_READY 3ms after it",
			"401 Invalid Supervisor (1002), and the user went from READY to NOT_READY 4ms after it", true},
		{"400 Bad Request, and the user went from NOT_READY (reasonCodeId 1) to READY 3ms after it",
			"400 Generic Error (a, b), and the user went from NOT_READY (reasonCodeId 3) to READY 3ms after it", true},
		{"WORK for 722ms", "NOT_READY for 722ms", false},
		{"400 Bad Request", "400 Generic Error", false},
		{"400 Bad Request, and the user went from READY to NOT_READY 3ms after it",
			"400 Bad Request, and the user went from READY to LOGOUT 3ms after it", false},
		{"400 Bad Request, and the user went from READY to NOT_READY 3ms after it",
			"202, and the user went from READY to NOT_READY 3ms after it", false},
		{"user 1001 moved from LOGOUT to READY", "user 1001 moved from NOT_READY to READY", false},
	} {
		if alike(say(test.a), say(test.b)) != test.want {
			t.Errorf("%q and %q: %v", test.a, test.b, !test.want)
		}
	}
}

// Judged again, a requirement gets the verdict that the run gave it for the
// same attempts, also where that rested on other requirements.
func TestTogether(t *testing.T) {
	failed := evidence.Verdict{Outcome: evidence.Failed, Suspect: true, Reason: "PUT READY: expected 401; saw 202", Seen: "202"}
	elsewhere := evidence.Verdict{Outcome: evidence.Failed, Suspect: true, Reason: "PUT READY: expected 401; saw 500", Seen: "500"}
	passed, open := evidence.Verdict{Outcome: evidence.Passed}, evidence.Verdict{Outcome: evidence.NotExercised, Reason: "no way"}
	const often = "; not when repeated, and so in ERR-01, ERR-02: now and then, and no coincidence"
	for _, test := range []struct {
		attempts []evidence.Verdict
		then     string
		want     evidence.Outcome
		reason   string
	}{
		{[]evidence.Verdict{passed}, "", evidence.Passed, ""},
		{[]evidence.Verdict{failed}, "", evidence.Failed, failed.Reason},
		{[]evidence.Verdict{failed, passed}, "", evidence.Passed, ""},
		{[]evidence.Verdict{failed, failed}, "", evidence.Failed, failed.Reason},
		{[]evidence.Verdict{failed, open}, "", evidence.NotExercised, "no way; before that: " + failed.Reason},
		{[]evidence.Verdict{open, failed}, "", evidence.NotExercised, "happened once, and somebody else's hand could explain it: " + failed.Reason + "; before that: no way"},
		{[]evidence.Verdict{failed, elsewhere, elsewhere}, "", evidence.Failed, elsewhere.Reason},
		{[]evidence.Verdict{failed, elsewhere, passed}, "", evidence.Passed, ""},
		{[]evidence.Verdict{failed, passed, failed}, "", evidence.Failed, failed.Reason},
		{[]evidence.Verdict{failed, passed}, failed.Reason + often, evidence.Failed, failed.Reason + often},
		{[]evidence.Verdict{passed, passed}, failed.Reason + often, evidence.Passed, ""},
	} {
		v := CombineAttempts(test.attempts, evidence.Verdict{Reason: test.then})
		if v.Outcome != test.want || v.Reason != test.reason {
			t.Errorf("%+v, then %q: %+v", test.attempts, test.then, v)
		}
	}
}
