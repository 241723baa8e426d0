package scenario_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// Whatever becomes of a scenario, users are put back.
func TestUsersArePutBack(t *testing.T) {
	t.Parallel()
	virtually(t, "after a failure", func(t *testing.T) {
		s, f := fakeStage(t, "1001")
		f.script = func(_ *fake, w http.ResponseWriter, r request) bool {
			if r.method == "PUT" && r.body.state == "READY" {
				refuse(w, 500, "Internal Server Error", "")
				return true
			}
			return false
		}
		if v, _ := s.Exercise(t.Context(), requirement(t, s, "TRN-UCCE-06")); v.Outcome != evidence.Failed {
			t.Errorf("%s: %s", v.Outcome, v.Reason)
		}
		home(t, s, f)
	})
	virtually(t, "after a cancelled context", func(t *testing.T) {
		for _, at := range []string{"LOGIN", "READY"} {
			s, f := fakeStage(t, "1001")
			ctx, stop := context.WithCancelCause(t.Context())
			f.script = func(f *fake, w http.ResponseWriter, r request) bool {
				if r.method == "PUT" && r.body.state == at {
					f.users[r.user].take(r.body)
					stop(errors.New("interrupted"))
					w.WriteHeader(202)
					return true
				}
				return false
			}
			v, _ := s.Exercise(ctx, requirement(t, s, "TRN-UCCE-06"))
			if v.Outcome != evidence.NotExercised || v.Reason != "the run was stopped: interrupted" {
				t.Errorf("stopped at %s: %s, %s", at, v.Outcome, v.Reason)
			}
			home(t, s, f)
		}
	})
	virtually(t, "with a change that was never seen", func(t *testing.T) {
		s, f := fakeStage(t, "1001")
		ctx, stop := context.WithCancelCause(t.Context())
		f.script = func(_ *fake, w http.ResponseWriter, r request) bool {
			if r.method == "PUT" && r.body.state == "READY" {
				stop(errors.New("interrupted"))
				w.WriteHeader(202) // and does nothing
				return true
			}
			return false
		}
		v, _ := s.Exercise(ctx, requirement(t, s, "TRN-UCCE-06"))
		if v.Outcome != evidence.NotExercised || v.Reason != "the run was stopped: interrupted" {
			t.Errorf("what was not waited for: %s, %s", v.Outcome, v.Reason)
		}
		home(t, s, f)
	})
	virtually(t, "after a panic", func(t *testing.T) {
		s, f := fakeStage(t, "1001")
		s.Stimuli = panicking{}
		func() {
			defer func() { _ = recover() }()
			s.Exercise(t.Context(), requirement(t, s, "TRN-UCCE-08"))
			t.Error("no panic")
		}()
		home(t, s, f)
	})
	virtually(t, "the state and the reason that it had", func(t *testing.T) {
		s, f := fakeStage(t, "1001")
		f.users["1001"] = &person{state: "NOT_READY", reason: "2", extension: "71001", changed: 1}
		s.Cast.Users[0].Codes["NOT_READY"] = []fixtures.ReasonCode{{ID: "1"}, {ID: "2"}}
		if v, _ := s.Exercise(t.Context(), requirement(t, s, "TRN-UCCE-06")); v.Outcome != evidence.Passed {
			t.Errorf("%s: %s", v.Outcome, v.Reason)
		}
		if p := f.users["1001"]; p.state != "NOT_READY" || p.reason != "2" || p.extension != "71001" || len(s.Users.Unrestored()) != 0 {
			t.Errorf("%+v; unrestored %v", p, s.Users.Unrestored())
		}
	})
	virtually(t, "a reason that the target does not let it set again", func(t *testing.T) {
		s, f := fakeStage(t, "1001")
		f.users["1001"] = &person{state: "NOT_READY", reason: "32767", extension: "71001", changed: 1}
		f.script = func(_ *fake, w http.ResponseWriter, r request) bool {
			if r.method == "PUT" && r.body.reason == "32767" {
				refuse(w, 400, "Invalid Input", "reasonCodeId")
				return true
			}
			return false
		}
		if v, _ := s.Exercise(t.Context(), requirement(t, s, "TRN-UCCE-06")); v.Outcome != evidence.Passed {
			t.Errorf("%s: %s", v.Outcome, v.Reason)
		}
		if p := f.users["1001"]; p.state != "NOT_READY" || len(s.Users.Unrestored()) != 0 {
			t.Errorf("%+v; unrestored %v", p, s.Users.Unrestored())
		}
	})
	virtually(t, "the extension that it had", func(t *testing.T) {
		s, f := fakeStage(t, "1001")
		f.users["1001"] = &person{state: "READY", extension: "71001", changed: 1}
		if v, _ := s.Exercise(t.Context(), requirement(t, s, "SIG-01")); v.Outcome != evidence.Passed {
			t.Errorf("%s: %s", v.Outcome, v.Reason)
		}
		if p := f.users["1001"]; p.state != "READY" || p.extension != "71001" || len(s.Users.Unrestored()) != 0 {
			t.Errorf("%+v; unrestored %v", p, s.Users.Unrestored())
		}
	})
}

