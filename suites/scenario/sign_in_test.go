package scenario_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"finesse-conformance/suites/evidence"
)

// Never two wrong passwords in a row, whatever is exercised how often.
func TestNeverTwoWrongPasswords(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, f := fakeStage(t, "1001")
		req := requirement(t, s, "AUT-02")
		wrong, most := 0, 0
		count := func(r request) {
			if r.body.password == "pw-1001" {
				wrong = 0
			} else {
				wrong++
			}
			most = max(most, wrong)
		}
		f.script = func(_ *fake, _ http.ResponseWriter, r request) bool {
			count(r)
			return false
		}
		for range 3 {
			if v, _ := s.Exercise(t.Context(), req); v.Outcome != evidence.Passed {
				t.Fatalf("%s: %s", v.Outcome, v.Reason)
			}
		}
		// A target that answers a wrong password late, or not at all.
		f.script = func(_ *fake, w http.ResponseWriter, r request) bool {
			count(r)
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
		if most != 1 {
			t.Errorf("%d wrong passwords in a row", most)
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
