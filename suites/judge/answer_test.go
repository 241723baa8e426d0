package judge_test

import (
	"strings"
	"testing"
	"time"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

func TestAnswer(t *testing.T) {
	was := user{state: spec.NotReady, reason: "-1", ext: "1001"}
	read := func(status int, body string) *scene {
		return begin(was).asks("GET", "/finesse/api/User/1001", status, body)
	}
	const own = "GET user: expected 200 with a valid User body; saw "
	try(t, row(t, "USR-01"), []hearing{
		{"valid", read(200, was.xml()), passed, "", false},
		{"an unknown element", read(200, strings.Replace(was.xml(), "<state>", "<new>1</new><state>", 1)), passed, "", false},
		{"another status", read(202, was.xml()), failed, own + "202", false},
		{"not found", read(404, apiError("User Not Found", "1001")), failed, own + "404 User Not Found (1001)", false},
		{"no body", read(200, ""), failed, own + "not well-formed XML: line 1, column 1 (offset 0): the body is empty", false},
		{"an element missing", read(200, strings.Replace(was.xml(), "<teamId>5000</teamId>", "", 1)), failed, own + "User/teamId: missing", false},
		{"a state that does not exist", read(200, strings.Replace(was.xml(), "NOT_READY", "AWAY", 1)), failed,
			own + `User/state: "AWAY" is not one of LOGOUT, NOT_READY, READY, RESERVED, RESERVED_OUTBOUND, RESERVED_OUTBOUND_PREVIEW, TALKING, HOLD, WORK, WORK_READY, UNKNOWN`, false},
		{"no request", begin(was).waits(), failed, own + "no request", false},
		{"a lost answer", begin(was).lost("the connection was closed without an answer"), failed, own + "no whole answer: the connection was closed without an answer", true},
	})
	const unknown = "GET user with an id that nobody has: expected 404 with User Not Found or Not Found, or 401 with Invalid Authorization User Specified, Invalid Authorization Specified, Invalid User Authorization Specified or Invalid Authorization; saw "
	aut3 := func(s *scene) *scene { return s.skips("the GET did not say that the user does not exist") }
	try(t, row(t, "AUT-03"), []hearing{
		{"404", aut3(read(404, apiError("User Not Found", "9"))), passed, "", false},
		{"401", aut3(read(401, apiError("Invalid Authorization", "9"))), passed, "", false},
		{"404 with the type of a 401", aut3(read(404, apiError("Invalid Authorization", "9"))), failed, unknown + "404 Invalid Authorization (9)", false},
		{"404 in HTML", aut3(read(404, "<html/>")), failed, unknown + "404 with a body that is no ApiErrors document: html: the root element is html, expected ApiErrors", false},
		{"200", aut3(read(200, was.xml())), failed, unknown + "200", false},
	})
	const signedIn = "GET user: expected 200 with a valid User body, User/reasonCodeId -1 or absent or a code of the system's; saw "
	chooses := func(u user) *scene {
		s := read(200, u.xml())
		c := s.ev.Cast["subject"]
		c.ReasonCodes = []string{"1", "2"}
		s.ev.Cast["subject"] = c
		return s
	}
	try(t, row(t, "SIG-09"), []hearing{
		{"-1", read(200, was.xml()), passed, "", false},
		{"with space around it", read(200, strings.Replace(was.xml(), ">-1<", "> -1\n<", 1)), passed, "", false},
		{"none", read(200, in(spec.NotReady).xml()), passed, "", false},
		{"empty", read(200, strings.Replace(was.xml(), ">-1<", "><", 1)), passed, "", false},
		{"of a form that another requirement judges", read(200, strings.Replace(was.xml(), "<loginId>", "<loginId/><loginId>", 1)), passed, "", false},
		{"of another resource", read(200, "<html/>"), failed, signedIn + "html: the root element is html, expected User", false},
		{"one of the system's", chooses(user{state: spec.NotReady, reason: "32767"}), passed, "", false},
		{"a number that no code has", chooses(user{state: spec.NotReady, reason: "-2"}), failed, signedIn + `User/reasonCodeId "-2"`, false},
		{"one that the user may choose", chooses(user{state: spec.NotReady, reason: "2"}), failed, signedIn + `User/reasonCodeId "2"`, false},
	})
}

// A request of which only the answer is said leaves the user where it was.
func TestAnswerMovesNobody(t *testing.T) {
	out := spec.Outcome{Kind: spec.Answer, Status: []int{202}}
	for name, when := range map[string]spec.When{"PUT": put(spec.Ready), "DELETE": {Method: "DELETE"}, "GET": {Get: &spec.Get{What: spec.GetUsers}}} {
		for _, level := range []spec.Level{spec.Must, spec.Info} {
			for _, moves := range []bool{false, true} {
				s := begin(in(spec.NotReady)).asks(name, "/finesse/api/User/1001", 202, "").sees(time.Second, in(spec.NotReady))
				if moves {
					s = s.sees(time.Second, in(spec.Logout))
				}
				bad := moves && level == spec.Must && name != "GET"
				v := s.sees(settle, in(spec.NotReady)).verdict(one(level, when, out))
				if (v.Outcome == failed) != bad {
					t.Errorf("%s, %v, moves %v: %s: %s", name, level, moves, v.Outcome, v.Reason)
				}
			}
		}
	}
}

// A read of a user that succeeds with another status is a finding of the
// requirement about reads, and of none beside it.
func TestReadWithOtherSuccess(t *testing.T) {
	was := in(spec.NotReady)
	for _, test := range []struct {
		what   string
		wants  int
		status int
		fails  bool
	}{
		{spec.GetUser, 200, 202, false}, {spec.GetUser, 200, 201, false}, {spec.GetUser, 200, 304, true}, {spec.GetUser, 200, 404, true},
		{spec.GetUser, 404, 202, true}, {spec.GetUsers, 200, 202, true},
	} {
		req := one(spec.Must, spec.When{Get: &spec.Get{What: test.what}}, spec.Outcome{Kind: spec.Answer, Status: []int{test.wants}})
		if v := begin(was).asks("GET", "/finesse/api/User/1001", test.status, was.xml()).verdict(req); (v.Outcome == failed) != test.fails {
			t.Errorf("%+v: %s: %s", test, v.Outcome, v.Reason)
		}
	}
}

func TestAnswerHeaders(t *testing.T) {
	req := one(spec.Must, spec.When{Get: &spec.Get{What: spec.GetUser}}, spec.Outcome{Kind: spec.Answer, Status: []int{401}, Header: "www-authenticate"})
	with := begin(in(spec.NotReady)).asks("GET", "/", 401, "")
	with.ev.Exchanges[1].ResponseHeader = map[string]string{"Www-Authenticate": "Basic"}
	try(t, req, []hearing{
		{"there", with, passed, "", false},
		{"missing", begin(in(spec.NotReady)).asks("GET", "/", 401, ""), failed,
			"GET user: expected 401 with a header www-authenticate; saw 401 without a header www-authenticate", false},
	})
}

// What must stand in a body.
func TestShows(t *testing.T) {
	req := row(t, "TRN-UCCE-05")
	first, second := user{state: spec.NotReady, reason: "1", code: "10"}, user{state: spec.NotReady, reason: "2", code: "20"}
	start := func() *scene { return begin(first).puts(202, "").sends("reason", "2") }
	const expected = "PUT NOT_READY with reasonCodeId 2: expected 202 or 200, then NOT_READY, User/reasonCodeId 2; saw "
	try(t, req, []hearing{
		{"shown", start().sees(0, second).converged().stays(second), passed, "", false},
		{"shown and lost", start().sees(0, second).converged().stays(in(spec.NotReady)), failed, expected + "no User/reasonCodeId", false},
		{"never", start().sees(9*time.Second, first), failed, expected + `User/reasonCodeId "1"`, false},
		{"the code instead of the id", start().sees(9*time.Second, user{state: spec.NotReady, reason: "20"}), failed, expected + `User/reasonCodeId "20"`, true}, // somebody may have chosen it: it has to happen again
		{"another that the requirement sent", start().sends("first_reason", "3").sees(9*time.Second, user{state: spec.NotReady, reason: "3"}), failed, expected + `User/reasonCodeId "3"`, false},
		{"nothing was sent", begin(first).puts(202, "").sees(0, second).converged().stays(second), failed,
			"PUT NOT_READY with a reasonCodeId (other): expected 202 or 200, then NOT_READY, User/reasonCodeId {reason}; saw " + `User/reasonCodeId "2"`, true},
	})
	// Made for the supervisor's change, or not exposed; the two deployments differ.
	sup := func(d spec.Deployment, u user) *scene {
		return begin(in(spec.Ready)).on(d).puts(202, "").sees(0, u).converged().stays(u)
	}
	code := func(code string) user { return user{state: spec.NotReady, reason: "-1", code: code} }
	try(t, row(t, "SUP-05"), []hearing{
		{"999", sup(spec.UCCE, code("999")), passed, "", false},
		{"33 on the other", sup(spec.UCCX, code("33")), passed, "", false},
		{"not exposed", sup(spec.UCCE, in(spec.NotReady)), passed, "", false},
		{"33 on UCCE", sup(spec.UCCE, code("33")), failed,
			`PUT NOT_READY by supervisor: expected 202 or 200, then NOT_READY, User/ReasonCode/code 999 or absent; saw User/ReasonCode/code "33"`, false},
		{"999 on UCCX", sup(spec.UCCX, code("999")), failed,
			`PUT NOT_READY by supervisor: expected 202 or 200, then NOT_READY, User/ReasonCode/code 33 or absent; saw User/ReasonCode/code "999"`, false},
	})
	roles := func(roles string) *scene {
		return begin(in(spec.Logout)).reads(strings.Replace(in(spec.Logout).xml(), "<roles><role>Agent</role></roles>", roles, 1))
	}
	const allowed = "GET user: expected 200, User/roles/role within Agent, Supervisor; saw "
	try(t, row(t, "USR-05"), []hearing{
		{"one", roles("<roles><role>Agent</role></roles>"), passed, "", false},
		{"two", roles("<roles><role>Agent</role><role>Supervisor</role></roles>"), passed, "", false},
		{"with space around it", roles("<roles><role> Agent </role></roles>"), passed, "", false},
		{"none", roles("<roles/>"), failed, allowed + "no User/roles/role", false},
		{"a third", roles("<roles><role>Agent</role><role>Administrator</role></roles>"), failed, allowed + `User/roles/role "Administrator"`, false},
	})
	// The extension that was sent.
	sign := func(ext string) *scene {
		u := user{state: spec.NotReady, reason: "-1", ext: ext}
		return begin(in(spec.Logout)).puts(202, "").sees(0, u).converged().stays(u)
	}
	again := func(s *scene, ext string) *scene {
		u := user{state: spec.NotReady, reason: "-1", ext: ext}
		return s.back(in(spec.Logout)).puts(202, "").sees(0, u).converged().stays(u)
	}
	try(t, row(t, "SIG-01"), []hearing{
		{"own", again(sign("1001"), "1001"), passed, "", false},
		{"none the second time", again(sign("1001"), ""), failed, `PUT LOGIN: expected 202 or 200, then NOT_READY, User/extension 1001; saw User/extension ""`, false},
		{"another", sign("1002"), failed, `PUT LOGIN: expected 202 or 200, then NOT_READY, User/extension 1001; saw User/extension "1002"`, false},
	})
}

// An INFO row that ran is recorded, whatever was seen; one that did not run
// is not.
func TestInfoNeverFails(t *testing.T) {
	off := begin(in(spec.NotReady)).puts(500, "<html>").stays(in(spec.Logout))
	for name, s := range map[string]*scene{
		"ERR-04": off, "ERR-14": begin(in(spec.NotReady)).lost("reset"), "SIG-11": begin(in(spec.Logout)).asks("GET", "/finesse/api/User/1001", 503, ""),
		"AUT-05":      begin(in(spec.Ready)).puts(401, "").stays(in(spec.Ready)),
		"PND-09":      begin(in(spec.Talking)).reads(in(spec.Talking).xml()),
		"TRN-UCCE-35": begin(in(spec.Reserved)).waits().sees(9*time.Second, in(spec.Ready)),
	} {
		v := s.verdict(row(t, name))
		if v.Outcome != evidence.Info || v.Observed.Note == "" {
			t.Errorf("%s: %s, note %q, reason %q", name, v.Outcome, v.Observed.Note, v.Reason)
		}
	}
	for name, s := range map[string]*scene{
		"nothing done": begin(in(spec.NotReady)),
		"unreached":    func() *scene { s := begin(in(spec.NotReady)); s.ev.Unreached = "no way"; return s }(),
	} {
		if v := s.verdict(row(t, "ERR-04")); v.Outcome != open {
			t.Errorf("%s: %s", name, v.Outcome)
		}
	}
}

// Of several outcomes any will do; where none holds, the one that came
// furthest tells what went wrong, and all of them what was expected.
func TestAlternatives(t *testing.T) {
	req := row(t, "RSN-05")
	const expected = "PUT READY with reasonCodeId 2: expected 400 with Invalid Input and nothing changed, or 202 or 200, then READY, User/reasonCodeId -1 or absent; saw "
	was := in(spec.NotReady)
	start := func(status int, body string) *scene { return begin(was).puts(status, body).sends("reason", "2") }
	try(t, req, []hearing{
		{"the first", start(400, apiError("Invalid Input", "")).stays(was), passed, "", false},
		{"the second", start(202, "").sees(0, in(spec.Ready)).converged().stays(in(spec.Ready)), passed, "", false},
		{"the second, and the reason shows", start(202, "").sees(0, user{state: spec.Ready, reason: "2"}).converged().stays(user{state: spec.Ready, reason: "2"}), failed,
			expected + `User/reasonCodeId "2"`, false},
		{"the first with another type", start(400, apiError("Invalid State", "")).stays(was), failed, expected + "400 Invalid State", false},
		{"the first, and done", start(400, apiError("Invalid Input", "")).stays(in(spec.Ready)), failed,
			expected + "400 Invalid Input, and a move from NOT_READY to READY 1s after it", true},
		{"the second, and never done", start(202, "").sees(9*time.Second, was), failed, expected + "NOT_READY for 9s", false},
		{"neither", start(500, apiError("Internal Server Error", "")).stays(was), failed, expected + "500 Internal Server Error", false},
	})
	note := func(s *scene) string { return s.verdict(req).Observed.Note }
	if got := note(start(400, apiError("Invalid Input", "")).stays(was)); got != "error" {
		t.Errorf("the alternative that was taken is noted as %q", got)
	}
	if got := note(start(202, "").sees(0, in(spec.Ready)).converged().stays(in(spec.Ready))); got != "accepted" {
		t.Errorf("the alternative that was taken is noted as %q", got)
	}
}

func TestBystanders(t *testing.T) {
	req := row(t, "TRN-UCCE-06")
	start := func() *scene { return ready(202, time.Second) }
	const expected = "PUT READY: expected only the subject to move; saw "
	pending := start().other("1002", spec.Ready, spec.Ready)
	pending.ev.After[0].Pending = "LOGOUT"
	reason := start().other("1002", spec.NotReady, spec.NotReady)
	reason.ev.Before[0].ReasonCodeID, reason.ev.After[0].ReasonCodeID = "-1", "2"
	none := start().other("1002", spec.NotReady, spec.NotReady)
	none.ev.Before[0].ReasonCodeID, none.ev.After[0].ReasonCodeID = "-1", ""
	try(t, req, []hearing{
		{"still", start().other("1002", spec.Logout, spec.Logout).other("1003", spec.Ready, spec.Ready), passed, "", false},
		{"moved", start().other("1002", spec.Logout, spec.Logout).other("1003", spec.NotReady, spec.Ready), failed,
			expected + "user 1003 moved from NOT_READY to READY", true},
		{"a change pending", pending, failed, expected + "user 1002 moved from READY to READY (pending LOGOUT)", true},
		{"another reason", reason, failed, expected + "user 1002 moved from NOT_READY to NOT_READY (reasonCodeId 2)", true},
		{"no reason in two spellings", none, passed, "", false},
		{"not looked at again", start().other("1002", spec.Logout, ""), open, "user 1002 could not be looked at afterwards", true},
	})
}

// A Dialog request that the target does not serve proves nothing of its
// states; one that it refuses fails.
func TestDialogRequests(t *testing.T) {
	req := one(spec.Must, spec.When{Dialog: "HOLD"}, spec.Outcome{Kind: spec.Reaches, States: []spec.State{spec.Hold}})
	start := func(status int) *scene { return begin(in(spec.Talking)).dialog(status, "").stays(in(spec.Talking)) }
	const answered = "the Dialog request HOLD was answered "
	try(t, req, []hearing{
		{"404", start(404), open, answered + "404", false},
		{"405", start(405), open, answered + "405", false},
		{"501", start(501), open, answered + "501", false},
		{"500", start(500), open, answered + "500", false},
		{"503", start(503), open, answered + "503", true},
		{"400", start(400), failed, "Dialog HOLD: expected HOLD; saw 400", true},
		{"401", start(401), failed, "Dialog HOLD: expected HOLD; saw 401", false},
		{"406", start(406), failed, "Dialog HOLD: expected HOLD; saw 406", false},
	})
}

// Of outcomes that miss by as much the first explains the failure, and one
// that came further explains it better.
func TestFirstOfEqualMismatches(t *testing.T) {
	equal := one(spec.Either, put(spec.Ready),
		spec.Outcome{Kind: spec.Error, Status: []int{401}, Types: []string{"Invalid Input"}},
		spec.Outcome{Kind: spec.Answer, Status: []int{401}, Header: "x-first"})
	v := begin(in(spec.NotReady)).puts(401, apiError("Generic Error", "")).stays(in(spec.NotReady)).verdict(equal)
	if v.XPath != "ApiErrors/ApiError/ErrorType" || v.Seen != "401 Generic Error" {
		t.Errorf("the last of two that missed by as much: %q at %q", v.Seen, v.XPath)
	}
	further := one(spec.Either, put(spec.Ready),
		spec.Outcome{Kind: spec.Accepted, States: []spec.State{spec.Work}},
		spec.Outcome{Kind: spec.Refused, Types: []string{"Invalid State"}})
	v = begin(in(spec.NotReady)).puts(400, apiError("Invalid State", "")).stays(in(spec.Ready)).verdict(further)
	if v.Mismatch.Kind != evidence.MismatchMoved {
		t.Errorf("not the one that came further: %+v", v.Mismatch)
	}
}

// An answer to a change that must not be made is no leave to make it.
func TestAnswerToAChange(t *testing.T) {
	out := spec.Outcome{Kind: spec.Answer, Status: []int{4}}
	start := func(to spec.State) *scene { return begin(in(spec.NotReady)).puts(404, "").stays(in(to)) }
	try(t, one(spec.Must, put(spec.Ready), out), []hearing{
		{"not made", start(spec.NotReady), passed, "", false},
		{"made", start(spec.Ready), failed, "PUT READY: expected 4xx; saw 404, and a move from NOT_READY to READY 1s after it", true},
	})
	try(t, one(spec.Must, spec.When{Method: "DELETE"}, out), []hearing{
		{"made by another method", start(spec.Ready), failed, "DELETE on the user: expected 4xx; saw 404, and a move from NOT_READY to READY 1s after it", true},
	})
	kept := one(spec.Must, put(spec.Ready), spec.Outcome{Kind: spec.Keeps})
	try(t, kept, []hearing{
		{"refused in other words", begin(in(spec.NotReady)).puts(400, "no").stays(in(spec.NotReady)), failed,
			"PUT READY: expected the state to stay; saw 400 with a body that is no ApiErrors document: not well-formed XML: line 1, column 1 (offset 0): text outside of the root element", true},
	})
}

// The settle time runs from the answer, however long that took.
func TestSettleTimeRunsFromTheAnswer(t *testing.T) {
	req := one(spec.Must, put(spec.Ready), spec.Outcome{Kind: spec.Accepted, States: []spec.State{spec.Ready}})
	start := func() *scene {
		s := begin(in(spec.NotReady)).waits()
		step := s.step()
		step.Values["request_id"] = request
		step.Exchange = s.exchange(evidence.Exchange{Purpose: evidence.ForAct, As: id, Method: "PUT", Path: "/finesse/api/User/1001", Status: 202}, 6*time.Second)
		step.Answered, step.Until = s.now, s.now
		return s
	}
	change := func(after time.Duration) *scene {
		return start().sees(after-time.Second, in(spec.NotReady)).sees(time.Second, in(spec.Ready)).converged().stays(in(spec.Ready))
	}
	try(t, req, []hearing{
		{"within it", change(settle - 100*time.Millisecond), passed, "", false},
		{"never, told from the request on", start().sees(settle-time.Second, in(spec.NotReady)), failed,
			"PUT READY: expected 202 or 200, then READY; saw NOT_READY for 15s", false},
		{"beyond it", change(settle + time.Second), failed,
			"PUT READY: expected 202 or 200, then READY; saw READY only 11.01s after the answer, and the settle time is 10s", false},
	})
}
