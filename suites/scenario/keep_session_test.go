package scenario_test

import (
	"net/http"
	"strings"
	"testing"

	"finesse-conformance/fixtures"
	"finesse-conformance/spec"
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
	if v.Outcome != evidence.Failed || f.asked("1001") != "LOGIN READY_NO_SUCH LOGOUT" {
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
		if _, err := s.PutBack(t.Context()); err == nil || s.Users.WhyNotBack("1001") == "" {
			t.Errorf("dead %v: %v; unrestored: %v", dead, err, s.Users.Unrestored())
		}
		f.mu.Lock()
		f.dead, f.script = false, nil
		f.mu.Unlock()
		backHome(t, s, f)
	}
}

// Who stays may be taken over by a person between two scenarios: from then on
// it is left alone, whether the next one has a part for it or not.
func TestStaysUntilSomebodyComes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		person func(*person)
	}{
		{"ready", func(p *person) { p.move("READY") }},
		{"a call", func(p *person) { p.move("TALKING") }},
		{"another reason", func(p *person) { p.reason = "77" }},
		{"signed out", func(p *person) { p.move("LOGOUT") }},
		{"another extension", func(p *person) { p.extension = "4711" }},
	} {
		for _, next := range []string{"AUT-01", "RSN-04", ""} { // with a part for it, with none; no next one
			t.Run(test.name+" "+next, func(t *testing.T) {
				t.Parallel()
				s, f := stays(t, "1001", "1002")
				s.Cast.ByID("1002").Codes[spec.CategoryLogout] = []fixtures.ReasonCode{{ID: "31"}}
				f.script = func(_ *fake, w http.ResponseWriter, r request) bool {
					if r.user != "1002" || r.body.state != "LOGOUT" || r.body.reason != "" {
						return false
					}
					refuse(w, 400, "Parameter Missing", "reasonCodeId")
					return true
				}
				if v, _ := s.Exercise(t.Context(), requirement(t, s, "AUT-01")); v.Outcome != evidence.Passed {
					t.Fatalf("%s %s", v.Outcome, v.Reason)
				}
				f.mu.Lock()
				test.person(f.users["1001"])
				took := *f.users["1001"]
				asked := len(f.puts)
				f.mu.Unlock()
				if next != "" {
					if v, _ := s.Exercise(t.Context(), requirement(t, s, next)); v.Outcome != evidence.Passed {
						t.Errorf("%s: %s %s", next, v.Outcome, v.Reason)
					}
				}
				if _, err := s.PutBack(t.Context()); err != nil {
					t.Error(err)
				}
				f.mu.Lock()
				defer f.mu.Unlock()
				for _, put := range f.puts[asked:] {
					// A scenario may try a user again whom nobody holds.
					if put.user == "1001" && test.name != "signed out" {
						t.Errorf("asked for %s", put.state)
					}
				}
				if got := *f.users["1001"]; got.state != took.state || got.extension != took.extension {
					t.Errorf("left in %s on %q, found in %s on %q", got.state, got.extension, took.state, took.extension)
				}
			})
		}
	}
}

// Two may be taken over at the same time: that the first is noticed does not
// hide the second.
func TestStaysUntilTwoCome(t *testing.T) {
	t.Parallel()
	s, f := stays(t, "1001", "1101")
	boss := s.Cast.ByID("1101")
	boss.Role, boss.Supervises = spec.RoleSupervisor, []string{"1"}
	f.script = func(_ *fake, w http.ResponseWriter, r request) bool {
		if r.body.state != "WORK" {
			return false
		}
		refuse(w, 400, "Invalid Input", "state")
		return true
	}
	if v, _ := s.Exercise(t.Context(), requirement(t, s, "SUP-09-WORK")); v.Outcome != evidence.Passed {
		t.Fatalf("%s %s", v.Outcome, v.Reason)
	}
	f.mu.Lock()
	staying := 0
	for _, p := range f.users {
		if p.state != "LOGOUT" {
			staying++
			p.move("TALKING")
		}
	}
	asked := len(f.puts)
	f.mu.Unlock()
	if staying != 2 {
		t.Fatalf("%d stay, want both", staying)
	}
	s.Exercise(t.Context(), requirement(t, s, "ERR-04"))
	if _, err := s.PutBack(t.Context()); err != nil {
		t.Error(err)
	}
	if len(f.puts) != asked {
		t.Errorf("asked for %v", f.puts[asked:])
	}
}

// A sign-out that fails costs no scenario that does not need it.
func TestStaysWhereSignOutFails(t *testing.T) {
	t.Parallel()
	s, f := stays(t, "1001", "1002")
	f.script = func(_ *fake, w http.ResponseWriter, r request) bool {
		if r.method != "PUT" || r.body.state != "LOGOUT" {
			return false
		}
		refuse(w, 400, "Invalid State", "")
		return true
	}
	for _, id := range []string{"AUT-01", "TRN-UCCE-06", "ERR-04", "AUT-03", "USR-01"} {
		if v, _ := s.Exercise(t.Context(), requirement(t, s, id)); v.Outcome != evidence.Passed && v.Outcome != evidence.Info {
			t.Errorf("%s: %s %s", id, v.Outcome, v.Reason)
		}
	}
	if _, err := s.PutBack(t.Context()); err == nil {
		t.Error("nobody is unrestored")
	}
}
