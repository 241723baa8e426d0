package scenario_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"finesse-conformance/suites/evidence"
)

func TestFakeIsConformant(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, id := range []string{"SIG-01", "TRN-UCCE-04", "TRN-UCCE-06", "TRN-UCCE-11", "USR-03", "AUT-02"} {
			s, f := fakeStage(t, "1001", "1002")
			v, _ := s.Exercise(t.Context(), requirement(t, s, id))
			if v.Outcome != evidence.Passed || v.Attempts != 1 {
				t.Errorf("%s: %s after %d attempts: %s", id, v.Outcome, v.Attempts, v.Reason)
			}
			home(t, s, f)
		}
	})
}

// A PUT whose answer is lost is looked up by GET and never blindly repeated.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	virtually(t, "on the way, and done", func(t *testing.T) {
		s, f := fakeStage(t, "1001")
		lost := false
		f.script = func(f *fake, _ http.ResponseWriter, r request) bool {
			if r.method == "PUT" && r.body.state == "LOGIN" && !lost {
				lost = true
				f.users[r.user].take(r.body)
				abort()
			}
			return false
		}
		v, _ := s.Exercise(t.Context(), requirement(t, s, "TRN-UCCE-06"))
		if v.Outcome != evidence.Passed || f.asked("1001") != "LOGIN READY NOT_READY LOGOUT" {
			t.Errorf("%s (%s); PUTs: %s", v.Outcome, v.Reason, f.asked("1001"))
		}
		home(t, s, f)
	})
	virtually(t, "on the way, and not done", func(t *testing.T) {
		s, f := fakeStage(t, "1001")
		lost, seen := false, 0
		f.script = func(f *fake, _ http.ResponseWriter, r request) bool {
			switch {
			case r.method == "PUT" && r.body.state == "LOGIN" && !lost:
				lost, seen = true, f.gets
				abort()
			case r.method == "PUT" && r.body.state == "LOGIN" && f.gets < seen+3:
				t.Error("sent again without having looked")
			}
			return false
		}
		v, _ := s.Exercise(t.Context(), requirement(t, s, "TRN-UCCE-06"))
		if v.Outcome != evidence.Passed || v.Attempts != 2 {
			t.Errorf("%s after %d attempts: %s", v.Outcome, v.Attempts, v.Reason)
		}
		home(t, s, f)
	})
	virtually(t, "under test", func(t *testing.T) {
		s, f := fakeStage(t, "1001")
		f.script = func(f *fake, _ http.ResponseWriter, r request) bool {
			if r.method == "PUT" && r.body.state == "READY" {
				f.users[r.user].take(r.body)
				abort()
			}
			return false
		}
		v, seen := s.Exercise(t.Context(), requirement(t, s, "TRN-UCCE-06"))
		if v.Outcome != evidence.Failed || !strings.Contains(v.Reason, "no whole answer: the connection was closed without an answer") || len(seen) != 5 {
			t.Errorf("%s after %d attempts: %s", v.Outcome, len(seen), v.Reason)
		}
		if f.asked("1001") != strings.TrimSpace(strings.Repeat("LOGIN READY NOT_READY LOGOUT ", 5)) {
			t.Errorf("PUTs: %s", f.asked("1001"))
		}
		home(t, s, f)
	})
	virtually(t, "on the way back", func(t *testing.T) {
		s, f := fakeStage(t, "1001")
		lost := 0
		f.script = func(f *fake, _ http.ResponseWriter, r request) bool {
			if r.method == "PUT" && r.body.state == "LOGOUT" && lost < 2 {
				if lost++; lost == 2 {
					f.users[r.user].take(r.body)
				}
				abort()
			}
			return false
		}
		v, _ := s.Exercise(t.Context(), requirement(t, s, "TRN-UCCE-06"))
		if v.Outcome != evidence.Passed {
			t.Errorf("%s: %s", v.Outcome, v.Reason)
		}
		home(t, s, f)
	})
}

