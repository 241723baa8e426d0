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

// A hand that is not the run's makes a scenario inconclusive: it is repeated,
// with somebody else where there is somebody.
func TestForeignHand(t *testing.T) {
	t.Parallel()
	// meddle signs the subject out while nothing may happen.
	meddle := func(times int, users *[]string) func(*fake, http.ResponseWriter, request) bool {
		return func(f *fake, w http.ResponseWriter, r request) bool {
			if r.method == "PUT" && r.body.state == "WORK" {
				*users = append(*users, r.user)
				if len(*users) <= times {
					f.users[r.user].move("NOT_READY")
				}
				refuse(w, 400, "Invalid Input", "state")
				return true
			}
			return false
		}
	}
	virtually(t, "once", func(t *testing.T) {
		s, f := fakeStage(t, "1001", "1002")
		var users []string
		f.script = meddle(1, &users)
		v, seen := s.Exercise(t.Context(), requirement(t, s, "ERR-13"))
		if v.Outcome != evidence.Passed || len(seen) != 3 || strings.Join(users, " ") != "1001 1002 1001" {
			t.Errorf("%s after %d attempts with users %v: %s", v.Outcome, len(seen), users, v.Reason)
		}
		if !strings.Contains(v.Observed.Note, "the first was disturbed: 400 Invalid Input (state), and the user went from READY to NOT_READY") {
			t.Errorf("note %q", v.Observed.Note)
		}
		home(t, s, f)
	})
	virtually(t, "again with another user: it is the target", func(t *testing.T) {
		s, f := fakeStage(t, "1001", "1002")
		var users []string
		f.script = meddle(9, &users)
		v, _ := s.Exercise(t.Context(), requirement(t, s, "ERR-13"))
		if v.Outcome != evidence.Failed || strings.Join(users, " ") != "1001 1002" || v.Suspect {
			t.Errorf("%s with users %v: %s", v.Outcome, users, v.Reason)
		}
		home(t, s, f)
	})
	virtually(t, "a bystander, once", func(t *testing.T) {
		s, f := fakeStage(t, "1001", "1002")
		n := 0
		f.script = func(f *fake, _ http.ResponseWriter, r request) bool {
			if r.method == "PUT" && r.user == "1001" && r.body.state == "READY" {
				if n++; n == 1 {
					f.users["1002"].move("READY")
				}
			}
			return false
		}
		v, seen := s.Exercise(t.Context(), requirement(t, s, "TRN-UCCE-06"))
		if v.Outcome != evidence.NotExercised && v.Outcome != evidence.Passed || len(seen) != 3 {
			t.Errorf("%s after %d attempts: %s", v.Outcome, len(seen), v.Reason)
		}
	})
	virtually(t, "again and again with one user: it is the target", func(t *testing.T) {
		s, f := fakeStage(t, "1001", "1002")
		f.script = func(f *fake, w http.ResponseWriter, r request) bool {
			if r.method != "PUT" || r.body.state != "WORK" {
				return false
			}
			if r.user == "1001" {
				f.users[r.user].move("NOT_READY")
			}
			refuse(w, 400, "Invalid Input", "state")
			return true
		}
		v, seen := s.Exercise(t.Context(), requirement(t, s, "ERR-13"))
		if v.Outcome != evidence.Failed || len(seen) != 3 || v.Suspect {
			t.Errorf("%s after %d attempts: %s", v.Outcome, len(seen), v.Reason)
		}
		home(t, s, f)
	})
	virtually(t, "a bystander, moved along each time", func(t *testing.T) {
		s, f := fakeStage(t, "1001", "1003") // a third one would be asked for READY too, on the way
		f.script = func(f *fake, _ http.ResponseWriter, r request) bool {
			if r.method == "PUT" && r.body.state == "READY" {
				f.users["1003"].move("READY")
			}
			return false
		}
		v, _ := s.Exercise(t.Context(), requirement(t, s, "TRN-UCCE-06"))
		if v.Outcome != evidence.Failed || !strings.Contains(v.Reason, "expected only the subject to move") {
			t.Errorf("%s: %s", v.Outcome, v.Reason)
		}
		home(t, s, f)
	})
	virtually(t, "now and then, promptly, in one requirement after the other: it is the target", func(t *testing.T) {
		for _, noticed := range []bool{false, true} {
			s, f := fakeStage(t, "1001")
			n := 0
			f.script = func(f *fake, w http.ResponseWriter, r request) bool {
				if r.method != "PUT" || r.body.state != "WORK" && r.body.state != "HOLD" && r.body.state != "TALKING" {
					return false
				}
				if n++; n%2 == 1 {
					f.users[r.user].move("READY")
				}
				refuse(w, 400, "Invalid Input", "state")
				return true
			}
			for i, id := range []string{"ERR-08-WORK", "ERR-08-HOLD", "ERR-08-TALKING"} {
				if noticed && i == 1 {
					f.users["1001"].move("NOT_READY") // somebody is there
				}
				v, _ := s.Exercise(t.Context(), requirement(t, s, id))
				switch {
				case i < 2 || noticed:
					if v.Outcome == evidence.Failed {
						t.Errorf("%s: %s, %s", id, v.Outcome, v.Reason)
					}
				case v.Outcome != evidence.Failed || !strings.HasSuffix(v.Reason, "; not when repeated, and so in ERR-08-WORK, ERR-08-HOLD: now and then, and no coincidence"):
					t.Errorf("%s: %s, %s", id, v.Outcome, v.Reason)
				}
			}
		}
	})
	virtually(t, "between two scenarios", func(t *testing.T) {
		s, f := fakeStage(t, "1001")
		req := requirement(t, s, "TRN-UCCE-06")
		if v, _ := s.Exercise(t.Context(), req); v.Outcome != evidence.Passed {
			t.Fatal(v.Reason)
		}
		f.users["1001"].move("NOT_READY")
		v, seen := s.Exercise(t.Context(), req)
		if len(seen) != 2 || seen[0].Unreached != "user 1001 is in NOT_READY, though the run left it in LOGOUT: somebody else acts on it" {
			t.Errorf("%s, %d attempts, the first: %q", v.Outcome, len(seen), seen[0].Unreached)
		}
	})
	virtually(t, "a person on a call is left alone", func(t *testing.T) {
		s, f := fakeStage(t, "1001")
		s.Dialogs = true
		req := requirement(t, s, "TRN-UCCE-06")
		if v, _ := s.Exercise(t.Context(), req); v.Outcome != evidence.Passed {
			t.Fatal(v.Reason)
		}
		f.users["1001"].move("TALKING")
		f.puts = nil
		for range 2 {
			v, _ := s.Exercise(t.Context(), req)
			if v.Outcome != evidence.NotExercised || !strings.Contains(v.Reason, "user 1001 is in TALKING, though the run left it in LOGOUT") {
				t.Errorf("%s: %s", v.Outcome, v.Reason)
			}
		}
		if f.asked("1001") != "" {
			t.Errorf("PUTs: %s", f.asked("1001"))
		}
	})
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

// Never two wrong passwords in a row, whatever is exercised how often.
func TestNeverTwoWrongPasswords(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, f := fakeStage(t, "1001")
		req := requirement(t, s, "AUT-02")
		for range 3 {
			if v, _ := s.Exercise(t.Context(), req); v.Outcome != evidence.Passed {
				t.Fatalf("%s: %s", v.Outcome, v.Reason)
			}
		}
		// A target that answers a wrong password late, or not at all.
		f.script = func(_ *fake, w http.ResponseWriter, r request) bool {
			if r.method == "PUT" && r.body.password != "pw-1001" {
				w.Header().Set("Retry-After", "0")
				w.WriteHeader(429)
				return true
			}
			return false
		}
		if v, _ := s.Exercise(t.Context(), req); v.Outcome != evidence.Failed {
			t.Errorf("%s: %s", v.Outcome, v.Reason)
		}
		wrong := 0
		for _, p := range f.puts {
			if p.password == "pw-1001" {
				wrong = 0
				continue
			}
			if wrong++; wrong > 1 {
				t.Error("two wrong passwords in a row")
			}
		}
		home(t, s, f)
	})
}

