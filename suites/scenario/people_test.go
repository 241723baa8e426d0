package scenario_test

import (
	"net/http"
	"testing"

	"finesse-conformance/suites/evidence"
)

// People who work do what the run never asked for, and more than once: that
// is no failure of the target. What it does itself happens each time.
func TestPeopleWhoWork(t *testing.T) {
	t.Parallel()
	virtually(t, "another reason code, once and each time", func(t *testing.T) {
		for times, want := range map[int]evidence.Outcome{1: evidence.Passed, 9: evidence.Failed} {
			s, f := fakeStage(t, "1001", "1002")
			n := 0
			f.script = func(f *fake, w http.ResponseWriter, r request) bool {
				if r.method != "PUT" || r.body.state != "TALKING" {
					return false
				}
				if n++; n <= times {
					f.users[r.user].move("NOT_READY")
					f.users[r.user].reason = "77"
				}
				refuse(w, 400, "Invalid Input", "state")
				return true
			}
			if v, seen := s.Exercise(t.Context(), requirement(t, s, "ERR-08-TALKING")); v.Outcome != want || len(seen) < 2 {
				t.Errorf("%d times: %s after %d attempts: %s", times, v.Outcome, len(seen), v.Reason)
			}
		}
	})
	virtually(t, "bystanders who work", func(t *testing.T) {
		for name, moves := range map[string][]string{
			"in other ways":        {"READY", "", "RESERVED"},
			"twice, and not again": {"READY", "READY", ""},
		} {
			s, f := fakeStage(t, "1001", "1002", "1003")
			n := 0
			f.script = func(f *fake, w http.ResponseWriter, r request) bool {
				if r.method != "PUT" || r.body.state != "WORK" {
					return false
				}
				if to := moves[n]; to != "" {
					f.users["1003"].move(to)
				} else {
					f.users["1003"].move("LOGOUT")
				}
				n++
				refuse(w, 400, "Invalid Input", "state")
				return true
			}
			if v, seen := s.Exercise(t.Context(), requirement(t, s, "ERR-13")); v.Outcome == evidence.Failed || len(seen) != 3 {
				t.Errorf("%s: %s after %d attempts: %s", name, v.Outcome, len(seen), v.Reason)
			}
		}
	})
}
