package judge_test

import (
	"testing"
	"time"

	"finesse-conformance/spec"
)

func TestKeeps(t *testing.T) {
	req := one(spec.Must, put(spec.NotReady), spec.Outcome{Kind: spec.Keeps, Status: []int{2}})
	const expected = "PUT NOT_READY: expected 2xx and the state to stay; saw "
	was := in(spec.Talking)
	try(t, req, []hearing{
		{"stays", begin(was).puts(202, "").stays(was), passed, "", false},
		{"pending may change", begin(was).puts(202, "").stays(user{state: spec.Talking, pending: "NOT_READY", reason: "2"}), passed, "", false},
		{"refused", begin(was).puts(400, apiError("Invalid State", "")).stays(was), failed, expected + "400 Invalid State", false},
		{"refused by an event", begin(was).listening().puts(202, "").hears(0, refuses("Invalid State", "265")).stays(was), failed,
			expected + "202 and then an event that refuses it: Invalid State (265)", true},
		{"applied at once", begin(was).puts(202, "").stays(in(spec.NotReady)), failed, expected + "a move to NOT_READY 1s after it", true},
		{"applied for a moment", begin(was).puts(202, "").sees(0, in(spec.NotReady)).stays(was), failed, expected + "a move to NOT_READY 25ms after it", true},
		{"gone elsewhere", begin(was).puts(202, "").stays(in(spec.Hold)), failed, expected + "a move to HOLD 1s after it", true},
		{"never looked at", begin(was).puts(202, ""), open, "no sighting of the user afterwards", true},
		{"looked at too soon", begin(was).puts(202, "").sees(time.Second, was), open, "nothing was seen of user 1001 at the end of the quiet time", true},
		{"a lost answer", begin(was).lost("reset").stays(was), failed, expected + "no whole answer: reset", true},
		{"no request", begin(was).waits().stays(was), failed, expected + "no request", false},
	})
	whatever := one(spec.Must, put(spec.NotReady), spec.Outcome{Kind: spec.Keeps})
	const stay = "PUT NOT_READY: expected the state to stay; saw "
	try(t, whatever, []hearing{
		{"any answer", begin(was).puts(500, apiError("Internal Server Error", "")).stays(was), passed, "", false},
		{"an error in other words", begin(was).puts(500, "<html/>").stays(was), failed,
			stay + "500 with a body that is no ApiErrors document: html: the root element is html, expected ApiErrors", false},
		{"any answer, and done", begin(was).puts(500, apiError("Internal Server Error", "")).stays(in(spec.NotReady)), failed, stay + "a move to NOT_READY 1s after it", true},
		{"of somebody on the way", begin(was).puts(503, "").stays(was), failed, stay + "503", true},
		{"of the target that cannot", begin(was).puts(503, apiError("Internal Server Error", "")).stays(was), passed, "", false},
		{"no answer at all", begin(was).lost("reset").stays(was), failed, stay + "no whole answer: reset", true},
		{"no request at all", begin(was).waits().stays(was), failed, stay + "no request", false},
	})
}

// An answer of somebody on the way is what is told where several outcomes are
// allowed, however far another of them went: nothing else is known to have been
// asked for.
func TestNotTheTargetsAnswer(t *testing.T) {
	was := in(spec.Work)
	req := one(spec.Either, put(spec.NotReady),
		spec.Outcome{Kind: spec.Accepted, States: []spec.State{spec.NotReady}},
		spec.Outcome{Kind: spec.Reaches, States: []spec.State{spec.NotReady}},
		spec.Outcome{Kind: spec.Keeps, Status: []int{2}})
	const expected = "PUT NOT_READY: expected 202 or 200, then NOT_READY, or NOT_READY, or 2xx and the state to stay; saw "
	try(t, req, []hearing{
		{"503", begin(was).puts(503, "").sees(9*time.Second, was), failed, expected + "503", true},
		{"not understood", begin(was).puts(400, "<html/>").sees(9*time.Second, was), failed, expected + "400", true},
		{"lost", begin(was).lost("reset").sees(9*time.Second, was), failed, expected + "no whole answer: reset", true},
		{"the target's own", begin(was).puts(400, apiError("Invalid State", "22")).sees(9*time.Second, was), failed, expected + "WORK for 9s", false},
	})
}

func TestDeferred(t *testing.T) {
	req := many(spec.Either,
		spec.Step{When: put(spec.Logout), Then: spec.Then{{Kind: spec.Deferred, States: []spec.State{spec.Logout}}}},
		spec.Step{When: spec.When{EndCall: true}, Then: spec.Then{{Kind: spec.Recorded}}},
	)
	const expected = "PUT LOGOUT: expected 202 or 200, and LOGOUT with the end of the call; saw "
	was, out := in(spec.Talking), in(spec.Logout)
	asked := func() *scene { return begin(was).puts(202, "").stays(was) }
	unfinished := asked()
	unfinished.ev.Unreached = "the call could not be ended: no way"
	try(t, req, []hearing{
		{"comes with the end", asked().waits().sees(time.Second, in(spec.NotReady)).stays(out), passed, "", false},
		{"comes at once", begin(was).puts(202, "").stays(out).waits().stays(out), failed, expected + "a move to LOGOUT 1s after it", true},
		{"never comes", asked().waits().stays(in(spec.Ready)), failed, expected + "202, nothing at once, and READY after the end of the call", false},
		{"is refused", begin(was).puts(400, apiError("Invalid State", "")).stays(was).waits().stays(in(spec.Ready)), failed, expected + "400 Invalid State", false},
		{"nobody looked at the end", asked().waits(), failed, expected + "no sighting of the user after the end of the call", false},
		{"the call did not end", asked().skips("over already"), failed, expected + "no end of the call", false},
		{"the call could not be ended", unfinished, open, "the call could not be ended: no way", false},
		{"the run ended before", asked(), open, "the run ended before the steps were through", false},
	})
}

