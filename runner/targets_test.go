package runner

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/reports"
	"finesse-conformance/reports/overview"
	"finesse-conformance/runner/config"
)

// Several targets are certified side by side, each with its reports and its
// processes; one that hangs holds nobody.
func TestManyTargets(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and never answers
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	hangs, err := url.Parse("http://" + silent.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_, app, cfg := parallelRun(t, 5, func(c *config.Config) { c.Run.Only = []string{"SIG-0[1-3]"} })
	_, _, other := parallelRun(t, 1, nil)
	cfg.Targets[0].Name, other.Targets[0].Name = "site a/1", "site a 1"
	slow := &config.Target{Name: "slow", URL: hangs, Deployment: "UCCE", Timing: embeddedTiming,
		Users: []*fixtures.User{{ID: "1", Password: "secret-of-one", Extension: "2"}}}
	slow.Timing.Request = 5 * time.Minute
	cfg.Targets = append(cfg.Targets, slow, other.Targets[0])
	// It hangs until the others have written their reports.
	go func() {
		var held []net.Conn
		done := make(chan struct{})
		go func() {
			defer close(done)
			for {
				conn, err := silent.Accept()
				if err != nil {
					return
				}
				held = append(held, conn)
			}
		}()
		for _, folder := range []string{"site-a-1", "site-a-1-2"} {
			for {
				if _, err := os.Stat(filepath.Join(cfg.Run.Out, folder, "results.json")); err == nil || t.Context().Err() != nil {
					break
				}
				time.Sleep(20 * time.Millisecond)
			}
		}
		_ = silent.Close()
		<-done
		for _, conn := range held {
			_ = conn.Close()
		}
	}()

	var out bytes.Buffer
	app.Out = &out
	code, err := app.Run(t.Context(), cfg)
	if err != nil || code != reports.ExitUncertifiable {
		t.Fatalf("exit code %d, %v", code, err)
	}
	text, err := os.ReadFile(filepath.Join(cfg.Run.Out, "overview.json"))
	if err != nil {
		t.Fatal(err)
	}
	var o overview.Overview
	if err := json.Unmarshal(text, &o); err != nil {
		t.Fatal(err)
	}
	if len(o.Targets) != 3 || o.ExitCode != code {
		t.Fatalf("%s", text)
	}
	for n, want := range []struct {
		folder  string
		code    int
		verdict reports.Word
		procs   int
	}{{"site-a-1", 0, reports.Conformant, 2}, {"slow", 3, reports.Incomplete, 1}, {"site-a-1-2", 0, reports.Conformant, 1}} {
		got := o.Targets[n]
		if got.Folder != want.folder || got.ExitCode != want.code || got.Verdict != want.verdict {
			t.Errorf("target %d: %+v, want %+v", n, got, want)
		}
		result, err := reports.Load(filepath.Join(cfg.Run.Out, want.folder, "results.json"))
		if err != nil {
			t.Error(err)
			continue
		}
		if result.Procs != want.procs {
			t.Errorf("target %d had %d processes, want %d", n, result.Procs, want.procs)
		}
	}
	if !strings.Contains(out.String(), "site a/1\n  CONFORMANT") || !strings.Contains(out.String(), "slow: http://") {
		t.Errorf("printed:\n%s", out.String())
	}
	page, err := os.ReadFile(filepath.Join(cfg.Run.Out, "overview.html"))
	if err != nil || !bytes.Contains(page, []byte(`href="site-a-1-2/report.html"`)) {
		t.Errorf("%v\n%s", err, page)
	}
}

func TestEachTarget(t *testing.T) {
	cfg := &config.Config{Run: config.Run{Procs: 7, Out: "/out", JUnit: "/out/junit.xml", JSON: "/out/results.json", HTML: "/out/report.html", Journal: "/out/journal.jsonl",
		MaxRequestsPerSecond: 30, Timeout: time.Minute}}
	for _, name := range []string{"a", "b", "c"} {
		cfg.Targets = append(cfg.Targets, &config.Target{Name: name})
	}
	procs := func() (list []int, atOnce int, total float64) {
		runs, atOnce, err := eachTarget(cfg)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range runs {
			list = append(list, r.config.Run.Procs)
			total += r.config.Run.MaxRequestsPerSecond
			if r.config.Run.JUnit != "/out/"+r.folder+"/junit.xml" || len(r.config.Targets) != 1 || r.config.Run.Timeout != 0 {
				t.Errorf("%+v", r.config.Run)
			}
		}
		return list, atOnce, total
	}
	if list, atOnce, total := procs(); atOnce != 3 || list[0] != 3 || list[1] != 2 || list[2] != 2 || total != 30 {
		t.Errorf("7 processes: %v, %d at once, %v requests a second", list, atOnce, total)
	}
	cfg.Run.Procs = 2
	if list, atOnce, _ := procs(); atOnce != 2 || list[0] != 1 || list[2] != 1 {
		t.Errorf("2 processes: %v, %d at once", list, atOnce)
	}
	cfg.Run.Procs = 0
	if list, atOnce, _ := procs(); atOnce != 3 || list[0] != 0 {
		t.Errorf("as many as the cast allows: %v, %d at once", list, atOnce)
	}
	cfg.Run.JSON = "/elsewhere.json"
	if _, _, err := eachTarget(cfg); err == nil || !strings.Contains(err.Error(), "--json") {
		t.Errorf("one file for three targets: %v", err)
	}
}

// A result counts only where the run of its target wrote it: not what lies
// there of an earlier or another run, however new it is.
func TestResultOfAnotherRun(t *testing.T) {
	cfg := &config.Config{Run: config.Run{Out: t.TempDir()}}
	cfg.Run.JUnit, cfg.Run.JSON = filepath.Join(cfg.Run.Out, "junit.xml"), filepath.Join(cfg.Run.Out, "results.json")
	cfg.Run.HTML, cfg.Run.Journal = filepath.Join(cfg.Run.Out, "report.html"), filepath.Join(cfg.Run.Out, "journal.jsonl")
	cfg.Targets = []*config.Target{{Name: "a"}, {Name: "b"}}
	runs, _, err := eachTarget(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if runs[0].config.Run.ID == "" || runs[0].config.Run.ID == runs[1].config.Run.ID {
		t.Fatalf("the runs are %q and %q", runs[0].config.Run.ID, runs[1].config.Run.ID)
	}
	left := func(r *targetRun, id string) {
		result := &reports.Result{Schema: reports.SchemaID, RunID: id, Finished: time.Now(), Requirements: []reports.Row{{ID: "A", Level: "MUST", Outcome: "passed"}}}
		if err := writeFile(r.config.Run.JSON, func(w io.Writer) error { return reports.Write(w, result) }); err != nil {
			t.Fatal(err)
		}
	}
	r := runs[0]
	r.ended = true
	for _, c := range []struct {
		id    string
		code  int
		taken bool
	}{
		{r.config.Run.ID, 0, true}, {r.config.Run.ID, reports.ExitUsage, false}, {runs[1].config.Run.ID, 0, false}, {"", 0, false},
	} {
		left(r, c.id)
		if r.code = c.code; (r.result() != nil) != c.taken {
			t.Errorf("a result of the run %q with exit code %d: taken is %v", c.id, c.code, !c.taken)
		}
	}
	left(r, r.config.Run.ID)
	if r.ended, r.code = false, 0; r.result() != nil {
		t.Error("the result of a process that was lost is taken")
	}
}

func TestFolderName(t *testing.T) {
	for name, want := range map[string]string{"site-a": "site-a", "finesse1.example.com:8445": "finesse1.example.com-8445", "../..": "target", "a b/c": "a-b-c", "aux.lab": "target-aux.lab", "console": "console",
		strings.Repeat("x", 59) + ".y": strings.Repeat("x", 59)} {
		if got := folderName(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

// A line of progress names its target so that no CI service obeys the name, and
// as JSON whatever is in it.
func TestLabelled(t *testing.T) {
	const name = "::error::\U000f0000"
	if got := labelled(name, "played"); got != ": :error::\U000f0000: played" {
		t.Errorf("got %q", got)
	}
	var said struct{ Name, Kind string }
	if err := json.Unmarshal([]byte(labelled(name, `{"kind":"played"}`)), &said); err != nil || said.Name != name || said.Kind != "played" {
		t.Errorf("%v: %+v", err, said)
	}
}

// The worst exit code is the one that the documentation puts first.
func TestWorstOfSeveral(t *testing.T) {
	for _, test := range []struct {
		codes []int
		want  int
	}{{nil, 0}, {[]int{0, 4}, 4}, {[]int{4, 5, 1}, 1}, {[]int{1, 3}, 3}, {[]int{3, 7}, 7}, {[]int{7, 6}, 6}, {[]int{6, 130}, 130}, {[]int{0, 0}, 0}} {
		o := overview.Overview{}
		for _, c := range test.codes {
			o.Targets = append(o.Targets, overview.Target{ExitCode: c})
		}
		if got := o.Worst(); got != test.want {
			t.Errorf("%v: %d, want %d", test.codes, got, test.want)
		}
	}
}

// Names that come to the same file name have folders of their own, also where
// one of them is what another would be called then.
func TestFoldersAreApart(t *testing.T) {
	taken := map[string]bool{}
	var got []string
	for _, name := range []string{"lab", "lab-2", "lab!", "LAB", "lab?", "!"} {
		got = append(got, freeFolder(name, taken))
	}
	if want := "lab lab-2 lab-3 LAB-4 lab-5 target"; strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
	runs, _, err := eachTarget(&config.Config{Targets: []*config.Target{{Name: "Overview.html"}}})
	if err != nil || strings.EqualFold(runs[0].folder, overviewHTML) {
		t.Errorf("a target has the place of the overview: %v", err)
	}
}