// A target that says when it will have time is asked then, not before, and
// not for ever. What may come of the network counts when it comes again.
func TestBusy(t *testing.T) {
	t.Parallel()
	busy := func(status int, after string, times int, puts *[]time.Time) func(*fake, http.ResponseWriter, request) bool {
		return func(_ *fake, w http.ResponseWriter, r request) bool {
			if r.method != "PUT" || r.body.state != "READY" {
				return false
			}
			*puts = append(*puts, time.Now())
			if len(*puts) > times {
				return false
			}
			if after != "" {
				w.Header().Set("Retry-After", after)
			}
			w.WriteHeader(status)
			return true
		}
	}
	for name, test := range map[string]struct {
		status  int
		after   string
		times   int
		want    evidence.Outcome
		sent    int
		between time.Duration // at least, of the first two
	}{
		"429":                     {429, "1", 1, evidence.Passed, 2, 900 * time.Millisecond},
		"429 without a time":      {429, "", 1, evidence.Passed, 2, 900 * time.Millisecond},
		"503":                     {503, "0", 2, evidence.Passed, 3, 0},
		"503 at a time gone by":   {503, "Thu, 01 Jan 2026 00:00:00 GMT", 1, evidence.Passed, 2, 0},
		"503 without a time":      {503, "", 9, evidence.Failed, 5, 0},
		"503 for an hour":         {503, "3600", 9, evidence.Failed, 5, 0},
		"503 with a word":         {503, "soon", 0, evidence.Passed, 1, 0},
		"503 again and again":     {503, "0", 99, evidence.Failed, 20, 0},
		"500 is not served later": {500, "0", 9, evidence.Failed, 1, 0},
	} {
		virtually(t, name, func(t *testing.T) {
			s, f := fakeStage(t, "1001")
			var puts []time.Time
			f.script = busy(test.status, test.after, test.times, &puts)
			v, _ := s.Exercise(t.Context(), requirement(t, s, "TRN-UCCE-06"))
			if v.Outcome != test.want || len(puts) != test.sent {
				t.Errorf("%s (%s), %d PUTs were sent; want %s, %d", v.Outcome, v.Reason, len(puts), test.want, test.sent)
			}
			if len(puts) > 1 && puts[1].Sub(puts[0]) < test.between {
				t.Errorf("asked again after %v", puts[1].Sub(puts[0]))
			}
			home(t, s, f)
		})
	}
}

// The target moves a user on the way by itself: the way is planned anew.
func TestWaysAreReplanned(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, f := fakeStage(t, "1001")
		s.Cast.Users[0].Codes = nil
		n := 0
		f.script = func(f *fake, w http.ResponseWriter, r request) bool {
			if r.method == "PUT" && r.body.state == "LOGIN" {
				if n++; n == 1 { // somebody is made READY as it signs in
					f.users[r.user].take(r.body)
					f.users[r.user].move("READY")
					w.WriteHeader(202)
					return true
				}
			}
			return false
		}
		v, seen := s.Exercise(t.Context(), requirement(t, s, "TRN-UCCE-06"))
		if v.Outcome != evidence.Passed || len(seen) != 1 || f.asked("1001") != "LOGIN NOT_READY READY NOT_READY LOGOUT" {
			t.Errorf("%s after %d attempts (%s), PUTs: %s", v.Outcome, len(seen), v.Reason, f.asked("1001"))
		}
		home(t, s, f)
		// And not for ever.
		s, f = fakeStage(t, "1001")
		f.script = func(f *fake, w http.ResponseWriter, r request) bool {
			if r.method == "PUT" && r.body.state == "NOT_READY" {
				f.users[r.user].move("LOGOUT")
				w.WriteHeader(202)
				return true
			}
			if r.method == "PUT" && r.body.state == "LOGIN" {
				f.users[r.user].take(r.body)
				f.users[r.user].move("READY")
				w.WriteHeader(202)
				return true
			}
			return false
		}
		v, _ = s.Exercise(t.Context(), requirement(t, s, "TRN-UCCE-06"))
		if v.Outcome != evidence.NotExercised || !strings.Contains(v.Reason, "does not stay on the way to NOT_READY") || len(f.puts) > 40 {
			t.Errorf("%s after %d PUTs: %s", v.Outcome, len(f.puts), v.Reason)
		}
	})
}

// A target that dies in the middle costs no more than its time limits, and
// everybody whom it holds is named.
func TestDeadTarget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, f := fakeStage(t, "1001")
		f.script = func(f *fake, _ http.ResponseWriter, r request) bool {
			if r.method == "PUT" && r.body.state == "READY" {
				f.dead = true
				abort()
			}
			return false
		}
		v, _ := s.Exercise(t.Context(), requirement(t, s, "TRN-UCCE-06"))
		if v.Outcome == evidence.Passed || s.Users.WhyNotBack("1001") == "" {
			t.Errorf("%s: %s; unrestored %v", v.Outcome, v.Reason, s.Users.Unrestored())
		}
		t.Log(v.Reason, s.Users.Unrestored())
	})
}
