package reports_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"finesse-conformance/internal/reporttest"
	"finesse-conformance/reports"
	"finesse-conformance/reports/console"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

func TestApplyWaivers(t *testing.T) {
	expired := func(w *reports.Waiver) { w.Until = reporttest.Noon.AddDate(0, 0, -1) }
	today := func(w *reports.Waiver) { w.Until = reporttest.Noon }
	newer := func(w *reports.Waiver) { w.Releases.From = spec.Release{Major: 15, Maintenance: 1} }
	older := func(w *reports.Waiver) { w.Releases.To = spec.Release{Major: 12, Maintenance: 1} }
	for _, tc := range []struct {
		name   string
		w      reports.Waiver
		waived bool // TRN-UCCE-11
		stale  string
		code   int
	}{
		{"named", reporttest.Waiver("TRN-UCCE-11", "expected NOT_READY within 10s; saw WORK"), true, "", 0},
		{"pattern", reporttest.Waiver("TRN-*-11", "expected NOT_READY within *; saw WORK"), true, "", 0},
		{"last day", reporttest.Waiver("TRN-UCCE-11", "*WORK", today), true, "", 0},
		{"within the releases", reporttest.Waiver("TRN-UCCE-11", "*WORK", older), true, "", 0},
		{"expired", reporttest.Waiver("TRN-UCCE-11", "*WORK", expired), false, "it expired on 2026-03-01", 1},
		{"other release", reporttest.Waiver("TRN-UCCE-11", "*WORK", newer), false, "", 1},
		{"other reason", reporttest.Waiver("TRN-UCCE-11", "expected NOT_READY*saw TALKING"), false, "TRN-UCCE-11 fails for another reason now: expected NOT_READY within 10s; saw WORK", 1},
		{"matches nothing", reporttest.Waiver("TRN-UCCE-99", "*WORK"), false, "it matches no requirement", 1},
		{"passes", reporttest.Waiver("SIG-01", "*WORK"), false, "SIG-01 passes now", 1},
		{"several pass", reporttest.Waiver("SIG-*", "*WORK"), false, "SIG-01, SIG-02 pass now", 1},
		{"only recorded", reporttest.Waiver("ERR-04", "*"), false, "ERR-04 is INFO and fails no run", 1},
		{"did not run", reporttest.Waiver("SUP-13", "*WORK"), false, "", 1},
		{"not applicable", reporttest.Waiver("TRN-UCCX-06", "*WORK"), false, "", 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := reporttest.Sample()
			r.ApplyWaivers([]reports.Waiver{tc.w}, reporttest.Noon)
			row := r.Row("TRN-UCCE-11")
			if (row.Outcome == evidence.Waived) != tc.waived || (row.WaivedBy != nil) != tc.waived {
				t.Errorf("the row is %s, waived by %v", row.Outcome, row.WaivedBy)
			}
			if got := r.Waivers[0].Stale; got != tc.stale {
				t.Errorf("stale: %q, want %q", got, tc.stale)
			}
			if r.Exit.Code != tc.code {
				t.Errorf("exit %d, want %d", r.Exit.Code, tc.code)
			}
			if tc.stale != "" && !strings.Contains(string(reporttest.Rendered(t, func(b *bytes.Buffer) error { return console.WriteSummary(b, r, console.Style{}) })), tc.stale) {
				t.Error("the summary does not tell of the stale waiver")
			}
			if tc.waived && r.Transitions.Documented[4].Outcome != evidence.Waived {
				t.Error("the transition does not show it as waived")
			}
		})
	}
}

// A waiver that holds some failures back and meets one of another reason is
// in use, and that failure counts.
func TestWaiverThatIsPartlyUsed(t *testing.T) {
	r := reporttest.Sample()
	other := r.Row("TRN-UCCE-06")
	other.Outcome, other.Reason = evidence.Failed, "expected READY within 10s; saw LOGOUT"
	r.ApplyWaivers([]reports.Waiver{reporttest.Waiver("TRN-UCCE-*", "*saw WORK")}, reporttest.Noon)
	if use := r.Waivers[0]; use.Stale != "" || !slices.Equal(use.Used, []string{"TRN-UCCE-11"}) {
		t.Errorf("it is %+v", use)
	}
	if other.Outcome != evidence.Failed || r.Exit.Code != reports.ExitNonconformant || len(r.Exit.All) != 1 {
		t.Errorf("the other failure is %s, exit %+v", other.Outcome, r.Exit)
	}
}