// A password that is no longer right is not tried until the account is
// locked: five in a row do that (guide 12.5(1), page 29).
func TestRefusedSignIns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, f := fakeStage(t, "1001")
		failures, row := 0, 0
		signedIn := false
		f.script = func(_ *fake, w http.ResponseWriter, r request) bool {
			signedIn = signedIn || r.body.state == "LOGIN"
			if !signedIn {
				return false
			}
			failures++
			if row = max(row, failures); true {
				refuse(w, 401, "Unauthorized", "1001")
			}
			return true
		}
		for _, id := range []string{"TRN-UCCE-06", "TRN-UCCE-11", "SIG-01"} {
			if v, _ := s.Exercise(t.Context(), requirement(t, s, id)); v.Outcome == evidence.Passed {
				t.Errorf("%s passed", id)
			}
		}
		if row >= 5 {
			t.Errorf("%d requests in a row were answered 401", row)
		}
	})
}

// Who is signed in without an extension did not arrive, and what is said of it
// is what is missing: the state is the one that was sought.
func TestSignedInWithoutExtension(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, f := fakeStage(t, "1001")
		f.script = func(f *fake, w http.ResponseWriter, r request) bool {
			if r.method != "PUT" || r.body.state != "LOGIN" {
				return false
			}
			f.users[r.user].take(r.body)
			f.users[r.user].extension = ""
			w.WriteHeader(http.StatusAccepted)
			return true
		}
		v, _ := s.Exercise(t.Context(), requirement(t, s, "TRN-UCCE-06"))
		if v.Outcome != evidence.NotExercised || v.Gap.Instead == nil || v.Gap.Instead.XPath != "User/extension" {
			t.Errorf("%s, %+v", v.Outcome, v.Gap)
		}
		if !strings.Contains(v.Reason, "the user is in NOT_READY without an extension") {
			t.Error(v.Reason)
		}
	})
}
