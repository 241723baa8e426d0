package html

import (
	"fmt"
	"testing"
	"time"

	"finesse-conformance/internal/contracttest"
	"finesse-conformance/reports"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// certification is a whole run on UCCE as the page gets it: every applicable
// requirement with an attempt of some thirty exchanges, three failures, a
// waived one, and a few that were not exercised. change may make of each
// attempt what a test wants.
func certification(t testing.TB, change func(*evidence.Evidence)) Input {
	t.Helper()
	c := contracttest.Catalogue()
	release, err := spec.ParseRelease("12.5(1)")
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	run := reports.Run{
		Tool: reports.Tool{Name: "finesse-conformance", Version: "1.0.0"}, Suite: reports.Suite{Version: "1.0.0", FaultsDetectable: 84},
		Target:   reports.Target{URL: "https://finesse1.example.com:8445", Deployment: "UCCE", Release: "12.5(1)"},
		Settings: reports.Settings{SettleMS: 10000, QuietMS: 2000, LongestWaitMS: 60000, Notifications: true, Stimuli: true},
		Procs:    2, Started: start,
		Cast: []reports.CastMember{{ID: "1001001", Role: "agent", Team: "5000", Extension: "2001001", Troupe: 1},
			{ID: "1001002", Role: "agent", Team: "5000", Extension: "2001002", Troupe: 1},
			{ID: "1001009", Role: "supervisor", Team: "5000", Supervises: []string{"5000"}, Extension: "2001009", Troupe: 1}},
	}
	var verdicts []evidence.Verdict
	for i, q := range c.Applicable(spec.UCCE, release) {
		v := evidence.Verdict{Requirement: q.ID, Outcome: evidence.Passed, Step: 0, Exchange: -1, Event: -1, Attempts: 1,
			Duration: 2300 * time.Millisecond, Clause: q.Sources[0].Cite(), Observed: evidence.Observed{Status: 202, State: "READY", Via: evidence.ViaEvent}}
		if q.Never != "" {
			v.Outcome, v.Reason = evidence.NotExercised, q.Never
			verdicts = append(verdicts, v)
			continue
		}
		if q.Section == "WRP" {
			v.Outcome, v.Reason, v.Gap.Kind = evidence.NotExercised, "the wrapUpTimer of user 1001001 is 7200 s, more than the longest wait of 60s", evidence.GapTime
			verdicts = append(verdicts, v)
			continue
		}
		if q.Level == spec.Info {
			v.Outcome = evidence.Info
		}
		e := attemptAt(q, start.Add(time.Duration(i)*250*time.Millisecond), i)
		if change != nil {
			change(e)
		}
		fail := func(reason, expected, seen, xpath string, exchange, event int) {
			v.Asked, v.Outcome, v.Expected, v.Seen, v.XPath, v.Exchange, v.Event = reason, evidence.Failed, expected, seen, xpath, exchange, event
			v.Reason = reason + ": expected " + expected + "; saw " + seen
		}
		switch q.ID {
		case "ERR-03":
			e.Exchanges[actAt].Status = 400
			e.Exchanges[actAt].ResponseBody = `<ApiErrors><ApiError><ErrorType>Generic Error</ErrorType><ErrorData>state</ErrorData><ErrorMessage>NO_SUCH_STATE</ErrorMessage></ApiError></ApiErrors>`
			fail("PUT NO_SUCH_STATE", "400 with Invalid Input, ErrorData state and nothing changed", "400 Generic Error (state)", "ApiErrors/ApiError/ErrorType", actAt, -1)
		case "TRN-UCCE-33":
			fail("PUT NOT_READY", "202 or 200, then NOT_READY", "READY for 10s", "User/state", len(e.Exchanges)-1, -1)
		case "ERR-12":
			e.Exchanges[actAt].Status, e.Exchanges[actAt].ResponseBody = 500, "<html><body>java.lang.NullPointerException</body></html>"
			fail("PUT READY", "a refusal with Invalid State and nothing changed", "500", "", actAt, 0)
			v.XPath = "Update/data/user/state"
		}
		run.Evidence = append(run.Evidence, e)
		verdicts = append(verdicts, v)
	}
	run.Finished = start.Add(3 * time.Minute)
	return Input{Result: reports.Build(c, run, verdicts), Catalogue: c, Evidence: run.Evidence}
}

// actAt is where the request under test stands in an attempt.
const actAt = 4

// attemptAt makes one attempt: signing in, the request, reads until the
// change shows, looks at the others, and an event.
func attemptAt(q *spec.Requirement, start time.Time, seed int) *evidence.Evidence {
	e := &evidence.Evidence{Requirement: q.ID, Attempt: 1, Started: start, Ended: start.Add(2300 * time.Millisecond),
		Target: evidence.Target{Deployment: spec.UCCE, Release: spec.Release{Major: 12, Minor: 5, Maintenance: 1}, Notifications: true, Settle: 10 * time.Second, Quiet: 2 * time.Second},
		Cast:   map[string]evidence.User{"subject": {ID: "1001001", Role: "agent"}},
		Path:   []string{"sign in (NOT_READY)", "go ready (READY)"}}
	at := start
	add := func(purpose evidence.Purpose, method, path, request string, status int, answer string) {
		at = at.Add(60 * time.Millisecond)
		e.Exchanges = append(e.Exchanges, evidence.Exchange{Index: len(e.Exchanges), Purpose: purpose, As: "1001001", Method: method, Path: path,
			RequestHeader: map[string]string{"Accept": "application/xml", "User-Agent": "finesse-conformance/1.0.0 (" + q.ID + ")"}, RequestBody: request,
			Status: status, Proto: "HTTP/1.1", ResponseHeader: map[string]string{"Content-Type": "application/xml", "Date": at.Format(time.RFC1123)},
			ResponseBody: answer, Started: at, Duration: time.Duration(800+seed*7%300) * time.Microsecond})
	}
	look := func(state spec.State, event bool, index int) {
		e.Observations = append(e.Observations, evidence.Observation{At: at, Asked: at, User: "1001001", State: state, Event: event, Index: index})
	}
	read := func(purpose evidence.Purpose, user, state string, changed time.Time) {
		add(purpose, "GET", "/finesse/api/User/"+user, "", 200, fixtureUser(user, state, changed))
		if user == "1001001" {
			look(spec.State(state), false, len(e.Exchanges)-1)
		}
	}
	const own = "/finesse/api/User/1001001"
	read(evidence.ForPrepare, "1001001", "LOGOUT", start)
	add(evidence.ForPath, "PUT", own, "<User><state>LOGIN</state><extension>2001001</extension></User>", 202, "")
	read(evidence.ForPath, "1001001", "NOT_READY", at)
	read(evidence.ForLook, "1001002", "READY", start)
	add(evidence.ForAct, "PUT", own, "<User>\n  <state>READY</state>\n</User>", 202, "")
	sent := at
	e.Events = append(e.Events, evidence.Event{Received: at.Add(20 * time.Millisecond), Session: "1001001", Node: own, Source: own, Event: "PUT",
		Payload: "<Update><data>" + fixtureUser("1001001", "READY", at) + "</data><event>PUT</event><requestId></requestId><source>" + own + "</source></Update>"})
	for i := range 20 {
		state := "READY"
		if i == 0 {
			state = "NOT_READY"
		}
		read(evidence.ForWatch, "1001001", state, sent.Add(time.Duration(min(i, 1))*time.Millisecond))
	}
	read(evidence.ForLook, "1001002", "READY", start)
	add(evidence.ForReturn, "PUT", own, "<User><state>NOT_READY</state></User>", 202, "")
	read(evidence.ForReturn, "1001001", "NOT_READY", at)
	add(evidence.ForReturn, "PUT", own, "<User><state>LOGOUT</state></User>", 202, "")
	read(evidence.ForReturn, "1001001", "LOGOUT", at)
	read(evidence.ForWatch, "1001001", "READY", at)
	e.Steps = []evidence.Step{{Exchange: actAt, Sent: sent, Answered: sent.Add(time.Millisecond), Until: sent.Add(2 * time.Second),
		Converged: time.Duration(15+seed*37%900) * time.Millisecond, Values: map[string]string{"id": "1001001"}}}
	return e
}

func fixtureUser(id, state string, changed time.Time) string {
	return fmt.Sprintf(`<User><dialogs>/finesse/api/User/%[1]s/Dialogs</dialogs><extension>2%[1]s</extension><firstName>Anna</firstName><lastName>Agent</lastName><loginId>%[1]s</loginId><loginName>anna</loginName><mediaType>1</mediaType><pendingState></pendingState><reasonCodeId>-1</reasonCodeId><roles><role>Agent</role></roles><settings><wrapUpOnIncoming>OPTIONAL</wrapUpOnIncoming></settings><state>%[2]s</state><stateChangeTime>%[3]s</stateChangeTime><teamId>5000</teamId><teamName>Sales</teamName><uri>/finesse/api/User/%[1]s</uri></User>`,
		id, state, changed.UTC().Format("2006-01-02T15:04:05.000Z"))
}
