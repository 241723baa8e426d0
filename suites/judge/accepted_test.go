package judge_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// ready is a change to READY, seen after the time and for the quiet time.
func ready(status int, after time.Duration) *scene {
	return begin(in(spec.NotReady)).puts(status, "").sees(after, in(spec.Ready)).converged().stays(in(spec.Ready))
}

func TestAccepted(t *testing.T) {
	const expected = "PUT READY: expected 202 or 200, then READY; saw "
	req := one(spec.Must, put(spec.Ready), spec.Outcome{Kind: spec.Accepted, States: []spec.State{spec.Ready}})
	notReady := in(spec.NotReady)
	try(t, req, []hearing{
		{"202", ready(202, 300*time.Millisecond), passed, "", false},
		{"200", ready(200, 300*time.Millisecond), passed, "", false},
		{"at the end of the settle time", ready(202, settle-10*time.Millisecond), passed, "", false},
		{"asked for at the end of the settle time, and answered after it", begin(notReady).puts(202, "").slow(settle-100*time.Millisecond, 200*time.Millisecond, in(spec.Ready)).converged().stays(in(spec.Ready)), passed, "", false},
		{"after the settle time", ready(202, settle+500*time.Millisecond), failed, expected + "READY only 10.505s after the answer, and the settle time is 10s", false},
		{"201", ready(201, 300*time.Millisecond), failed, expected + "201", false},
		{"204", ready(204, 300*time.Millisecond), failed, expected + "204", false},
		{"refused", begin(notReady).puts(400, apiError("Invalid State", "22")).stays(notReady), failed, expected + "400 Invalid State (22)", false},
		{"refused in JSON", begin(notReady).puts(400, `{"error":1}`).stays(notReady), failed, expected + "400", true},
		{"refused and done all the same", begin(notReady).puts(400, apiError("Invalid State", "")).stays(in(spec.Ready)), failed,
			expected + "400 Invalid State", false},
		{"never done", begin(notReady).puts(202, "").sees(9*time.Second, notReady), failed, expected + "NOT_READY for 9s", false},
		{"a slow GET over the end of the settle time", begin(notReady).puts(202, "").slow(time.Second, 11*time.Second, notReady), open,
			"nobody saw user 1001 at the end of the settle time: the GET before took 11s", true},
		{"the change after a slow GET", begin(notReady).puts(202, "").slow(time.Second, 11*time.Second, notReady).sees(0, in(spec.Ready)), open,
			"nobody saw user 1001 at the end of the settle time: the GET before took 11s", true},
		{"a slow GET at the end of the settle time", begin(notReady).puts(202, "").slow(9500*time.Millisecond, 11*time.Second, notReady), failed,
			expected + "NOT_READY for 21s", false},
		{"a GET that is slow, and not so slow", begin(notReady).puts(202, "").slow(5*time.Second, 6*time.Second, notReady), failed,
			expected + "NOT_READY for 11s", false},
		{"a GET that is lost over the end of the settle time", begin(notReady).puts(202, "").sees(time.Second, notReady).loses(0, 12*time.Second, 0, "no whole answer within 12s").sees(0, notReady), open,
			"nobody saw user 1001 at the end of the settle time: a GET failed after 12s: no whole answer within 12s", true},
		{"the change after a GET that was lost", begin(notReady).puts(202, "").sees(time.Second, notReady).loses(0, 12*time.Second, 0, "reset").sees(0, in(spec.Ready)), open,
			"nobody saw user 1001 at the end of the settle time: a GET failed after 12s: reset", true},
		{"a GET that was not served at the end of the settle time", begin(notReady).puts(202, "").sees(8*time.Second, notReady).loses(1500*time.Millisecond, 0, 503, ""), open,
			"nobody saw user 1001 at the end of the settle time: a GET was answered 503", true},
		{"in time, and a GET that is lost afterwards", begin(notReady).puts(202, "").sees(time.Second, in(spec.Ready)).converged().stays(in(spec.Ready)).loses(0, 12*time.Second, 0, "reset"), passed, "", false},
		{"a GET that is lost, and one that is not", begin(notReady).puts(202, "").loses(9*time.Second, 100*time.Millisecond, 0, "reset").sees(0, notReady), failed,
			expected + "NOT_READY for 9.1s", false},
		{"a GET that is lost, of somebody else", ofSomebodyElse(begin(notReady).puts(202, "").sees(time.Second, notReady).loses(0, 12*time.Second, 0, "reset").sees(0, notReady)), failed,
			expected + "NOT_READY for 13s", false},
		{"another state", begin(notReady).puts(202, "").sees(9*time.Second, in(spec.Work)), failed, expected + "WORK for 9s", true},
		{"undone", begin(notReady).puts(202, "").sees(0, in(spec.Ready)).converged().stays(notReady), failed,
			expected + "READY reached, then NOT_READY within the quiet time", true},
		{"undone by somebody", begin(notReady).puts(202, "").sees(0, in(spec.Ready)).converged().stays(in(spec.Logout)), failed,
			expected + "READY reached, then LOGOUT within the quiet time", true},
		{"lost answer", begin(notReady).lost("no whole answer within 15s").stays(in(spec.Ready)), failed,
			expected + "no whole answer within 15s", true},
		{"never looked at", begin(notReady).puts(202, ""), open, "no sighting of the user afterwards", true},
		{"refused by an event", begin(notReady).listening().puts(202, "").hears(time.Second, refuses("Invalid State", "22")).stays(notReady), failed,
			expected + "202 and then an event that refuses it: Invalid State (22)", true},
		{"no request", begin(notReady).waits().stays(in(spec.Ready)), failed, expected + "no request", false},
	})
}

