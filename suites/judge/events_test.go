package judge_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/judge"
)

// noted is a change to READY with an event on the way.
func noted(e evidence.Event) *scene {
	now := in(spec.Ready)
	return begin(in(spec.NotReady)).listening().puts(202, "").hears(time.Second, e).sees(0, now).converged().stays(now)
}

func with(e evidence.Event, change func(*evidence.Event)) evidence.Event {
	change(&e)
	return e
}

// unasked is the event of a change that carries no requestId.
func unasked(u user) evidence.Event {
	return with(tells(u), func(e *evidence.Event) { e.RequestID = "" })
}

func TestStateEvents(t *testing.T) {
	const accepted = "PUT READY: expected 202 or 200, then READY, "
	right := tells(in(spec.Ready))
	silent := ready(202, time.Second).listening()
	const expected = accepted + "an event with the new state on the user's node; saw "
	deaf := ready(202, time.Second)
	try(t, row(t, "NTF-01"), []hearing{
		{"sent", noted(right), passed, "", false},
		{"without a requestId", noted(with(right, func(e *evidence.Event) { e.RequestID = "" })), passed, "", false},
		{"in capitals", noted(with(right, func(e *evidence.Event) {
			e.Payload = strings.NewReplacer("<user>", "<User>", "</user>", "</User>").Replace(e.Payload)
		})), passed, "", false},
		{"none", silent, failed, expected + "no event on /finesse/api/User/1001", false},
		{"with the old state", noted(tells(in(spec.NotReady))), failed, expected + "1 events on /finesse/api/User/1001, none with state READY", false},
		{"for another request", noted(with(right, func(e *evidence.Event) { e.RequestID = "other" })), failed,
			expected + `no event on /finesse/api/User/1001 but one with the requestId "other" of another request`, false},
		{"from before", begin(user{state: spec.Ready, changed: "2026-01-02T03:04:00.000Z"}).listening().sees(0, user{state: spec.NotReady, changed: "2026-01-02T03:04:01.000Z"}).puts(202, "").
			hears(time.Second, unasked(user{state: spec.Ready, changed: "2026-01-02T03:04:00.000Z"})).sees(0, in(spec.Ready)).converged().stays(in(spec.Ready)), failed,
			expected + "no event on /finesse/api/User/1001 but one with the stateChangeTime 2026-01-02T03:04:00.000Z of a change from before the request", false},
		{"by a clock that runs backwards", begin(user{state: spec.NotReady, changed: "2026-01-02T03:04:02.000Z"}).listening().puts(202, "").
			hears(time.Second, unasked(user{state: spec.Ready, changed: "2026-01-02T03:04:01.000Z"})).sees(0, user{state: spec.Ready, changed: "2026-01-02T03:04:01.000Z"}).
			converged().stays(user{state: spec.Ready, changed: "2026-01-02T03:04:01.000Z"}), passed, "", false},
		{"on another node", noted(with(right, func(e *evidence.Event) { e.Node = "/finesse/api/User/1002" })), failed, expected + "no event on /finesse/api/User/1001", false},
		{"before the request", begin(in(spec.NotReady)).listening().hears(0, right).puts(202, "").sees(0, in(spec.Ready)).converged().stays(in(spec.Ready)), failed,
			expected + "no event on /finesse/api/User/1001", false},
		{"in a stanza that is wrong", noted(with(right, func(e *evidence.Event) { e.Problem = "the item has no payload" })), failed,
			expected + "the item has no payload", false},
		{"nobody listens", deaf, open, "needs notifications: none are configured", false},
		{"nobody whom the run listens to", noted(right).fact("unheard", "1001"), open, "the run has no session of user 1001, whom it found signed in", false},
		{"an outage", noted(right).fact("outage", "down for 1s"), open, "the notification service was down: down for 1s", true},
		{"sent, and not done", begin(in(spec.NotReady)).listening().puts(202, "").hears(time.Second, right).sees(8*time.Second, in(spec.NotReady)), failed,
			expected + "NOT_READY for 9s", false},
	})
	const shaped = accepted + "an event whose source is the user's node and whose event is PUT; saw "
	try(t, row(t, "NTF-02"), []hearing{
		{"right", noted(right), passed, "", false},
		{"put in lower case", noted(with(right, func(e *evidence.Event) { e.Event = "put" })), passed, "", false},
		{"POST", noted(with(right, func(e *evidence.Event) { e.Event = "POST" })), failed, shaped + `event "POST"`, false},
		{"another source", noted(with(right, func(e *evidence.Event) { e.Source = "/finesse/api/User/1002" })), failed, shaped + `source "/finesse/api/User/1002"`, false},
		{"no source", noted(with(right, func(e *evidence.Event) { e.Source = "" })), failed, shaped + `source ""`, false},
	})
	since := user{state: spec.Ready, changed: "2026-01-02T03:04:06.000Z"}
	const agreed = accepted + "an event whose user is valid and agrees with the GET that follows; saw "
	agrees := *row(t, "NTF-01") // NTF-03 asks for another state; what agrees is the same
	agrees.Steps = slices.Clone(agrees.Steps)
	agrees.Steps[0].Then = slices.Clone(agrees.Steps[0].Then)
	agrees.Steps[0].Then[0].Event = spec.EventAgrees
	try(t, &agrees, []hearing{
		{"right", noted(right), passed, "", false},
		{"no reason in two spellings", noted(tells(user{state: spec.Ready, reason: "-1"})), passed, "", false},
		{"another reason", noted(tells(user{state: spec.Ready, reason: "2"})), failed, agreed + `reasonCodeId "2" in the event and "" in a GET`, false},
		{"another extension", noted(tells(user{state: spec.Ready, ext: "7"})), failed, agreed + `extension "7" in the event and "" in a GET`, false},
		{"an extension in the GET alone", begin(in(spec.NotReady)).listening().puts(202, "").
			hears(time.Second, with(right, func(e *evidence.Event) { e.Payload = strings.Replace(e.Payload, "<extension></extension>", "", 1) })).
			sees(0, user{state: spec.Ready, ext: "7"}).converged().stays(user{state: spec.Ready, ext: "7"}), failed,
			agreed + `extension "" in the event and "7" in a GET`, false},
		{"another team", noted(with(right, func(e *evidence.Event) {
			e.Payload = strings.Replace(e.Payload, "<teamId>5000<", "<teamId>6000<", 1)
		})), failed, agreed + `teamId "6000" in the event and "5000" in a GET`, false},
		{"another role", noted(with(right, func(e *evidence.Event) {
			e.Payload = strings.Replace(e.Payload, "<role>Agent<", "<role>Supervisor<", 1)
		})), failed, agreed + `roles "Supervisor" in the event and "Agent" in a GET`, false},
		{"without the time of the change", begin(in(spec.NotReady)).listening().puts(202, "").hears(time.Second, right).
			sees(0, since).converged().stays(since), failed, agreed + `stateChangeTime "" in the event and "2026-01-02T03:04:06.000Z" in a GET`, false},
		{"at a time by another node's clock", begin(in(spec.NotReady)).listening().puts(202, "").hears(time.Second, tells(user{state: spec.Ready, changed: "2026-01-02T03:04:08.000Z"})).
			sees(0, since).converged().stays(since), passed, "", false},
		{"at another time than a clock that stands still shows", begin(user{state: spec.NotReady, changed: since.changed}).listening().puts(202, "").
			hears(time.Second, tells(user{state: spec.Ready, changed: "2026-01-02T09:04:08.000Z"})).sees(0, since).converged().stays(since), passed, "", false},
		{"at another time than a clock that goes shows", begin(in(spec.NotReady)).listening().puts(202, "").
			hears(time.Second, tells(user{state: spec.Ready, changed: "2026-01-02T09:04:08.000Z"})).sees(0, since).converged().stays(since), failed,
			agreed + `stateChangeTime "2026-01-02T09:04:08.000Z" in the event and "2026-01-02T03:04:06.000Z" in a GET`, false},
		{"a change pending", noted(tells(user{state: spec.Ready, pending: "LOGOUT"})), failed, agreed + `pendingState "LOGOUT" in the event and "" in a GET`, false},
		{"an element missing", noted(with(right, func(e *evidence.Event) { e.Payload = strings.Replace(e.Payload, "<teamId>5000</teamId>", "", 1) })), failed,
			agreed + "Update/data/User/teamId: missing", false},
	})
	try(t, row(t, "NTF-04"), []hearing{
		{"echoed", noted(right), evidence.Info, "", false},
		{"not echoed", noted(with(right, func(e *evidence.Event) { e.RequestID = "" })), evidence.Info,
			accepted + `an event with the requestId that was sent; saw requestId ""`, false},
	})
}

