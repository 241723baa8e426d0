package reports_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"finesse-conformance/internal/reporttest"
	"finesse-conformance/reports"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// The sample is written as it stands in a file, so that a change of the
// format is seen in review.
func TestResultFile(t *testing.T) {
	got := reporttest.Rendered(t, func(b *bytes.Buffer) error { return reports.Write(b, reporttest.Sample()) })
	reporttest.Golden(t, "results.json", got)
	if bytes.Contains(got, []byte("secret")) {
		t.Error("the password of the target's URL stands in the result")
	}
}

func TestEveryRequirementHasARowInOrder(t *testing.T) {
	for _, tc := range []struct {
		name     string
		run      func(*reports.Run)
		verdicts []evidence.Verdict
	}{
		{"whole run", func(*reports.Run) {}, reporttest.SampleVerdicts()},
		{"stopped", func(r *reports.Run) { r.Stopped = "connection refused"; r.Target.Deployment = "" }, nil},
		{"interrupted", func(r *reports.Run) { r.Signal = 130 }, reporttest.SampleVerdicts()[:3]},
		{"lost verdicts", func(*reports.Run) {}, reporttest.SampleVerdicts()[:3]},
	} {
		t.Run(tc.name, func(t *testing.T) {
			run := reporttest.SampleRun()
			tc.run(&run)
			r := reports.Build(reporttest.Small(), run, tc.verdicts)
			var want, got []string
			for _, req := range reporttest.Small().List {
				want = append(want, req.ID)
			}
			for _, row := range r.Requirements {
				got = append(got, row.ID)
				if row.Outcome == evidence.NotExercised && (row.Reason == "" || row.Gap == nil) {
					t.Errorf("%s was not exercised and does not say why", row.ID)
				}
			}
			if !slices.Equal(want, got) {
				t.Errorf("rows are %v, want %v", got, want)
			}
			s := r.Summary
			if n := s.Applicable() + s.NotApplicable; n != len(want) {
				t.Errorf("the summary counts %d rows of %d", n, len(want))
			}
		})
	}
}

func TestRows(t *testing.T) {
	r := reporttest.Sample()
	for _, tc := range []struct {
		id      string
		outcome evidence.Outcome
		reason  string
	}{
		{"SIG-01", evidence.Passed, ""},
		{"TRN-UCCE-11", evidence.Failed, "expected NOT_READY within 10s; saw WORK"},
		{"ERR-04", evidence.Info, "expected 400; saw 202"},
		{"TRN-UCCE-34", evidence.NotApplicable, "≥ 12.5(1)"},
		{"TRN-UCCX-06", evidence.NotApplicable, "UCCX only"},
		{"TRN-UCCE-01", evidence.NotExercised, "no run can cause"},
	} {
		row := r.Row(tc.id)
		if row.Outcome != tc.outcome || !strings.Contains(row.Reason, tc.reason) {
			t.Errorf("%s is %s (%s), want %s (%s)", tc.id, row.Outcome, row.Reason, tc.outcome, tc.reason)
		}
	}
	if x := r.Row("TRN-UCCE-11").Exchange; x == nil || x.RequestBody == "" {
		t.Error("a failed row has no exchange in full")
	}
	if x := r.Row("SIG-01").Exchange; x == nil || x.RequestBody != "" || x.Method != "PUT" {
		t.Error("a passed row must point to its exchange, without bodies")
	}
}

func TestUnjudged(t *testing.T) {
	for _, tc := range []struct {
		name   string
		run    func(*reports.Run)
		reason string
		kind   evidence.GapKind
		code   int
	}{
		{"stopped", func(r *reports.Run) { r.Stopped = "TLS refused" }, "the run ended before it: TLS refused", evidence.GapEnded, 3},
		{"interrupted", func(r *reports.Run) { r.Signal = 143 }, "the run ended before it: it was interrupted", evidence.GapEnded, 143},
		{"crashed", func(r *reports.Run) { r.HarnessFaults = []reports.HarnessFault{{Message: "process 2 died"}} }, "the run ended before it: process 2 died", evidence.GapHarness, 6},
		{"lost", func(*reports.Run) {}, "nobody knows why", evidence.GapHarness, 6},
		{"another shard", func(r *reports.Run) {
			r.Gaps = map[string]reports.Gap{"SIG-02": reports.NewGap(evidence.Gap{Kind: evidence.GapShard})}
		}, "another shard", evidence.GapShard, 4},
	} {
		t.Run(tc.name, func(t *testing.T) {
			run := reporttest.SampleRun()
			tc.run(&run)
			c := reporttest.Small().Without("SIG-01")
			c.List = c.List[:1]
			r := reports.Build(c, run, nil)
			row := r.Row("SIG-02")
			if !strings.Contains(row.Reason, tc.reason) || row.Gap.Kind != tc.kind || r.Exit.Code != tc.code {
				t.Errorf("got %q, %s, exit %d", row.Reason, row.Gap.Kind, r.Exit.Code)
			}
		})
	}
}

