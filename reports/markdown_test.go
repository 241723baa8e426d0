package reports

import (
	"bytes"
	"strings"
	"testing"
)

func TestMarkdown(t *testing.T) {
	r := sample()
	golden(t, "summary.md", rendered(t, func(b *bytes.Buffer) error { return WriteMarkdown(b, r) }))
	r.ApplyWaivers([]Waiver{waiver("TRN-UCCE-11", "*WORK")}, noon)
	if got := string(rendered(t, func(b *bytes.Buffer) error { return WriteMarkdown(b, r) })); !strings.Contains(got, "### Waived") || strings.Contains(got, "### Failed") {
		t.Error("a waived failure is not shown as waived")
	}
}

// Whatever a target answers stays in its cell.
func TestMarkdownCannotBeBroken(t *testing.T) {
	got := string(rendered(t, func(b *bytes.Buffer) error { return WriteMarkdown(b, awkward()) }))
	for _, line := range strings.Split(got, "\n") {
		if strings.HasPrefix(line, "| TRN-UCCE-11 ") && strings.Count(strings.ReplaceAll(line, `\|`, ""), "|") != 5 {
			t.Errorf("the row has other cells: %.200s", line)
		}
	}
	if strings.Contains(got, "<b>") || strings.Contains(got, "\x1b") {
		t.Error("markup of the target is in the page")
	}
	if got := mdText("a|b\n@someone `c` <img src=x> [l](u) \\"); got != "a\\|b &#64;someone \\`c\\` &lt;img src=x&gt; \\[l\\](u) \\\\" {
		t.Errorf("got %s", got)
	}
}
