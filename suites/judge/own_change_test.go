package judge_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"finesse-conformance/internal/contracttest"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// Who signs in or out, whoever it is, and goes elsewhere each time fails the
// requirement of that change.
func TestOwnChanges(t *testing.T) {
	went := func(from, asked, to spec.State, status int) *scene {
		s := begin(in(from)).puts(status, "")
		s.ev.Exchanges[len(s.ev.Exchanges)-1].RequestBody = "<User><state>" + string(asked) + "</state></User>"
		return s.sees(time.Second, in(to)).sees(settle, in(to))
	}
	in3 := func(s func() *scene) []*scene {
		var list []*scene
		for n := range 3 {
			list = append(list, s())
			list[n].ev.Attempt = n + 1
		}
		return list
	}
	ready := func() *scene { return went(spec.Logout, spec.Login, spec.Ready, 202) }
	const said = "the run as a whole: expected NOT_READY when a user asks for it itself; saw user 1001 in READY, from LOGOUT, in 3 attempts (the first is TST-01)"
	tryRuns(t, "SIG-01", []run{
		{"elsewhere each time", in3(ready), said},
		{"twice", in3(ready)[:2], ""},
		{"and once where it asked", append(in3(ready), went(spec.Logout, spec.Login, spec.NotReady, 202)), ""},
		{"refused", in3(func() *scene { return went(spec.Logout, spec.Login, spec.Ready, 400) }), ""},
		{"refused by an event", in3(func() *scene { return ready().hears(0, refuses("Invalid State", "22")) }), ""},
		{"while somebody else is", in3(func() *scene {
			return ready().hears(0, with(refuses("Invalid State", "22"), func(e *evidence.Event) { e.Session = "1002" }))
		}), said},
		{"a dead phone", in3(func() *scene { return went(spec.Logout, spec.Login, spec.Logout, 202) }), ""},
		{"from elsewhere", in3(func() *scene { return went(spec.Ready, spec.Login, spec.Talking, 202) }), ""},
		{"to where somebody leads it", append(in3(ready)[:2], went(spec.Logout, spec.Login, spec.Talking, 202)), ""},
	})
	// Beside a request that is not answered; what comes of another one is not this one's.
	beside := func(second spec.State) func() *scene {
		return func() *scene {
			s := begin(in(spec.Logout))
			for _, asked := range []spec.State{spec.Login, second} {
				s.puts(202, "")
				s.ev.Exchanges[len(s.ev.Exchanges)-1].RequestBody = "<User><state>" + string(asked) + "</state></User>"
			}
			s.ev.Exchanges[len(s.ev.Exchanges)-1].Status = 503
			return s.sees(time.Second, in(spec.Ready)).sees(settle, in(spec.Ready))
		}
	}
	tryRuns(t, "SIG-01", []run{
		{"asked for once more", in3(beside(spec.Login)), said},
		{"something else was asked for", in3(beside(spec.Ready)), ""},
	})
	var rows []*scene
	for _, id := range []string{"SUP-01", "RSN-01", "TRN-UCCE-02", "SIG-08", "ERR-01", "PND-01"} {
		rows = append(rows, ready().of(row(t, id)))
	}
	tryRuns(t, "SIG-01", []run{{"in several rows", rows, strings.ReplaceAll(strings.Replace(said, "3 attempts", "6 attempts", 1), "TST-01", "SIG-08")}})
	tryRuns(t, "TRN-UCCE-04", []run{
		{"stays", in3(func() *scene { return went(spec.NotReady, spec.Logout, spec.NotReady, 202) }),
			"the run as a whole: expected LOGOUT when a user asks for it itself; saw user 1001 in NOT_READY, from NOT_READY, in 3 attempts (the first is TST-01)"},
		{"another row's", in3(ready), ""},
	})

	// Of several processes as of one.
	whole := contracttest.Judge().Invariants()
	for _, s := range in3(ready) {
		other := contracttest.Judge().Invariants()
		other.Add(s.ev)
		sent, err := json.Marshal(other.Take())
		if err != nil {
			t.Fatal(err)
		}
		var got evidence.InvariantFindings
		if err := json.Unmarshal(sent, &got); err != nil {
			t.Fatal(err)
		}
		whole.Merge(got)
	}
	if v := whole.Apply(row(t, "SIG-01"), evidence.Verdict{Requirement: "SIG-01", Outcome: evidence.Passed}); v.Reason != said {
		t.Errorf("merged: %s", v.Reason)
	}
}

