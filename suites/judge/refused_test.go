package judge_test

import (
	"strings"
	"testing"
	"time"

	"finesse-conformance/internal/contracttest"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

func TestRefused(t *testing.T) {
	req := one(spec.Must, put(spec.Work), spec.Outcome{Kind: spec.Refused, Types: []string{"Invalid State", "Invalid Input"}})
	const expected = "PUT WORK: expected a refusal with Invalid State or Invalid Input and nothing changed; saw "
	const unheard = " and nothing changed for 2s: no notifications of user 1001 were listened to, and only an event could show that it was refused"
	was := user{state: spec.Ready}
	start := func(status int, body string) *scene { return begin(was).puts(status, body) }
	state := apiError("Invalid State", "22")
	withReason := user{state: spec.NotReady, reason: "2", code: "4"}
	try(t, req, []hearing{
		{"400", start(400, state).stays(was), passed, "", false},
		{"401", start(401, apiError("Invalid Input", "")).stays(was), passed, "", false},
		{"403", start(403, state).stays(was), failed, expected + "403 Invalid State (22)", false},
		{"500", start(500, apiError("Internal Server Error", "")).stays(was), failed, expected + "500 Internal Server Error", false},
		{"503", start(503, "").stays(was), failed, expected + "503", true},
		{"502", start(502, "").stays(was), failed, expected + "502", true},
		{"520", start(520, "<html/>").stays(was), failed, expected + "520", true},
		{"511", start(511, "<html/>").stays(was), failed, expected + "511", true},
		{"495", start(495, "<html/>").stays(was), failed, expected + "495", true},
		{"507", start(507, "<html/>").stays(was), failed, expected + "507", false},
		{"504", start(504, "").stays(was), failed, expected + "504", true},
		{"a gateway that did not understand it", start(400, "<html/>").stays(was), failed,
			expected + "400 with a body that is no ApiErrors document: html: the root element is html, expected ApiErrors", true},
		{"not understood", start(400, apiError("Bad Request", "")).stays(was), failed, expected + "400 Bad Request", true},
		{"431", start(431, "").stays(was), failed, expected + "431", true},
		{"another type", start(400, apiError("Generic Error", "")).stays(was), failed, expected + "400 Generic Error", false},
		{"a type in another case", start(400, apiError("invalid state", "")).stays(was), failed, expected + "400 invalid state", false},
		{"no body", start(400, "").stays(was), failed, expected + "400 with a body that is no ApiErrors document: not well-formed XML: line 1, column 1 (offset 0): the body is empty", true},
		{"another root", start(400, "<Errors/>").stays(was), failed, expected + "400 with a body that is no ApiErrors document: Errors: the root element is Errors, expected ApiErrors", true},
		{"no error in it", start(400, "<ApiErrors/>").stays(was), failed, expected + "400 with a body that is no ApiErrors document: ApiErrors/ApiError: missing", false},
		{"and done all the same", start(400, state).stays(in(spec.Work)), failed,
			expected + "400 Invalid State (22), and a move from READY to WORK 1s after it", true},
		{"and something else done", start(400, state).stays(in(spec.Logout)), failed,
			expected + "400 Invalid State (22), and a move from READY to LOGOUT 1s after it", true},
		{"and done and undone", start(400, state).sees(100*time.Millisecond, in(spec.Work)).stays(was), failed,
			expected + "400 Invalid State (22), and a move from READY to WORK 105ms after it", true},
		{"and pending", start(400, state).stays(user{state: spec.Ready, pending: "WORK"}), failed,
			expected + "400 Invalid State (22), and a move from READY to READY (pending WORK) 1s after it", true},
		{"and another wish", start(400, state).stays(user{state: spec.Ready, pending: "NOT_READY"}), failed,
			expected + "400 Invalid State (22), and a move from READY to READY (pending NOT_READY) 1s after it", true},
		{"and another reason code", begin(withReason).puts(400, state).stays(user{state: spec.NotReady, reason: "3", code: "5"}), failed,
			expected + "400 Invalid State (22), and a move from NOT_READY (reasonCodeId 2) to NOT_READY (reasonCodeId 3) 1s after it", true},
		{"and the reason code lost", begin(withReason).puts(400, state).stays(user{state: spec.NotReady, reason: "-1"}), failed,
			expected + "400 Invalid State (22), and a move from NOT_READY (reasonCodeId 2) to NOT_READY 1s after it", false},
		{"no reason code in two spellings", begin(user{state: spec.NotReady, reason: "-1"}).puts(400, state).stays(in(spec.NotReady)), passed, "", false},
		{"never looked at", start(400, state), open, "no sighting of the user afterwards", true},
		{"a lost answer", begin(was).lost("reset").stays(was), failed, expected + "no whole answer: reset", true},
		{"no request", begin(was).waits().stays(was), failed, expected + "no request", false},
		// Without notifications nothing shows that 2xx is refused.
		{"202", start(202, "").stays(was), open, "202" + unheard, false},
		{"200", start(200, "").stays(was), open, "200" + unheard, false},
		{"202, where others are heard", onChannel(evidence.ChannelNone, start(202, "").stays(was).listening()), open,
			"202 and nothing changed for 2s: the run has no session of user 1001, whom it found signed in, and only an event could show that it was refused", false},
		{"200 with an error in it", start(200, state).stays(was), failed, expected + "200 with an ApiErrors body: Invalid State", false},
		{"202 and done", start(202, "").stays(in(spec.Work)), failed, expected + "202, and a move from READY to WORK 1s after it", true},
		{"looked at too soon", start(400, state).sees(time.Second, was), open, "nothing was seen of user 1001 at the end of the quiet time", true},
		{"202 and never looked at", start(202, ""), open, "no sighting of the user afterwards", true},
		{"204", start(204, "").stays(was), failed, expected + "204", false},
	})
}

func onChannel(c evidence.Channel, s *scene) *scene { s.step().Channel = c; return s }

func TestRefusedByAnEvent(t *testing.T) {
	req := one(spec.Must, put(spec.Work), spec.Outcome{Kind: spec.Refused, Types: []string{"Invalid State"}, Data: map[spec.Deployment]string{spec.UCCE: "257"}})
	const expected = "PUT WORK: expected a refusal with Invalid State (ErrorData 257 where one is seen) and nothing changed; saw "
	const silence = "neither an error event nor a change for "
	was := in(spec.Ready)
	start := func() *scene { return begin(was).listening().puts(202, "") }
	waits := func(s *scene) *scene { return s.sees(settle-2*time.Second, was).stays(was) }
	refusal := refuses("Invalid State", "257")
	elsewhere := refuses("Invalid State", "257")
	elsewhere.Node = "/finesse/api/User/1002"
	another := refuses("Generic Error", "1")
	another.RequestID = "somebody-else's"
	echoed := refuses("Generic Error", "1")
	echoed.RequestID = request
	try(t, req, []hearing{
		{"by an event", start().hears(time.Second, refusal).stays(was), passed, "", false},
		{"by an event of another type", start().hears(time.Second, refuses("Generic Error", "1")).stays(was), failed, expected + "an event with Generic Error (1)", true},
		{"by an event of another type, for this request", start().hears(time.Second, echoed).stays(was), failed, expected + "an event with Generic Error (1)", false},
		{"by an event of another type, when it was elsewhere", start().sees(time.Second, in(spec.NotReady)).hears(time.Second, echoed).stays(in(spec.NotReady)), failed,
			expected + "an event with Generic Error (1)", true},
		{"by an event of no type", start().hears(time.Second, refuses("", "1")).stays(was), failed, expected + "an event with no errorType (1)", true},
		{"by an event and done", start().hears(time.Second, refusal).stays(in(spec.Work)), failed,
			expected + "202, and a move from READY to WORK 2s after it", true},
		{"by nothing", waits(start()), failed, expected + "202 and " + silence + "10s", false},
		{"by nothing, not waited for", start().stays(was), open,
			"the user was watched for 2s and the settle time is 10s: the run did not wait for this outcome", false},
		{"by nothing, and done", start().stays(in(spec.Work)), failed, expected + "202, and a move from READY to WORK 1s after it", true},
		{"by nothing, in an outage", waits(start()).fact("outage", "down for 1s"), open,
			"202 and nothing changed for 10s: the notifications of user 1001 were interrupted, and only an event could show that it was refused", true},
		{"by nothing, over a channel that was lost", onChannel(evidence.ChannelLost, waits(start())), open,
			"202 and nothing changed for 10s: the notifications of user 1001 were interrupted, and only an event could show that it was refused", true},
		{"by nothing, over a channel", onChannel(evidence.ChannelAlive, waits(begin(was).puts(202, ""))), failed, expected + "202 and " + silence + "10s", false},
		{"by an event of somebody else", waits(start().hears(0, elsewhere)), failed, expected + "202 and " + silence + "10s", false},
		{"by an event for another request", waits(start().hears(0, another)), failed, expected + "202 and " + silence + "10s", false},
		{"by an event from before", waits(begin(was).listening().hears(0, refusal).puts(202, "")), failed,
			expected + "202 and " + silence + "10s", false},
		// Another documented number is a failure, an undocumented one is not.
		{"with another number", start().hears(0, refuses("Invalid State", "265")).stays(was), failed,
			expected + "an event with Invalid State and error data 265 (CF_INVALID_AGENT_WORKMODE)", true},
		{"with a number that nobody documents", start().hears(0, refuses("Invalid State", "4711")).stays(was), passed, "", false},
		{"with no data", start().hears(0, refuses("Invalid State", "")).stays(was), passed, "", false},
		{"with the number of the other deployment", start().on(spec.UCCX).hears(0, refuses("Invalid State", "265")).stays(was), passed, "", false},
		{"at once", begin(was).puts(400, apiError("Invalid State", "257")).stays(was), passed, "", false},
		{"at once with another number", begin(was).puts(400, apiError("Invalid State", "22")).stays(was), failed,
			expected + "400 Invalid State with error data 22 (CF_INVALID_OBJECT_STATE)", false},
		{"at once with other data", begin(was).puts(400, apiError("Invalid State", "state")).stays(was), passed, "", false},
	})
	v := start().hears(time.Second, refuses("Invalid State", "4711")).stays(was).verdict(req)
	want := evidence.Observed{Status: 202, ErrorType: "Invalid State", ErrorData: "4711", ErrorMessage: "m", State: "READY", Via: evidence.ViaEvent}
	if v.Observed != want {
		t.Errorf("observed %+v, want %+v", v.Observed, want)
	}
}

// The way by which a refusal was seen is part of what reports show.
func TestRefusalObserved(t *testing.T) {
	req := one(spec.Must, put(spec.Work), spec.Outcome{Kind: spec.Refused, Types: []string{"Invalid State"}})
	sync := begin(in(spec.Ready)).puts(401, apiError("Invalid State", "22")).stays(in(spec.Ready)).verdict(req).Observed
	if want := (evidence.Observed{Status: 401, ErrorType: "Invalid State", ErrorData: "22", ErrorMessage: "m", State: "READY", Via: evidence.ViaSync}); sync != want {
		t.Errorf("at once: %+v, want %+v", sync, want)
	}
	unchanged := begin(in(spec.Ready)).puts(202, "").stays(in(spec.Ready)).verdict(req).Observed
	if want := (evidence.Observed{Status: 202, State: "READY", Via: evidence.ViaUnchanged}); unchanged != want {
		t.Errorf("never seen: %+v, want %+v", unchanged, want)
	}
	// It is the refusal that counts, also between steps that were not refused.
	talking, pending := user{state: spec.Talking, ext: "1001"}, user{state: spec.Talking, ext: "1001", pending: "NOT_READY"}
	later := begin(talking).on(spec.UCCX).listening().puts(202, "").stays(pending).sends("first", "1").
		puts(202, "").hears(0, refuses("Invalid State", "265")).stays(pending).
		waits().sees(0, user{state: spec.NotReady, ext: "1001", reason: "1"}).converged().stays(user{state: spec.NotReady, ext: "1001", reason: "1"}).
		sends("first", "1").verdict(row(t, "PND-06"))
	if o := later.Observed; later.Outcome != passed || o.ErrorData != "265" || o.Via != evidence.ViaEvent {
		t.Errorf("%s: %s; observed %+v", later.Outcome, later.Reason, o)
	}
}

func TestError(t *testing.T) {
	req := one(spec.Must, spec.When{Put: &spec.Put{}}, spec.Outcome{
		Kind: spec.Error, Status: []int{400}, Types: []string{"Parameter Missing"}, Data: map[spec.Deployment]string{spec.UCCE: "state"},
	})
	const expected = "PUT without a state: expected 400 with Parameter Missing, ErrorData state and nothing changed; saw "
	was := in(spec.NotReady)
	start := func(status int, body string) *scene { return begin(was).puts(status, body) }
	missing := apiError("Parameter Missing", "state")
	const apiErrors = "400 with a body that is no ApiErrors document: "
	html := start(400, "<html><body>no</body></html>")
	html.ev.Exchanges[1].ResponseHeader["Content-Type"] = "text/html"
	try(t, req, []hearing{
		{"right", start(400, missing).stays(was), passed, "", false},
		{"another status", start(401, missing).stays(was), failed, expected + "401 Parameter Missing (state)", false},
		{"2xx is no error at once", start(202, "").stays(was), failed, expected + "202", false},
		{"2xx and done", start(202, "").stays(in(spec.Ready)), failed, expected + "202, and a move to READY", false},
		{"another type", start(400, apiError("Invalid Input", "state")).stays(was), failed, expected + "400 Invalid Input (state)", false},
		{"another data", start(400, apiError("Parameter Missing", "stat")).stays(was), failed, expected + `400 Parameter Missing with ErrorData "stat"`, false},
		{"no data", start(400, apiError("Parameter Missing", "")).stays(was), failed, expected + `400 Parameter Missing with ErrorData ""`, false},
		{"data of the other deployment is not asked for", start(400, apiError("Parameter Missing", "x")).on(spec.UCCX).stays(was), passed, "", false},
		{"a type with a blank behind it", start(400, apiError("Parameter Missing ", "state")).stays(was), failed,
			expected + `400 with ErrorType "Parameter Missing "`, false},
		{"HTML", html.stays(was), failed, expected + apiErrors + `Content-Type is "text/html", expected application/xml`, true},
		{"a document type", start(400, `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>`+missing).stays(was), failed,
			expected + apiErrors + "not well-formed XML: line 1, column 1 (offset 0): document types are refused", true},
		{"cut short", start(400, missing[:30]).stays(was), failed, expected + apiErrors + "not well-formed XML: line 1, column 31 (offset 30): unexpected EOF", true},
		{"done all the same", start(400, missing).stays(in(spec.Ready)), failed,
			expected + "400 Parameter Missing (state), and a move from NOT_READY to READY 1s after it", true},
		{"never looked at", start(400, missing), open, "no sighting of the user afterwards", true},
		{"a lost answer", begin(was).lost("reset").stays(was), failed, expected + "no whole answer: reset", true},
		{"no request", begin(was).waits().stays(was), failed, expected + "no request", false},
	})
}

// The bodies of 401 answers to missing or wrong credentials count only where
// they are XML: a container in front of the API may answer in its own words.
func TestUnauthenticatedBodies(t *testing.T) {
	was := in(spec.NotReady)
	answer := func(contentType, body string) *scene {
		s := begin(was).puts(401, body)
		s.ev.Exchanges[1].ResponseHeader = map[string]string{"Content-Type": contentType}
		return s.stays(was)
	}
	const expected = "PUT READY with no credentials: expected 401 with any ErrorType and nothing changed; saw "
	try(t, row(t, "AUT-01"), []hearing{
		{"ApiErrors", answer("application/xml", apiError("Unauthorized", "")), passed, "", false},
		{"HTML", answer("text/html;charset=utf-8", "<html><body>401</body></html>"), passed, "", false},
		{"no body", answer("", ""), passed, "", false},
		{"no body, said to be XML", answer("application/xml", ""), passed, "", false},
		{"plain text", answer("text/plain", "no"), passed, "", false},
		{"JSON", answer("application/json", `{"error":"unauthorized"}`), passed, "", false},
		{"another XML", answer("application/xml", "<Error/>"), failed,
			expected + "401 with a body that is no ApiErrors document: Error: the root element is Error, expected ApiErrors", false},
		{"XML that is broken", answer("text/xml", "<ApiErrors>"), failed,
			expected + "401 with a body that is no ApiErrors document: not well-formed XML: line 1, column 12 (offset 11): unexpected EOF", false},
		{"done all the same", begin(was).puts(401, "").stays(in(spec.Ready)), failed,
			expected + "401, and a move from NOT_READY to READY 1s after it", true},
		{"another status", begin(was).puts(403, "").stays(was), failed, expected + "403", false},
		{"accepted", begin(was).puts(202, "").stays(in(spec.Ready)), failed, expected + "202, and a move to READY", false},
	})
	// A 401 that says who may not is another matter.
	html := begin(was).puts(401, "<html/>")
	html.ev.Exchanges[1].ResponseHeader["Content-Type"] = "text/html"
	try(t, row(t, "SUP-02"), []hearing{
		{"HTML", html.stays(was), failed, `PUT READY by foreign supervisor: expected 401 with Invalid Supervisor and nothing changed; saw 401 with a body that is no ApiErrors document: Content-Type is "text/html", expected application/xml`, false},
		{"right", begin(was).puts(401, apiError("Invalid Supervisor", "")).stays(was), passed, "", false},
	})
}

// A Content-Type that is wrong everywhere is one finding for reads and one for
// errors: elsewhere it is noted.
func TestOneFindingOfForm(t *testing.T) {
	said := func(contentType string, s *scene) *scene {
		s.ev.Exchanges[s.step().Exchange].ResponseHeader = map[string]string{"Content-Type": contentType}
		return s
	}
	was := in(spec.NotReady)
	missing := func() *scene {
		return said("text/plain", begin(was).puts(400, apiError("Parameter Missing", "state"))).stays(was)
	}
	const media = `Content-Type is "text/plain", expected application/xml`
	try(t, row(t, "ERR-01"), []hearing{
		{"its own finding", missing(), failed, "PUT without a state: expected 400 with Parameter Missing, ErrorData state and nothing changed; saw 400 with a body that is no ApiErrors document: " + media, false},
	})
	try(t, row(t, "USR-01"), []hearing{
		{"its own finding", said("text/plain", begin(was).reads(was.xml())), failed, "GET user: expected 200 with a valid User body; saw " + media, false},
	})
	for id, s := range map[string]*scene{
		"ERR-02": missing(),
		"USR-04": said("text/plain", begin(was).reads(was.xml())),
	} {
		v := s.verdict(row(t, id))
		if v.Outcome != passed || !strings.Contains(v.Observed.Note, media) {
			t.Errorf("%s: %s, %s; noted %q", id, v.Outcome, v.Reason, v.Observed.Note)
		}
	}
	incomplete := begin(was).puts(400, "<ApiErrors><ApiError><ErrorType>Parameter Missing</ErrorType></ApiError></ApiErrors>").stays(was).verdict(row(t, "ERR-02"))
	if incomplete.Outcome != passed || !strings.Contains(incomplete.Observed.Note, "ErrorMessage: missing") {
		t.Errorf("an error without a message: %s, %s; noted %q", incomplete.Outcome, incomplete.Reason, incomplete.Observed.Note)
	}
	for id, s := range map[string]*scene{"ERR-01": missing(), "USR-01": said("text/plain", begin(was).reads(was.xml()))} {
		checks := contracttest.Judge().Invariants()
		s.ev.Requirement = "SIG-01"
		checks.Add(s.ev)
		if v := checks.Apply(row(t, id), evidence.Verdict{Outcome: passed}); v.Outcome != failed || !strings.Contains(v.Reason, media) {
			t.Errorf("%s over the run: %s, %s", id, v.Outcome, v.Reason)
		}
	}
}

// Where nobody would have heard a refusal, what follows from one proves nothing
// against a target that accepted.
func TestRefusedInSilence(t *testing.T) {
	reserved, ready := in(spec.Reserved), in(spec.Ready)
	start := func(heard bool, status int, body string, then spec.State) *scene {
		s := begin(reserved)
		if heard {
			s.listening()
		}
		s.puts(status, body).stays(reserved)
		s.puts(200, "").sees(0, in(spec.Talking)).converged().stays(in(spec.Talking))
		return s.waits().sees(0, in(then)).converged().sees(settle, in(then))
	}
	const unheard = "202 and nothing changed for 2s: no notifications of user 1001 were listened to, and only an event could show that it was refused"
	try(t, row(t, "PND-12"), []hearing{
		{"as asked", start(false, 202, "", spec.NotReady), passed, "", false},
		{"as after a refusal", start(false, 202, "", ready.state), open, unheard, false},
		{"as after a refusal, which would have been heard", start(true, 202, "", ready.state), failed,
			"the end of the call: expected NOT_READY, where the last request came to no change at once; saw READY for 10s", true},
		{"refused", start(false, 400, apiError("Invalid State", ""), ready.state), passed, "", false},
		{"refused, and done", start(false, 400, apiError("Invalid State", ""), spec.NotReady), failed,
			"the end of the call: expected READY, where the last request came to a refusal; saw NOT_READY for 10s", true},
	})
}
