package compare

import (
	"bytes"
	"strings"
	"testing"

	"finesse-conformance/internal/reporttest"
	"finesse-conformance/reports"
	"finesse-conformance/reports/console"
	"finesse-conformance/reports/junit"
	"finesse-conformance/reports/overview"
	"finesse-conformance/suites/evidence"
)

// TestNothingActsOnItsReader: what a target writes into an error is a command
// to no CI service, in none of the outputs that one reads.
func TestNothingActsOnItsReader(t *testing.T) {
	for _, command := range []string{
		"##[error]", "##vso[task.setvariable variable=a]", "##teamcity[buildProblem ", "::error::", "::add-mask::", "travis_fold:start:", "section_start:1:",
	} {
		said := "Invalid " + command + "x"
		observed := reports.Observed{Status: 400, ErrorType: said, ErrorMessage: said, Note: said}
		run := many()
		*run.verdict("SIG-01") = reporttest.Verdict("SIG-01", evidence.Failed, reporttest.Saw("202", said, observed))
		*run.verdict("SIG-02") = reporttest.Verdict("SIG-02", evidence.NotExercised, reporttest.Because(said))
		*run.verdict("ERR-04") = reporttest.Verdict("ERR-04", evidence.Info, func(v *evidence.Verdict) { v.Observed = observed })
		run.run.HarnessFaults = []reports.HarnessFault{{Message: said}}
		run.run.Unrestored = []reports.Unrestored{{User: said, Was: said, Is: said, Why: said}}
		r := run.result()
		r.Stopped = said
		r.Conclude()
		c, err := Results(many().result(), r)
		if err != nil {
			t.Fatal(err)
		}
		o := overview.Overview{Targets: []overview.Target{{Name: "a", Problem: said}}}
		for name, write := range map[string]func(*bytes.Buffer) error{
			"summary":             func(b *bytes.Buffer) error { return console.WriteSummary(b, r, console.Style{Width: 40}) },
			"Markdown":            func(b *bytes.Buffer) error { return console.WriteMarkdown(b, r) },
			"annotations":         func(b *bytes.Buffer) error { return console.WriteAnnotations(b, r) },
			"badge":               func(b *bytes.Buffer) error { return console.WriteBadge(b, r) },
			"JUnit":               func(b *bytes.Buffer) error { return junit.Write(b, r) },
			"comparison":          func(b *bytes.Buffer) error { return c.WriteText(b, console.Style{Width: 40}) },
			"comparison Markdown": func(b *bytes.Buffer) error { return c.WriteMarkdown(b) },
			"comparison JUnit":    func(b *bytes.Buffer) error { return c.WriteJUnit(b, true) },
			"overview":            func(b *bytes.Buffer) error { return o.WriteText(b, console.Style{}) },
		} {
			text := string(reporttest.Rendered(t, write))
			if at := strings.Index(text, command); at >= 0 {
				t.Errorf("%s has the command %q: %q", name, command, text[max(0, at-60):min(len(text), at+60)])
			}
		}
	}
}
