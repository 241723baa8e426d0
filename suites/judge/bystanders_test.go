package judge_test

import (
	"testing"
	"time"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// Of somebody who was told to have moved before the step, no request under test is
// the cause; who was told to move since is another matter.
func TestBystanderToldBefore(t *testing.T) {
	req := one(spec.Must, put(spec.Ready), spec.Outcome{Kind: spec.Accepted, States: []spec.State{spec.Ready}})
	moved := func(u user) evidence.Event {
		return with(unasked(u), func(e *evidence.Event) { e.Node, e.Source = "/finesse/api/Team/5000/Users", "/finesse/api/User/1002" })
	}
	at := func(state spec.State, changed string) user { return user{state: state, changed: changed} }
	const there, long = "2026-01-02T03:04:05.000Z", "2026-01-02T03:00:00.000Z"
	play := func(before, since []user) *scene {
		s := begin(in(spec.NotReady)).listening()
		for _, u := range before {
			s.hears(10*time.Millisecond, moved(u))
		}
		s.puts(202, "").sees(0, in(spec.Ready)).converged()
		for _, u := range since {
			s.hears(10*time.Millisecond, moved(u))
		}
		s.stays(in(spec.Ready)).other("1002", spec.Logout, spec.NotReady)
		s.ev.After[0].ChangeTime = there
		return s
	}
	untimed := play([]user{at(spec.NotReady, there)}, nil)
	untimed.ev.After[0].ChangeTime = ""
	const failure = "PUT READY: expected only the subject to move; saw user 1002 moved from LOGOUT to NOT_READY"
	try(t, req, []hearing{
		{"before", play([]user{at(spec.NotReady, there)}, nil), passed, "", false},
		{"since", play(nil, []user{at(spec.NotReady, there)}), failed, failure, true},
		{"before, and left again", play([]user{at(spec.NotReady, there), at(spec.Logout, there)}, nil), failed, failure, true},
		{"before, in another stay", play([]user{at(spec.NotReady, long)}, nil), failed, failure, true},
		{"before, and elsewhere", play([]user{at(spec.Ready, there)}, nil), failed, failure, true},
		{"before, at no time that is seen", untimed, failed, failure, true},
	})
	// stayed is somebody else who stays in a state.
	stayed := func(state spec.State, was, is string, told ...user) *scene {
		s := play(told, nil)
		s.ev.Before[0].State, s.ev.Before[0].Extension = state, was
		s.ev.After[0].State, s.ev.After[0].Extension = state, is
		return s
	}
	const onOther = "PUT READY: expected only the subject to move; saw user 1002 moved from extension \"1002\" to \"7\""
	try(t, req, []hearing{
		{"on its extension", stayed(spec.NotReady, "1002", "1002"), passed, "", false},
		{"on another extension", stayed(spec.NotReady, "1002", "7"), failed, onOther, true},
		{"on another extension, told before", stayed(spec.NotReady, "1002", "7", at(spec.NotReady, there)), failed, onOther, true},
		{"on an extension that was not seen before", stayed(spec.NotReady, "", "7"), passed, "", false},
		{"signed out, and another extension is left", stayed(spec.Logout, "1002", "7"), passed, "", false},
	})
}