func TestTeamEvents(t *testing.T) {
	const node = "/finesse/api/Team/5000/Users"
	const expected = "PUT READY: expected 202 or 200, then READY, an event on the team's node for its supervisor; saw "
	team := func(session, source string, u user) evidence.Event {
		return with(tells(u), func(e *evidence.Event) { e.Node, e.Session, e.Source = node, session, source })
	}
	mine := "/finesse/api/User/1001"
	try(t, row(t, "NTF-07"), []hearing{
		{"seen", noted(team("1003", mine, in(spec.Ready))), passed, "", false},
		{"of another user", noted(team("1003", "/finesse/api/User/1002", in(spec.Ready))), failed,
			expected + "events on " + node + ", none with the new state of user 1001", false},
		{"with the old state", noted(team("1003", mine, in(spec.NotReady))), failed,
			expected + "events on " + node + ", none with the new state of user 1001", false},
		{"of the user by its source, and of another by what it tells", noted(with(team("1003", mine, in(spec.Ready)), func(e *evidence.Event) {
			e.Payload = strings.Replace(e.Payload, "<loginId>1001<", "<loginId>1002<", 1)
		})), failed, expected + `loginId "1002"`, false},
		{"seen by somebody else", noted(team("1004", mine, in(spec.Ready))), failed, expected + "no event on " + node, false},
		{"on the user's node alone", noted(tells(in(spec.Ready))), failed, expected + "no event on " + node, false},
		{"the subscription refused", noted(tells(in(spec.Ready))).fact("unsubscribed", "forbidden"), failed,
			expected + "no subscription to " + node + ": forbidden", false},
	})
}