func TestWorstOfSeveralVerdictsCounts(t *testing.T) {
	r := reports.Build(reporttest.Small(), reporttest.SampleRun(), append([]evidence.Verdict{
		reporttest.Verdict("USR-02", evidence.Failed, reporttest.Because("a state nobody knows"))}, reporttest.SampleVerdicts()...))
	if o := r.Row("USR-02").Outcome; o != evidence.Failed {
		t.Errorf("USR-02 is %s", o)
	}
	r = reports.Build(reporttest.Small(), reporttest.SampleRun(), append(reporttest.SampleVerdicts(), reporttest.Verdict("XXX-01", evidence.Passed)))
	if r.Exit.Code != reports.ExitHarness {
		t.Errorf("a verdict on an unknown requirement ends with %d", r.Exit.Code)
	}
}

func TestHarnessFaultIsNeitherPassedNorFailed(t *testing.T) {
	run := reporttest.SampleRun()
	run.HarnessFaults = []reports.HarnessFault{{Requirement: "SIG-01", Message: "panic: nil map"}}
	row := reports.Build(reporttest.Small(), run, reporttest.SampleVerdicts()).Row("SIG-01")
	if row.Outcome != evidence.NotExercised || row.HarnessFault == "" {
		t.Errorf("got %s, %q", row.Outcome, row.HarnessFault)
	}
}

func TestTransitions(t *testing.T) {
	tr := reporttest.Sample().Transitions
	use := map[string]reports.EdgeUse{}
	for _, u := range tr.Documented {
		use[u.Requirement] = u
	}
	if got := use["TRN-UCCE-03"].TakenBy; !slices.Equal(got, []string{"TRN-UCCE-03", "SIG-01"}) {
		t.Errorf("LOGIN to NOT_READY was taken by %v", got)
	}
	if u := use["TRN-UCCE-08"]; len(u.TakenBy) > 0 || u.NotTaken != "needs stimulus route_call" {
		t.Errorf("READY to RESERVED: %+v", u)
	}
	if _, there := use["TRN-UCCX-06"]; there {
		t.Error("the table of the other deployment is in the coverage")
	}
	var seen []string
	for _, u := range tr.Undocumented {
		seen = append(seen, u.From+">"+u.To+" by "+strings.Join(u.Requirements, " "))
	}
	if want := []string{"READY>WORK by TRN-UCCE-11", "WORK>NOT_READY by TRN-UCCE-11"}; !slices.Equal(seen, want) {
		t.Errorf("undocumented: %q", seen)
	}
}

// Events of what was before the step arrive when they do.
func TestEventOrder(t *testing.T) {
	event := func(ms int, state, changed string) evidence.Event {
		return evidence.Event{Received: reporttest.Noon.Add(time.Duration(ms) * time.Millisecond), Session: "1001", Node: "/finesse/api/User/1001", Event: "put",
			Payload: "<Update><data><user><state>" + state + "</state><stateChangeTime>" + changed + "</stateChangeTime></user></data></Update>"}
	}
	const before, then, after = "2026-03-02T11:59:58.000Z", "2026-03-02T11:59:59.000Z", "2026-03-02T12:00:00.001Z"
	for _, tc := range []struct {
		name   string
		events []evidence.Event
		want   string
	}{
		{"late ones", []evidence.Event{event(1, "NOT_READY", before), event(2, "READY", then), event(3, "NOT_READY", after)}, "PUT NOT_READY"},
		{"in time", []evidence.Event{event(-2, "READY", then), event(3, "NOT_READY", after)}, "PUT NOT_READY"},
		{"the same state again", []evidence.Event{event(3, "READY", after)}, "PUT READY"},
		{"late, without times", []evidence.Event{event(1, "READY", ""), event(3, "NOT_READY", "")}, "PUT NOT_READY"},
		{"back again, without times", []evidence.Event{event(1, "WORK", ""), event(3, "READY", "")}, "PUT WORK,PUT READY"},
		{"after the watch", []evidence.Event{event(60000, "WORK", after)}, ""},
		{"error", []evidence.Event{{Received: reporttest.Noon.Add(1), Session: "1001", Node: "/finesse/api/User/1001", ErrorType: "Invalid State"}}, "error Invalid State"},
		{"another session", []evidence.Event{{Received: reporttest.Noon.Add(1), Session: "1002", Node: "/finesse/api/User/1001", Event: "PUT"}}, ""},
		{"another node", []evidence.Event{{Received: reporttest.Noon.Add(1), Session: "1001", Node: "/finesse/api/Team/1/Users", Event: "PUT"}}, ""},
	} {
		e := reporttest.Trace("X", spec.Ready, spec.NotReady)
		e.Steps[0].Baseline = evidence.Observation{State: spec.Ready, ChangeTime: then}
		e.Events = tc.events
		if got := strings.Join(reports.EventOrder(e), ","); got != tc.want {
			t.Errorf("%s: got %s, want %s", tc.name, got, tc.want)
		}
	}
}