func TestAcceptedAfterALag(t *testing.T) {
	req := one(spec.Must, put(spec.Ready), spec.Outcome{Kind: spec.Accepted, States: []spec.State{spec.Ready}})
	before := user{state: spec.NotReady, changed: "2026-01-02T03:00:00.000Z"}
	after := user{state: spec.Ready, changed: "2026-01-02T03:04:06.000Z"}
	undone := user{state: spec.NotReady, changed: "2026-01-02T03:04:07.000Z"}
	start := func() *scene { return begin(before).puts(202, "").sees(0, after).converged() }
	const expected = "PUT READY: expected 202 or 200, then READY; saw "
	old := user{state: spec.Logout, changed: "2026-01-02T02:00:00.000Z"}
	try(t, req, []hearing{
		{"a node lags in the middle", start().sees(time.Second, before).sees(time.Second, after), passed, "", false},
		{"done and undone, with the time of the undoing", start().sees(time.Second, undone), failed,
			expected + "READY reached, then NOT_READY within the quiet time", true},
		{"done and undone, with the time of before", start().sees(time.Second, before), failed,
			expected + "READY reached, then NOT_READY within the quiet time", true},
		{"an older state that was seen before, then the new one",
			begin(old).sees(time.Second, before).puts(202, "").sees(0, after).converged().sees(time.Second, old).sees(time.Second, after), passed, "", false},
		{"an older state that was never seen", start().sees(time.Second, old), failed,
			expected + "READY reached, then LOGOUT within the quiet time", true},
	})
}

func TestMayReturn(t *testing.T) {
	req := one(spec.Either, put(spec.Ready), spec.Outcome{Kind: spec.Accepted, States: []spec.State{spec.Ready}, MayReturn: spec.ReservedOutbound})
	start := func() *scene {
		return begin(in(spec.ReservedOutbound)).puts(202, "").sees(0, in(spec.Ready)).converged()
	}
	reserved := func(second string) user {
		return user{state: spec.ReservedOutbound, changed: "2026-01-02T03:04:" + second + ".000Z"}
	}
	const expected = "PUT READY: expected 202 or 200, then READY (going back to RESERVED_OUTBOUND is allowed); saw "
	try(t, req, []hearing{
		{"stays", start().stays(in(spec.Ready)), passed, "", false},
		{"goes back", start().stays(in(spec.ReservedOutbound)), passed, "", false},
		{"was back before anybody looked", begin(reserved("01")).puts(202, "").sees(0, reserved("02")).converged().stays(reserved("02")), passed, "", false},
		{"another time by another clock", begin(reserved("01")).puts(202, "").sees(0, reserved("02")).converged().stays(reserved("01")).sees(0, reserved("02")), open,
			"RESERVED_OUTBOUND since two times by turns, as by the clocks of two nodes: nobody saw whether the user went and came back", true},
		{"did not move, by its own time", begin(reserved("01")).puts(202, "").sees(settle-time.Second, reserved("01")), failed, expected + "RESERVED_OUTBOUND for 9s", false},
		{"goes elsewhere", start().stays(in(spec.Talking)), failed, expected + "READY reached, then TALKING within the quiet time", true},
		{"was never there", begin(in(spec.ReservedOutbound)).puts(202, "").sees(settle-time.Second, in(spec.ReservedOutbound)), failed,
			expected + "RESERVED_OUTBOUND for 9s", false},
	})
}