func TestNoEvents(t *testing.T) {
	was := user{state: spec.NotReady, changed: "2026-01-02T03:04:00.000Z"}
	const expected = "PUT without a state: expected 400 with Parameter Missing and nothing changed, no event; saw "
	start := func() *scene {
		return begin(was).listening().puts(400, apiError("Parameter Missing", "state"))
	}
	unasked := with(tells(was), func(e *evidence.Event) { e.RequestID = "" })
	far := user{state: spec.NotReady, changed: "2026-01-02T03:04:01.500Z"}
	byOtherClock := with(tells(far), func(e *evidence.Event) { e.RequestID = "" })
	try(t, row(t, "NTF-05"), []hearing{
		{"none", start().stays(was), passed, "", false},
		{"an error event", start().hears(0, refuses("Parameter Missing", "state")).stays(was), failed, expected + "an event on /finesse/api/User/1001", false},
		{"an event of a change before it, late", start().hears(0, unasked).stays(was), passed, "", false},
		{"an event of a change before it, twice", begin(was).listening().hears(0, unasked).puts(400, apiError("Parameter Missing", "state")).hears(0, unasked).stays(was), passed, "", false},
		{"an event of a change before it, twice and late", start().hears(0, unasked).hears(0, unasked).stays(was), passed, "", false},
		{"an event of a change before it, late and by another node's clock", start().hears(0, byOtherClock).stays(was), passed, "", false},
		{"late and by another node's clock, which looks show by turns", start().sees(time.Second, far).sees(100*time.Millisecond, was).hears(0, byOtherClock).sees(time.Second, far), passed, "", false},
		{"the same, and no turns", start().sees(time.Second, was).sees(100*time.Millisecond, far).hears(0, byOtherClock).sees(time.Second, far), failed, expected + "an event on /finesse/api/User/1001", false},
		{"the same, told of before", begin(was).listening().hears(0, unasked).puts(400, apiError("Parameter Missing", "state")).hears(0, byOtherClock).stays(was),
			failed, expected + "an event on /finesse/api/User/1001", false},
		{"an event of somebody else", start().hears(0, with(refuses("x", "y"), func(e *evidence.Event) { e.Node = "/finesse/api/User/1002" })).stays(was), passed, "", false},
		{"in an outage", start().stays(was).fact("outage", "down"), open, "the notification service was down: down", true},
	})
	talking := user{state: spec.Talking, changed: "2026-01-02T03:04:00.000Z"}
	again := with(tells(user{state: spec.Talking, changed: "2026-01-02T03:04:05.500Z"}), func(e *evidence.Event) { e.RequestID = "" })
	holding := func(told ...evidence.Event) *scene {
		s := begin(talking).listening()
		for _, e := range told {
			s.hears(0, e)
		}
		return s.dialog(202, "").hears(0, again).stays(talking)
	}
	const held = "Dialog HOLD: expected 2xx and the state to stay, no event; saw an event on /finesse/api/User/1001"
	try(t, row(t, "TRN-UCCX-13"), []hearing{
		{"of a change that looks which lag do not show", holding(with(tells(talking), func(e *evidence.Event) { e.RequestID = "" })).on(spec.UCCX), failed, held, false},
		{"the same, where nobody told of the state before", holding().on(spec.UCCX), passed, "", false},
	})
	preview := in(spec.ReservedOutboundPreview)
	pending := func() *scene { return begin(preview).listening().puts(202, "") }
	anonymous := func(e *evidence.Event) { e.RequestID = "" }
	const nothing = "PUT NOT_READY: expected 2xx and the state to stay, no event with another state; saw "
	try(t, row(t, "NTF-08"), []hearing{
		{"none", pending().stays(preview), passed, "", false},
		{"one with the pending state", pending().hears(0, tells(user{state: spec.ReservedOutboundPreview, pending: "NOT_READY"})).stays(preview), passed, "", false},
		{"one with another state", pending().hears(0, tells(in(spec.NotReady))).stays(preview), failed,
			nothing + "a move to NOT_READY 20ms after it", true},
		{"of a reservation that was over by itself, where GETs lag", pending().stays(preview).hears(time.Second, with(tells(in(spec.NotReady)), anonymous)).stays(preview), passed, "", false},
		{"of a call, as late", pending().stays(preview).hears(time.Second, with(tells(in(spec.Talking)), anonymous)).stays(preview), failed,
			nothing + "a move to TALKING 3s after it", true},
	})
}

