package judge_test

import (
	"strings"
	"testing"
	"time"

	"finesse-conformance/internal/contracttest"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// What is wrong with an event is wrong whatever the requirement is about in
// whose evidence it stands.
func TestEventsOfAnyRequirement(t *testing.T) {
	node := func(e *evidence.Event) { e.Node = "/finesse/api/User/1001" }
	payload := func(old, new string) func(*evidence.Event) {
		return func(e *evidence.Event) { e.Payload = strings.ReplaceAll(e.Payload, old, new) }
	}
	// asked is a run that asked for a state and heard events of it.
	asked := func(status int, state spec.State, events ...evidence.Event) *scene {
		s := begin(in(spec.NotReady)).listening().puts(status, "")
		x := &s.ev.Exchanges[len(s.ev.Exchanges)-1]
		x.RequestHeader = map[string]string{"requestId": request}
		x.RequestBody = "<User><state>" + string(state) + "</state></User>"
		if status >= 400 {
			x.ResponseBody = apiError("Invalid State", "22")
		}
		for _, e := range events {
			s.hears(time.Second, e)
		}
		return s
	}
	heard := func(change ...func(*evidence.Event)) []*scene {
		e := tells(in(spec.Ready))
		for _, c := range append(change, node) {
			c(&e)
		}
		return []*scene{asked(202, spec.Ready, e).sees(time.Second, in(spec.Ready))}
	}
	refused := func(change func(*evidence.Event)) []*scene {
		e := refuses("Invalid State", "22")
		e.RequestID = request
		change(&e)
		return []*scene{asked(202, spec.Ready, e)}
	}
	nothing := func(*evidence.Event) {}
	// odd is a run whose request is not one that an event can be held against.
	odd := func(change func(*evidence.Exchange)) []*scene {
		s := asked(400, spec.Ready, tells(in(spec.NotReady)))
		change(&s.ev.Exchanges[len(s.ev.Exchanges)-1])
		return []*scene{s}
	}
	at := func(state spec.State, second string) user {
		return user{state: state, ext: "1001", changed: "2026-01-02T03:04:" + second + "Z"}
	}
	team := func(source, loginID string) []*scene {
		return []*scene{asked(202, spec.Ready, with(tells(in(spec.Ready)), func(e *evidence.Event) {
			e.Node, e.Source = "/finesse/api/Team/5000/Users", source
			payload("<loginId>1001</loginId>", loginID)(e)
		}))}
	}
	late := with(tells(user{state: spec.Reserved}), nothing)
	there := user{state: spec.Ready, ext: "1001", changed: "2026-01-02T03:04:06.000Z"}
	gone := user{state: spec.Ready, changed: there.changed}
	// elsewhere is a run that saw another user's body alone.
	elsewhere := func(method, path string) *scene {
		s := asked(202, spec.Ready, tells(in(spec.Ready)))
		s.ev.Exchanges[0].Method, s.ev.Exchanges[0].Path = method, path
		s.ev.Exchanges[0].ResponseBody = strings.ReplaceAll(s.ev.Exchanges[0].ResponseBody, "<teamId>5000<", "<teamId>5001<")
		return s
	}
	cutShort := func() *scene {
		s := asked(202, spec.Ready, tells(there)).sees(time.Second, there)
		x := &s.ev.Exchanges[len(s.ev.Exchanges)-1]
		x.ResponseBody, x.ResponseBytes, x.ResponseDigest = x.ResponseBody[:99], len(x.ResponseBody), evidence.Digest(x.ResponseBody)
		return s
	}
	const where = "in an event of TST-01: expected "
	of := func(id string) []*scene {
		list := heard(func(e *evidence.Event) { e.Event = "POST" })
		list[0].of(row(t, id))
		return list
	}
	tryRuns(t, "NTF-02", []run{
		{"is as documented", heard(), ""},
		{"has another source", heard(func(e *evidence.Event) { e.Source = "/finesse/api/User/1002" }), where + `the source /finesse/api/User/1001; saw source "/finesse/api/User/1002"`},
		{"is no PUT", heard(func(e *evidence.Event) { e.Event = "POST" }), where + `a User event with event PUT; saw event "POST"`},
		{"tells that the user is gone", heard(func(e *evidence.Event) { e.Event = "DELETE" }), ""},
		{"stands in what a requirement saw", of("SIG-01"), strings.Replace(where, "TST-01", "SIG-01", 1) + `a User event with event PUT; saw event "POST"`},
		{"stands in what is recorded only", of("NOD-01"), ""},
		{"is a put", heard(func(e *evidence.Event) { e.Event = "put" }), ""},
		{"was put on the wire otherwise", heard(func(e *evidence.Event) { e.Problem = "not escaped" }), where + "a User event as documented; saw not escaped"},
	})
	tryRuns(t, "NTF-03", []run{
		{"is as documented", heard(), ""},
		{"is not valid", heard(payload("<loginId>1001</loginId>", "")), where + "the user in an event to be valid against its schema; saw Update/data/User/loginId: missing"},
		{"is in no state of this world", heard(payload(">READY<", ">AVAILABLE<")), where + `the user in an event to be valid against its schema; saw Update/data/User/state: "AVAILABLE" is not one of LOGOUT, NOT_READY, READY, RESERVED, RESERVED_OUTBOUND, RESERVED_OUTBOUND_PREVIEW, TALKING, HOLD, WORK, WORK_READY, UNKNOWN`},
		{"is on the way in", heard(payload(">READY<", ">LOGIN<")), ""},
		{"is on the way in, and has no id", heard(payload(">READY<", ">LOGIN<"), payload("<loginId>1001</loginId>", "")), where + `loginId "1001", as reads of the user have it; saw loginId "" in the event and "1001" in a GET`},
		{"is gone, whatever it was", heard(func(e *evidence.Event) { e.Event = "DELETE" }, payload("<teamId>5000<", "<teamId>5001<")), ""},
		{"is another, as its source says", heard(func(e *evidence.Event) { e.Source = "/finesse/api/User/1002" }, payload("<teamId>5000<", "<teamId>5001<")), ""},
		{"has no state", heard(payload("<state>READY</state>", "")), where + "the user in an event to be valid against its schema; saw Update/data/User/state: missing"},
		{"tells no time", []*scene{asked(202, spec.Ready, tells(user{state: spec.Ready, ext: "7"})).sees(time.Second, user{state: spec.Ready, ext: "1001"})}, ""},
		{"is not held against a read of somebody else", []*scene{elsewhere("GET", "/finesse/api/User/1002")}, ""},
		{"is not held against a body of which only the beginning was kept", []*scene{cutShort()}, ""},
		{"is not held against what another request is answered", []*scene{elsewhere("PUT", "/finesse/api/User/1001")}, ""},
		{"has no extension, after others", []*scene{asked(202, spec.Ready, tells(in(spec.NotReady)), tells(in(spec.NotReady)), tells(in(spec.NotReady)), tells(gone)).sees(time.Second, there)}, where + `extension "1001", as reads of the user have it; saw extension "" in the event and "1001" in a GET`},
		{"is of another team", heard(payload("<teamId>5000<", "<teamId>5001<")), where + `teamId "5000", as reads of the user have it; saw teamId "5001" in the event and "5000" in a GET`},
		{"has another role", heard(payload("<role>Agent</role>", "<role>Supervisor</role>")), where + `roles "Agent", as reads of the user have it; saw roles "Supervisor" in the event and "Agent" in a GET`},
		{"has the extension", []*scene{asked(202, spec.Ready, tells(there)).sees(time.Second, there)}, ""},
		{"has no extension", []*scene{asked(202, spec.Ready, tells(gone)).sees(time.Second, there)}, where + `extension "1001", as reads of the user have it; saw extension "" in the event and "1001" in a GET`},
		{"has none, of who is signed out and shows its last one", []*scene{asked(202, spec.Logout, tells(user{state: spec.Logout, changed: there.changed})).sees(time.Second, user{state: spec.Logout, ext: "1001", changed: there.changed})}, ""},
		{"has none, of another stay", []*scene{asked(202, spec.Ready, tells(gone)).sees(time.Second, user{state: spec.Ready, ext: "1001", changed: "2026-01-02T03:04:09.000Z"})}, ""},
		{"has another reason", []*scene{asked(202, spec.Ready, tells(user{state: spec.Ready, ext: "1001", reason: "5", changed: there.changed})).sees(time.Second, there)}, where + `reasonCodeId "", as reads of the user have it; saw reasonCodeId "5" in the event and "" in a GET`},
	})
	tryRuns(t, "NTF-05", []run{
		{"of an accepted request", []*scene{asked(202, spec.Ready, refuses("Invalid State", "22"))}, ""},
		{"of a refused one", []*scene{asked(400, spec.Ready, tells(in(spec.NotReady)))}, where + "no event of a request that was refused at once; saw one of /finesse/api/User/1001 with the requestId of a request that was answered with 400"},
		{"of a refused one, by nobody", []*scene{asked(400, spec.Ready, unasked(in(spec.NotReady)))}, ""},
	})
	for name, change := range map[string]func(*evidence.Exchange){
		"was answered by somebody on the way": func(x *evidence.Exchange) { x.Status, x.ResponseBody = 403, "<html>no</html>" },
		"of another kind":                     func(x *evidence.Exchange) { x.Method = "POST" },
		"for somebody else":                   func(x *evidence.Exchange) { x.Path = "/finesse/api/User/1002" },
		"that was not sent":                   func(x *evidence.Exchange) { x.Barred = true },
		"that did not reach it":               func(x *evidence.Exchange) { x.Away = true },
		"whose answer was not read":           func(x *evidence.Exchange) { x.Err = "unexpected EOF" },
		"with another id":                     func(x *evidence.Exchange) { x.RequestHeader = map[string]string{"requestId": "other"} },
	} {
		tryRuns(t, "NTF-05", []run{{"of a request " + name, odd(change), ""}})
	}
	again := odd(func(*evidence.Exchange) {})
	again[0].ev.Exchanges = append(again[0].ev.Exchanges, again[0].ev.Exchanges[len(again[0].ev.Exchanges)-1])
	tryRuns(t, "NTF-05", []run{{"of a request that was sent twice", again, ""}})
	tryRuns(t, "NTF-06", []run{
		{"whole", refused(nothing), ""},
		{"without data", refused(func(e *evidence.Event) { e.ErrorData = "" }), where + "the event of a refusal with its errorData; saw an error event without errorData"},
		{"of somebody else's request", refused(func(e *evidence.Event) { e.ErrorData, e.RequestID = "", "other" }), ""},
	})
	tryRuns(t, "NTF-07", []run{
		{"of the user", heard(func(e *evidence.Event) { e.Node = "" }), ""},
		{"of another", []*scene{asked(202, spec.Ready, with(tells(in(spec.Ready)), func(e *evidence.Event) {
			e.Node = "/finesse/api/Team/5000/Users"
			payload("<loginId>1001<", "<loginId>1002<")(e)
		}))}, where + `the user of the source /finesse/api/User/1001; saw loginId "1002"`},
	})
	tryRuns(t, "NTF-07", []run{
		{"of the team itself", team("/finesse/api/Team/5000/Users", "<loginId>1001</loginId>"), ""},
		{"of a user without an id", team("/finesse/api/User/1001", ""), ""},
		{"of a user whose id is escaped", team("/finesse/api/User/%31%30%30%32", "<loginId>1002</loginId>"), ""},
		{"of a user whose id only looks escaped", team("/finesse/api/User/50%", "<loginId>50%</loginId>"), ""},
	})
	tryRuns(t, "NTF-10", []run{
		{"of what came after it on another node", []*scene{asked(202, spec.Ready, with(tells(in(spec.Ready)), func(e *evidence.Event) { e.Node = "/finesse/api/Team/5000/Users" }), late)}, ""},
		{"of what came after what nobody asked for", []*scene{asked(202, spec.Ready, unasked(in(spec.Ready)), late)}, ""},
		{"of what came after something else", []*scene{asked(202, spec.Ready, tells(in(spec.NotReady)), late)}, ""},
		{"of the request, twice", []*scene{asked(202, spec.Ready, tells(at(spec.Ready, "06.000")), tells(at(spec.Ready, "06.500")))}, ""},
		{"of the request, and once more", []*scene{asked(202, spec.Ready, tells(at(spec.Ready, "06.000")), tells(at(spec.Ready, "09.000")))}, where + "no requestId of the request for READY, whose change had been told; saw it in the event of READY"},
		{"of the request", []*scene{asked(202, spec.Ready, tells(in(spec.Ready)), unasked(in(spec.Reserved)))}, ""},
		{"of what came after it", []*scene{asked(202, spec.Ready, tells(in(spec.Ready)), late)}, where + "no requestId of the request for READY, whose change had been told; saw it in the event of RESERVED"},
		{"of what comes of signing in", []*scene{asked(202, spec.Login, tells(in(spec.Login)), tells(in(spec.NotReady)))}, ""},
	})
	tryRuns(t, "NTF-14", []run{
		{"as documented", refused(nothing), ""},
		{"is no PUT", refused(func(e *evidence.Event) { e.Event = "DELETE" }), where + `the event of a refusal with event PUT; saw event "DELETE"`},
	})
}

// However many events are held against a read, its body, which may be long, is
// read once.
func TestLongReadsAreReadOnce(t *testing.T) {
	allocations := func(events int) float64 {
		there := in(spec.Ready)
		s := begin(in(spec.NotReady)).listening().puts(202, "")
		for range events {
			s.hears(time.Millisecond, with(tells(there), func(e *evidence.Event) { e.Node = "/finesse/api/User/1001" }))
		}
		for range 5 {
			s.sees(time.Second, there)
			x := &s.ev.Exchanges[len(s.ev.Exchanges)-1]
			x.ResponseBody = strings.Replace(x.ResponseBody, "</User>", strings.Repeat("<more>1</more>", 2000)+"</User>", 1)
		}
		return testing.AllocsPerRun(1, func() { contracttest.Judge().Invariants().Add(s.ev) })
	}
	if few, many := allocations(1), allocations(20); many > 2*few {
		t.Errorf("20 events cost %.0f allocations, one %.0f", many, few)
	}
}