// A run that looked for another outcome, such as one of an older contract, or
// that was stopped, did not wait for this one: it proves nothing.
func TestNotWaitedFor(t *testing.T) {
	const unwaited = "the user was watched for %s and the settle time is 10s: the run did not wait for this outcome"
	start := func() *scene { return begin(in(spec.NotReady)).puts(202, "") }
	refusal := evidence.Event{Node: "/finesse/api/User/1001", ErrorType: "Invalid State", RequestID: request}
	try(t, row(t, "TRN-UCCE-06"), []hearing{
		{"not there yet", start().stays(in(spec.NotReady)), open, fmt.Sprintf(unwaited, "2s"), false},
		{"there, and nobody looked for it", start().sees(30*time.Millisecond, in(spec.Ready)).stays(in(spec.Ready)), open, fmt.Sprintf(unwaited, "2s"), false},
		{"refused meanwhile", start().listening().hears(time.Second, refusal).stays(in(spec.NotReady)), failed,
			"PUT READY: expected 202 or 200, then READY; saw 202 and then an event that refuses it: Invalid State", false},
		{"refused at once", begin(in(spec.NotReady)).puts(500, "").stays(in(spec.NotReady)), failed, "PUT READY: expected 202 or 200, then READY; saw 500", false},
	})
}

// LOGIN is a passing moment of a sign in (guide 12.5(1), page 42).
func TestLoginIsTransient(t *testing.T) {
	signedIn := user{state: spec.NotReady, reason: "-1", ext: "1001"}
	try(t, row(t, "TRN-UCCE-02"), []hearing{
		{"not seen", begin(in(spec.Logout)).puts(202, "").sees(0, signedIn).converged().stays(signedIn), passed, "", false},
		{"seen for a moment", begin(in(spec.Logout)).puts(202, "").sees(0, in(spec.Login)).sees(0, signedIn).converged().stays(signedIn), passed, "", false},
		{"stays", begin(in(spec.Logout)).puts(202, "").sees(0, in(spec.Login)).sees(settle, in(spec.Login)), failed,
			"PUT LOGIN: expected 202 or 200, then NOT_READY; saw LOGIN for 10s", false},
	})
	// It is no breach of a state that stays.
	again := user{state: spec.Ready, ext: "1001"}
	try(t, row(t, "SIG-02"), []hearing{
		{"again, seen for a moment", begin(again).puts(202, "").sees(0, in(spec.Login)).stays(again), passed, "", false},
		{"again, and the extension is gone", begin(again).puts(202, "").stays(in(spec.Ready)), failed,
			"PUT LOGIN: expected 2xx and the state to stay, User/extension 1001; saw User/extension \"\"", false},
		{"again, asked for within the settle time, and answered after it", begin(again).puts(202, "").slow(settle-100*time.Millisecond, 200*time.Millisecond, in(spec.Login)).stays(again), passed, "", false},
		{"again, beyond the settle time", begin(in(spec.Ready)).puts(202, "").sees(settle+time.Second, in(spec.Login)), failed,
			"PUT LOGIN: expected 2xx and the state to stay, User/extension 1001; saw a move to LOGIN 11s after it", true},
		{"again, and signed out", begin(in(spec.Ready)).puts(202, "").stays(in(spec.Logout)), failed,
			"PUT LOGIN: expected 2xx and the state to stay, User/extension 1001; saw a move to LOGOUT 1s after it", true},
	})
	try(t, row(t, "ERR-09"), []hearing{
		{"in a request for something else", begin(in(spec.Logout)).puts(400, apiError("Invalid State", "")).sees(0, in(spec.Login)).stays(in(spec.Logout)), failed,
			"PUT LOGOUT: expected a refusal with Invalid State and nothing changed; saw 400 Invalid State, and a move from LOGOUT to LOGIN 5ms after it", true},
	})
}