func TestReaches(t *testing.T) {
	req := one(spec.Must, spec.When{Stimulus: spec.RouteCall}, spec.Outcome{Kind: spec.Reaches, States: []spec.State{spec.Reserved}})
	const expected = "stimulus route_call: expected RESERVED; saw "
	was, now := in(spec.Ready), in(spec.Reserved)
	try(t, req, []hearing{
		{"reached", begin(was).waits().sees(time.Second, now).converged().stays(now), passed, "", false},
		{"never", begin(was).waits().sees(9*time.Second, was), failed, expected + "READY for 9s", false},
		{"left again", begin(was).waits().sees(time.Second, now).converged().stays(was), failed, expected + "RESERVED reached, then READY within the quiet time", false},
		{"another", begin(was).waits().sees(9*time.Second, in(spec.Talking)), failed, expected + "TALKING for 9s", true},
		{"never looked at", begin(was).waits(), open, "no sighting of the user afterwards", true},
	})
	either := row(t, "WRP-03")
	try(t, either, []hearing{
		{"one of two", begin(in(spec.Talking)).waits().sees(time.Second, in(spec.Work)).converged().stays(in(spec.Work)), passed, "", false},
		{"the other", begin(in(spec.Talking)).waits().sees(time.Second, in(spec.NotReady)).converged().stays(in(spec.NotReady)), passed, "", false},
		{"neither", begin(in(spec.Talking)).waits().sees(9*time.Second, in(spec.Ready)), failed,
			"the end of the call: expected WORK or NOT_READY; saw READY for 9s", true},
	})
}

// A wrap-up timer is longer than the settle time.
func TestTimersAreNotHeldToTheSettleTime(t *testing.T) {
	try(t, row(t, "WRP-01"), []hearing{
		{"runs out", begin(in(spec.Work)).waits().sees(30*time.Second, in(spec.NotReady)).converged().stays(in(spec.NotReady)), passed, "", false},
		{"into another state", begin(in(spec.Work)).waits().sees(40*time.Second, in(spec.Ready)), failed,
			"the wrap-up timer: expected NOT_READY; saw READY for 40s", true},
	})
}

func TestDialogs(t *testing.T) {
	req := row(t, "TRN-UCCE-24")
	const expected = "Dialog HOLD: expected HOLD; saw "
	was, now := in(spec.Talking), in(spec.Hold)
	try(t, req, []hearing{
		{"done", begin(was).dialog(202, "").sees(time.Second, now).converged().stays(now), passed, "", false},
		{"not served", begin(was).dialog(404, "").stays(was), open, "the Dialog request HOLD was answered 404", false},
		{"not implemented", begin(was).dialog(501, apiError("Not Implemented", "")).stays(was), open, "the Dialog request HOLD was answered 501 Not Implemented", false},
		{"out of order", begin(was).dialog(500, "").stays(was), open, "the Dialog request HOLD was answered 500", false},
		{"refused", begin(was).dialog(400, apiError("Invalid State", "")).stays(was), failed, expected + "400 Invalid State", false},
		{"accepted and not done", begin(was).dialog(202, "").sees(9*time.Second, was), failed, expected + "TALKING for 9s", false},
		{"no request", begin(was).waits().sees(time.Second, now).converged().stays(now), failed, expected + "no request", false},
	})
	hold := row(t, "TRN-UCCX-13")
	try(t, hold, []hearing{
		{"stays", begin(was).on(spec.UCCX).dialog(202, "").stays(was), passed, "", false},
		{"not served", begin(was).on(spec.UCCX).dialog(404, "").stays(was), open, "the Dialog request HOLD was answered 404", false},
		{"changes", begin(was).on(spec.UCCX).dialog(202, "").stays(now), failed, "Dialog HOLD: expected 2xx and the state to stay, no event; saw a move to HOLD 1s after it", true},
	})
	// Where CLOSE is not offered it may be answered with an error.
	preview, ready := in(spec.ReservedOutboundPreview), in(spec.Ready)
	closing := func(s *scene) *scene { return s.on(spec.UCCX) }
	rejected := func() *scene {
		return closing(begin(preview)).dialog(202, "").sees(time.Second, ready).converged().stays(ready).back(preview)
	}
	try(t, row(t, "TRN-UCCX-11"), []hearing{
		{"closed", rejected().dialog(202, "").sees(time.Second, ready).converged().stays(ready), passed, "", false},
		{"not offered", rejected().dialog(501, apiError("Not Implemented", "")).stays(preview), passed, "", false},
		{"not allowed", rejected().dialog(400, apiError("Invalid Input", "")).stays(preview), passed, "", false},
		{"accepted and not done", rejected().dialog(202, "").sees(9*time.Second, preview), failed,
			"Dialog CLOSE: expected READY or NOT_READY, or 4xx or 501; saw RESERVED_OUTBOUND_PREVIEW for 9s", false},
	})
}
