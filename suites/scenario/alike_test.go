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
