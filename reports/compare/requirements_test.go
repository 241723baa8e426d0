package compare

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"finesse-conformance/internal/reporttest"
	"finesse-conformance/reports"
	"finesse-conformance/reports/console"
	"finesse-conformance/suites/evidence"
)

func TestRequirementsThatOneCatalogueLacks(t *testing.T) {
	old, new := many(), many()
	drop := func(p *pair, id string) {
		p.verdicts = slices.DeleteFunc(p.verdicts, func(v evidence.Verdict) bool { return v.Requirement == id })
	}
	drop(old, "SIG-02")
	drop(new, "ERR-03")
	a, b := reports.Build(reporttest.Small().Without("SIG-02"), old.run, old.verdicts), reports.Build(reporttest.Small().Without("ERR-03"), new.run, new.verdicts)
	b.Spec.Digest = "sha256:other"
	c, err := Results(a, b)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := changesText(c), "added SIG-02 >passed\ngone ERR-03 passed>"; got != want || c.Worse {
		t.Errorf("got %s, want %s", got, want)
	}
	if len(c.Notes) == 0 {
		t.Error("nothing is said of the other contract")
	}
	if want := "1 requirement is new: the old result does not know them; 0 of them fail"; !slices.Contains(c.Notes, want) {
		t.Errorf("the notes are %q", c.Notes)
	}
}

// What the old catalogue did not ask for did not become worse, whatever
// comes of it now.
func TestNewRequirementsAreNoRegressions(t *testing.T) {
	old, new := many(), many()
	*new.verdict("SIG-02") = reporttest.Verdict("SIG-02", evidence.Failed, reporttest.Saw("A", "B", reports.Observed{}))
	old.verdicts = slices.DeleteFunc(old.verdicts, func(v evidence.Verdict) bool { return v.Requirement == "SIG-02" })
	a := reports.Build(reporttest.Small().Without("SIG-02"), old.run, old.verdicts)
	c, err := Results(a, new.result())
	if err != nil {
		t.Fatal(err)
	}
	if got := changesText(c); got != "added SIG-02 >failed" || c.ExitCode(false) != reports.ExitConformant {
		t.Errorf("got %s, exit %d", got, c.ExitCode(false))
	}
	if want := "1 requirement is new: the old result does not know them; 1 of them fail"; !slices.Contains(c.Notes, want) {
		t.Errorf("the notes are %q", c.Notes)
	}
	var b bytes.Buffer
	if err := c.WriteText(&b, console.Style{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "New in the catalogue\n  SIG-02") {
		t.Errorf("the text is\n%s", b.String())
	}
}

// Whether polling meets a state that lasts for a moment is chance; who
// listens always sees it.
func TestStatesPassedOnTheWay(t *testing.T) {
	for _, listening := range []bool{true, false} {
		old, new := many(), many()
		old.run.Settings.Notifications = listening
		old.verdict("ERR-04").Observed.Note = "NOT_READY was not seen on the way; reaches"
		old.verdict("ERR-04").Observed.Passing = "NOT_READY was not seen on the way"
		new.verdict("ERR-04").Observed.Note = "passed NOT_READY with code 50006; reaches"
		new.verdict("ERR-04").Observed.Passing = "passed NOT_READY with code 50006"
		c, err := Results(old.result(), new.result())
		if err != nil {
			t.Fatal(err)
		}
		if got := len(c.Drifts) > 0; got != listening {
			t.Errorf("listening %v: %d drifts", listening, len(c.Drifts))
		}
	}
}

func TestDeploymentsAreNotCompared(t *testing.T) {
	b := reporttest.Sample()
	b.Target.Deployment = "UCCX"
	if _, err := Results(reporttest.Sample(), b); err == nil {
		t.Error("UCCE is compared with UCCX")
	}
}

// Profiles of which something else became are told, in text and on the page.
func TestProfilesThatChanged(t *testing.T) {
	t.Parallel()
	old, now := many().result(), many().result()
	old.Profiles = []reports.Profile{{Name: "core", Verdict: reports.Conformant, Required: 2, Exercised: 2}, {Name: "calls", Required: 1}}
	now.Profiles = []reports.Profile{{Name: "core", Verdict: reports.Incomplete, Required: 2, Exercised: 1, Missing: []string{"SIG-01"}}, {Name: "calls", Required: 1}}
	c, err := Results(old, now)
	if err != nil {
		t.Fatal(err)
	}
	var text, page bytes.Buffer
	if err := c.WriteText(&text, console.Style{}); err != nil {
		t.Fatal(err)
	}
	if err := c.WriteHTML(&page); err != nil {
		t.Fatal(err)
	}
	if got := text.String(); !strings.Contains(got, "core: conformant, now incomplete") || strings.Contains(got, "calls:") {
		t.Errorf("the text does not tell what became of profiles:\n%s", got)
	}
	for _, want := range []string{"<b>core</b>: conformant, now incomplete", "Conformant: core; calls not exercised"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page has no %q", want)
		}
	}
}
