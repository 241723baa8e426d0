package suites_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"

	"finesse-conformance/fixtures"
	"finesse-conformance/internal/contracttest"
	"finesse-conformance/spec"
	"finesse-conformance/suites"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/scenario"
)

// A pattern that picks nothing is a typo, not a quiet success.
func TestSelectionIsChecked(t *testing.T) {
	all := contracttest.Catalogue()
	for _, test := range []struct {
		selection suites.Selection
		want      string // the error, "" for none
	}{
		{suites.Selection{}, ""},
		{suites.Selection{Only: []string{"SIG-01", "TRN-*", "*-READY"}, Skip: []string{"sig-02"}}, ""},
		{suites.Selection{Only: []string{"*"}}, ""},
		{suites.Selection{Only: []string{"SIG-1"}}, `--only "SIG-1" matches no requirement, perhaps SIG-01, SIG-10 or SIG-11; ` + "`finesse-conformance list` shows their ids"},
		{suites.Selection{Only: []string{"SIG-*", "TNR-*"}}, `--only "TNR-*" matches no requirement; ` + "`finesse-conformance list` shows their ids"},
		{suites.Selection{Skip: []string{"ERR-8-*"}}, `--skip "ERR-8-*" matches no requirement; ` + "`finesse-conformance list` shows their ids"},
		{suites.Selection{Only: []string{""}}, `--only "" matches no requirement; ` + "`finesse-conformance list` shows their ids"},
		{suites.Selection{Only: []string{"SIG-01 "}}, `--only "SIG-01 " matches no requirement, perhaps SIG-01; ` + "`finesse-conformance list` shows their ids"},
		{suites.Selection{Profiles: []string{"core", "Calls"}}, ""},
		{suites.Selection{Profiles: []string{"cor"}}, `--profile "cor" is no profile, perhaps core; there are core, supervisor, reasons, calls, outbound, notifications, sso and nodes`},
		{suites.Selection{Skip: []string{"SIG-["}}, `--skip "SIG-[": syntax error in pattern`},
	} {
		err := test.selection.Check(all)
		if got := errorText(err); got != test.want {
			t.Errorf("%+v: %q, want %q", test.selection, got, test.want)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestSelection(t *testing.T) {
	for _, test := range []struct {
		selection suites.Selection
		id, want  string
	}{
		{suites.Selection{}, "SIG-01", ""},
		{suites.Selection{Only: []string{"SIG-*"}}, "SIG-01", ""},
		{suites.Selection{Only: []string{"sig-0?"}}, "SIG-01", ""},
		{suites.Selection{Only: []string{"SIG-*", "ERR-01"}}, "ERR-02", "not selected: --only SIG-* ERR-01"},
		{suites.Selection{Only: []string{"ERR-0"}}, "ERR-01", "not selected: --only ERR-0"},
		{suites.Selection{Skip: []string{"ERR-*"}}, "ERR-01", "not selected: --skip ERR-*"},
		{suites.Selection{Skip: []string{"ERR-*"}}, "SIG-01", ""},
		{suites.Selection{Only: []string{"ERR-*"}, Skip: []string{"*-14"}}, "ERR-14", "not selected: --skip *-14"},
		{suites.Selection{Only: []string{"ERR-*"}, Skip: []string{"*-14"}}, "ERR-13", ""},
		{suites.Selection{Only: []string{"SUP-06-*"}}, "SUP-06-RESERVED_OUTBOUND", ""},
		{suites.Selection{Profiles: []string{"Core", "sso"}}, "SIG-01", ""},
		{suites.Selection{Profiles: []string{"sso"}}, "SIG-01", "not selected: --profile sso"},
		{suites.Selection{Profiles: []string{"core"}, Skip: []string{"SIG-*"}}, "SIG-01", "not selected: --skip SIG-*"},
	} {
		if got := test.selection.Why(test.id, "core"); got != test.want {
			t.Errorf("%+v, %s: %q, want %q", test.selection, test.id, got, test.want)
		}
	}
}

// stage is one that plans: nothing is sent.
func stage(d spec.Deployment, release string, users ...*fixtures.User) *scenario.Stage {
	known, err := spec.ParseRelease(release)
	if err != nil {
		panic(err)
	}
	return &scenario.Stage{
		Catalogue: contracttest.Catalogue(), Cast: &fixtures.Cast{Users: users}, Stimuli: fixtures.NoStimuli{},
		Target: evidence.Target{Deployment: d, Release: known, LongestWait: time.Minute},
	}
}

func agent(id string) *fixtures.User {
	return &fixtures.User{ID: id, Password: "p", Extension: id, Role: spec.RoleAgent, Team: "1"}
}

func TestPlan(t *testing.T) {
	plan := func(s *scenario.Stage, sel suites.Selection) map[string]suites.Item {
		items := suites.Plan(s, sel)
		all := contracttest.Catalogue().All()
		if len(items) != len(all) {
			t.Fatalf("%d items for %d requirements", len(items), len(all))
		}
		byID := map[string]suites.Item{}
		for i, item := range items {
			if item.Requirement != all[i] {
				t.Fatalf("item %d is %s, and the catalogue has %s there", i, item.Requirement.ID, all[i].ID)
			}
			byID[item.Requirement.ID] = item
			v := item.Verdict()
			switch {
			case item.Runs() && (item.Why != "" || v.Outcome != ""):
				t.Errorf("%s runs, and %q", item.Requirement.ID, item.Why)
			case !item.Runs() && (item.Why == "" || v.Outcome != item.Outcome || v.Reason != item.Why || v.Exchange != -1 || v.Event != -1 || v.Step != -1):
				t.Errorf("%s does not run, without all that has to be said: %+v", item.Requirement.ID, v)
			}
		}
		return byID
	}
	alone := plan(stage(spec.UCCE, "12.5(1)", agent("1001")), suites.Selection{Skip: []string{"SIG-02"}})
	ccx := plan(stage(spec.UCCX, "12.5(1)", agent("1001")), suites.Selection{Only: []string{"SIG-*"}})
	old := plan(stage(spec.UCCE, "11.6(1)", agent("1001")), suites.Selection{})
	unknown := plan(stage(spec.UCCE, "", agent("1001")), suites.Selection{})
	nobody := plan(stage(spec.UCCE, "12.5(1)"), suites.Selection{})
	for _, test := range []struct {
		name    string
		item    suites.Item
		outcome evidence.Outcome // "" for one that runs
		why     string           // part of it
	}{
		{"runs", alone["TRN-UCCE-06"], "", ""},
		{"skipped", alone["SIG-02"], evidence.NotExercised, "not selected: --skip SIG-02"},
		{"of the other deployment", alone["TRN-UCCX-01"], evidence.NotApplicable, "is documented for UCCX only"},
		{"of the other deployment", ccx["TRN-UCCE-06"], evidence.NotApplicable, "is documented for UCCE only"},
		{"not selected", ccx["ERR-01"], evidence.NotExercised, "not selected: --only SIG-*"},
		{"of a later release", old["AUT-07"], evidence.NotApplicable, "not for 11.6(1)"},
		{"of a release, and none is known", unknown["AUT-07"], evidence.NotApplicable, "set release"},
		{"a stimulus", alone["TRN-UCCE-08"], evidence.NotExercised, "needs stimulus route_call"},
		{"the Dialog API", alone["TRN-UCCE-24"], evidence.NotExercised, "needs the Dialog API"},
		{"notifications", alone["NTF-01"], evidence.NotExercised, "needs notifications"},
		{"a supervisor", alone["SUP-01"], evidence.NotExercised, "supervises the subject's team"},
		{"a reason code", alone["RSN-01"], evidence.NotExercised, "NOT_READY reason code"},
		{"anybody", nobody["SIG-01"], evidence.NotExercised, "needs an agent"},
		{"what nothing causes", alone["TRN-UCCE-01"], evidence.NotExercised, "UNKNOWN"},
	} {
		if test.item.Outcome != test.outcome || !strings.Contains(test.item.Why, test.why) {
			t.Errorf("%s (%s): %q, %q", test.name, test.item.Requirement.ID, test.item.Outcome, test.item.Why)
		}
	}
	if way := alone["TRN-UCCE-11"].Plan.Path.String(); way != "sign in, go ready" {
		t.Errorf("the way of TRN-UCCE-11 is %q", way)
	}
}

// quietT is who Ginkgo tells that a suite failed.
type quietT struct{ failed bool }

func (q *quietT) Fail() { q.failed = true }

// TestSpecs runs Ginkgo, which a process can do once: what a spec hands over
// is there again in the report, also when that has been written as JSON, and
// a spec that crashed has none.
func TestSpecs(t *testing.T) {
	say := map[string]evidence.Verdict{
		"SIG-01": {Requirement: "SIG-01", Outcome: evidence.Passed, Observed: evidence.Observed{Status: 202, State: "NOT_READY", Via: evidence.ViaGet}, Attempts: 1, Step: 0, Exchange: 3, Event: -1},
		"SIG-02": {Requirement: "SIG-02", Outcome: evidence.Failed, Reason: `expected <a> & "b"; saw •`, Clause: "DG12.5, page 29", Duration: 1500 * time.Millisecond},
		"SIG-03": {Requirement: "SIG-03", Outcome: evidence.NotExercised, Reason: "needs a thing"},
		"SIG-11": {Requirement: "SIG-11", Outcome: evidence.Info, Observed: evidence.Observed{Note: "empty"}},
	}
	seen := []*evidence.Evidence{{
		Requirement: "SIG-01", Attempt: 1, Started: time.Date(2026, 1, 2, 3, 4, 5, 678, time.UTC),
		Exchanges:    []evidence.Exchange{{Method: "PUT", Status: 202, ResponseBody: "<User>\x01</User>"}},
		Observations: []evidence.Observation{{User: "1001", State: spec.NotReady, Index: -1}},
	}}
	var items []suites.Item
	for _, id := range []string{"SIG-01", "SIG-02", "SIG-03", "SIG-09", "SIG-11", "SIG-10"} {
		req, _ := contracttest.Catalogue().ByID(id)
		items = append(items, suites.Item{Requirement: req})
	}
	items[len(items)-1].Outcome, items[len(items)-1].Why = evidence.NotExercised, "not selected" // has no spec
	suites.Specs("a suite", items, func(ctx context.Context, item suites.Item) (evidence.Verdict, []*evidence.Evidence) {
		req := item.Requirement
		if ctx == nil || req.ID == "SIG-09" {
			panic("a fault of the harness")
		}
		return say[req.ID], seen
	})
	var report types.Report
	ginkgo.ReportAfterSuite("take the report", func(r ginkgo.Report) { report = r })
	suite, reporter := ginkgo.GinkgoConfiguration()
	reporter.Succinct, reporter.NoColor = true, true
	told := &quietT{}
	if ginkgo.RunSpecs(told, "suites", suite, reporter) || !told.failed {
		t.Error("a suite with a failure succeeded")
	}
	written, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	var read types.Report
	if err := json.Unmarshal(written, &read); err != nil {
		t.Fatal(err)
	}
	states := map[string]types.SpecState{
		"SIG-01": types.SpecStatePassed, "SIG-02": types.SpecStateFailed, "SIG-03": types.SpecStateSkipped,
		"SIG-09": types.SpecStatePanicked, "SIG-11": types.SpecStatePassed,
	}
	for name, r := range map[string]types.Report{"as it is": report, "read again": read} {
		specs := r.SpecReports.WithLeafNodeType(types.NodeTypeIt)
		if len(specs) != len(states) {
			t.Errorf("%s: %d specs", name, len(specs))
		}
		for _, one := range specs {
			id := suites.RequirementOf(one)
			if one.State != states[id] {
				t.Errorf("%s: %s is %s", name, id, one.State)
			}
			o, ok, err := suites.OutcomeOf(one)
			if id == "SIG-09" {
				if ok || err != nil {
					t.Errorf("%s: a spec that crashed has the outcome %+v, %v", name, o.Verdict, err)
				}
				continue
			}
			if !ok || err != nil {
				t.Errorf("%s: %s has no outcome: %v", name, id, err)
				continue
			}
			if d := cmp.Diff(say[id], o.Verdict); d != "" {
				t.Errorf("%s: the verdict of %s differs: %s", name, id, d)
			}
			if len(o.Evidence) != 1 || o.Evidence[0].Observations[0].State != spec.NotReady || !o.Evidence[0].Started.Equal(seen[0].Started) {
				t.Errorf("%s: the evidence of %s differs: %+v", name, id, o.Evidence)
			}
			if id == "SIG-02" && !strings.Contains(one.Failure.Message, say[id].Reason+" [DG12.5, page 29]") {
				t.Errorf("%s: Ginkgo says %q", name, one.Failure.Message)
			}
		}
		for _, one := range specs {
			if labels := one.Labels(); len(labels) < 3 || labels[0] != "SIG" {
				t.Errorf("%s: labels %v", name, labels)
			}
		}
	}
	broken := types.SpecReport{ReportEntries: types.ReportEntries{{Name: "finesse-conformance", Value: types.ReportEntryValue{AsJSON: "{"}}}}
	if _, ok, err := suites.OutcomeOf(broken); ok || err == nil {
		t.Errorf("an outcome that cannot be read: %v, %v", ok, err)
	}
}