func TestErrorEvents(t *testing.T) {
	was := in(spec.Logout)
	const expected = "PUT NOT_READY: expected a refusal with Invalid State and nothing changed, an error event with errorType, errorMessage and errorData; saw "
	start := func(e evidence.Event) *scene { return begin(was).listening().puts(202, "").hears(0, e).stays(was) }
	whole := refuses("Invalid State", "257")
	try(t, row(t, "NTF-06"), []hearing{
		{"whole", start(whole), passed, "", false},
		{"no message", start(with(whole, func(e *evidence.Event) { e.ErrorMessage = "" })), failed, expected + "an error event without errorMessage", false},
		{"no data", start(with(whole, func(e *evidence.Event) { e.ErrorData = "" })), failed, expected + "an error event without errorData", false},
		{"of another source", start(with(whole, func(e *evidence.Event) { e.Source = "/finesse/api/User/1002" })), passed, "", false},
		{"refused at once", begin(was).listening().puts(400, apiError("Invalid State", "257")).stays(was), open,
			"the target refuses at once here, so there is no asynchronous error to look at", false},
	})
}

// The form of an asynchronous error is one finding, and its requestId another.
func TestErrorEventForm(t *testing.T) {
	was := in(spec.Logout)
	const refusal = "PUT NOT_READY: expected a refusal with Invalid State and nothing changed, "
	const expected = refusal + "an error event whose source is the user's node, whose event is PUT and whose names are spelt as documented; saw "
	start := func(change func(*evidence.Event)) *scene {
		return begin(was).listening().puts(202, "").hears(0, with(refuses("Invalid State", "257"), change)).stays(was)
	}
	try(t, row(t, "NTF-14"), []hearing{
		{"whole", start(func(*evidence.Event) {}), passed, "", false},
		{"in capitals", start(func(e *evidence.Event) { e.Event = "PUT" }), passed, "", false},
		{"without data", start(func(e *evidence.Event) { e.ErrorData = "" }), passed, "", false},
		{"of another source", start(func(e *evidence.Event) { e.Source = "/finesse/api/User/1002" }), failed, expected + `source "/finesse/api/User/1002"`, false},
		{"of another kind", start(func(e *evidence.Event) { e.Event = "POST" }), failed, expected + `event "POST"`, false},
		{"with other names", start(func(e *evidence.Event) { e.Problem = "ErrorType is spelt errortype" }), failed, expected + "ErrorType is spelt errortype", false},
		{"refused at once", begin(was).listening().puts(400, apiError("Invalid State", "257")).stays(was), open,
			"the target refuses at once here, so there is no asynchronous error to look at", false},
	})
	echo := one(spec.Must, put(spec.NotReady), spec.Outcome{Kind: spec.Refused, Types: []string{"Invalid State"}, Event: spec.EventErrorEcho})
	echo.Given.Notifications = true
	try(t, echo, []hearing{
		{"echoed", start(func(e *evidence.Event) { e.RequestID = request }), passed, "", false},
		{"not echoed", start(func(*evidence.Event) {}), failed, refusal + `an error event with the requestId that was sent; saw requestId ""`, false},
	})
}

