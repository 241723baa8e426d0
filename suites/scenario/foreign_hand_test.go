package scenario_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"finesse-conformance/suites/evidence"
)

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
		if !strings.Contains(v.Observed.Note, "the first was disturbed: 400 Invalid Input (state), and a move from READY to NOT_READY") {
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
			s.Target.Quiet = 120 * time.Millisecond // of which two looks, what counts as promptly, are a twelfth
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
