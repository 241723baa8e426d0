package console

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"finesse-conformance/internal/reporttest"
	"finesse-conformance/reports"
)

func summaryOf(t *testing.T, r *reports.Result, style Style) string {
	t.Helper()
	return string(reporttest.Rendered(t, func(b *bytes.Buffer) error { return WriteSummary(b, r, style) }))
}

func TestSummary(t *testing.T) {
	reporttest.Golden(t, "summary.txt", []byte(summaryOf(t, reporttest.Sample(), Style{Width: 100})))
}

func TestSummaryOfAStoppedRun(t *testing.T) {
	run := reporttest.SampleRun()
	run.Stopped, run.Evidence = "finesse1.example.com:8445 refuses connections", nil
	got := summaryOf(t, reports.Build(reporttest.Small(), run, nil), Style{Width: 100})
	reporttest.Golden(t, "summary-stopped.txt", []byte(got))
	if n := strings.Count(got, "refuses connections"); n != 1 {
		t.Errorf("the one reason is told %d times", n)
	}
}

func TestSummaryColour(t *testing.T) {
	escapes := regexp.MustCompile("\x1b\\[[0-9;]*m")
	for _, r := range []*reports.Result{reporttest.Sample(), reporttest.Awkward()} {
		plain, coloured := summaryOf(t, r, Style{Width: 80}), summaryOf(t, r, Style{Width: 80, Color: true})
		if strings.Contains(plain, "\x1b") {
			t.Error("escapes without colour")
		}
		if !strings.Contains(coloured, "\x1b[") {
			t.Error("no colour")
		}
		if escapes.ReplaceAllString(coloured, "") != plain {
			t.Error("colour changes more than the colour")
		}
	}
}

func TestSummaryWidth(t *testing.T) {
	for _, width := range []int{10, 40, 79, 200} {
		for _, line := range strings.Split(summaryOf(t, reporttest.Sample(), Style{Width: width}), "\n") {
			if n := utf8.RuneCountInString(line); n > max(width, 40) && strings.Contains(strings.TrimSpace(line), " ") {
				t.Errorf("width %d: %d columns: %q", width, n, line)
			}
		}
	}
}

// Who was left alone is named with the reason, whatever the verdict: the
// others passed in its place.
func TestSummaryNamesWhoWasLeftAlone(t *testing.T) {
	r := reporttest.Sample()
	r.Cast = []reports.CastMember{{ID: "1001001"}, {ID: "1001002", LeftAlone: "it cannot sign in on its extension 2001002"}}
	if got := summaryOf(t, r, Style{Width: 120}); !strings.Contains(got, "left alone: user 1001002: it cannot sign in") || strings.Count(got, "left alone") != 1 {
		t.Error(got)
	}
}

// Many failures of one cause are all named, and the first ones told whole.
func TestSummaryOfOneCause(t *testing.T) {
	r := &reports.Result{Failures: []reports.FailureGroup{{Cause: reports.Cause{Media: "text/html"}}}}
	for _, id := range []string{"SIG-01", "SIG-02", "SIG-03", "SIG-04", "SIG-05"} {
		r.Requirements = append(r.Requirements, reports.Row{ID: id, Title: "title of " + id, Asked: "PUT", Expected: "202", Seen: "500"})
		r.Failures[0].Requirements = append(r.Failures[0].Requirements, id)
	}
	got := summaryOf(t, r, Style{})
	for _, row := range r.Requirements {
		if !strings.Contains(got, row.ID+" "+row.Title+": PUT") {
			t.Errorf("%s is not named in\n%s", row.ID, got)
		}
	}
	if n := strings.Count(got, "expected 202; saw 500"); n != inFull {
		t.Errorf("%d are told whole:\n%s", n, got)
	}
}
