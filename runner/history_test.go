package runner

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"finesse-conformance/internal/exit"
	"finesse-conformance/internal/reporttest"
	"finesse-conformance/reports"
	"finesse-conformance/suites/evidence"
)

// saved writes a result of a day into a folder, on which a requirement may
// fail, with a page beside it.
func saved(t *testing.T, folder string, day int, failing string) string {
	t.Helper()
	run, verdicts := reporttest.SampleRun(), reporttest.SampleVerdicts()
	run.Started, run.Finished = run.Started.AddDate(0, 0, day), run.Finished.AddDate(0, 0, day)
	for i := range verdicts {
		if verdicts[i].Requirement == failing {
			verdicts[i] = reporttest.Verdict(failing, evidence.Failed, reporttest.Saw("READY", "WORK", reports.Observed{Status: 202}))
		}
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := reports.Write(&text, reports.Build(reporttest.Small(), run, verdicts)); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"results.json": text.Bytes(), "report.html": []byte("a page")} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestHistoryOfFolders(t *testing.T) {
	dir := t.TempDir()
	saved(t, filepath.Join(dir, "nights", "1"), 1, "")
	saved(t, filepath.Join(dir, "nights", "deeper", "2"), 2, "SIG-01")
	if err := os.WriteFile(filepath.Join(dir, "nights", "deeper", "results.json"), []byte("cut sh"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	a, err := NewCLI(&out, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	page := filepath.Join(dir, "public", "index.html")
	if err := os.Mkdir(filepath.Dir(page), 0o755); err != nil {
		t.Fatal(err)
	}
	code, err := a.History([]string{filepath.Join(dir, "nights")}, Files{HTML: page})
	if err != nil || code != reports.ExitNonconformant {
		t.Fatalf("exit code %d, %v", code, err)
	}
	if said := out.String(); !strings.Contains(said, "1 requirement turned worse") || !strings.Contains(said, "left out:") {
		t.Errorf("printed:\n%s", said)
	}
	if text, err := os.ReadFile(page); err != nil || !strings.Contains(string(text), `href="../nights/deeper/2/report.html#req-SIG-01"`) {
		t.Errorf("the page does not lead to the report: %v", err)
	}
	var usage *exit.UsageError
	if _, err := a.History([]string{t.TempDir()}, Files{}); !errors.As(err, &usage) {
		t.Errorf("of no results: %v", err)
	}
}

// TestCompareOfFolders: folders of reports, more than two of them, and links
// into their pages.
func TestCompareOfFolders(t *testing.T) {
	dir := t.TempDir()
	names := []string{saved(t, filepath.Join(dir, "a b"), 1, ""), saved(t, filepath.Join(dir, "c"), 2, "SIG-01"), saved(t, filepath.Join(dir, "d"), 3, "SIG-01")}
	a, err := NewCLI(io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	page := filepath.Join(dir, "compare.html")
	if code, err := a.Compare(names, false, Files{HTML: page}); err != nil || code != reports.ExitNonconformant {
		t.Fatalf("exit code %d, %v", code, err)
	}
	text, err := os.ReadFile(page)
	if err != nil || !strings.Contains(string(text), `href="a%20b/report.html#req-SIG-01"`) || !strings.Contains(string(text), "3 results in a row") {
		t.Errorf("the page does not lead to the reports: %v", err)
	}
}
