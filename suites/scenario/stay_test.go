package scenario_test

import (
	"net/http"
	"strings"
	"testing"

	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/scenario"
)

// stays is a stage on which users may stay signed in.
func stays(t *testing.T, ids ...string) (*scenario.Stage, *fake) {
	t.Helper()
	s, f := fakeStage(t, ids...)
	s.Stays = true
	return s, f
}

// backHome ends the run and fails the test unless everybody is at home.
func backHome(t *testing.T, s *scenario.Stage, f *fake) *evidence.Evidence {
	t.Helper()
	seen, err := s.PutBack(t.Context())
	if err != nil {
		t.Errorf("putting back: %v", err)
	}
	home(t, s, f)
	return seen
}

func TestStays(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		ids   string // of two requirements
		asked string // of the subject, by both
		then  string // and in the end
	}{
		{"both begin NOT_READY", "ERR-04 AUT-01", "LOGIN ready READY", "LOGOUT"},
		{"the second one's way leads on", "ERR-04 TRN-UCCE-06", "LOGIN ready READY", "NOT_READY LOGOUT"},
		{"the second one begins signed out", "ERR-04 TRN-UCCE-03", "LOGIN ready LOGOUT LOGIN", "LOGOUT"},
		{"the second one begins NOT_READY, the first ends READY", "TRN-UCCE-06 ERR-04", "LOGIN READY NOT_READY LOGOUT LOGIN ready", "LOGOUT"},
		{"the second one has no precondition", "ERR-04 USR-01", "LOGIN ready LOGOUT", ""},
		{"the first ends signed out", "TRN-UCCE-04 ERR-04", "LOGIN LOGOUT LOGIN ready", "LOGOUT"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, f := stays(t, "1001")
			f.script = func(_ *fake, w http.ResponseWriter, r request) bool {
				if r.method != "PUT" || r.body.state != "ready" {
					return false
				}
				refuse(w, 400, "Invalid Input", "state")
				return true
			}
			for _, id := range strings.Fields(test.ids) {
				if v, _ := s.Exercise(t.Context(), requirement(t, s, id)); v.Outcome != evidence.Passed && v.Outcome != evidence.Info {
					t.Errorf("%s: %s %s", id, v.Outcome, v.Reason)
				}
			}
			if got := f.asked("1001"); got != test.asked {
				t.Errorf("asked for %s, want %s", got, test.asked)
			}
			seen := backHome(t, s, f)
			if got := strings.TrimSpace(strings.TrimPrefix(f.asked("1001"), test.asked)); got != test.then {
				t.Errorf("in the end %q was asked for, want %q", got, test.then)
			}
			if (seen != nil) != (test.then != "") {
				t.Errorf("evidence of the end: %v", seen != nil)
			}
		})
	}
}

// A failure goes home: what comes next begins as it would without it.
func TestFailuresDoNotStay(t *testing.T) {
	t.Parallel()
	s, f := stays(t, "1001")
	f.script = func(_ *fake, w http.ResponseWriter, r request) bool {
		if r.method != "PUT" || r.body.state == "LOGIN" || r.body.state == "LOGOUT" {
			return false
		}
		refuse(w, 400, "No Such Type", "")
		return true
	}
	v, _ := s.Exercise(t.Context(), requirement(t, s, "ERR-03"))
	if v.Outcome != evidence.Failed || f.asked("1001") != "LOGIN NO_SUCH_STATE LOGOUT" {
		t.Errorf("%s %s; asked for %s", v.Outcome, v.Reason, f.asked("1001"))
	}
	home(t, s, f)
}

// Somebody who is found signed in is put back as ever.
func TestOnlyWhoWasSignedOutStays(t *testing.T) {
	t.Parallel()
	s, f := stays(t, "1001")
	f.users["1001"].take(put{state: "LOGIN", extension: "71001"})
	if v, _ := s.Exercise(t.Context(), requirement(t, s, "TRN-UCCE-06")); v.Outcome != evidence.Passed {
		t.Errorf("%s %s", v.Outcome, v.Reason)
	}
	if got := f.users["1001"].state; got != "NOT_READY" || f.asked("1001") != "READY NOT_READY LOGOUT LOGIN" && f.asked("1001") != "READY NOT_READY" {
		t.Errorf("left in %s after %s", got, f.asked("1001"))
	}
	if seen, err := s.PutBack(t.Context()); seen != nil || err != nil {
		t.Errorf("somebody stayed: %v, %v", seen, err)
	}
}

// Who cannot be signed out in the end is named, whether the target refuses it
// or answers no more.
func TestStaysForGood(t *testing.T) {
	t.Parallel()
	for _, dead := range []bool{false, true} {
		s, f := stays(t, "1001")
		if v, _ := s.Exercise(t.Context(), requirement(t, s, "AUT-01")); v.Outcome != evidence.Passed {
			t.Fatalf("%s %s", v.Outcome, v.Reason)
		}
		if f.users["1001"].state != "NOT_READY" {
			t.Fatalf("user 1001 is in %s", f.users["1001"].state)
		}
		f.mu.Lock()
		f.dead, f.script = dead, func(_ *fake, w http.ResponseWriter, r request) bool {
			if r.method == "PUT" {
				refuse(w, 400, "Invalid State", "")
			}
			return r.method == "PUT"
		}
		f.mu.Unlock()
		if _, err := s.PutBack(t.Context()); err == nil || s.Astray()["1001"] == "" {
			t.Errorf("dead %v: %v; astray: %v", dead, err, s.Astray())
		}
		f.mu.Lock()
		f.dead, f.script = false, nil
		f.mu.Unlock()
		backHome(t, s, f)
	}
}
