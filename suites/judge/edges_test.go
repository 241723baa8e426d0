package judge_test

import (
	"strings"
	"testing"
	"time"

	"finesse-conformance/internal/contracttest"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// look is how long a GET of a scene takes.
const look = 5 * time.Millisecond

// Times that are just long enough are long enough.
func TestEdgesOfTimes(t *testing.T) {
	const expected = "PUT READY: expected 202 or 200, then READY; saw "
	req := one(spec.Must, put(spec.Ready), spec.Outcome{Kind: spec.Accepted, States: []spec.State{spec.Ready}})
	was, now := in(spec.NotReady), in(spec.Ready)
	start := func() *scene { return begin(was).puts(202, "") }
	try(t, req, []hearing{
		{"asked for at the end of the settle time", start().sees(settle, now).converged().stays(now), passed, "", false},
		{"watched for nine tenths of the settle time", start().sees(settle*9/10-look, was), failed, expected + "NOT_READY for 9s", false},
		{"seen after nine tenths of the quiet time", start().sees(0, now).converged().sees(quiet*9/10-look, now), passed, "", false},
		{"a look that took the settle time", start().sees(2*time.Second, was).slow(0, settle, was), open,
			"nobody saw user 1001 at the end of the settle time: the GET before took 10s", true},
	})
}

// A target that answers 500 itself conceals the user; a network that breaks
// proves nothing.
func TestConcealed(t *testing.T) {
	req := one(spec.Must, put(spec.Ready), spec.Outcome{Kind: spec.Accepted, States: []spec.State{spec.Ready}})
	start := func(status int, why string, apart time.Duration) *scene {
		return begin(in(spec.NotReady)).puts(202, "").loses(0, look, status, why).loses(apart-look, look, status, why)
	}
	const expected, unseen = "PUT READY: expected 202 or 200, then READY; saw ", "no sighting of the user afterwards"
	try(t, req, []hearing{
		{"half the settle time", start(500, "", settle/2), failed, expected + "500 in place of the user for 5s", true},
		{"less", start(500, "", settle/2-time.Millisecond), open, unseen, true},
		{"forbidden", start(403, "", settle), open, unseen, true},
		{"not whole", start(500, "reset", settle), open, unseen, true},
		{"asks for other credentials", start(401, "", settle), open, unseen, true},
		{"whatever an event tells", begin(in(spec.NotReady)).listening().puts(202, "").hears(100*time.Millisecond, tells(in(spec.Ready))).
			loses(0, look, 500, "").loses(settle, look, 500, ""), failed, expected + "500 in place of the user for 10s", true},
	})
}

// What was only told by an event, and was over when a look came, was there.
func TestWrapUpThatOnlyAnEventShows(t *testing.T) {
	work := user{state: spec.Work, reason: "7", changed: "2026-01-02T03:04:06.000Z"}
	after := user{state: spec.NotReady, changed: "2026-01-02T03:04:07.000Z"}
	shows := func(reason string) *spec.Requirement {
		return one(spec.Must, spec.When{EndCall: true}, spec.Outcome{Kind: spec.Reaches, States: []spec.State{spec.Work},
			Shows: []spec.Show{{At: "User/reasonCodeId", Is: map[spec.Deployment][]string{spec.UCCE: {reason}}}}})
	}
	heard := func() *scene {
		return begin(in(spec.Talking)).timer(time.Second).listening().waits().hears(time.Second, unasked(work))
	}
	plain := one(spec.Must, spec.When{EndCall: true}, spec.Outcome{Kind: spec.Reaches, States: []spec.State{spec.Work}})
	try(t, plain, []hearing{
		{"over", heard().sees(time.Second, after).stays(after), passed, "", false},
		{"elsewhere", heard().sees(time.Second, in(spec.Ready)).stays(in(spec.Ready)), open,
			"the user was watched for 4s and the settle time is 10s: the run did not wait for this outcome", false},
	})
	seen := func() *scene {
		return begin(in(spec.Talking)).timer(time.Second).listening().waits().sees(time.Second, work).converged().sees(time.Second, after).stays(after)
	}
	try(t, shows("7"), []hearing{{"with what it has to show", seen(), passed, "", false}})
	try(t, shows("8"), []hearing{{"without it", seen(), failed,
		`the end of the call: expected WORK, User/reasonCodeId 8; saw User/reasonCodeId "7"`, true}})
}

// Where an event alone told in time of the state, and the look that was to show the
// rest was lost for the whole of it, what it has to show may have been there.
func TestEventInTimeAndLookLost(t *testing.T) {
	req := one(spec.Must, put(spec.NotReady), spec.Outcome{Kind: spec.Accepted, States: []spec.State{spec.NotReady},
		Shows: []spec.Show{{At: "User/extension", Is: map[spec.Deployment][]string{spec.UCCE: {"1001"}}}}})
	now := user{state: spec.NotReady, ext: "1001"}
	heard := func() *scene {
		return begin(in(spec.Logout)).listening().puts(202, "").hears(100*time.Millisecond, tells(in(spec.NotReady)))
	}
	try(t, req, []hearing{
		{"lost", heard().loses(0, 12*time.Second, 0, "no whole answer").sees(0, now), open,
			"nobody saw user 1001 at the end of the settle time: a GET failed after 12s: no whole answer", true},
		{"and not lost", heard().sees(9500*time.Millisecond, in(spec.NotReady)).sees(2*time.Second, now), failed,
			"PUT NOT_READY: expected 202 or 200, then NOT_READY, User/extension 1001; saw NOT_READY for 12s", false},
	})
}

// What events told to be reached and left again was, though looks that lag show
// neither: somebody else may have led the user back. What no event told to be left
// was not reached where no look shows it.
func TestReachedAndLeftUnseen(t *testing.T) {
	req := one(spec.Must, put(spec.NotReady), spec.Outcome{Kind: spec.Accepted, States: []spec.State{spec.NotReady}})
	was := user{state: spec.Ready, changed: "2026-01-02T03:04:04.000Z"}
	now := user{state: spec.NotReady, changed: "2026-01-02T03:04:06.000Z"}
	back := user{state: spec.Ready, changed: "2026-01-02T03:04:07.000Z"}
	heard := func() *scene {
		return begin(was).listening().puts(202, "").hears(100*time.Millisecond, tells(now)).sees(500*time.Millisecond, was)
	}
	const expected = "PUT NOT_READY: expected 202 or 200, then NOT_READY; saw "
	try(t, req, []hearing{
		{"and back", heard().hears(500*time.Millisecond, unasked(back)).sees(time.Second, back).sees(settle, back), failed,
			expected + "NOT_READY, and then READY, before any look", true},
		{"told and not done", heard().sees(time.Second, was).sees(settle, was), failed, expected + "READY for 12s", false},
	})
}

// What an event shows of a user is read as if it had come in an answer.
func TestShownInAnEvent(t *testing.T) {
	req := one(spec.Must, put(spec.Ready), spec.Outcome{Kind: spec.Accepted, States: []spec.State{spec.Ready},
		Shows: []spec.Show{{At: "User/reasonCodeId", Is: map[spec.Deployment][]string{spec.UCCE: {"5"}}}}})
	told := func(spelt string) *scene {
		e := tells(user{state: spec.Ready, reason: "7"})
		e.Payload = strings.NewReplacer("user>", spelt+">").Replace(e.Payload)
		s := begin(in(spec.NotReady)).listening().puts(202, "").hears(time.Second, e).after(settle)
		s.step().Until = s.now
		return s
	}
	const reason = `PUT READY: expected 202 or 200, then READY, User/reasonCodeId 5; saw User/reasonCodeId "7"`
	try(t, req, []hearing{
		{"user", told("user"), failed, reason, true},
		{"User", told("User"), failed, reason, true},
	})
}

// A wish of before may show late, or no more, on a call; another may not.
func TestOldWishes(t *testing.T) {
	waiting := func(pending string) user { return user{state: spec.Talking, pending: pending} }
	refused := spec.Outcome{Kind: spec.Refused, Types: []string{"Invalid State"}}
	error400 := apiError("Invalid State", "")
	two := many(spec.Must,
		spec.Step{When: put(spec.NotReady), Then: spec.Then{{Kind: spec.Keeps}}},
		spec.Step{When: put(spec.Ready), Then: spec.Then{refused}})
	after := func(found, now string) *scene {
		return begin(waiting("")).puts(202, "").sees(0, waiting("NOT_READY")).converged().stays(waiting(found)).puts(400, error400).stays(waiting(now))
	}
	const moved = "PUT READY: expected a refusal with Invalid State and nothing changed; saw 400 Invalid State, and a move from TALKING"
	try(t, two, []hearing{
		{"still there", after("NOT_READY", "NOT_READY"), passed, "", false},
		{"gone", after("NOT_READY", ""), passed, "", false},
		{"another", after("NOT_READY", "LOGOUT"), failed, moved + " (pending NOT_READY) to TALKING (pending LOGOUT) 1s after it", true},
	})
	given := one(spec.Must, put(spec.Ready), refused)
	given.Given.Pending = spec.NotReady
	of := func(found string) *scene { return begin(waiting(found)).puts(400, error400).stays(waiting("")) }
	try(t, given, []hearing{{"of the way", of("NOT_READY"), passed, "", false}})
	try(t, one(spec.Must, put(spec.Ready), refused), []hearing{
		{"of nobody's", of("LOGOUT"), failed, moved + " (pending LOGOUT) to TALKING 1s after it", false},
	})
	off := begin(user{state: spec.Ready, pending: "NOT_READY"}).puts(400, error400).stays(in(spec.NotReady))
	try(t, given, []hearing{{"and the state changed", off, failed,
		"PUT READY: expected a refusal with Invalid State and nothing changed; saw 400 Invalid State, and a move from READY (pending NOT_READY) to NOT_READY 1s after it", true}})
}

// What a target says is cut where it is long, and has no line breaks.
func TestLongWords(t *testing.T) {
	said := func(errorType string) string {
		return begin(in(spec.NotReady)).puts(400, apiError(errorType, "")).stays(in(spec.NotReady)).
			verdict(one(spec.Must, put(spec.Ready), spec.Outcome{Kind: spec.Accepted, States: []spec.State{spec.Ready}})).Observed.ErrorType
	}
	whole := strings.Repeat("é", 400)
	for given, want := range map[string]string{
		whole: whole, whole + "x": whole + "…", "Bad\x01Request" + whole: "", "a\u2028b": "a b", strings.Repeat("x", 400): strings.Repeat("x", 400),
	} {
		if got := said(given); got != want && want != "" {
			t.Errorf("%d characters became %d: %q", len([]rune(given)), len([]rune(got)), got)
		}
	}
}

// Shown tells a run that it has waited long enough.
func TestShown(t *testing.T) {
	out := spec.Outcome{Shows: []spec.Show{{At: "User/reasonCodeId", Is: map[spec.Deployment][]string{spec.UCCE: {"{reason}"}}}}}
	for reason, want := range map[string]bool{"2": true, "3": false, "": false} {
		body := user{state: spec.NotReady, reason: reason}.xml()
		if got := contracttest.Judge().Shown(out, evidence.Target{Deployment: spec.UCCE}, nil, map[string]string{"reason": "2"}, body); got != want {
			t.Errorf("reason %q: %t", reason, got)
		}
	}
}

// An event that tells of no change is none.
func TestEventsWithoutAChange(t *testing.T) {
	req := one(spec.Must, put(spec.Ready), spec.Outcome{Kind: spec.Refused, Types: []string{"Invalid State"}, Event: spec.EventNoChange})
	start := func() *scene { return begin(in(spec.NotReady)).listening().puts(400, apiError("Invalid State", "")) }
	another := with(unasked(user{state: spec.Ready}), func(e *evidence.Event) { e.Source = "" })
	try(t, req, []hearing{
		{"a refusal", start().hears(0, refuses("Invalid State", "")).stays(in(spec.NotReady)), passed, "", false},
		{"the state as it was", start().hears(0, tells(in(spec.NotReady))).stays(in(spec.NotReady)), passed, "", false},
		{"a state", start().hears(0, another).stays(in(spec.NotReady)), failed,
			"PUT READY: expected a refusal with Invalid State and nothing changed, no event with another state; saw 400 Invalid State, and a move from NOT_READY to READY 0s after it", true},
	})
}