func TestHalfTimer(t *testing.T) {
	const may = " after wrap-up began, which is more than half the wrap-up timer of 8s: the timer may have done it"
	in8 := func(was spec.State) *scene {
		return begin(user{state: was, wrapUp: "OPTIONAL"}).timer(8*time.Second).puts(202, "")
	}
	start := func(after time.Duration) *scene {
		return in8(spec.Work).sees(after, in(spec.NotReady)).converged().stays(in(spec.NotReady))
	}
	leads := one(spec.Must, put(spec.NotReady), spec.Outcome{Kind: spec.Accepted, States: []spec.State{spec.NotReady}, HalfTimer: true})
	try(t, leads, []hearing{
		{"in time", start(time.Second), passed, "", false},
		{"late proves nothing", start(4 * time.Second), open, "seen 4.1s" + may, false},
		{"where the target does not tell its timer", start(4 * time.Second).timer(0), passed, "", false},
		{"late and refused is refused", begin(in(spec.Work)).timer(8*time.Second).puts(400, apiError("Invalid State", "")).stays(in(spec.Work)), failed,
			"PUT NOT_READY: expected 202 or 200, then NOT_READY; saw 400 Invalid State", false},
		{"never", begin(user{state: spec.Work, wrapUp: "OPTIONAL"}).puts(202, "").sees(9*time.Second, in(spec.Work)), failed,
			"PUT NOT_READY: expected 202 or 200, then NOT_READY; saw WORK for 9s", false},
		{"with the end of the timer, which leads there", start(8 * time.Second), open, "seen 8.1s" + may, false},
		{"late, and the target says that it was not, where nobody saw", begin(user{state: spec.Work, changed: "2026-01-02T03:04:05.000Z"}).timer(8*time.Second).puts(202, "").
			sees(5*time.Second, user{state: spec.NotReady, changed: "2026-01-02T03:04:05.200Z"}).converged().
			stays(user{state: spec.NotReady, changed: "2026-01-02T03:04:05.200Z"}), passed, "", false},
		{"late, and seen in wrap-up after the time that the target says", begin(user{state: spec.Work, changed: "2026-01-02T03:04:05.000Z"}).timer(8*time.Second).puts(202, "").
			sees(4*time.Second, user{state: spec.Work, changed: "2026-01-02T03:04:05.000Z"}).sees(time.Second, user{state: spec.NotReady, changed: "2026-01-02T03:04:05.200Z"}).converged().
			stays(user{state: spec.NotReady, changed: "2026-01-02T03:04:05.200Z"}), open, "seen 5.1s" + may, false},
	})
	leave := func(after time.Duration) *scene {
		return in8(spec.Work).sees(after, in(spec.Ready)).converged().stays(in(spec.Ready))
	}
	try(t, row(t, "TRN-UCCE-30"), []hearing{
		{"late, where the timer does not lead there", leave(5 * time.Second), passed, "", false},
		{"with the end of the timer, which does not lead there", leave(7500 * time.Millisecond), open,
			"seen only as the wrap-up timer of 8s ran out, 7.6s after wrap-up began", false},
	})
	reversed := one(spec.Either, put(spec.Ready),
		spec.Outcome{Kind: spec.Refused, Types: []string{"Invalid State"}},
		spec.Outcome{Kind: spec.Accepted, States: []spec.State{spec.Ready}, HalfTimer: true})
	inTime := func(after time.Duration) *scene {
		return in8(spec.WorkReady).sees(after, in(spec.Ready)).converged().stays(in(spec.Ready))
	}
	try(t, reversed, []hearing{
		{"late, named second", inTime(4 * time.Second), open, "seen 4.1s" + may, false},
	})
	// The timer may run out while a refusal is watched; a change before that is
	// none of the timer's.
	refusedIn := func() *scene { return begin(in(spec.Work)).timer(6*time.Second).listening().puts(202, "") }
	try(t, row(t, "SUP-14-WORK"), []hearing{
		{"the timer meanwhile", refusedIn().hears(0, refuses("Invalid State", "22")).sees(4*time.Second, in(spec.NotReady)).stays(in(spec.NotReady)), passed, "", false},
		{"too early for the timer", refusedIn().sees(2*time.Second, in(spec.NotReady)).sees(settle-2*time.Second, in(spec.NotReady)), failed,
			"PUT READY by supervisor: expected 202 or 200, then READY, or a refusal with Invalid State and nothing changed; saw 202, and a move from WORK to NOT_READY 2s after it", true},
		{"elsewhere", refusedIn().sees(4*time.Second, in(spec.Logout)).sees(settle-4*time.Second, in(spec.Logout)), failed,
			"PUT READY by supervisor: expected 202 or 200, then READY, or a refusal with Invalid State and nothing changed; saw 202, and a move from WORK to LOGOUT 4s after it", true},
	})
	// What one alternative leaves open the other cannot make a failure.
	try(t, row(t, "SUP-14-WORK_READY"), []hearing{
		{"late", inTime(4 * time.Second), open, "seen 4.1s" + may, false},
		{"in time", inTime(time.Second), passed, "", false},
		{"refused", begin(in(spec.WorkReady)).timer(8*time.Second).puts(401, apiError("Invalid State", "")).stays(in(spec.WorkReady)), passed, "", false},
		{"neither", begin(in(spec.WorkReady)).puts(401, apiError("Invalid Input", "")).stays(in(spec.WorkReady)), failed,
			"PUT READY by supervisor: expected 202 or 200, then READY, or a refusal with Invalid State and nothing changed; saw 401 Invalid Input", false},
	})
}

