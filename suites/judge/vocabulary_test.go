package judge_test

import (
	"reflect"
	"testing"
	"time"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// word is a scene in which a word of an outcome decides: without it the
// verdict, or what is recorded with it, is another.
type word struct {
	of    *spec.Requirement
	step  int
	or    int // which of the outcomes
	take  func(*spec.Outcome)
	scene *scene
}

// Every word that judges changes a verdict. The table has to have each field
// of an outcome and of what it shows, and each event check: a new word without
// a meaning is noticed here.
func TestEveryWordChangesAVerdict(t *testing.T) {
	accepted := spec.Outcome{Kind: spec.Accepted, States: []spec.State{spec.Ready}}
	returning := accepted
	returning.MayReturn = spec.ReservedOutbound
	half := spec.Outcome{Kind: spec.Accepted, States: []spec.State{spec.NotReady}, HalfTimer: true}
	get := spec.When{Get: &spec.Get{What: spec.GetUser}}
	header := spec.Outcome{Kind: spec.Answer, Status: []int{401}, Header: "WWW-Authenticate"}
	shows := func(s spec.Show) *spec.Requirement {
		return one(spec.Must, get, spec.Outcome{Kind: spec.Answer, Status: []int{200}, Shows: []spec.Show{s}})
	}
	texts := func(list ...string) map[spec.Deployment][]string {
		return map[spec.Deployment][]string{spec.UCCE: list}
	}
	read := func(u user) *scene { return begin(u).reads(u.xml()) }
	goes := func(from, to spec.State) *scene {
		return begin(in(from)).puts(202, "").sees(0, in(to)).converged().stays(in(to))
	}
	refused := func(errorType, data string) *scene {
		return begin(in(spec.NotReady)).puts(400, apiError(errorType, data)).stays(in(spec.NotReady))
	}
	colleague := goes(spec.Logout, spec.NotReady).on(spec.UCCX).other("1002", spec.NotReady, spec.NotReady)
	colleague.ev.Cast["colleague"] = evidence.User{ID: "1002"}
	team := begin(in(spec.NotReady)).asks("GET", "/finesse/api/Team/5000", 200, "<Team><users/></Team>")
	passing := begin(in(spec.Ready)).dialog(202, "").sees(0, in(spec.NotReady)).sees(0, in(spec.Talking)).converged().stays(in(spec.Talking))

	const otherNode = "https://finesse2.example.com:8445/finesse/api/User/1001"
	elsewhere := goes(spec.NotReady, spec.Ready)
	elsewhere.step().OtherNode = &evidence.OtherNode{Exchange: 0}
	elsewhere.puts(202, "").sees(0, in(spec.NotReady)).converged().stays(in(spec.NotReady))
	elsewhere.step().OtherNode = &evidence.OtherNode{Shown: true}

	outcomes := map[string]word{
		"States":      {of: one(spec.Must, put(spec.Ready), accepted), take: func(o *spec.Outcome) { o.States = nil }, scene: goes(spec.NotReady, spec.Ready)},
		"Status":      {of: shows(spec.Show{At: "User/state", Is: texts("READY")}), take: func(o *spec.Outcome) { o.Status = nil }, scene: begin(in(spec.Ready)).asks("GET", "/", 203, in(spec.Ready).xml())},
		"Types":       {of: row(t, "ERR-03"), take: func(o *spec.Outcome) { o.Types = nil }, scene: refused("Generic Error", "state")},
		"Data":        {of: row(t, "ERR-01"), take: func(o *spec.Outcome) { o.Data = nil }, scene: refused("Parameter Missing", "extension")},
		"Schema":      {of: row(t, "USR-01"), take: func(o *spec.Outcome) { o.Schema = "" }, scene: begin(in(spec.Ready)).reads("<User><state>READY</state></User>")},
		"Shows":       {of: row(t, "SIG-02"), take: func(o *spec.Outcome) { o.Shows = nil }, scene: begin(in(spec.Ready)).puts(202, "").stays(in(spec.Ready))},
		"Header":      {of: one(spec.Must, get, header), take: func(o *spec.Outcome) { o.Header = "" }, scene: begin(in(spec.Ready)).asks("GET", "/", 401, "")},
		"Deployments": {of: row(t, "SIG-02"), or: 1, take: func(o *spec.Outcome) { o.Deployments = nil }, scene: goes(spec.Ready, spec.Logout)},
		"After": {of: row(t, "ERR-10-HOLD"), step: 1, or: 1, take: func(o *spec.Outcome) { o.After = "" },
			scene: begin(in(spec.Hold)).puts(400, apiError("Invalid State", "")).stays(in(spec.Hold)).waits().sees(0, in(spec.Logout)).converged().stays(in(spec.Logout))},
		"MayReturn": {of: one(spec.Must, put(spec.Ready), returning), take: func(o *spec.Outcome) { o.MayReturn = "" },
			scene: begin(in(spec.ReservedOutbound)).puts(202, "").sees(0, in(spec.Ready)).converged().stays(in(spec.ReservedOutbound))},
		"Passes": {of: row(t, "TRN-UCCE-34"), take: func(o *spec.Outcome) { o.Passes = "" }, scene: passing},
		"HalfTimer": {of: one(spec.Must, put(spec.NotReady), half), take: func(o *spec.Outcome) { o.HalfTimer = false },
			scene: begin(in(spec.Work)).timer(8*time.Second).puts(202, "").sees(5*time.Second, in(spec.NotReady)).converged().stays(in(spec.NotReady))},
		"Records":   {of: row(t, "SIG-13"), take: func(o *spec.Outcome) { o.Records = nil }, scene: goes(spec.Logout, spec.NotReady)},
		"Others":    {of: row(t, "SIG-12"), or: 1, take: func(o *spec.Outcome) { o.Others = nil }, scene: colleague},
		"Members":   {of: row(t, "USR-11"), take: func(o *spec.Outcome) { o.Members = false }, scene: team},
		"OtherNode": {of: row(t, "NOD-01"), take: func(o *spec.Outcome) { o.OtherNode = "" }, scene: elsewhere},
		"Same": {of: row(t, "NOD-07"), step: 1, take: func(o *spec.Outcome) { o.Same = false },
			scene: begin(in(spec.NotReady)).reads(in(spec.NotReady).xml()).asks("GET", otherNode, 200, in(spec.Ready).xml())},
		"Clock": {of: row(t, "NOD-06"), step: 1, take: func(o *spec.Outcome) { o.Clock = false },
			scene: begin(in(spec.NotReady)).asks("GET", "/finesse/api/SystemInfo", 200, "<SystemInfo/>").asks("GET", otherNode, 200, "<SystemInfo/>")},
		"Event": {of: row(t, "NTF-01"), take: func(o *spec.Outcome) { o.Event = "" }, scene: goes(spec.NotReady, spec.Ready).listening()},
	}
	show := func(take func(*spec.Show)) func(*spec.Outcome) {
		return func(o *spec.Outcome) { o.Shows = []spec.Show{o.Shows[0]}; take(&o.Shows[0]) }
	}
	shown := map[string]word{
		"At":       {of: shows(spec.Show{At: "User/state", Is: texts("READY")}), take: show(func(s *spec.Show) { s.At = "" }), scene: read(in(spec.Ready))},
		"Is":       {of: shows(spec.Show{At: "User/state", Is: texts("READY")}), take: show(func(s *spec.Show) { s.Is = nil }), scene: read(in(spec.Ready))},
		"OrAbsent": {of: row(t, "SIG-09"), take: show(func(s *spec.Show) { s.OrAbsent = false }), scene: read(in(spec.NotReady))},
		"OrSystem": {of: row(t, "SIG-09"), take: show(func(s *spec.Show) { s.OrSystem = false }), scene: read(user{state: spec.NotReady, reason: "50010"})},
		"EachIn":   {of: shows(spec.Show{At: "User/state", EachIn: []string{"READY"}}), take: show(func(s *spec.Show) { s.EachIn = nil }), scene: read(in(spec.Ready))},
	}
	complete(t, reflect.TypeFor[spec.Outcome](), outcomes, "Kind")
	complete(t, reflect.TypeFor[spec.Show](), shown)

	// Of an event check it is enough that something which it forbids, or an
	// event that is missing, is told from its absence.
	heard := func(events ...evidence.Event) *scene {
		s := begin(in(spec.NotReady)).listening().puts(202, "")
		for _, e := range events {
			s.hears(0, e)
		}
		return s.sees(0, in(spec.Ready)).converged().stays(in(spec.Ready))
	}
	refusal := func(change func(*evidence.Event)) *scene {
		return begin(in(spec.Logout)).listening().puts(202, "").hears(0, with(refuses("Invalid State", "257"), change)).stays(in(spec.Logout))
	}
	talking := begin(in(spec.Talking)).listening().puts(202, "").hears(0, tells(in(spec.Talking))).stays(in(spec.Talking))
	reserved := begin(in(spec.Ready)).listening().waits().hears(0, tells(in(spec.Reserved))).sees(0, in(spec.Reserved)).converged().stays(in(spec.Reserved))
	preview := begin(in(spec.ReservedOutboundPreview)).listening().puts(202, "").stays(in(spec.ReservedOutboundPreview)).fact("outage", "down")
	changed := tells(in(spec.Ready))
	checks := map[spec.EventCheck]struct {
		id    string
		scene *scene
	}{
		spec.EventState:      {"NTF-01", heard()},
		spec.EventShape:      {"NTF-02", heard(with(changed, func(e *evidence.Event) { e.Source = "/" }))},
		spec.EventAgrees:     {"NTF-03", begin(in(spec.Ready)).listening().puts(202, "").sees(0, in(spec.NotReady)).converged().stays(in(spec.NotReady))},
		spec.EventEcho:       {"NTF-04", heard(with(changed, func(e *evidence.Event) { e.RequestID = "" }))},
		spec.EventNone:       {"NTF-05", begin(in(spec.NotReady)).listening().puts(400, apiError("Parameter Missing", "state")).hears(0, refuses("Parameter Missing", "state")).stays(in(spec.NotReady))},
		spec.EventError:      {"NTF-06", refusal(func(e *evidence.Event) { e.ErrorMessage = "" })},
		spec.EventTeam:       {"NTF-07", heard(changed)},
		spec.EventNoChange:   {"NTF-08", preview},
		spec.EventPending:    {"NTF-09", talking},
		spec.EventUnasked:    {"NTF-10", reserved},
		spec.EventErrorShape: {"NTF-14", refusal(func(e *evidence.Event) { e.Event = "POST" })},
		spec.EventErrorEcho:  {"NTF-11", refusal(func(e *evidence.Event) { e.RequestID = "" })},
	}
	for _, check := range spec.EventChecks() {
		c, known := checks[check]
		if !known {
			t.Errorf("no scene for the event check %s", check)
			continue
		}
		differs(t, "event: "+string(check), word{of: row(t, c.id), take: func(o *spec.Outcome) { o.Event = "" }, scene: c.scene})
	}
}

// complete tries the words, which have to be the fields of a type.
func complete(t *testing.T, of reflect.Type, words map[string]word, but ...string) {
	t.Helper()
	for i := range of.NumField() {
		name := of.Field(i).Name
		w, known := words[name]
		switch {
		case known:
			differs(t, of.Name()+"."+name, w)
		case len(but) == 0 || but[0] != name:
			t.Errorf("no scene for %s.%s", of.Name(), name)
		}
	}
}

// differs demands another verdict without the word.
func differs(t *testing.T, name string, w word) {
	t.Helper()
	without := *w.of
	without.Steps = append([]spec.Step(nil), w.of.Steps...)
	then := append(spec.Then(nil), without.Steps[w.step].Then...)
	w.take(&then[w.or])
	without.Steps[w.step].Then = then
	a, b := w.scene.verdict(w.of), w.scene.verdict(&without)
	if a.Outcome == b.Outcome && a.Seen == b.Seen && a.Observed.Note == b.Observed.Note {
		t.Errorf("%s changes nothing: %s, %s, noted %q", name, a.Outcome, a.Reason, a.Observed.Note)
	}
}
