package console

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
	"testing"

	"finesse-conformance/internal/reporttest"
	"finesse-conformance/reports"
	"finesse-conformance/suites/evidence"
)

func TestAnnotations(t *testing.T) {
	r := reporttest.Sample()
	r.Row("TRN-UCCE-11").Seen = "100% WORK\n::error::forged, a:b"
	r.Row("TRN-UCCE-11").Title = "a: 50%, b"
	got := string(reporttest.Rendered(t, func(b *bytes.Buffer) error { return WriteAnnotations(b, r) }))
	want := "::error title=TRN-UCCE-11 a%3A 50%25%2C b::PUT READY: expected NOT_READY within 10s; saw 100%25 WORK : :error::forged, a:b [DG12.5 p.47]\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	r.ApplyWaivers([]reports.Waiver{reporttest.Waiver("TRN-*", "*WORK"), reporttest.Waiver("SIG-01", "x")}, reporttest.Noon)
	got = string(reporttest.Rendered(t, func(b *bytes.Buffer) error { return WriteAnnotations(b, r) }))
	if !strings.Contains(got, "::warning title=TRN-UCCE-11") || !strings.Contains(got, "::error title=exit 5::") {
		t.Errorf("waived and stale:\n%s", got)
	}
}

func TestAnnotationsEndWithHowManyThereAre(t *testing.T) {
	r := &reports.Result{}
	for i := range 30 {
		r.Requirements = append(r.Requirements, reports.Row{ID: fmt.Sprint("R-", i), Level: "MUST", Outcome: evidence.Failed, Reason: "x"})
	}
	r.Conclude()
	lines := strings.Split(strings.TrimSpace(string(reporttest.Rendered(t, func(b *bytes.Buffer) error { return WriteAnnotations(b, r) }))), "\n")
	if len(lines) != 10 || !strings.Contains(lines[9], "21 more") {
		t.Errorf("%d lines, the last %s", len(lines), lines[len(lines)-1])
	}
}

func TestBadge(t *testing.T) {
	reporttest.Golden(t, "badge.svg", reporttest.Rendered(t, func(b *bytes.Buffer) error { return WriteBadge(b, reporttest.Sample()) }))
	for _, tc := range []struct {
		with func(*reports.Result)
		want string
	}{
		{func(*reports.Result) {}, "not conformant, 1 failed"},
		{func(r *reports.Result) { r.Row("TRN-UCCE-11").Outcome = evidence.Passed }, "conformant, 8 of 13"},
		{func(r *reports.Result) { r.Signal = 130 }, "interrupted"},
		{func(r *reports.Result) { r.Target.Deployment = "<&>" }, "&lt;&amp;&gt;"},
	} {
		r := reporttest.Sample()
		tc.with(r)
		r.Conclude()
		data := reporttest.Rendered(t, func(b *bytes.Buffer) error { return WriteBadge(b, r) })
		if err := xml.Unmarshal(data, new(struct{})); err != nil {
			t.Error(err)
		}
		if !strings.Contains(string(data), tc.want) {
			t.Errorf("no %q in\n%s", tc.want, data)
		}
	}
}

// Whoever glances at it sees that a selection is none of the whole.
func TestSelectionLooksOtherwise(t *testing.T) {
	whole := &reports.Result{Requirements: []reports.Row{{ID: "A", Outcome: evidence.Passed, Level: "MUST"}}}
	whole.Conclude()
	part := *whole
	part.Settings.Only = []string{"A"}
	part.Conclude()
	for name, write := range map[string]func(*bytes.Buffer, *reports.Result) error{
		"badge":    func(b *bytes.Buffer, r *reports.Result) error { return WriteBadge(b, r) },
		"terminal": func(b *bytes.Buffer, r *reports.Result) error { return WriteSummary(b, r, Style{Color: true}) },
		"Markdown": func(b *bytes.Buffer, r *reports.Result) error { return WriteMarkdown(b, r) },
	} {
		show := func(r *reports.Result) string {
			return string(reporttest.Rendered(t, func(b *bytes.Buffer) error { return write(b, r) }))
		}
		a, b := show(whole), show(&part)
		if strings.Contains(a, "selected") || strings.Contains(strings.ToLower(a), " in 1 of 1") || !strings.Contains(strings.ToLower(b), "conformant in 1 of 1, selected") {
			t.Errorf("%s: the whole is\n%s\nand a selection\n%s", name, a, b)
		}
		for _, color := range []string{"#1b6e3c", "\x1b[1;32m", "✅"} {
			if strings.Contains(b, color) {
				t.Errorf("%s: the selection has the colour %q of a whole certification", name, color)
			}
		}
	}
}
