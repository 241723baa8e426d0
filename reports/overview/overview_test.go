package overview_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"finesse-conformance/internal/reporttest"
	"finesse-conformance/reports"
	"finesse-conformance/reports/console"
	"finesse-conformance/reports/overview"
	"finesse-conformance/suites/evidence"
)

// certified is a target on which requirements fail.
func certified(name string, failing ...string) overview.Target {
	verdicts := reporttest.SampleVerdicts()
	for i := range verdicts {
		if verdicts[i].Requirement == "TRN-UCCE-11" {
			verdicts[i] = reporttest.Verdict("TRN-UCCE-11", evidence.Passed)
		}
		for _, id := range failing {
			if verdicts[i].Requirement == id {
				verdicts[i] = reporttest.Verdict(id, evidence.Failed, reporttest.Saw("400", "202", reports.Observed{Status: 202}))
			}
		}
	}
	r := reports.Build(reporttest.Small(), reporttest.SampleRun(), verdicts)
	t := overview.Target{Name: name, Folder: name, ExitCode: r.Exit.Code}
	t.Take(r)
	return t
}

func fleet() *overview.Overview {
	o := &overview.Overview{Schema: overview.SchemaID, Started: reporttest.Noon, Targets: []overview.Target{
		certified("a", "ERR-03", "SIG-01"), certified("b", "ERR-03", "SIG-02"), certified("c", "ERR-03", "SIG-02"),
		{Name: "d", Folder: "d", ExitCode: reports.ExitUncertifiable, Verdict: reports.Incomplete, Problem: "unreachable"},
		{Name: "e", Folder: "e", ExitCode: reports.ExitNotRestored},
	}}
	o.Conclude()
	return o
}

func TestWhatDeviatesWhere(t *testing.T) {
	o := fleet()
	got := map[string]string{}
	for _, d := range o.Deviations {
		switch {
		case d.Everywhere():
			got[d.ID] = "everywhere"
		case d.Alone():
			got[d.ID] = "alone on " + strings.Join(d.Fails, " ")
		default:
			got[d.ID] = "on " + strings.Join(d.Fails, " ")
		}
	}
	if diff := cmp.Diff(map[string]string{"ERR-03": "everywhere", "SIG-01": "alone on a", "SIG-02": "on b c"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	one := &overview.Overview{Targets: []overview.Target{certified("a", "ERR-03")}}
	one.Conclude()
	if d := one.Deviations[0]; d.Everywhere() || d.Alone() {
		t.Errorf("of one target there is nothing to hold against another: %+v", d)
	}
}

// TestVerdictsInWords: no exit code stands where people read.
func TestVerdictsInWords(t *testing.T) {
	o := fleet()
	said := string(reporttest.Rendered(t, func(b *bytes.Buffer) error { return o.WriteText(b, console.Style{Width: 110}) }))
	page := string(reporttest.Rendered(t, func(b *bytes.Buffer) error { return o.WriteHTML(b) }))
	for _, want := range []string{"not conformant", "the target cannot be certified", "a user could not be put back", "Deviate everywhere", "Deviate on one alone"} {
		if !strings.Contains(said, want) || !strings.Contains(page, want) {
			t.Errorf("%q is not said:\n%s", want, said)
		}
	}
	if strings.Contains(said+page, "xit code") {
		t.Error("an exit code is told to people")
	}
	for _, want := range []string{"5 targets: 3 not conformant, 2 without a verdict", `href="a/report.html#req-SIG-01"`, "1 of 2 failed"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

// The verdicts of profiles are counted over the targets that each applies to.
func TestProfilesOfTheFleet(t *testing.T) {
	o := fleet()
	for i, verdict := range []reports.Word{reports.Conformant, reports.Nonconformant, reports.Incomplete} {
		r := reports.Build(reporttest.Small(), reporttest.SampleRun(), reporttest.SampleVerdicts())
		r.Profiles = []reports.Profile{{Name: "core", Verdict: verdict, Required: 2, Exercised: 1}, {Name: "nodes"}}
		o.Targets[i].Take(r)
	}
	var text, page bytes.Buffer
	if err := o.WriteText(&text, console.Style{}); err != nil {
		t.Fatal(err)
	}
	if err := o.WriteHTML(&page); err != nil {
		t.Fatal(err)
	}
	const want = "conformant on 1 of 3; incomplete on c; not conformant on b"
	if !strings.Contains(text.String(), "core: "+want) {
		t.Errorf("%q is missing in\n%s", want, text.String())
	}
	if !strings.Contains(page.String(), want) || strings.Contains(page.String(), "<b>nodes</b>") {
		t.Error("the page does not count the profiles that apply")
	}
}

// In text, too, deviations of one cause on the same targets are one group.
func TestOneCauseIsOneGroupInText(t *testing.T) {
	o := fleet()
	for i := range o.Deviations {
		o.Deviations[i].Cause, o.Deviations[i].Fails, o.Deviations[i].Holds = "the body is empty", []string{"a"}, []string{"b", "c"}
	}
	var text bytes.Buffer
	if err := o.WriteText(&text, console.Style{}); err != nil {
		t.Fatal(err)
	}
	if got := text.String(); strings.Count(got, "the body is empty: a; holds on 2") != 1 || strings.Count(got, "holds on") != 1 || strings.Count(got, "\n    ") != 3 {
		t.Errorf("three deviations of one cause are\n%s", got)
	}
}

// A deviation has a cause where it is the same on all targets.
func TestCauseOfAllTargets(t *testing.T) {
	caused := func(name string, media string) overview.Target {
		target := overview.Target{Name: name, Folder: name}
		r := reports.Build(reporttest.Small(), reporttest.SampleRun(), reporttest.SampleVerdicts())
		for _, id := range []string{"SIG-01", "ERR-03"} {
			r.Row(id).Outcome = evidence.Failed
		}
		r.Failures = []reports.FailureGroup{{Cause: reports.Cause{Kind: evidence.MismatchForm, Media: media}, Requirements: []string{"SIG-01", "ERR-03"}}}
		target.Take(r)
		return target
	}
	for _, c := range []struct {
		media string
		same  bool
	}{{"text/html", true}, {"application/json", false}} {
		o := &overview.Overview{Targets: []overview.Target{caused("a", "text/html"), caused("b", c.media)}}
		o.Conclude()
		for _, d := range o.Deviations {
			if (d.ID == "SIG-01" || d.ID == "ERR-03") && (d.Cause != "") != c.same {
				t.Errorf("%s on the other target: the cause of %s is %q", c.media, d.ID, d.Cause)
			}
		}
	}
}