// What comes with the timer at two moments of it was not caused by the
// request, and what comes as long after the request was.
func TestTwoMoments(t *testing.T) {
	out := func(s spec.State) spec.Outcome {
		return spec.Outcome{Kind: spec.Accepted, States: []spec.State{s}, HalfTimer: true}
	}
	req := many(spec.Must, spec.Step{When: put(spec.NotReady), Then: spec.Then{out(spec.NotReady)}},
		spec.Step{When: put(spec.NotReady), Then: spec.Then{out(spec.NotReady)}, Again: true, Later: true})
	leave := many(spec.Must, spec.Step{When: put(spec.Ready), Then: spec.Then{out(spec.Ready)}},
		spec.Step{When: put(spec.Ready), Then: spec.Then{out(spec.Ready)}, Again: true, Later: true})
	// under plays both moments in a wrap-up mode: the request and the change, each as long after
	// wrap-up was seen.
	under := func(mode string, to spec.State, moments ...[2]time.Duration) *scene {
		s := begin(in(spec.Work)).timer(8 * time.Second)
		for i, m := range moments {
			if i > 0 {
				s.back(in(spec.Talking)).back(in(spec.Work))
			}
			began := s.now
			s.after(m[0]-100*time.Millisecond).puts(202, "")
			s.sees(m[1]-s.now.Sub(began), user{state: to, wrapUp: mode}).converged().stays(user{state: to, wrapUp: mode})
		}
		return s
	}
	play := func(to spec.State, moments ...[2]time.Duration) *scene { return under("REQUIRED", to, moments...) }
	at := func(asked, changed float64) [2]time.Duration {
		return [2]time.Duration{time.Duration(asked * float64(time.Second)), time.Duration(changed * float64(time.Second))}
	}
	// The second time a look shows wrap-up though an event had told its end.
	lags := func() *scene {
		wraps := user{state: spec.Work, changed: "2024-01-01T10:00:00.000Z"}
		then := user{state: spec.NotReady, wrapUp: "REQUIRED"}
		return play(spec.NotReady, at(1, 8)).back(in(spec.Talking)).back(wraps).after(8*time.Second).
			tells(user{state: spec.NotReady, changed: "2024-01-01T10:00:08.000Z"}).after(100*time.Millisecond).back(wraps).
			after(100*time.Millisecond).puts(202, "").sees(time.Second, then).converged().stays(then)
	}
	try(t, req, []hearing{
		{"told before that the timer was over", lags(), open, "an event had told before the request that the wrap-up timer of 8s was over", true},
		{"with the timer both times", play(spec.NotReady, at(1, 8), at(3, 8)), failed,
			"PUT NOT_READY: expected 202 or 200, then NOT_READY; saw NOT_READY with the end of the wrap-up timer of 8s both times, 8s and 8s after wrap-up began, though it was asked for 7s and 5s before", false},
		{"as where wrap-up data are missing, and no mode is shown", under("", spec.NotReady, at(1, 8), at(3, 8)), open,
			"NOT_READY with the end of the wrap-up timer of 8s both times, as where the user has to give wrap-up data, and the target does not show whether it has", true},
		{"with a timer of a second", play(spec.NotReady, at(1, 8), at(3, 8)).timer(time.Second), open,
			"NOT_READY came when the wrap-up timer of 1s was over both times: of one as short nobody sees whether it still ran", true},
		{"slow once, a little before the timer is over", play(spec.NotReady, at(1, 7.2), at(3, 7.6)), open,
			"NOT_READY came before the wrap-up timer of 8s was over, though not by much: looks that lag show what is done at once as late", true},
		{"asked for at much the same moment", play(spec.NotReady, at(1, 8), at(1.5, 8)), open,
			"asked for at two moments of the wrap-up timer of 8s that are only 500ms apart", false},
		{"slow both times, a little before the timer is over", play(spec.NotReady, at(1, 7.2), at(3, 7.3)), open,
			"NOT_READY came before the wrap-up timer of 8s was over, though not by much: looks that lag show what is done at once as late", true},
		{"slow once", play(spec.NotReady, at(1, 7.5), at(3, 4.5)), passed, "", false},
		{"slow both times", play(spec.NotReady, at(1, 5), at(3, 7)), passed, "", false},
		{"slow once", play(spec.NotReady, at(1, 8), at(2, 3)), passed, "", false},
		{"played once", play(spec.NotReady, at(1, 8)), open,
			"seen 8s after wrap-up began, which is more than half the wrap-up timer of 8s: the timer may have done it", false},
		{"left out", play(spec.NotReady, at(1, 8)).skips("why"), open,
			"seen 8s after wrap-up began, which is more than half the wrap-up timer of 8s: the timer may have done it", false},
		{"in time, left out", play(spec.NotReady, at(1, 2)).skips("why"), passed, "", false},
	})
	try(t, leave, []hearing{
		{"with the end of the timer both times", play(spec.Ready, at(1, 8), at(3, 8)), failed,
			"PUT READY: expected 202 or 200, then READY; saw READY with the end of the wrap-up timer of 8s both times, 8s and 8s after wrap-up began, though it was asked for 7s and 5s before", false},
	})
}

