package judge_test

import (
	"strings"
	"testing"
	"time"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// What was refused on a call is looked at again when the call is over.
func TestRefusedOnACall(t *testing.T) {
	req := row(t, "SUP-06-TALKING")
	was := in(spec.Talking)
	refused := apiError("Invalid State", "")
	ends := func(s *scene, to ...user) *scene {
		s.waits()
		for _, u := range to {
			s.sees(0, u)
		}
		return s.stays(to[len(to)-1])
	}
	const expected = "the end of the call: expected another state, and never NOT_READY; saw "
	try(t, req, []hearing{
		{"refused, and READY afterwards", ends(begin(was).puts(400, refused).stays(was), in(spec.Ready)), passed, "", false},
		{"refused, and NOT_READY afterwards", ends(begin(was).puts(400, refused).stays(was), in(spec.NotReady)), failed, expected + "a move to NOT_READY 5ms after it", true},
		{"refused, and NOT_READY after READY", ends(begin(was).puts(400, refused).stays(was), in(spec.Ready), in(spec.NotReady)), failed, expected + "a move to NOT_READY 10ms after it", true},
		{"refused, and the call went on", ends(begin(was).puts(400, refused).stays(was), was), open, "the user stayed in TALKING", true},
		{"refused, and not watched afterwards", begin(was).puts(400, refused).stays(was).waits().sees(0, in(spec.Ready)), open,
			"nothing was seen of user 1001 at the end of the quiet time", true},
		// What nobody could hear is no refusal, and a change afterwards shows it.
		{"swallowed, and READY afterwards", ends(begin(was).puts(202, "").stays(was), in(spec.Ready)), open,
			"202 and nothing changed for 2s: no notifications of user 1001 were listened to, and only an event could show that it was refused", false},
		{"swallowed, and NOT_READY afterwards", ends(begin(was).puts(202, "").stays(was), in(spec.NotReady)), failed, expected + "a move to NOT_READY 5ms after it", true},
		{"swallowed, and the call went on", ends(begin(was).puts(202, "").stays(was), was), open,
			"202 and nothing changed for 2s: no notifications of user 1001 were listened to, and only an event could show that it was refused", false},
	})
}

// A call that is not routed shows in no state, so that its end changes none.
func TestRefusedOnADirectCall(t *testing.T) {
	was := in(spec.NotReady)
	ends := func(to user) *scene {
		return begin(was).on(spec.UCCX).puts(400, apiError("Invalid State", "33")).stays(was).waits().sees(0, to).stays(to)
	}
	try(t, row(t, "PND-05"), []hearing{
		{"and NOT_READY afterwards", ends(was), passed, "", false},
		{"and READY afterwards", ends(in(spec.Ready)), failed,
			"the end of the call: expected another state, and never READY; saw a move to READY 5ms after it", true},
	})
}

// What is allowed depends on the deployment, and on what the last request came
// to.
func TestAllowed(t *testing.T) {
	refusedOr := func(afterwards ...spec.Outcome) *spec.Requirement {
		return many(spec.Must, spec.Step{When: put(spec.Logout), Then: spec.Then{
			{Kind: spec.Refused, Types: []string{"Invalid State"}}, {Kind: spec.Keeps, Status: []int{2}},
		}}, spec.Step{When: spec.When{EndCall: true}, Then: afterwards})
	}
	after := refusedOr(spec.Outcome{Kind: spec.Avoids, States: []spec.State{spec.Logout}, After: spec.Refused},
		spec.Outcome{Kind: spec.Reaches, States: []spec.State{spec.Logout}, After: spec.Keeps})
	was := in(spec.Talking)
	end := func(s *scene, to spec.State) *scene {
		return s.stays(was).waits().sees(0, in(to)).converged().stays(in(to))
	}
	kept := func() *scene { return begin(was).listening().puts(202, "") }
	no := func() *scene { return begin(was).puts(400, apiError("Invalid State", "")) }
	try(t, after, []hearing{
		{"refused and avoided", end(no(), spec.Ready), passed, "", false},
		{"refused and done", end(no(), spec.Logout), failed,
			"the end of the call: expected another state, and never LOGOUT, where the last request came to a refusal; saw a move to LOGOUT 5ms after it", true},
		{"kept and done", end(kept(), spec.Logout), passed, "", false},
	})
	uccx := one(spec.Either, put(spec.Ready), spec.Outcome{Kind: spec.Keeps, Status: []int{2}},
		spec.Outcome{Kind: spec.Accepted, States: []spec.State{spec.Logout}, Deployments: []spec.Deployment{spec.UCCX}})
	out := func() *scene {
		return begin(in(spec.Ready)).puts(202, "").sees(0, in(spec.Logout)).converged().stays(in(spec.Logout))
	}
	try(t, uccx, []hearing{
		{"on the one", out().on(spec.UCCX), passed, "", false},
		{"on the other", out(), failed, "PUT READY: expected 2xx and the state to stay; saw a move to LOGOUT 25ms after it", true},
	})
}

// Whoever plays a part comes to where the outcome says; the other party of a
// call moves with it; all others stay.
func TestParts(t *testing.T) {
	req := one(spec.Must, put(spec.Ready), spec.Outcome{Kind: spec.Accepted, States: []spec.State{spec.NotReady},
		Others: map[spec.Actor]spec.State{spec.Colleague: spec.Logout}})
	start := func(now spec.State) *scene {
		s := begin(in(spec.Logout)).puts(202, "").sees(0, in(spec.NotReady)).converged().stays(in(spec.NotReady))
		s.ev.Cast["colleague"] = evidence.User{ID: "1002"}
		return s.other("1002", spec.NotReady, now)
	}
	try(t, req, []hearing{
		{"signed out", start(spec.Logout), passed, "", false},
		{"stayed", start(spec.NotReady), failed, "PUT READY: expected user 1002 in LOGOUT; saw user 1002 stayed in NOT_READY", true},
	})
	plain := one(spec.Must, put(spec.Ready), spec.Outcome{Kind: spec.Accepted, States: []spec.State{spec.NotReady}})
	onCall := func(x evidence.Exchange) *scene {
		s := start(spec.Talking)
		s.ev.Exchanges = append(s.ev.Exchanges, x)
		return s
	}
	const moved = "PUT READY: expected only the subject to move; saw user 1002 moved from NOT_READY to TALKING"
	peer := start(spec.Talking)
	peer.ev.Cast["peer"] = evidence.User{ID: "1002"}
	try(t, plain, []hearing{
		{"a bystander", start(spec.Talking), failed, moved, true},
		{"the peer", peer, passed, "", false},
		{"who answered a call", onCall(evidence.Exchange{As: "1002", Method: "PUT", Path: "/finesse/api/Dialog/7"}), passed, "", false},
		{"who looked at its calls", onCall(evidence.Exchange{As: "1002", Method: "GET", Path: "/finesse/api/User/1002/Dialogs"}), failed, moved, true},
		{"beside whom somebody called", onCall(evidence.Exchange{As: "1004", Method: "POST", Path: "/finesse/api/User/1004/Dialogs"}), failed, moved, true},
	})
}

// A Team that shows a state never, however often it is read, is one thing over a
// whole run.
func TestTeamsOfARun(t *testing.T) {
	read := func(attempt int, shown spec.State, times int, then user) *scene {
		s := begin(in(spec.Hold)).puts(400, "").sees(time.Second, in(spec.Hold))
		s.ev.Attempt = attempt
		for range times {
			s.after(settle / 2)
			s.exchange(evidence.Exchange{Method: "GET", Path: "/finesse/api/Team/5000", Status: 200, ResponseBody: "<Team><users><User><loginId>1001</loginId><state>" +
				string(shown) + "</state></User></users></Team>"}, 5*time.Millisecond)
			s.sees(time.Second, then)
		}
		return s
	}
	hold := in(spec.Hold)
	tryRuns(t, "USR-11", []run{
		{"never shown", []*scene{read(1, spec.Talking, 3, hold), read(2, spec.Talking, 3, hold)},
			"the run as a whole: expected the Team to show each state in which a User is; saw reads that show it without HOLD, in 2 attempts (the first is TST-01, user 1001)"},
		{"once", []*scene{read(1, spec.Talking, 3, hold)}, ""},
		{"shown elsewhere", []*scene{read(1, spec.Talking, 3, hold), read(2, spec.Talking, 3, hold), read(3, spec.Hold, 1, hold)}, ""},
		{"shown late", []*scene{read(1, spec.Talking, 1, hold), read(2, spec.Talking, 1, hold)}, ""},
		{"moved meanwhile", []*scene{read(1, spec.Talking, 3, in(spec.Talking)), read(2, spec.Talking, 3, in(spec.Talking))}, ""},
	})
}

func TestMembers(t *testing.T) {
	first := *row(t, "USR-11")
	first.Given.State, first.Steps = spec.Ready, first.Steps[:1]
	req := &first
	team := func(users ...string) string {
		var b strings.Builder
		for _, u := range users {
			id, state, _ := strings.Cut(u, " ")
			b.WriteString("<User><loginId>" + id + "</loginId><state>" + state + "</state></User>")
		}
		return "<Team><id>5000</id><name>T</name><uri>/finesse/api/Team/5000</uri><users>" + b.String() + "</users></Team>"
	}
	start := func(answers ...string) *scene {
		s := begin(in(spec.Ready)).asks("GET", "/finesse/api/Team/5000", 200, answers[0])
		s.ev.Cast["other:1002"] = evidence.User{ID: "1002", Team: "5000"}
		s.ev.Cast["other:1003"] = evidence.User{ID: "1003", Team: "5001"}
		s.other("1002", spec.Logout, spec.Logout).other("1003", spec.Logout, spec.Logout)
		for _, body := range answers[1:] {
			s.after(time.Second)
			s.exchange(evidence.Exchange{Method: "GET", Path: "/finesse/api/Team/5000", Status: 200, ResponseBody: body}, 5*time.Millisecond)
			s.step().Until = s.now
		}
		return s
	}
	// then is a team in which one is missing, and another exchange after a time.
	then := func(after time.Duration, x evidence.Exchange) *scene {
		s := start(team("1001 READY"))
		s.now = s.step().Sent.Add(after)
		if x.Method == "" {
			x.Method = "GET"
		}
		if x.Path == "" {
			x.Path = "/finesse/api/Team/5000"
		}
		if x.Status == 0 {
			x.Status = 200
		}
		x.ResponseBody = team("1001 READY", "1002 LOGOUT")
		s.exchange(x, 0)
		s.step().Until = s.now
		return s
	}
	const missing = "user 1002 is not in the team"
	for name, test := range map[string]struct {
		scene *scene
		want  evidence.Outcome
		seen  string
	}{
		"at the end of the settle time": {then(settle, evidence.Exchange{}), passed, ""},
		"after it":                      {then(settle+1, evidence.Exchange{}), failed, missing},
		"in the answer to a change":     {then(time.Second, evidence.Exchange{Method: "PUT"}), failed, missing},
		"in another team":               {then(time.Second, evidence.Exchange{Path: "/finesse/api/Team/5001"}), failed, missing},
		"in an answer of an error":      {then(time.Second, evidence.Exchange{Status: 500}), failed, missing},
		"in an answer that broke off":   {then(time.Second, evidence.Exchange{Err: "reset"}), failed, missing},
		"after the step": {func() *scene {
			s := then(time.Second, evidence.Exchange{})
			s.step().Until = s.now.Add(-1)
			return s
		}(), failed, missing},
		"all there":            {start(team("1001 READY", "1002 LOGOUT")), passed, ""},
		"one in another state": {start(team("1001 READY", "1002 READY")), failed, "user 1002 in READY in the team, and in LOGOUT in the User"},
		"one missing":          {start(team("1001 READY")), failed, "user 1002 is not in the team"},
		"one later":            {start(team("1001 READY"), team("1001 READY", "1002 LOGOUT")), passed, ""},
		"beyond the settle time": {func() *scene {
			s := start(team("1001 READY"))
			s.after(settle)
			s.exchange(evidence.Exchange{Method: "GET", Path: "/finesse/api/Team/5000", Status: 200, ResponseBody: team("1002 LOGOUT")}, 0)
			s.step().Until = s.now
			return s
		}(), failed, "user 1002 is not in the team"},
	} {
		v := test.scene.verdict(req)
		if v.Outcome != test.want || v.Seen != test.seen {
			t.Errorf("%s: %s, saw %q (%s)", name, v.Outcome, v.Seen, v.Reason)
		}
	}
}

// What an outcome has recorded stands in what was observed.
func TestRecords(t *testing.T) {
	req := one(spec.Info, spec.When{Get: &spec.Get{What: spec.GetUser}}, spec.Outcome{Kind: spec.Answer, Status: []int{200},
		Records: []string{"User/extension", "User/teamId", "User/mobileAgent/mode"}})
	v := begin(in(spec.Ready)).reads(in(spec.Ready).xml()).verdict(req)
	if want := "User/extension empty; User/teamId 5000; no User/mobileAgent/mode; answer"; v.Observed.Note != want {
		t.Errorf("noted %q, want %q", v.Observed.Note, want)
	}
}

// Where all that was to be proven was left out, what is merely recorded proves
// nothing.
func TestRecordedProvesNothing(t *testing.T) {
	req := many(spec.Must, spec.Step{When: put(spec.Ready), Then: spec.Then{{Kind: spec.Accepted, States: []spec.State{spec.Ready}}}},
		spec.Step{When: spec.When{EndCall: true}, Then: spec.Then{{Kind: spec.Recorded}}})
	s := begin(in(spec.Talking)).skips("no need").waits().stays(in(spec.Ready))
	try(t, req, []hearing{{"left out", s, open, "every step was left out: no need", false}})
}