// What is told of a wish during a call, and of what nobody asked for.
func TestUnaskedEvents(t *testing.T) {
	was := in(spec.Talking)
	wish := user{state: spec.Talking, pending: "NOT_READY"}
	start := func(events ...evidence.Event) *scene {
		s := begin(was).listening().puts(202, "")
		for _, e := range events {
			s.hears(0, e)
		}
		return s.stays(wish)
	}
	const expected = "PUT NOT_READY: expected 2xx and the state to stay, an event with the state as it was and the pendingState that was asked for, or 2xx and the state to stay, no event; saw "
	try(t, row(t, "NTF-09"), []hearing{
		{"the wish", start(tells(wish)), passed, "", false},
		{"nothing", start(), passed, "", false},
		{"the state alone", start(tells(was)), failed, expected + "1 events on /finesse/api/User/1001, none with state TALKING and pendingState NOT_READY", false},
		{"another wish", start(tells(user{state: spec.Talking, pending: "LOGOUT"})), failed, expected + "1 events on /finesse/api/User/1001, none with state TALKING and pendingState NOT_READY", false},
	})
	comes := func(e evidence.Event) *scene {
		reserved := in(spec.Reserved)
		return begin(in(spec.Ready)).listening().waits().hears(0, e).sees(0, reserved).converged().stays(reserved)
	}
	try(t, row(t, "NTF-10"), []hearing{
		{"without a requestId", comes(unasked(in(spec.Reserved))), passed, "", false},
		{"with one", comes(tells(in(spec.Reserved))), failed,
			`stimulus route_call: expected RESERVED, an event with an empty requestId or none; saw requestId "conformance-1"`, false},
	})
}

// The refusal of what an attempt before asked for is none of a step that sends no
// requestId.
func TestLateRefusal(t *testing.T) {
	was := in(spec.NotReady)
	late := refuses("Invalid State", "22")
	late.RequestID = evidence.RequestIDPrefix + "before"
	play := func(e evidence.Event) *scene {
		return begin(was).listening().dialog(202, "").sends("request_id", "").hears(0, e).stays(was)
	}
	try(t, one(spec.Must, spec.When{Dialog: "ANSWER"}, spec.Outcome{Kind: spec.Keeps, Status: []int{2}}), []hearing{
		{"of another attempt", play(late), passed, "", false},
		{"of nobody's", play(refuses("Invalid State", "22")), failed,
			"Dialog ANSWER: expected 2xx and the state to stay; saw 202 and then an event that refuses it: Invalid State (22)", true},
	})
}