// What comes when the wrap-up timer may have run out proves nothing, whatever it
// is: nobody knows in which state the request met the user.
func TestBeatenByTheTimer(t *testing.T) {
	was := func(timer time.Duration) *scene { return begin(in(spec.Work)).timer(timer) }
	refused := func(timer, after time.Duration) *scene {
		return was(timer).puts(400, apiError("Invalid Input", "")).sees(after, in(spec.NotReady)).stays(in(spec.NotReady))
	}
	wraps := user{state: spec.Work, changed: "2024-01-01T10:00:00.000Z"}
	over := user{state: spec.NotReady, changed: "2024-01-01T10:00:03.000Z"}
	lags := func(timer time.Duration) *scene { return begin(wraps).timer(timer) }
	const ended = " may have ended wrap-up before the request was dealt with, "
	const moved = "PUT NOT_READY with a reasonCodeId (valid) by supervisor: expected 400 with Invalid Input and nothing changed; saw 400 Invalid Input, and a move from WORK to NOT_READY 505ms after it"
	try(t, row(t, "SUP-21-WORK"), []hearing{
		{"a timer of a second", refused(time.Second, 500*time.Millisecond), open, "the wrap-up timer of 1s" + ended + "120ms after wrap-up was seen", true},
		{"a timer that is not told", refused(0, 500*time.Millisecond), open, "the wrap-up timer, which the target does not tell," + ended + "625ms after wrap-up was seen", true},
		{"a long one", refused(8*time.Second, 500*time.Millisecond), failed, moved, true},
		{"a long one that has run out", refused(8*time.Second, 7500*time.Millisecond), passed, "", false},
	})
	try(t, row(t, "ERR-10-WORK"), []hearing{
		{"signed out from where the timer leads", was(3*time.Second).puts(202, "").sees(4*time.Second, in(spec.Logout)).stays(in(spec.Logout)), open,
			"the wrap-up timer of 3s" + ended + "4.1s after wrap-up was seen", true},
		{"signed out from wrap-up", was(8*time.Second).puts(202, "").sees(4*time.Second, in(spec.Logout)).stays(in(spec.Logout)), failed,
			"PUT LOGOUT: expected a refusal with Invalid State, Invalid Input, Generic Error or Internal Server Error and nothing changed; saw 202, and a move from WORK to LOGOUT 4s after it", true},
		{"and not told the timer", was(0).puts(202, "").sees(4*time.Second, in(spec.Logout)).stays(in(spec.Logout)), failed,
			"PUT LOGOUT: expected a refusal with Invalid State, Invalid Input, Generic Error or Internal Server Error and nothing changed; saw 202, and a move from WORK to LOGOUT 4s after it", true},
	})
	try(t, row(t, "SUP-04-WORK"), []hearing{
		{"refused late", was(3*time.Second).after(4*time.Second).puts(400, apiError("Invalid State", "")).stays(in(spec.NotReady)), open,
			"the wrap-up timer of 3s" + ended + "5.1s after wrap-up was seen", true},
		{"refused late, and still there", was(3*time.Second).after(4*time.Second).puts(400, apiError("Invalid State", "")).stays(in(spec.Work)), failed,
			"PUT NOT_READY by supervisor: expected 202 or 200, then NOT_READY; saw 400 Invalid State", false},
		{"refused late, and still there, though an event had told its end", lags(3*time.Second).after(4*time.Second).tells(over).after(100*time.Millisecond).puts(400, apiError("Invalid State", "")).stays(wraps), open,
			"the wrap-up timer of 3s" + ended + "4.2s after wrap-up was seen", true},
		{"refused by a timer of a second, and still there", was(time.Second).after(4*time.Second).puts(400, apiError("Invalid State", "")).stays(in(spec.Work)), open,
			"the wrap-up timer of 1s" + ended + "4.1s after wrap-up was seen", true},
		{"wrap-up data is missing", was(8*time.Second).puts(400, apiError("Invalid State", "280")).stays(in(spec.Work)), open,
			"the user does not leave wrap-up without wrap-up data: 400 Invalid State (280)", false},
	})
	held := func(settings string) *scene {
		s := was(20*time.Second).puts(202, "").stays(in(spec.Work)).sees(settle, in(spec.Work))
		s.ev.Exchanges[0].ResponseBody = strings.Replace(s.ev.Exchanges[0].ResponseBody, "</User>", settings+"</User>", 1)
		return s
	}
	const (
		stayed = "PUT NOT_READY by supervisor: expected 202 or 200, then NOT_READY; saw WORK for 12s"
		untold = "the user may have to give wrap-up data before it leaves wrap-up: its settings do not tell, and nobody would have heard of a refusal"
	)
	try(t, row(t, "SUP-04-WORK"), []hearing{
		{"held, and the settings are empty", held("<settings><wrapUpOnIncoming/></settings>"), open, untold, true},
		{"held, and the settings need no data", held("<settings><wrapUpOnIncoming>OPTIONAL</wrapUpOnIncoming></settings>"), failed, stayed, false},
		{"held, without settings", held(""), open, untold, true},
		{"held, without settings, and refused", was(20*time.Second).puts(400, apiError("Invalid State", "")).stays(in(spec.Work)), failed,
			"PUT NOT_READY by supervisor: expected 202 or 200, then NOT_READY; saw 400 Invalid State", false},
		{"held, without settings, where no mode asks for data", held("").on(spec.UCCX), failed, stayed, false},
	})
	try(t, one(spec.Must, spec.When{By: spec.Supervisor, Put: &spec.Put{State: string(spec.Logout)}}, spec.Outcome{Kind: spec.Reaches, States: []spec.State{spec.Logout}}), []hearing{
		{"whom a supervisor signs out has to give no data", held(""), failed, "PUT LOGOUT by supervisor: expected LOGOUT; saw WORK for 12s", true},
	})
	talking := one(spec.Must, spec.When{By: spec.Self, Put: &spec.Put{State: string(spec.Talking)}}, spec.Outcome{Kind: spec.Refused, Types: []string{"Invalid Input"}})
	try(t, talking, []hearing{
		{"accepted wherever the timer leads", was(2*time.Second).listening().puts(202, "").sees(2*time.Second, in(spec.NotReady)).sees(settle, in(spec.NotReady)).stays(in(spec.NotReady)), failed,
			"PUT TALKING: expected a refusal with Invalid Input and nothing changed; saw 202 and neither an error event nor a change for 14s", false},
	})
	end := func(timer time.Duration) *scene {
		return begin(in(spec.Talking)).timer(timer).waits().sees(1500*time.Millisecond, in(spec.NotReady)).sees(settle, in(spec.NotReady))
	}
	reaches := one(spec.Must, spec.When{EndCall: true}, spec.Outcome{Kind: spec.Reaches, States: []spec.State{spec.Work}})
	try(t, reaches, []hearing{
		{"between two looks", end(2 * time.Second), open, "NOT_READY, where the wrap-up timer of 2s leads: it may have run out between two looks", true},
		{"a long one", end(8 * time.Second), failed, "the end of the call: expected WORK; saw NOT_READY for 12s", true},
		{"and an event would have told", end(2 * time.Second).listening(), failed, "the end of the call: expected WORK; saw NOT_READY for 12s", true},
	})
}

