package runner

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"finesse-conformance/reports"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/internal/played"
	"finesse-conformance/runner/internal/progress"
	"finesse-conformance/suites/evidence"
)

// spooled reads what a killed run has left.
func spooled(t *testing.T, dir string) map[string]int {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, spoolName))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	zip, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	attempts := map[string]int{}
	lines := bufio.NewScanner(zip) // the file has no end
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var line struct{ Evidence *evidence.Evidence }
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		if line.Evidence != nil {
			attempts[line.Evidence.Requirement]++
		}
	}
	return attempts
}

// spooling is a session that plays three requirements, and the folder of its
// spool.
func spooling(t *testing.T) (*session, string) {
	t.Helper()
	dir := t.TempDir()
	s, _ := sessionOn(t, played.New(t, "UCCE"), config.Run{Only: []string{"SIG-01", "SIG-03", "ERR-03"}})
	s.unscheduled = true
	var err error
	if s.spool, err = openSpool(dir); err != nil {
		t.Fatal(err)
	}
	return s, dir
}

// watcher looks at the spool at each verdict.
type watcher struct {
	progress.None
	done func(evidence.Verdict)
}

func (w watcher) Done(v evidence.Verdict) { w.done(v) }

// What a run has seen is on the disk when its verdict is told, so that a run
// that is killed leaves it; the evidence takes its place.
func TestSpool(t *testing.T) {
	t.Parallel()
	s, dir := spooling(t)
	told := 0
	s.certify(t.Context(), watcher{done: func(v evidence.Verdict) {
		told++
		if there := spooled(t, dir); len(there) != told || there[v.Requirement] != v.Attempts {
			t.Errorf("after %s there is %v", v.Requirement, there)
		}
	}})
	if told != 3 {
		t.Fatalf("%d verdicts", told)
	}
	by := filepath.Join(dir, evidenceName)
	if err := s.spool.replaced(by); err != nil {
		t.Error(err)
	}
	if there := spooled(t, dir); len(there) != 3 {
		t.Errorf("there is no evidence, and what is left is %v", there)
	}
	var err error
	if s.spool, err = openSpool(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(by, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(by, time.Time{}, time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if err := s.spool.replaced(by); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, spoolName)); !os.IsNotExist(err) {
		t.Errorf("it is still there: %v", err)
	}
}

// A disk that takes nothing more is said once and ends no run.
func TestSpoolThatIsFull(t *testing.T) {
	s, err := openSpool(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.file.Close(); err != nil {
		t.Fatal(err)
	}
	seen := []*evidence.Evidence{{Requirement: "SIG-01", Attempt: 1}}
	if err := s.add(seen); err == nil {
		t.Error("nothing was said")
	}
	if err := s.add(seen); err != nil {
		t.Errorf("it was said twice: %v", err)
	}
}

// What a run had seen that was killed is judged by recheck and by report,
// and is no certification.
func TestSpoolIsJudged(t *testing.T) {
	t.Parallel()
	s, dir := spooling(t)
	killed := filepath.Join(t.TempDir(), "left.jsonl.gz")
	told := 0
	s.certify(t.Context(), watcher{done: func(evidence.Verdict) {
		if told++; told == 2 {
			left, err := os.ReadFile(filepath.Join(dir, spoolName))
			if err = errors.Join(err, os.WriteFile(killed, left, 0o600)); err != nil {
				t.Error(err)
			}
		}
	}})
	for name, judge := range map[string]func(run config.Run) (int, error){
		"recheck": func(run config.Run) (int, error) { return s.CLI.Recheck(killed, run) },
		"report":  func(run config.Run) (int, error) { return s.CLI.Report([]string{killed}, run, "", false) },
	} {
		out := t.TempDir()
		run := config.Run{Out: out, JSON: filepath.Join(out, "results.json"), JUnit: filepath.Join(out, "junit.xml"), HTML: filepath.Join(out, "report.html")}
		code, err := judge(run)
		if code != reports.ExitUncertifiable || err != nil {
			t.Errorf("%s: exit %d, %v", name, code, err)
		}
		result, err := reports.Load(run.JSON)
		if err != nil {
			t.Fatal(name, err)
		}
		if !result.CutOff || result.Summary.Passed != 2 || result.Summary.Failed != 0 || result.Row("SIG-01").Outcome != evidence.Passed {
			t.Errorf("%s: cut off %v, %d passed, %d failed, SIG-01 %+v", name, result.CutOff, result.Summary.Passed, result.Summary.Failed, result.Row("SIG-01"))
		}
	}
}
