package judge_test

import (
	"testing"
	"time"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// Where looks lag by seconds, and nobody hears it, a reservation may
// have been over before the request.
func TestLapsedUnseen(t *testing.T) {
	req := one(spec.Must, put(spec.NotReady), spec.Outcome{Kind: spec.Keeps, Status: []int{2}})
	req.Given.State = spec.ReservedOutbound
	way := evidence.Exchange{Purpose: evidence.ForPath, As: id, Method: "PUT", Path: "/finesse/api/User/1001", Status: 202, RequestBody: "<User><state>READY</state></User>"}
	from := func(state spec.State, x evidence.Exchange, soon func(*scene), lag, after time.Duration, to spec.State) *scene {
		s := begin(in(spec.NotReady))
		s.exchange(x, 0)
		s.after(time.Millisecond)
		soon(s)
		s.after(-time.Millisecond)
		s.sees(lag, in(spec.NotReady)).sees(time.Millisecond, in(spec.Ready)).sees(time.Second, in(state))
		return s.puts(202, "").sees(after, in(to)).stays(in(to))
	}
	nothing := func(*scene) {}
	play := func(lag, after time.Duration, to spec.State) *scene {
		return from(spec.ReservedOutbound, way, nothing, lag, after, to)
	}
	refused, foreign := way, way
	refused.Status, foreign.Path = 400, "/finesse/api/User/1002"
	call := *req
	call.Given.State = spec.Talking
	const failure = "PUT NOT_READY: expected 2xx and the state to stay; saw a move to "
	try(t, req, []hearing{
		{"looks lag", play(5*time.Second, time.Second, spec.Ready), open,
			"RESERVED_OUTBOUND may have been over by itself before the request: looks lagged by 5s on the way", true},
		{"looks lag by less", play(time.Second, time.Second, spec.Ready), failed, failure + "READY 1s after it", true},
		{"to where it does not lead", play(5*time.Second, time.Second, spec.Logout), failed, failure + "LOGOUT 1s after it", true},
		{"and stays", play(5*time.Second, time.Second, spec.ReservedOutbound), passed, "", false},
		{"behind what was refused", from(spec.ReservedOutbound, refused, nothing, 5*time.Second, time.Second, spec.Ready), failed, failure + "READY 1s after it", true},
		{"behind what was asked of somebody else", from(spec.ReservedOutbound, foreign, nothing, 5*time.Second, time.Second, spec.Ready), failed, failure + "READY 1s after it", true},
		{"somebody else is seen there at once", from(spec.ReservedOutbound, way, func(s *scene) { s.looksAt("1002", in(spec.Ready)) }, 5*time.Second, time.Second, spec.Ready), open,
			"RESERVED_OUTBOUND may have been over by itself before the request: looks lagged by 5s on the way", true},
		{"an event tells of it at once", from(spec.ReservedOutbound, way, func(s *scene) { s.tells(in(spec.Ready)) }, 5*time.Second, time.Second, spec.Ready), open,
			"RESERVED_OUTBOUND may have been over by itself before the request: looks lagged by 5s on the way", true},
	})
	try(t, &call, []hearing{
		{"of a call that somebody has answered", from(spec.Talking, way, nothing, 5*time.Second, time.Second, spec.Ready), failed, failure + "READY 1s after it", true},
	})
}

// A call that nobody answers, and a reservation that nothing comes of, end by
// themselves: what that does is not the request's.
func TestLapse(t *testing.T) {
	leave := spec.Outcome{Kind: spec.Refused, Types: []string{"Invalid State"}}
	twice := many(spec.Must, spec.Step{When: put(spec.Ready), Then: spec.Then{leave}}, spec.Step{When: put(spec.NotReady), Then: spec.Then{leave}})
	twice.Given.State = spec.ReservedOutbound
	refused := func(s *scene) *scene { return s.puts(400, apiError("Invalid State", "")) }
	start := func() *scene { return refused(begin(in(spec.ReservedOutbound))) }
	try(t, twice, []hearing{
		{"after both steps", refused(start().stays(in(spec.ReservedOutbound))).stays(in(spec.ReservedOutbound)).sees(time.Second, in(spec.Ready)), passed, "", false},
		{"before the second", start().stays(in(spec.ReservedOutbound)).back(in(spec.Ready)).puts(202, "").sees(0, in(spec.NotReady)).stays(in(spec.NotReady)), open,
			"RESERVED_OUTBOUND was over by itself 100ms before the step", true},
		{"too soon to be that", start().sees(time.Second, in(spec.NotReady)).sees(time.Second, in(spec.NotReady)), failed,
			"PUT READY: expected a refusal with Invalid State and nothing changed; saw 400 Invalid State, and a move from RESERVED_OUTBOUND to NOT_READY 1s after it", true},
	})
	sign := func(after time.Duration) *scene {
		return refused(begin(in(spec.Reserved))).stays(in(spec.Reserved)).sees(after-2*time.Second, in(spec.Logout)).stays(in(spec.Logout))
	}
	out := one(spec.Must, put(spec.Logout), leave)
	out.Given.State = spec.Reserved
	try(t, out, []hearing{
		{"to what was refused", sign(5 * time.Second), failed,
			"PUT LOGOUT: expected a refusal with Invalid State and nothing changed; saw 400 Invalid State, and a move from RESERVED to LOGOUT 5s after it", true},
	})
	told := func(asks spec.State) []hearing {
		s := begin(in(spec.Reserved)).listening().puts(202, "").hears(200*time.Millisecond, refuses("Invalid State", "1"))
		s.ev.Steps[0].Channel = evidence.ChannelAlive
		end := in(spec.Ready)
		if s = s.sees(time.Second, end).stays(end); asks == spec.Ready {
			return []hearing{{"soon after the event that refused it, as it was asked for", s, failed,
				"PUT READY: expected a refusal with Invalid State and nothing changed; saw 202, and a move from RESERVED to READY 1.2s after it", true}}
		}
		return []hearing{{"soon after the event that refused something else", s, passed, "", false}}
	}
	for _, asks := range []spec.State{spec.NotReady, spec.Ready} {
		req := one(spec.Must, put(asks), leave)
		req.Given.State = spec.Reserved
		try(t, req, told(asks))
	}
	wish := one(spec.Must, put(spec.Logout), spec.Outcome{Kind: spec.Keeps, Status: []int{2}})
	wish.Given.State = spec.Reserved
	waits := func(after time.Duration, to spec.State) *scene {
		return begin(in(spec.Reserved)).puts(202, "").sees(after, in(to)).stays(in(to))
	}
	try(t, wish, []hearing{
		{"with what waited for it", waits(5*time.Second, spec.Logout), passed, "", false},
		{"at once", waits(time.Second, spec.Logout), failed, "PUT LOGOUT: expected 2xx and the state to stay; saw a move to LOGOUT 1s after it", true},
		{"to where it does not lead", waits(5*time.Second, spec.Talking), failed, "PUT LOGOUT: expected 2xx and the state to stay; saw a move to TALKING 5s after it", true},
	})
	end := many(spec.Must,
		spec.Step{When: put(spec.Logout), Then: spec.Then{{Kind: spec.Deferred, States: []spec.State{spec.Logout}}}},
		spec.Step{When: spec.When{EndCall: true}, Then: spec.Then{{Kind: spec.Reaches, States: []spec.State{spec.Logout}}}, Unless: spec.Logout})
	end.Given.State = spec.ReservedOutbound
	ends := func(after time.Duration, to spec.State) *scene {
		return begin(in(spec.ReservedOutbound)).puts(202, "").sees(after, in(to)).stays(in(to)).skips("over already")
	}
	const expected = "PUT LOGOUT: expected 202 or 200, and LOGOUT with the end of the call; saw "
	try(t, end, []hearing{
		{"the reservation ends, not the call", ends(5*time.Second, spec.Logout), passed, "", false},
		{"at once", ends(time.Second, spec.Logout), failed, expected + "a move to LOGOUT 1s after it", true},
		{"and what waited is lost", ends(5*time.Second, spec.Ready), failed, expected + "no end of the call", false},
	})
	talking := one(spec.Must, put(spec.Logout), leave)
	talking.Given.State = spec.Talking
	try(t, talking, []hearing{
		{"of a call that was answered", refused(begin(in(spec.Talking))).stays(in(spec.Talking)).sees(3*time.Second, in(spec.NotReady)), failed,
			"PUT LOGOUT: expected a refusal with Invalid State and nothing changed; saw 400 Invalid State, and a move from TALKING to NOT_READY 5s after it", true},
	})
}