// What a timer of the target does by itself is known: a quiet time as long as
// the timer makes no failure.
func TestQuietAsLongAsTheTimer(t *testing.T) {
	start := func() *scene {
		return begin(in(spec.Talking)).timer(2*time.Second).waits().sees(0, in(spec.WorkReady)).converged()
	}
	const expected = "the end of the call: expected WORK_READY; saw WORK_READY reached, then "
	try(t, row(t, "TRN-UCCE-23"), []hearing{
		{"the timer leads out", start().sees(1500*time.Millisecond, in(spec.WorkReady)).sees(500*time.Millisecond, in(spec.Ready)), passed, "", false},
		{"before the timer may", start().sees(500*time.Millisecond, in(spec.Ready)).sees(1500*time.Millisecond, in(spec.Ready)), failed,
			expected + "READY within the quiet time", true},
		{"elsewhere", start().sees(1500*time.Millisecond, in(spec.WorkReady)).sees(500*time.Millisecond, in(spec.NotReady)), failed,
			expected + "NOT_READY within the quiet time", true},
		{"and back", start().sees(1500*time.Millisecond, in(spec.Ready)).sees(500*time.Millisecond, in(spec.Talking)), failed,
			expected + "TALKING within the quiet time", false},
	})
}

// A call without wrap-up after it ends in the state itself.
func TestNoWrapUp(t *testing.T) {
	start := func() *scene { return begin(in(spec.Talking)).waits() }
	try(t, row(t, "TRN-UCCE-20"), []hearing{
		{"none", start().sees(0, in(spec.Ready)).converged().stays(in(spec.Ready)), passed, "", false},
		{"a short one", start().sees(0, in(spec.WorkReady)).sees(time.Second, in(spec.Ready)).converged().stays(in(spec.Ready)), failed,
			"the end of the call: expected READY; saw WORK_READY first, though no wrap-up was to follow the call", false},
	})
	try(t, row(t, "WRP-03"), []hearing{
		{"where there is one", start().sees(0, in(spec.Work)).converged().stays(in(spec.Work)), passed, "", false},
	})
}

// ofSomebodyElse makes the lost looks those of another user.
func ofSomebodyElse(s *scene) *scene {
	for i := range s.ev.Exchanges {
		if x := &s.ev.Exchanges[i]; x.Err != "" {
			x.Path = "/finesse/api/User/1002"
		}
	}
	return s
}
