package history_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"finesse-conformance/internal/reporttest"
	"finesse-conformance/reports"
	"finesse-conformance/reports/console"
	"finesse-conformance/reports/history"
	"finesse-conformance/suites/evidence"
)

// night is a result of a night, in which the requirements fail.
func night(n int, release string, failing ...string) history.Input {
	run, verdicts := reporttest.SampleRun(), reporttest.SampleVerdicts()
	run.Target.Release = release
	run.Started, run.Finished = run.Started.AddDate(0, 0, n), run.Finished.AddDate(0, 0, n)
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
	return history.Input{Result: reports.Build(reporttest.Small(), run, verdicts), File: "x"}
}

// nights are ten, of two releases, with a flake (ERR-03), one that changed with
// the release (SIG-02), and one that fails since the ninth (SIG-01).
func nights(last ...string) []history.Input {
	var all []history.Input
	for n := range 9 {
		release, failing := "12.0(1)", []string{}
		if n >= 5 {
			release, failing = "12.5(1)", []string{"SIG-02"}
		}
		if n == 2 || n == 6 {
			failing = append(failing, "ERR-03")
		}
		if n == 8 {
			failing = append(failing, "SIG-01")
		}
		all = append(all, night(n, release, failing...))
	}
	return append(all, night(9, "12.5(1)", last...))
}

func find(t *testing.T, h *history.History, id string) history.Requirement {
	t.Helper()
	for _, q := range h.Targets[0].Requirements {
		if q.ID == id {
			return q
		}
	}
	t.Fatalf("there is no %s", id)
	return history.Requirement{}
}

func TestHistory(t *testing.T) {
	all := nights("SIG-01", "SIG-02")
	all[0], all[7] = all[7], all[0]         // in any order
	h := history.Build(append(all, all[3])) // and one found twice
	if len(h.Targets) != 1 || len(h.Targets[0].Runs) != 10 || h.Worse || h.ExitCode() != 0 {
		t.Fatalf("%d targets, worse: %v", len(h.Targets), h.Worse)
	}
	if diff := cmp.Diff([]string{"ERR-03"}, h.Targets[0].Flaky); diff != "" {
		t.Errorf("flaky (-want +got):\n%s", diff)
	}
	if q := find(t, h, "SIG-01"); q.Now != evidence.Failed || q.Runs != 2 || q.Since.Day() != reporttest.Noon.Day()+8 || q.Changes != 1 || q.Reason == "" {
		t.Errorf("SIG-01: %+v", q)
	}
	if q := find(t, h, "SIG-02"); q.Flaky || q.Release != "12.5(1)" || q.Runs != 5 {
		t.Errorf("what changed with the release: %+v", q)
	}
	if q := find(t, h, "ERR-03"); q.Now != evidence.Passed || q.Runs != 3 || q.Changes != 4 {
		t.Errorf("the flake: %+v", q)
	}
	var marked []int
	for i, run := range h.Targets[0].Runs {
		if run.NewRelease {
			marked = append(marked, i)
		}
	}
	if diff := cmp.Diff([]int{5}, marked); diff != "" {
		t.Errorf("releases (-want +got):\n%s", diff)
	}
}