// A User shows the reason code whose id it has, as lists have it.
func TestReasonCodesAsListed(t *testing.T) {
	list := func(label string) *scene {
		s := begin(in(spec.NotReady)).asks("GET", "/finesse/api/User/1001/ReasonCodes?category=NOT_READY", 200,
			"<ReasonCodes category=\"NOT_READY\"><ReasonCode><uri>/finesse/api/ReasonCode/17</uri><category>NOT_READY</category><code>3</code><label>"+label+"</label><forAll>true</forAll></ReasonCode></ReasonCodes>")
		return s
	}
	shows := user{state: spec.NotReady, reason: "17", code: "3"}
	other := shows
	other.code = "17"
	object := begin(shows)
	object.ev.Exchanges[0].ResponseBody = strings.Replace(shows.xml(), "<id>17</id>", "<id>18</id>", 1)
	tryRuns(t, "USR-08", []run{
		{"as listed", []*scene{list("x"), begin(shows)}, ""},
		{"another label", []*scene{list("Lunch"), begin(shows)}, `in a User of TST-01: expected label "Lunch" of reason code 17, as the list has it; saw "x"`},
		{"another code, seen before the list", []*scene{begin(other), list("x")}, `in a User of TST-01: expected code "3" of reason code 17, as the list has it; saw "17"`},
		{"not listed", []*scene{begin(other)}, ""},
		{"of another id", []*scene{object}, `in a User of TST-01: expected the reason code with the reasonCodeId 17; saw that with the id "18"`},
	})
}

// A look that shows a state with the time that an event had for another one.
func TestTimesTold(t *testing.T) {
	at := func(s spec.State, second string) user {
		return user{state: s, changed: "2026-01-02T03:04:" + second + "Z"}
	}
	kept := func(second string) *scene {
		return begin(in(spec.NotReady)).listening().puts(202, "").hears(time.Second, tells(at(spec.Ready, second))).sees(time.Second, at(spec.Reserved, second))
	}
	both := kept("07.001").hears(time.Second, tells(at(spec.Reserved, "07.001")))
	tryRuns(t, "USR-03", []run{
		{"twice", []*scene{kept("07.001"), kept("09.002")}, ""},
		{"three times", []*scene{kept("07.001"), kept("09.002"), kept("11.003")}, "in a GET of TST-01: expected a later time after the change from READY to RESERVED; saw 2026-01-02T03:04:11.003Z both before and after"},
		{"once", []*scene{kept("07.001")}, ""},
		{"twice, and once in a slow look", []*scene{kept("07.001"), kept("09.002"), begin(at(spec.Ready, "11.003")).sees(100*time.Millisecond, at(spec.Reserved, "11.003"))}, "in a GET of TST-01: expected a later time after the change from READY to RESERVED; saw 2026-01-02T03:04:11.003Z both before and after"},
		{"three times, and once not", []*scene{begin(at(spec.Ready, "06.001")).sees(time.Second, at(spec.Reserved, "07.001")), kept("07.001"), kept("09.002"), kept("11.003")}, ""},
		{"in one millisecond", []*scene{both, both}, ""},
		{"seconds", []*scene{kept("07.000"), kept("09.000"), kept("11.000")}, ""},
	})
}

// What the node of a team tells of a user is what the user's own node does.
func TestTeamIsTold(t *testing.T) {
	const team = "/finesse/api/Team/5000/Users"
	at := func(s spec.State, second string) user {
		return user{state: s, changed: "2026-01-02T03:04:" + second + ".001Z"}
	}
	// play tells the user's own node of READY, TALKING and NOT_READY, and the team's of
	// what is given.
	play := func(teams ...user) *scene {
		s := begin(in(spec.NotReady)).listening()
		states := []user{at(spec.Ready, "06"), at(spec.Talking, "07"), at(spec.NotReady, "08")}
		for i, own := range states {
			s.hears(time.Second, tells(own))
			if teams[i].state != "" {
				s.hears(time.Millisecond, with(tells(teams[i]), func(e *evidence.Event) { e.Node, e.Session = team, "1003" }))
			}
		}
		return s
	}
	numbered := func(n int, s *scene) *scene { s.ev.Attempt = n; return s }
	all := []user{at(spec.Ready, "06"), at(spec.Talking, "07"), at(spec.NotReady, "08")}
	silent := []user{all[0], {}, all[2]}
	tryRuns(t, "NTF-07", []run{
		{"of all", []*scene{play(all...), numbered(2, play(all...))}, ""},
		{"never of TALKING", []*scene{play(silent...), numbered(2, play(silent...))},
			"the run as a whole: expected an event on the Team node for each state that the User node tells of; saw none that tells of TALKING, in 2 attempts (the first is TST-01, user 1001)"},
		{"not of it once", []*scene{play(silent...), numbered(2, play(all...))}, ""},
		{"of nothing after it", []*scene{play(all[0], user{}, user{}), numbered(2, play(all[0], user{}, user{}))}, ""},
		{"of another state", []*scene{play(all[0], all[1], at(spec.Ready, "08"))},
			"in an event of TST-01: expected user 1001 in NOT_READY since 2026-01-02T03:04:08.001Z, as on its own node; saw READY"},
		{"by another clock", []*scene{play(all[0], all[1], at(spec.Ready, "09"))}, ""},
	})
}
