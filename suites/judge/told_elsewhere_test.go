package judge_test

import (
	"testing"
	"time"

	"finesse-conformance/spec"
)

// What an event told to be over before the step is over, though a look that lags
// still shows it; what it tells again, or of another stay, says nothing.
func TestToldElsewhere(t *testing.T) {
	for _, state := range []spec.State{spec.ReservedOutbound, spec.Talking} {
		found := user{state: state, changed: "2026-01-02T03:04:04.000Z"}
		over := user{state: spec.NotReady, changed: "2026-01-02T03:04:05.000Z"}
		later := user{state: spec.NotReady, changed: "2026-01-02T03:04:06.001Z"}
		before := user{state: spec.Ready, changed: "2026-01-02T03:04:00.000Z"}
		req := one(spec.Must, put(spec.Ready), spec.Outcome{Kind: spec.Keeps, Status: []int{2}})
		req.Given.State = state
		play := func(events ...user) *scene {
			s := begin(in(spec.Ready)).listening()
			for _, u := range events {
				s.hears(10*time.Millisecond, unasked(u))
			}
			return s.sees(10*time.Millisecond, found).puts(202, "").sees(50*time.Millisecond, in(spec.Ready)).stays(in(spec.Ready))
		}
		late := begin(in(spec.Ready)).listening().hears(10*time.Millisecond, unasked(user{state: state, changed: "2026-01-02T03:04:03.000Z"})).
			hears(10*time.Millisecond, unasked(user{state: spec.NotReady, changed: "2026-01-02T03:04:03.500Z"})).sees(10*time.Millisecond, found).
			puts(202, "").hears(10*time.Millisecond, unasked(found)).sees(40*time.Millisecond, in(spec.Ready)).stays(in(spec.Ready))
		const failure = "PUT READY: expected 2xx and the state to stay; saw a move to READY 75ms after it"
		try(t, req, []hearing{
			{"over", play(before, found, over), open,
				"an event had told 115ms before the step that the user was in NOT_READY, and a look that lags still showed " + string(state), true},
			{"not over", play(before, found), failed, failure, true},
			{"what was before is told again", play(before, found, before), failed, failure, true},
			{"events come late, that of this stay last", late, failed, failure, true},
			{"nobody told of this stay", play(before, over), failed, failure, true},
			{"nobody told of this stay, and it is over by any clock", play(before, later), open,
				"an event had told 115ms before the step that the user was in NOT_READY, and a look that lags still showed " + string(state), true},
		})
	}
}

// What was not there when the step began points at its request, and at an event only
// where one told it.
func TestElsewherePointsAtTheRequest(t *testing.T) {
	req := one(spec.Must, put(spec.Ready), spec.Outcome{Kind: spec.Keeps, Status: []int{2}})
	req.Given.State = spec.Talking
	look := in(spec.Ready)
	v := begin(look).sees(0, look).sees(0, look).puts(202, "").stays(look).verdict(req)
	if v.Outcome != open || v.Exchange != 3 || v.Event != -1 {
		t.Errorf("found elsewhere: %s, exchange %d, event %d", v.Outcome, v.Exchange, v.Event)
	}
	found, over := user{state: spec.Talking, changed: "2026-01-02T03:04:04.000Z"}, user{state: spec.NotReady, changed: "2026-01-02T03:04:06.001Z"}
	v = begin(look).listening().hears(10*time.Millisecond, unasked(over)).sees(0, found).sees(0, found).puts(202, "").stays(look).verdict(req)
	if v.Outcome != open || v.Exchange != 3 || v.Event != 0 {
		t.Errorf("told elsewhere: %s, exchange %d, event %d", v.Outcome, v.Exchange, v.Event)
	}
}