// What to do next is a command, also where what fails began to some runs ago.
func TestHistorySaysWhatNext(t *testing.T) {
	for name, c := range map[string]struct {
		all  []history.Input
		want string // the requirement and the two runs
	}{
		"worse":           {nights("SIG-01", "SIG-02", "TRN-UCCE-06"), "TRN-UCCE-06 9 10"},
		"for longer":      {nights("SIG-01", "SIG-02"), "SIG-01 8 9"},
		"long ago":        {nights("SIG-02"), "SIG-02 5 6"},
		"nothing":         {nights(), ""},
		"since the first": {[]history.Input{night(0, "12.0(1)", "SIG-01"), night(1, "12.0(1)", "SIG-01")}, ""},
	} {
		for i := range c.all {
			c.all[i].File = fmt.Sprint(i+1, "/results.json")
		}
		said := string(reporttest.Rendered(t, func(b *bytes.Buffer) error { return history.Build(c.all).WriteText(b, console.Style{}) }))
		got := ""
		if m := regexp.MustCompile(`begin with (\S+): finesse-conformance compare (\S+) (\S+) `).FindStringSubmatch(said); m != nil {
			got = strings.Join(m[1:], " ")
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestHistoryTurnedWorse: the last two runs that came to their end decide.
func TestHistoryTurnedWorse(t *testing.T) {
	stopped := night(10, "12.5(1)")
	stopped.Result.Stopped = "unreachable"
	for name, c := range map[string]struct {
		all  []history.Input
		want []string
	}{
		"worse":                    {nights("SIG-01", "SIG-02", "TRN-UCCE-06"), []string{"TRN-UCCE-06"}},
		"better":                   {nights("SIG-02"), []string{}},
		"the last was stopped":     {append(nights("SIG-01", "SIG-02"), stopped), []string{}},
		"and the one before worse": {append(nights("SIG-01", "SIG-02", "TRN-UCCE-06"), stopped), []string{"TRN-UCCE-06"}},
		"one run":                  {[]history.Input{night(0, "12.0(1)", "SIG-01")}, []string{}},
	} {
		h := history.Build(c.all)
		if diff := cmp.Diff(c.want, h.Targets[0].Worse); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if h.ExitCode() != min(len(c.want), 1) {
			t.Errorf("%s: exit code %d", name, h.ExitCode())
		}
	}
}

func TestHistoryOfSeveralTargets(t *testing.T) {
	other := night(3, "12.0(1)")
	other.Result.Target.URL = "https://a.example.com"
	h := history.Build(append(nights("SIG-01", "TRN-UCCE-06"), other))
	if len(h.Targets) != 2 || h.Targets[0].URL != "https://a.example.com" || !h.Worse {
		t.Errorf("%d targets", len(h.Targets))
	}
	page := string(reporttest.Rendered(t, func(b *bytes.Buffer) error { return h.WriteHTML(b) }))
	for _, want := range []string{"1 of 2 targets turned worse", "Turned worse since the run before", "Begin with <b>TRN-UCCE-06</b>", "<code>finesse-conformance compare ", "One run: nothing to hold it against"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestHistoryAsText(t *testing.T) {
	h := history.Build(nights("SIG-01", "SIG-02", "TRN-UCCE-06"))
	h.LeftOut = []string{"old.json: no result"}
	reporttest.Golden(t, "history.txt", reporttest.Rendered(t, func(b *bytes.Buffer) error { return h.WriteText(b, console.Style{Width: 110}) }))
	reporttest.Golden(t, "history.json", reporttest.Rendered(t, func(b *bytes.Buffer) error { return history.Build(nights("SIG-01")[7:]).WriteJSON(b) }))
}

// What became of profiles is told for each run, and what changed since the run
// before is named.
func TestProfilesFromRunToRun(t *testing.T) {
	t.Parallel()
	all := nights()
	for i := range all {
		core := reports.Profile{Name: "core", Verdict: reports.Conformant, Required: 2, Exercised: 2}
		if i == len(all)-1 {
			core.Verdict, core.Failed = reports.Nonconformant, 1
		}
		all[i].Result.Profiles = []reports.Profile{core, {Name: "calls", Required: 1}, {Name: "nodes"}}
	}
	h := history.Build(all)
	var text, page bytes.Buffer
	if err := h.WriteText(&text, console.Style{}); err != nil {
		t.Fatal(err)
	}
	if err := h.WriteHTML(&page); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"profiles: not conformant: core; calls not exercised", "Profiles that changed", "core: conformant, now not conformant"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("there is no %q in\n%s", want, text.String())
		}
	}
	for _, want := range []string{"not conformant since 2", "conformant from 2"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("there is no %q on the page", want)
		}
	}
	for _, name := range []string{"calls", "nodes"} {
		if strings.Contains(page.String(), `<span class="id">`+name+`</span>`) {
			t.Errorf("%s, of which nothing was exercised, has a row", name)
		}
	}
}