func TestObserve(t *testing.T) {
	shapes := map[string]reports.Element{}
	for _, o := range reports.Observe([]*evidence.Evidence{reporttest.Trace("X", spec.Ready, "DANCING")}) {
		for _, e := range o.Elements {
			shapes[o.Document+" "+e.Path] = e
		}
	}
	for _, tc := range []struct{ at, form string }{
		{"User stateChangeTime", "time with milliseconds"}, {"User reasonCodeId", "none"},
		{"User in READY dialogs", "path"}, {"User roles/role", "text"}, {"User extension", "integer"},
	} {
		if shapes[tc.at].Forms[tc.form] == 0 {
			t.Errorf("%s has the forms %v, not %s", tc.at, shapes[tc.at].Forms, tc.form)
		}
	}
	if v := shapes["User state"].Values; len(v) != 1 || v["DANCING"] != 1 {
		t.Errorf("values of state are %v: only the undocumented ones are kept", v)
	}
}

// The schema describes all that is written, and nothing that is written is
// missing in it.
func TestSchema(t *testing.T) {
	open, closed := compileSchema(t, false), compileSchema(t, true)
	full := reporttest.Sample()
	full.Shard = &reports.Shard{1, 2}
	full.Waivers = []reports.WaiverUse{{Requirement: "X", Used: []string{}, Stale: "expired"}}
	waived := reporttest.Sample()
	waived.ApplyWaivers([]reports.Waiver{reporttest.Waiver("TRN-UCCE-11", "*WORK"), reporttest.Waiver("SIG-01", "x")}, reporttest.Noon)
	run := reporttest.SampleRun()
	run.Signal, run.Stopped, run.Unrestored = 130, "no", []reports.Unrestored{{User: "1001"}}
	run.HarnessFaults = []reports.HarnessFault{{Message: "x"}}
	for name, r := range map[string]*reports.Result{
		"sample": full, "waived": waived, "empty": reports.Build(reporttest.Small(), reports.Run{}, nil), "ended": reports.Build(reporttest.Small(), run, nil),
	} {
		value := reporttest.Decode(t, reporttest.Rendered(t, func(b *bytes.Buffer) error { return reports.Write(b, r) }))
		if err := closed.Validate(value); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, spoil := range map[string]func(map[string]any){
		"other schema":    func(m map[string]any) { m["schema"] = "finesse-conformance/results/v2" },
		"unknown verdict": func(m map[string]any) { m["verdict"] = "fine" },
		"no summary":      func(m map[string]any) { delete(m, "summary") },
		"no requirement":  func(m map[string]any) { m["requirements"] = []any{} },
		"unknown outcome": func(m map[string]any) { m["requirements"].([]any)[0].(map[string]any)["outcome"] = "green" },
		"time without a zone": func(m map[string]any) {
			m["started"] = "2026-03-02 12:00:00"
		},
	} {
		value := reporttest.Decode(t, reporttest.Rendered(t, func(b *bytes.Buffer) error { return reports.Write(b, reporttest.Sample()) })).(map[string]any)
		spoil(value)
		if open.Validate(value) == nil {
			t.Errorf("%s passes the schema", name)
		}
	}
}

// compileSchema compiles the schema; closed allows no member that the schema
// does not name.
func compileSchema(t *testing.T, closed bool) *jsonschema.Schema {
	t.Helper()
	var doc any
	if err := json.Unmarshal(reports.Schema, &doc); err != nil {
		t.Fatal(err)
	}
	if closed {
		closeObjects(doc)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("results.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("results.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closeObjects(node any) {
	switch n := node.(type) {
	case map[string]any:
		if _, object := n["properties"].(map[string]any); object && n["type"] == "object" {
			n["additionalProperties"] = false
		}
		for _, child := range n {
			closeObjects(child)
		}
	case []any:
		for _, child := range n {
			closeObjects(child)
		}
	}
}

// What no run can cause is told as that, also where it was not selected: to
// select it would change nothing.
func TestNeverIsTheReason(t *testing.T) {
	verdicts := reporttest.SampleVerdicts()
	for i := range verdicts {
		if verdicts[i].Requirement == "TRN-UCCE-01" {
			verdicts[i].Reason = "not selected: --only SIG-*"
		}
	}
	row := reports.Build(reporttest.Small(), reporttest.SampleRun(), verdicts).Row("TRN-UCCE-01")
	if row.Gap.Kind != evidence.GapNever || row.Reason != "no run can cause UNKNOWN" {
		t.Errorf("%s: %s", row.Gap.Kind, row.Reason)
	}
}