// An event of an older change that arrives after the request says nothing
// about it.
func TestStaleEvents(t *testing.T) {
	old := user{state: spec.NotReady, changed: "2026-01-02T03:04:00.000Z"}
	was := user{state: spec.Ready, changed: "2026-01-02T03:04:04.000Z"}
	unasked := func(u user) evidence.Event {
		return with(tells(u), func(e *evidence.Event) { e.RequestID = "" })
	}
	req := one(spec.Must, put(spec.Work), spec.Outcome{Kind: spec.Refused, Types: []string{"Invalid State"}})
	start := func() *scene {
		return begin(old).listening().sees(time.Second, was).puts(400, apiError("Invalid State", ""))
	}
	try(t, req, []hearing{
		{"of the change before", start().hears(0, unasked(was)).stays(was), passed, "", false},
		{"of the one before that", start().hears(0, unasked(old)).stays(was), passed, "", false},
		{"of another request", start().hears(0, with(tells(in(spec.NotReady)), func(e *evidence.Event) { e.RequestID = "other" })).stays(was), passed, "", false},
		{"of a new change", start().hears(0, unasked(user{state: spec.NotReady, changed: "2026-01-02T03:04:07.000Z"})).stays(was), failed,
			"PUT WORK: expected a refusal with Invalid State and nothing changed; saw 400 Invalid State, and a move from READY to NOT_READY 0s after it", true},
		{"by another clock, before that of the state", start().hears(0, unasked(user{state: spec.NotReady, changed: "2026-01-02T03:04:05.000Z"})).stays(was), passed, "", false},
		{"by another clock, and told of the state before", start().hears(0, unasked(was)).hears(0, unasked(user{state: spec.NotReady, changed: "2026-01-02T03:04:05.000Z"})).stays(was), failed,
			"PUT WORK: expected a refusal with Invalid State and nothing changed; saw 400 Invalid State, and a move from READY to NOT_READY 0s after it", true},
		{"by another clock, and a look shows it too", start().hears(0, unasked(user{state: spec.NotReady, changed: "2026-01-02T03:04:05.000Z"})).sees(0, in(spec.NotReady)).stays(in(spec.NotReady)), failed,
			"PUT WORK: expected a refusal with Invalid State and nothing changed; saw 400 Invalid State, and a move from READY to NOT_READY 5ms after it", true},
	})
	// Of long before the state, by whatever clock, and heard when no look followed.
	long := user{state: spec.NotReady, changed: "2026-01-02T03:04:01.000Z"}
	try(t, req, []hearing{
		{"of long before", begin(was).listening().puts(400, apiError("Invalid State", "")).stays(was).hears(0, unasked(long)), passed, "", false},
		{"of long before, and a look shows it", begin(was).listening().puts(400, apiError("Invalid State", "")).hears(0, unasked(long)).stays(long), failed,
			"PUT WORK: expected a refusal with Invalid State and nothing changed; saw 400 Invalid State, and a move from READY to NOT_READY 0s after it", true},
	})
	// A look by another node's clock shows what the step found all the same.
	other := user{state: spec.Ready, changed: "2026-01-02T03:04:03.500Z"}
	try(t, req, []hearing{
		{"looks by another clock", begin(was).sees(time.Second, other).sees(time.Second, was).puts(400, apiError("Invalid State", "")).stays(other), passed, "", false},
	})
	// Where the state was there before anybody looked no event of it can be
	// expected, and a look tells.
	found := func() *scene { return begin(was).listening().puts(400, apiError("Invalid State", "")) }
	try(t, req, []hearing{
		{"and nothing had changed", found().hears(0, unasked(user{state: spec.NotReady, changed: "2026-01-02T03:04:05.000Z"})).stays(was), passed, "", false},
		{"and it went there and back", found().hears(0, unasked(user{state: spec.NotReady, changed: "2026-01-02T03:04:05.000Z"})).stays(user{state: spec.Ready, changed: "2026-01-02T03:04:05.100Z"}), failed,
			"PUT WORK: expected a refusal with Invalid State and nothing changed; saw 400 Invalid State, and a move from READY to NOT_READY 0s after it", true},
	})
}

// As long as a node has not told of the state that a step found, an event that does
// not name the very time that looks show may be older.
func TestBelongs(t *testing.T) {
	at := func(s spec.State, second string) user {
		return user{state: s, changed: "2026-01-02T03:04:" + second + "Z"}
	}
	unasked := func(u user) evidence.Event { return with(tells(u), func(e *evidence.Event) { e.RequestID = "" }) }
	play := func() *scene {
		return begin(at(spec.Logout, "01.000")).listening().sees(time.Second, at(spec.Ready, "02.000")).puts(202, "").sees(0, at(spec.NotReady, "03.000"))
	}
	for name, test := range map[string]struct {
		scene *scene
		want  bool
	}{
		"another clock, or older": {play().hears(0, unasked(at(spec.NotReady, "01.500"))), false},
		"just that":               {play().hears(0, unasked(at(spec.NotReady, "03.000"))), true},
		"another clock":           {play().hears(0, unasked(at(spec.Ready, "02.000"))).hears(0, unasked(at(spec.NotReady, "01.500"))), true},
		"asked for":               {play().hears(0, tells(at(spec.NotReady, "01.500"))), true},
	} {
		ev := test.scene.ev
		if got := judge.Belongs(ev, ev.Steps[0], &ev.Events[len(ev.Events)-1]); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