// Where somebody was last seen is not where it is when what was asked of it
// on the way back was not seen to happen: the target took it and then gave no
// answer for longer than the settle time.
func TestBackOnlyWhenSeen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, f := fakeStage(t, "1001")
		f.users["1001"] = &person{state: "NOT_READY", reason: "-1", extension: "71001", changed: 1}
		s.Cast.Users[0].State = spec.NotReady
		s.Cast.Users[0].Codes["NOT_READY"] = []fixtures.ReasonCode{{ID: "1"}}
		var silent time.Time // until then
		f.script = func(f *fake, w http.ResponseWriter, r request) bool {
			if r.method == "PUT" && r.body.state == "LOGOUT" && silent.IsZero() {
				silent = time.Now().Add(s.Target.Settle + 50*time.Millisecond)
			}
			if r.method == "GET" && time.Now().Before(silent) {
				refuse(w, 500, "Internal Server Error", "")
				return true
			}
			return false
		}
		if v, _ := s.Exercise(t.Context(), requirement(t, s, "TRN-UCCE-06")); v.Outcome != evidence.Passed {
			t.Errorf("%s: %s", v.Outcome, v.Reason)
		}
		// While the target is silent it may well be unrestored: that is no loss, it is
		// tried once more at the end.
		time.Sleep(time.Until(silent))
		if _, err := s.PutBack(t.Context()); err != nil {
			t.Error(err)
		}
		if p := f.users["1001"]; p.state != "NOT_READY" || p.reason != "-1" || p.extension != "71001" || len(s.Users.Unrestored()) != 0 {
			t.Errorf("%+v; unrestored %v; asked for %s", p, s.Users.Unrestored(), f.asked("1001"))
		}
		if silent.IsZero() {
			t.Error("it was not signed out on the way back")
		}
	})
}

// What was asked may be under way although the answer was that of a server in
// trouble, or lost: it is waited for, on the way and under test.
func TestBackAfterTrouble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, asked := range []string{"LOGIN", "READY"} {
			for _, lost := range []bool{false, true} {
				s, f := fakeStage(t, "1001")
				f.script = func(f *fake, w http.ResponseWriter, r request) bool {
					if r.method != "PUT" || r.body.state != asked {
						return false
					}
					time.AfterFunc(80*time.Millisecond, func() {
						f.mu.Lock()
						defer f.mu.Unlock()
						f.users[r.user].take(r.body)
					})
					if lost {
						abort()
					}
					refuse(w, 500, "Internal Server Error", "")
					return true
				}
				s.Exercise(t.Context(), requirement(t, s, "TRN-UCCE-06"))
				time.Sleep(100 * time.Millisecond)
				home(t, s, f)
			}
		}
	})
}

type panicking struct{ fixtures.NoStimuli }

func (panicking) Supports(spec.Stimulus) bool { return true }
func (panicking) Do(context.Context, spec.Stimulus, string, string) error {
	panic("a fault of the harness")
}

// Who cannot be put back is named, and tried once more when the run ends.
func TestUnrestored(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, f := fakeStage(t, "1001", "1002")
		stuck := true
		f.script = func(_ *fake, w http.ResponseWriter, r request) bool {
			if r.method == "PUT" && r.user == "1001" && r.body.state == "LOGOUT" && stuck {
				refuse(w, 500, "Internal Server Error", "")
				return true
			}
			return false
		}
		v, _ := s.Exercise(t.Context(), requirement(t, s, "TRN-UCCE-06"))
		if v.Outcome != evidence.Passed {
			t.Errorf("%s: %s", v.Outcome, v.Reason)
		}
		why := s.Users.WhyNotBack("1001")
		if !strings.Contains(why, "user 1001 could not be brought to LOGOUT") || !strings.Contains(why, "was answered 500, and the user is in NOT_READY") || len(s.Users.Unrestored()) != 1 {
			t.Errorf("unrestored: %v", s.Users.Unrestored())
		}
		// The next scenario takes somebody else.
		f.puts = nil
		if s.Exercise(t.Context(), requirement(t, s, "TRN-UCCE-11")); f.asked("1001") != "" {
			t.Errorf("user 1001 was asked for %s again", f.asked("1001"))
		}
		if _, err := s.PutBack(t.Context()); err == nil || len(s.Users.Unrestored()) == 0 {
			t.Errorf("put back while stuck: %v, unrestored %v", err, s.Users.Unrestored())
		}
		stuck = false
		if _, err := s.PutBack(t.Context()); err != nil {
			t.Error(err)
		}
		home(t, s, f)
	})
}

// Whom a target does not put back while it changes somebody else is put back by
// itself when the run ends.
func TestBackOneByOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, f := fakeStage(t, "1001", "1002", "1003")
		asked := map[string]time.Time{}
		f.script = func(_ *fake, w http.ResponseWriter, r request) bool {
			if r.method != "PUT" || r.body.state != "LOGOUT" {
				return false
			}
			asked[r.user] = time.Now()
			for user, at := range asked {
				if user != r.user && time.Since(at) < 50*time.Millisecond {
					w.WriteHeader(202) // and does nothing
					return true
				}
			}
			return false
		}
		for id, p := range f.users {
			s.Users.SetInitial(evidence.Observation{User: id, State: spec.Logout})
			s.Users.Strand(evidence.Observation{User: id, State: spec.NotReady}, "SIG-01", "it was not put back")
			p.state = "NOT_READY"
		}
		_, err := s.PutBack(t.Context())
		if err != nil {
			t.Error(err)
		}
		home(t, s, f)
	})
}