// Of two waivers on one failure the first holds it back, and neither is stale.
func TestSecondWaiverOfAFailure(t *testing.T) {
	owner := func(name string) func(*reports.Waiver) { return func(w *reports.Waiver) { w.Owner = name } }
	r := reporttest.Sample()
	r.ApplyWaivers([]reports.Waiver{
		reporttest.Waiver("TRN-UCCE-11", "*WORK", owner("ann")), reporttest.Waiver("TRN-*", "*WORK", owner("bob")), reporttest.Waiver("TRN-UCCE-11", "*TALKING", owner("cec")),
	}, reporttest.Noon)
	if by := r.Row("TRN-UCCE-11").WaivedBy; by == nil || by.Owner != "ann" {
		t.Errorf("it is waived by %+v", by)
	}
	if second := r.Waivers[1]; second.Stale != "" || !slices.Equal(second.Used, []string{"TRN-UCCE-11"}) {
		t.Errorf("the second is %+v", second)
	}
	if third := r.Waivers[2]; !strings.HasPrefix(third.Stale, "TRN-UCCE-11 fails for another reason now") {
		t.Errorf("the third, of another reason, is %+v", third)
	}
	if r.Row("TRN-UCCE-11").Unwaived != evidence.Failed {
		t.Error("what it was without waivers is lost")
	}
}

// YAML folds and keeps lines; a reason is one line, however it is written.
func TestReasonOfSeveralLines(t *testing.T) {
	const written = "waivers:\n  - requirement: TRN-UCCE-11\n    reason: |\n      expected NOT_READY\n        within *;\n      saw WORK\n    owner: jane\n    until: 2026-12-31\n    why: y\n"
	waivers, err := reports.ParseWaivers("w.yaml", []byte(written))
	if err != nil {
		t.Fatal(err)
	}
	r := reporttest.Sample()
	r.ApplyWaivers(waivers, reporttest.Noon)
	if row := r.Row("TRN-UCCE-11"); row.Outcome != evidence.Waived {
		t.Errorf("it is %s: %s; %+v", row.Outcome, row.Reason, r.Waivers)
	}
}

// Waivers that are applied once more take the place of those before.
func TestWaiversAppliedAgain(t *testing.T) {
	r := reporttest.Sample()
	for range 2 {
		r.ApplyWaivers([]reports.Waiver{reporttest.Waiver("TRN-UCCE-11", "*")}, reporttest.Noon)
	}
	if len(r.Waivers) != 1 || len(r.Waivers[0].Used) != 1 {
		t.Errorf("%+v", r.Waivers)
	}
	r.ApplyWaivers(nil, reporttest.Noon)
	if row := r.Row("TRN-UCCE-11"); len(r.Waivers) > 0 || row.WaivedBy != nil || row.Unwaived != "" {
		t.Errorf("taken back: %+v, %+v", r.Waivers, row)
	}
}

// A stale waiver alone makes the run end with 5.
func TestStaleWaiverIsAnErrorOfItsOwn(t *testing.T) {
	r := reporttest.Sample()
	r.ApplyWaivers([]reports.Waiver{reporttest.Waiver("TRN-UCCE-11", "*WORK"), reporttest.Waiver("SIG-01", "*x")}, reporttest.Noon)
	if r.Exit.Code != reports.ExitStaleWaiver || r.Verdict != reports.Conformant {
		t.Errorf("exit %d, %s", r.Exit.Code, r.Verdict)
	}
	r.ApplyWaivers(nil, reporttest.Noon)
	if r.Exit.Code != reports.ExitNonconformant || r.Row("TRN-UCCE-11").Outcome != evidence.Failed {
		t.Errorf("without waivers: exit %d", r.Exit.Code)
	}
}

func TestProposedWaivers(t *testing.T) {
	r := reporttest.Sample()
	r.Target.Release = ""
	if got := string(reports.ProposeWaivers(r)); strings.Contains(got, "releases:") {
		t.Errorf("a release that is not known is proposed:\n%s", got)
	}
	r.Target.Release = reporttest.Sample().Target.Release
	r.Row("TRN-UCCE-11").Reason = "10.2s, 9.8s"
	if got := string(reports.ProposeWaivers(r)); !strings.Contains(got, `reason: "10.2s, 9.8s"`) {
		t.Errorf("a pattern without a word is proposed:\n%s", got)
	}
	r.Row("TRN-UCCE-11").Reason = "user 1001 is in WORK for 10.2s at 2026-03-02T12:00:00Z, ErrorData 257"
	proposed := reports.ProposeWaivers(r)
	reporttest.Golden(t, "waivers-proposed.yaml", proposed)
	_, err := reports.ParseWaivers("w.yaml", proposed)
	for _, want := range []string{"w.yaml:6: owner", "w.yaml:7: until", "w.yaml:9: why"} {
		if err == nil || !strings.Contains(err.Error(), want+" still has the placeholder") {
			t.Errorf("no complaint %q in: %v", want, err)
		}
	}
	filled := strings.NewReplacer("FILL-IN (who answers for it)", "jane", "FILL-IN (the last day, as 2006-01-02)", "2026-12-31",
		"FILL-IN (why it is accepted, and the case with the vendor)", "case 1").Replace(string(proposed))
	waivers, err := reports.ParseWaivers("w.yaml", []byte(filled))
	if err != nil {
		t.Fatal(err)
	}
	r.Row("TRN-UCCE-11").Reason = "user 1002 is in WORK for 9.8s at 2026-03-03T08:00:00.5Z, ErrorData 257"
	r.Cast[0].ID = "1002"
	r.ApplyWaivers(waivers, reporttest.Noon)
	if r.Exit.Code != 0 {
		t.Errorf("the filled-in proposal does not waive the same failure of another day: %+v", r.Waivers)
	}
	if got := string(reports.ProposeWaivers(r)); !strings.Contains(got, "waivers: []") {
		t.Errorf("without failures there is nothing to propose:\n%s", got)
	}
}

