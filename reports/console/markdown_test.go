package console

import (
	"bytes"
	"strings"
	"testing"

	"finesse-conformance/internal/reporttest"
	"finesse-conformance/reports"
)

func TestMarkdown(t *testing.T) {
	r := reporttest.Sample()
	reporttest.Golden(t, "summary.md", reporttest.Rendered(t, func(b *bytes.Buffer) error { return WriteMarkdown(b, r) }))
	r.ApplyWaivers([]reports.Waiver{reporttest.Waiver("TRN-UCCE-11", "*WORK")}, reporttest.Noon)
	if got := string(reporttest.Rendered(t, func(b *bytes.Buffer) error { return WriteMarkdown(b, r) })); !strings.Contains(got, "### Waived") || strings.Contains(got, "### Failed") {
		t.Error("a waived failure is not shown as waived")
	}
}

// Whatever a target answers stays in its cell.
func TestMarkdownCannotBeBroken(t *testing.T) {
	got := string(reporttest.Rendered(t, func(b *bytes.Buffer) error { return WriteMarkdown(b, reporttest.Awkward()) }))
	for _, line := range strings.Split(got, "\n") {
		if strings.HasPrefix(line, "| TRN-UCCE-11 ") && strings.Count(strings.ReplaceAll(line, `\|`, ""), "|") != 6 {
			t.Errorf("the row has other cells: %.200s", line)
		}
	}
	if strings.Contains(got, "<b>") || strings.Contains(got, "\x1b") {
		t.Error("markup of the target is in the page")
	}
	if got := Markdown("a|b\n@someone `c` <img src=x> [l](u) \\"); got != "a\\|b &#64;someone \\`c\\` &lt;img src=x&gt; \\[l\\](u) \\\\" {
		t.Errorf("got %s", got)
	}
}
