package judge_test

import (
	"strings"
	"testing"
	"time"

	"finesse-conformance/internal/contracttest"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// standing gives the verdict of a row with a standing check after a run in
// which these scenes were played.
func standing(t *testing.T, id string, scenes ...*scene) evidence.Verdict {
	t.Helper()
	checks := contracttest.Judge().Invariants()
	for _, s := range scenes {
		checks.Add(s.ev)
	}
	req := row(t, id)
	return checks.Apply(req, evidence.Verdict{Requirement: id, Outcome: passed, Step: 0, Exchange: 1, Event: -1})
}

type run struct {
	name   string
	scenes []*scene
	reason string // "" for a pass
}

func tryRuns(t *testing.T, id string, runs []run) {
	t.Helper()
	for _, r := range runs {
		t.Run(r.name, func(t *testing.T) {
			t.Helper()
			v := standing(t, id, r.scenes...)
			want := evidence.Failed
			if r.reason == "" {
				want = passed
			}
			if v.Outcome != want || v.Reason != r.reason {
				t.Errorf("got %s: %s\nwant %s: %s", v.Outcome, v.Reason, want, r.reason)
			}
		})
	}
}

// broken is a GET, on the way to something else, of a body that is not right.
func broken(purpose evidence.Purpose, body string) *scene {
	s := begin(in(spec.Ready)).sees(time.Second, in(spec.Ready))
	s.ev.Exchanges[1].Purpose, s.ev.Exchanges[1].ResponseBody = purpose, body
	return s
}

func TestEveryUserIsValid(t *testing.T) {
	invalid := strings.Replace(in(spec.Ready).xml(), "<teamName>T</teamName>", "", 1)
	const said = "in a GET of %: expected a User body valid against its schema; saw User/teamName: missing"
	reason := func(id string) string { return strings.Replace(said, "%", id, 1) }
	of := func(id string, s *scene) *scene { return s.of(row(t, id)) }
	passing := broken(evidence.ForWatch, strings.Replace(in(spec.Ready).xml(), ">READY<", ">LOGIN<", 1))
	html := broken(evidence.ForLook, "<html/>")
	status := broken(evidence.ForLook, "<html/>")
	status.ev.Exchanges[1].Status = 503
	dialogs := broken(evidence.ForLook, "<Dialogs/>")
	dialogs.ev.Exchanges[1].Path = "/finesse/api/User/1001/Dialogs"
	page := func(method string, status int, media string) *scene {
		s := broken(evidence.ForLook, "<Dialogs/>")
		x := &s.ev.Exchanges[1]
		x.Path, x.Method, x.Status = "/finesse/api/User/1001/Dialogs", method, status
		x.ResponseHeader = map[string]string{"Content-Type": media}
		return s
	}
	tryRuns(t, "USR-01", []run{
		{"all valid", []*scene{begin(in(spec.Ready)), ready(202, time.Second)}, ""},
		{"nothing seen", nil, ""},
		{"one invalid", []*scene{begin(in(spec.Ready)), of("ERR-01", broken(evidence.ForWatch, invalid))}, reason("ERR-01")},
		{"the first of two is named", []*scene{of("ERR-01", broken(evidence.ForPath, invalid)), of("ERR-02", broken(evidence.ForPath, invalid))}, reason("ERR-01")},
		{"when putting back", []*scene{of("ERR-01", broken(evidence.ForReturn, invalid))}, reason("ERR-01")},
		{"in the request of another row", []*scene{of("USR-04", broken(evidence.ForAct, invalid))}, reason("USR-04")},
		{"in a row that is only recorded", []*scene{of("USR-09", broken(evidence.ForAct, invalid))}, ""},
		{"no User at all", []*scene{of("ERR-01", html)}, "in a GET of ERR-01: expected a User body valid against its schema; saw html: the root element is html, expected User"},
		{"a passing LOGIN", []*scene{passing}, ""},
		{"an error is no User", []*scene{status}, ""},
		{"Dialogs are no User", []*scene{dialogs}, ""},
		{"Dialogs that are said to be a page", []*scene{page("GET", 200, "text/html")}, "in a GET of TST-01: expected a read of /finesse/api/User/1001/Dialogs that is said to be XML; saw Content-Type is \"text/html\", expected application/xml"},
		{"another answer", []*scene{page("GET", 202, "text/html")}, ""},
		{"to no read", []*scene{page("PUT", 200, "text/html")}, ""},
	})
}

func TestEveryStateIsDocumented(t *testing.T) {
	login := func(after time.Duration) *scene {
		s := begin(in(spec.Logout)).puts(202, "")
		s.ev.Exchanges[1].RequestBody = "<User><state>LOGIN</state></User>"
		return s.sees(after, in(spec.Login)).sees(0, in(spec.NotReady))
	}
	const said = "in a GET of TST-01: expected one of the documented states; saw "
	event := begin(in(spec.Ready)).hears(0, tells(in("AWAY")))
	tryRuns(t, "USR-02", []run{
		{"documented", []*scene{begin(in(spec.Ready)).sees(0, in(spec.Unknown))}, ""},
		{"another", []*scene{begin(in(spec.Ready)).sees(0, in("AWAY"))}, said + `"AWAY"`},
		{"in lower case", []*scene{begin(in(spec.Ready)).sees(0, in("ready"))}, said + `"ready"`},
		{"none", []*scene{begin(in(spec.Ready)).sees(0, in(""))}, said + `""`},
		{"LOGIN while signing in", []*scene{login(time.Second)}, ""},
		{"LOGIN at the end of the settle time", []*scene{login(settle)}, ""},
		{"LOGIN beyond the settle time", []*scene{login(settle + time.Second)}, said + `"LOGIN"`},
		{"LOGIN of nobody's asking", []*scene{begin(in(spec.Logout)).puts(202, "").sees(0, in(spec.Login))}, said + `"LOGIN"`},
		{"LOGIN of somebody else's", []*scene{begin(in(spec.Logout)).sees(time.Second, in(spec.Logout)).sees(time.Second, in(spec.Login)).sees(0, in(spec.NotReady))}, ""},
		{"LOGIN of somebody else's for the settle time", []*scene{begin(in(spec.Logout)).sees(time.Second, in(spec.Login)).sees(settle-look, in(spec.Login))}, ""},
		{"LOGIN of somebody else's that stays", []*scene{begin(in(spec.Logout)).sees(time.Second, in(spec.Login)).sees(settle+time.Second, in(spec.Login))}, said + `"LOGIN"`},
		{"LOGIN of somebody else's when first seen", []*scene{begin(in(spec.Login)).sees(time.Second, in(spec.NotReady))}, ""},
		{"LOGIN that stays since first seen", []*scene{begin(in(spec.Login)).sees(settle+time.Second, in(spec.Login))}, said + `"LOGIN"`},
		{"LOGIN after READY", []*scene{begin(in(spec.Ready)).sees(time.Second, in(spec.Login))}, said + `"LOGIN"`},
		{"an event is no GET", []*scene{event}, ""},
		{"HOLD on UCCE", []*scene{begin(in(spec.Hold))}, ""},
		{"HOLD on UCCX", []*scene{begin(in(spec.Hold)).on(spec.UCCX)}, said + `"HOLD"`},
		{"WORK_READY on UCCX", []*scene{begin(in(spec.WorkReady)).on(spec.UCCX)}, said + `"WORK_READY"`},
		{"WORK on UCCX", []*scene{begin(in(spec.Work)).on(spec.UCCX)}, ""},
	})
}

func TestStateChangeTimes(t *testing.T) {
	at := func(s spec.State, changed string) user { return user{state: s, changed: changed} }
	const (
		first, second = "2026-01-02T03:04:05.100Z", "2026-01-02T03:04:06.200Z"
		form          = "in a GET of TST-01: expected a time such as 2023-01-13T11:14:47.981Z, or nothing before the first change; saw "
		later         = "in a GET of TST-01: expected a later time after the change from NOT_READY to READY; saw "
		whole         = "2026-01-02T03:04:05.000Z"
		frozen        = "2020-01-01T00:00:00.000Z"
		other         = "2020-01-01T00:00:00.699Z"
	)
	attempt := func(n int, s *scene) *scene { s.ev.Attempt = n; return s }
	// stays is a user seen twice in NOT_READY, a second apart.
	stays := func(a string) *scene { return begin(at(spec.NotReady, a)).sees(time.Second, at(spec.NotReady, a)) }
	moved := func(a, b string) []*scene { return []*scene{stays(a).sees(2*time.Second, at(spec.Ready, b))} }
	quick := func(changed string) *scene {
		return begin(at(spec.NotReady, changed)).sees(100*time.Millisecond, at(spec.Ready, changed))
	}
	tryRuns(t, "USR-03", []run{
		{"forward", moved(first, second), ""},
		{"from nothing", moved("", second), ""},
		{"nothing at all before a change", []*scene{begin(at(spec.NotReady, "")).sees(0, at(spec.NotReady, ""))}, ""},
		{"frozen", moved(first, first), later + first + " both before and after"},
		{"two changes in a millisecond", []*scene{begin(at(spec.NotReady, first)).sees(3*time.Millisecond, at(spec.Ready, first))}, ""},
		{"two changes in a slow look", []*scene{quick(first), quick(second)}, ""},
		{"three times so", []*scene{quick(first), quick(second), quick("2026-01-02T03:04:07.300Z")}, later + "2026-01-02T03:04:07.300Z both before and after"},
		{"three times so, and once not", []*scene{quick(first), begin(at(spec.NotReady, first)).sees(time.Second, at(spec.Ready, second)), quick(second), quick("2026-01-02T03:04:07.300Z")}, ""},
		{"two changes in a slow look, after a stay", []*scene{begin(at(spec.NotReady, first)).sees(20*time.Millisecond, at(spec.NotReady, first)).sees(20*time.Millisecond, at(spec.Ready, first))}, later + first + " both before and after"},
		{"two changes in a slow look, asked for late", []*scene{begin(at(spec.NotReady, first)).after(20*time.Millisecond).puts(202, "").sees(20*time.Millisecond, at(spec.Ready, first))}, ""},
		{"frozen in three attempts, with a move each", []*scene{
			attempt(1, quick(frozen)), attempt(2, begin(at(spec.Ready, frozen)).sees(100*time.Millisecond, at(spec.Talking, frozen))), attempt(3, begin(at(spec.Work, frozen)).sees(100*time.Millisecond, at(spec.Ready, frozen))),
		}, "in a GET of TST-01: expected a later time after the change from WORK to READY; saw " + frozen + " both before and after"},
		{"frozen in three attempts, by the clocks of two nodes", []*scene{
			attempt(1, begin(at(spec.Logout, "")).sees(0, at(spec.NotReady, frozen)).sees(time.Second, at(spec.NotReady, other)).sees(time.Second, at(spec.Ready, other))),
			attempt(2, begin(at(spec.NotReady, frozen)).sees(time.Second, at(spec.NotReady, other)).sees(time.Second, at(spec.Ready, other))),
			attempt(3, begin(at(spec.Ready, frozen)).sees(time.Second, at(spec.Ready, other)).sees(time.Second, at(spec.NotReady, other))),
		}, "in a GET of TST-01: expected a later time after the change from READY to NOT_READY; saw " + other + " both before and after"},
		{"frozen in one of them", []*scene{attempt(1, quick(frozen)), attempt(1, begin(at(spec.Ready, frozen)).sees(100*time.Millisecond, at(spec.Talking, frozen))), attempt(2, moved(first, second)[0]), attempt(3, quick(second))}, ""},
		{"frozen within a second", []*scene{stays(first).sees(500*time.Millisecond, at(spec.Ready, first))}, later + first + " both before and after"},
		{"backward", moved("2026-01-02T03:04:07.101Z", first), later + "2026-01-02T03:04:07.101Z, then " + first},
		{"backward by as much as two nodes may be apart", moved("2026-01-02T03:04:07.100Z", first), ""},
		{"a look that lags, by another clock", []*scene{begin(at(spec.Ready, "2026-01-02T03:04:07.200Z")).sees(time.Second, at(spec.NotReady, first)).sees(time.Second, at(spec.Ready, "2026-01-02T03:04:07.200Z"))}, ""},
		{"an earlier stay, late and by another clock", []*scene{begin(at(spec.NotReady, "2026-01-02T03:04:05.900Z")).sees(time.Second, at(spec.Ready, "2026-01-02T03:04:06.900Z")).
			sees(time.Second, at(spec.NotReady, "2026-01-02T03:04:04.400Z")).sees(time.Second, at(spec.NotReady, "2026-01-02T03:04:08.900Z"))}, ""},
		{"that by as much as two nodes may be apart", []*scene{begin(at(spec.NotReady, "2026-01-02T03:04:05.900Z")).sees(time.Second, at(spec.Ready, "2026-01-02T03:04:06.900Z")).
			sees(time.Second, at(spec.NotReady, "2026-01-02T03:04:03.900Z")).sees(time.Second, at(spec.NotReady, "2026-01-02T03:04:08.900Z"))}, ""},
		{"that, and an event of it", []*scene{begin(at(spec.NotReady, "2026-01-02T03:04:05.900Z")).sees(time.Second, at(spec.Ready, "2026-01-02T03:04:06.900Z")).
			sees(time.Second, at(spec.NotReady, "2026-01-02T03:04:04.400Z")).hears(0, unasked(at(spec.NotReady, "2026-01-02T03:04:04.400Z"))).sees(time.Second, at(spec.NotReady, "2026-01-02T03:04:08.900Z"))}, ""},
		{"the clocks of two nodes as far apart as they may be", []*scene{begin(at(spec.NotReady, first)).sees(time.Second, at(spec.NotReady, "2026-01-02T03:04:07.100Z")).sees(time.Second, at(spec.Ready, "2026-01-02T03:04:07.100Z"))}, ""},
		{"the same, where somebody else is shown by the clocks of two nodes", []*scene{begin(at(spec.NotReady, first)).looksAt("1002", at(spec.NotReady, first)).sees(time.Second, at(spec.Ready, first)).looksAt("1002", at(spec.NotReady, second))}, ""},
		{"the same, where somebody else moved", []*scene{stays(first).looksAt("1002", at(spec.NotReady, first)).sees(time.Second, at(spec.Ready, first)).looksAt("1002", at(spec.Ready, second))}, later + first + " both before and after"},
		{"the same by the clocks of two nodes", []*scene{begin(at(spec.NotReady, first)).sees(time.Second, at(spec.NotReady, second)).sees(time.Second, at(spec.Ready, second))}, ""},
		{"the same, and then by another clock", []*scene{begin(at(spec.NotReady, first)).sees(time.Second, at(spec.Ready, first)).sees(time.Second, at(spec.Ready, second))}, ""},
		{"the same, and by another clock in another stay", []*scene{stays(first).sees(time.Second, at(spec.Ready, first)).sees(time.Second, at(spec.NotReady, second))},
			later + first + " both before and after"},
		{"backward, with no clock at all", moved("soon", first), form + `"soon"`},
		{"lost", moved(first, ""), "in a GET of TST-01: expected a time after the change from NOT_READY to READY; saw none"},
		{"seconds alone, within one", []*scene{begin(at(spec.NotReady, whole)).sees(500*time.Millisecond, at(spec.Ready, whole))}, ""},
		{"seconds alone, after a little more than one", []*scene{begin(at(spec.NotReady, whole)).after(20*time.Millisecond).puts(202, "").sees(1100*time.Millisecond-look, at(spec.Ready, whole))}, ""},
		{"seconds alone, seen since a little more than one", []*scene{begin(at(spec.NotReady, whole)).sees(1100*time.Millisecond-look, at(spec.NotReady, whole)).sees(100*time.Millisecond, at(spec.Ready, whole))}, later + whole + " both before and after"},
		{"seconds alone, after two", moved(whole, whole), later + whole + " both before and after"},
		{"seconds alone, since long before", []*scene{begin(at(spec.NotReady, whole)).sees(2*time.Second, at(spec.NotReady, whole)).sees(100*time.Millisecond, at(spec.Ready, whole))},
			later + whole + " both before and after"},
		{"another zone", []*scene{begin(at(spec.Ready, "2026-01-02T03:04:05.100+01:00"))}, form + `"2026-01-02T03:04:05.100+01:00"`},
		{"no milliseconds", []*scene{begin(at(spec.Ready, "2026-01-02T03:04:05Z"))}, form + `"2026-01-02T03:04:05Z"`},
		{"no date", []*scene{begin(at(spec.Ready, "2026-02-30T03:04:05.100Z"))}, form + `"2026-02-30T03:04:05.100Z"`},
		{"seconds since 1970", []*scene{begin(at(spec.Ready, "1767323045"))}, form + `"1767323045"`},
		{"a node that lags", []*scene{begin(at(spec.NotReady, first)).sees(0, at(spec.Ready, second)).sees(0, at(spec.NotReady, first)).sees(0, at(spec.Ready, second))}, ""},
		{"there and back with the old time", []*scene{begin(at(spec.NotReady, first)).sees(0, at(spec.Ready, second)).sees(0, at(spec.NotReady, "2026-01-02T03:04:04.000Z"))},
			"in a GET of TST-01: expected a later time after the change from READY to NOT_READY; saw " + second + ", then 2026-01-02T03:04:04.000Z"},
	})
}

// What was not exercised does not pass by a standing check, and what failed
// keeps its own reason.
func TestStandingApplies(t *testing.T) {
	checks := contracttest.Judge().Invariants()
	bad := begin(in("AWAY"))
	checks.Add(bad.ev)
	for _, test := range []struct {
		id            string
		was, want     evidence.Outcome
		keepsItsWords bool
	}{
		{"USR-02", passed, failed, false},
		{"USR-02", open, failed, false},
		{"USR-02", failed, failed, true},
		{"USR-02", evidence.NotApplicable, evidence.NotApplicable, true},
		{"USR-03", passed, failed, true},
		{"USR-05", passed, passed, true},
	} {
		if test.id == "USR-03" {
			test.want = passed
		}
		v := checks.Apply(row(t, test.id), evidence.Verdict{Requirement: test.id, Outcome: test.was, Reason: "own"})
		if v.Outcome != test.want || (v.Reason == "own") != test.keepsItsWords {
			t.Errorf("%s, %s: %s, %q", test.id, test.was, v.Outcome, v.Reason)
		}
	}
	silent := contracttest.Judge().Invariants().Apply(row(t, "USR-02"), evidence.Verdict{Outcome: open, Reason: "own"})
	if silent.Outcome != open {
		t.Errorf("not exercised became %s", silent.Outcome)
	}
}
