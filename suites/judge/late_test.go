package judge_test

import (
	"testing"
	"time"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// Events of the way into the precondition may arrive when the request under
// test has been sent already, of states that no GET has seen: they come before
// the news of the state that the step found.
func TestEventsOfTheWay(t *testing.T) {
	was := user{state: spec.Logout, changed: "2026-01-02T03:04:04.000Z"}
	passing := unasked(user{state: spec.NotReady, reason: "7", changed: "2026-01-02T03:04:03.000Z"})
	try(t, row(t, "NTF-06"), []hearing{
		{"after the news of the state", begin(was).listening().hears(0, unasked(was)).puts(202, "").hears(0, passing).hears(0, refuses("Invalid State", "257")).stays(was), failed,
			"PUT NOT_READY: expected a refusal with Invalid State and nothing changed, an error event with errorType, errorMessage and errorData; saw 202, and a move from LOGOUT to NOT_READY (reasonCodeId 7) 0s after it", true},
		{"before the refusal", begin(was).listening().puts(202, "").hears(0, passing).hears(0, unasked(was)).hears(0, refuses("Invalid State", "257")).stays(was), passed, "", false},
	})
	now := user{state: spec.NotReady, changed: "2026-01-02T03:04:06.000Z"}
	right := tells(now)
	req := one(spec.Must, put(spec.NotReady), spec.Outcome{Kind: spec.Accepted, States: []spec.State{spec.NotReady}, Event: spec.EventAgrees})
	try(t, req, []hearing{
		{"in the state asked for", begin(was).listening().puts(202, "").hears(0, passing).hears(0, unasked(was)).hears(time.Second, right).sees(0, now).converged().stays(now), passed, "", false},
	})
	// A pending change leaves the time as it was: what was seen before it is
	// old news.
	talking := user{state: spec.Talking, changed: "2026-01-02T03:04:04.000Z"}
	waiting := user{state: spec.Talking, pending: "NOT_READY", changed: talking.changed}
	refused := one(spec.Must, put(spec.Ready), spec.Outcome{Kind: spec.Refused, Types: []string{"Invalid State"}})
	start := func() *scene {
		return begin(talking).listening().sees(time.Second, waiting).puts(202, "")
	}
	try(t, refused, []hearing{
		{"of before the change was pending", start().hears(0, unasked(talking)).hears(0, refuses("Invalid State", "265")).stays(waiting), passed, "", false},
		{"of a pending change that is gone", begin(waiting).listening().puts(202, "").hears(0, unasked(talking)).hears(0, refuses("Invalid State", "265")).stays(waiting), failed,
			"PUT READY: expected a refusal with Invalid State and nothing changed; saw 202, and a move from TALKING (pending NOT_READY) to TALKING 0s after it", false},
	})
}

// What a node told of a request when its watch was over is what came of it.
func TestCameLate(t *testing.T) {
	was, now := in(spec.NotReady), in(spec.Ready)
	recorded := one(spec.Must, put(spec.Ready), spec.Outcome{Kind: spec.Recorded})
	echoed := refuses("Invalid State", "257")
	echoed.RequestID = request
	another := refuses("Invalid State", "257")
	another.RequestID = "of another"
	for name, c := range map[string]struct {
		event evidence.Event
		want  string
	}{
		"a refusal":                   {echoed, "NOT_READY Invalid State event"},
		"a change":                    {tells(now), "READY  event"},
		"the same state":              {tells(was), "NOT_READY  unchanged"},
		"a refusal of something else": {another, "NOT_READY  unchanged"},
		"one that may be of anything": {refuses("Invalid State", "257"), "NOT_READY  unchanged"},
	} {
		s := begin(was).listening().puts(202, "").stays(was)
		over := s.now
		s.hears(time.Second, c.event).step().Until = over
		if o := s.verdict(recorded).Observed; o.State+" "+o.ErrorType+" "+string(o.Via) != c.want {
			t.Errorf("%s: %q %q %q, want %q", name, o.State, o.ErrorType, o.Via, c.want)
		}
	}
}