func TestParseWaivers(t *testing.T) {
	const good = "waivers:\n  - requirement: A-*\n    reason: 'x*'\n    owner: jane\n    until: 2026-12-31\n    releases: {from: 12.5(1)}\n    why: y\n"
	w, err := reports.ParseWaivers("w.yaml", []byte(good))
	if err != nil || len(w) != 1 || w[0].Line != 2 || w[0].Releases.From.Minor != 5 || !w[0].Until.Equal(time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)) {
		t.Fatalf("%+v, %v", w, err)
	}
	if w, err := reports.ParseWaivers("w.yaml", []byte("waivers: []\n")); err != nil || len(w) != 0 {
		t.Errorf("an empty list: %v, %v", w, err)
	}
	for _, tc := range []struct{ name, old, new, want string }{
		{"unknown key", "owner:", "owner: jane\n    onwer:", `w.yaml:5: unknown key "onwer"`},
		{"missing", "    owner: jane\n", "", "w.yaml:2: the waiver has no owner"},
		{"empty", "jane", "''", "w.yaml:4: owner is empty"},
		{"null", "jane", "", "w.yaml:4: owner is empty"},
		{"twice", "owner: jane", "owner: jane\n    owner: joe", "w.yaml:5: owner is there twice"},
		{"no text", "jane", "[jane]", "w.yaml:4: owner is no text"},
		{"date", "2026-12-31", "31.12.2026", "w.yaml:5: until is"},
		{"day that is none", "2026-12-31", "2026-02-30", "w.yaml:5: until is"},
		{"everything", "'x*'", "'*'", "w.yaml:3: reason is"},
		{"everything with a comma", "'x*'", "'*, *'", "w.yaml:3: reason is"},
		{"every requirement", "A-*", "'*'", "w.yaml:2: requirement is"},
		{"release", "12.5(1)", "new", "w.yaml:6: from is"},
		{"releases upside down", "from: 12.5(1)", "from: 12.5(1), to: 11.0(1)", "w.yaml:6: releases goes from"},
		{"releases empty", "{from: 12.5(1)}", "{}", "w.yaml:6: releases is empty"},
		{"releases a text", "{from: 12.5(1)}", "12.5(1)", "w.yaml:6: releases is no mapping"},
		{"top", "waivers:", "waiver:", `w.yaml:1: unknown key "waiver"`},
		{"nothing at the top", good, "{}\n", "w.yaml:1: there is no waivers: write waivers: and a list"},
		{"no list", good, "waivers: yes\n", "w.yaml:1: waivers is no list"},
		{"no mapping", good, "waivers:\n  - yes\n", "w.yaml:2: a waiver is no mapping"},
		{"empty file", good, "", "w.yaml: the file is empty"},
		{"no YAML", good, "waivers: [", "w.yaml: yaml: line"},
		{"two documents", good, good + "---\n" + good, "more than one document"},
	} {
		_, err := reports.ParseWaivers("w.yaml", []byte(strings.Replace(good, tc.old, tc.new, 1)))
		if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want %s and nothing else", tc.name, err, tc.want)
		}
	}
}

func TestGlob(t *testing.T) {
	for _, tc := range []struct {
		pattern, text string
		want          bool
	}{
		{"a", "a", true}, {"a", "ab", false}, {"a*", "ab", true}, {"*b", "ab", true}, {"a*c", "abc", true},
		{"a*b*c", "a-b-c", true}, {"a*b*c", "a-c-b", false}, {"ab*ba", "aba", false}, {"*", "", true}, {"a.c", "abc", false}, {"*x*", "axb", true},
	} {
		if got := reports.Glob(tc.pattern, tc.text); got != tc.want {
			t.Errorf("glob(%q, %q) is %v", tc.pattern, tc.text, got)
		}
	}
}
