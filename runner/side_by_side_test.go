package runner

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/exit"
	"finesse-conformance/internal/extent"
	"finesse-conformance/reports"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/internal/journal"
	"finesse-conformance/runner/internal/parallel"
	"finesse-conformance/spec"
	"finesse-conformance/suites"
	"finesse-conformance/suites/evidence"
)

// crashVariable makes a process of the run die when it is told to act on a
// requirement: the name of the requirement, or "at once".
const crashVariable = "TEST_TROUPE_DIES_IN"

// TestMain is the main function of the processes that parallel runs start:
// they start the program that they are themselves.
func TestMain(m *testing.M) {
	if parallel.IsTroupe(os.Args) && os.Getenv(crashVariable) == "at once" {
		fmt.Fprintln(os.Stderr, "dying at once")
		os.Exit(9)
	}
	if code, played := RunIfWorker(Process{Exit: os.Exit}); played {
		os.Exit(code)
	}
	flag.Parse()
	// These tests wait more than they work. Ginkgo must not see that the flag was set.
	if p := flag.Lookup("test.parallel").Value; p.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		_ = p.Set(strconv.Itoa(4 * runtime.GOMAXPROCS(0)))
	}
	os.Exit(m.Run())
}

// parallelRun is a reference for parallel runs, and what a run on it is told.
func parallelRun(t *testing.T, procs int, set func(*config.Config)) (*Embedded, *CLI, *config.Config) {
	t.Helper()
	cfg, err := reference.Default(reference.UCCE, "12.5(1)", 4)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Delay = embeddedDelay
	e, err := StartEmbedded(cfg, "127.0.0.1:0", true)
	if err != nil {
		t.Fatal(err)
	}
	hook := httptest.NewServer(e.Deployment.Stimulus())
	t.Cleanup(func() { hook.Close(); _ = e.Close() })
	stimuli, err := url.Parse(hook.URL)
	if err != nil {
		t.Fatal(err)
	}
	app, err := NewCLI(io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	app.Environ = os.Environ()
	dir := t.TempDir()
	c := &config.Config{
		Targets: []*config.Target{{Name: "t", URL: e.URL, Users: e.Users(), Timing: embeddedTiming, Notifications: e.Events, StimulusHTTP: stimuli}},
		Run: config.Run{
			Procs: procs, Out: dir, Progress: "none", Journal: filepath.Join(dir, "journal.jsonl"),
			JUnit: filepath.Join(dir, "junit.xml"), JSON: filepath.Join(dir, "results.json"), HTML: filepath.Join(dir, "report.html"),
		},
	}
	c.Targets[0].Release.Major, c.Targets[0].Release.Minor, c.Targets[0].Release.Maintenance = 12, 5, 1
	if set != nil {
		set(c)
	}
	return e, app, c
}

func loadResult(t *testing.T, c *config.Config) *reports.Result {
	t.Helper()
	r, err := reports.Load(c.Run.JSON)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// stateShown asks the reference for a user's state.
func stateShown(t *testing.T, e *Embedded, u reference.User) reference.State {
	req, err := http.NewRequest(http.MethodGet, e.URL.String()+"/finesse/api/User/"+u.ID, nil)
	if err != nil {
		t.Error(err)
		return ""
	}
	req.SetBasicAuth(u.ID, u.Password)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Error(err)
		return ""
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Error(err)
	}
	_, rest, _ := strings.Cut(string(body), "<state>")
	state, _, _ := strings.Cut(rest, "</state>")
	return reference.State(state)
}

// allAtHome complains about every user who is not signed out, as all were.
func allAtHome(t *testing.T, e *Embedded) {
	t.Helper()
	for _, u := range e.Deployment.Config().Users {
		if state := stateShown(t, e, u); state != reference.Logout {
			t.Errorf("user %s was left in %s", u.ID, state)
		}
	}
}

// What relies on the inside of Ginkgo's command line: it starts this program
// as several processes, hands the requirements out, runs alone what has to be,
// and comes back.
func TestProcessesOfARun(t *testing.T) {
	extent.ForCI(t)
	var lines bytes.Buffer
	e, app, cfg := parallelRun(t, 3, func(c *config.Config) {
		c.Run.Only = []string{"SIG-0[1-6]", "SUP-0[1-3]", "ERR-1[1-3]"}
		c.Run.Progress, c.Run.MaxRequestsPerSecond = "plain", 300
	})
	app.Err = &lines
	stop := make(chan struct{})
	watched := watchChildren(stop)
	began := time.Now()
	code, err := app.Run(t.Context(), cfg)
	if err != nil || code != reports.ExitConformant {
		t.Fatalf("exit code %d, %v", code, err)
	}
	wall := time.Since(began)
	close(stop)
	children := <-watched
	if len(children.pids) < 3 {
		t.Errorf("%d processes were seen, want 3", len(children.pids))
	}
	for _, u := range e.Deployment.Config().Users {
		if strings.Contains(children.text, u.Password) {
			t.Errorf("the password of user %s stands in the arguments or the environment of a process", u.ID)
		}
	}
	result := loadResult(t, cfg)
	if result.Procs != 3 || !result.Settings.Notifications || result.Timings.PeakMemory < 40<<20 {
		t.Errorf("procs %d, notifications %v, peak memory %d", result.Procs, result.Settings.Notifications, result.Timings.PeakMemory)
	}
	if most := 300*wall.Seconds() + 1; float64(result.Timings.Requests) > most {
		t.Errorf("%d requests in %v, with at most 300 a second", result.Timings.Requests, wall)
	}
	troupes := map[int]int{}
	for _, m := range result.Cast {
		troupes[m.Troupe]++
	}
	if !reflect.DeepEqual(troupes, map[int]int{0: 10, 1: 10, 2: 10, 3: 10}) {
		t.Errorf("users by troupe: %v", troupes)
	}
	allAtHome(t, e)
	if left, err := journal.Read(cfg.Run.Journal); err != nil || !left.Clean() {
		t.Errorf("the journal has %v left, %v", left, err)
	}
	// The sections come in the catalogue's order although the longest scenarios
	// run first.
	text := lines.String()
	if a, b, c := strings.Index(text, "SIG "), strings.Index(text, "SUP "), strings.Index(text, "ERR "); a < 0 || b < a || c < b {
		t.Errorf("progress:\n%s", text)
	}
}

// children is what was seen of the processes that this one started.
type children struct {
	pids []int
	text string // arguments and environments
}

func watchChildren(stop <-chan struct{}) <-chan children {
	out := make(chan children, 1)
	go func() {
		var c children
		for {
			files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
			for _, file := range files {
				args, _ := os.ReadFile(file)
				if !bytes.Contains(args, []byte("troupe.test")) {
					continue
				}
				pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
				if status, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "stat")); !strings.Contains(string(status), fmt.Sprintf(" %d ", os.Getpid())) {
					continue
				}
				if !slices.Contains(c.pids, pid) {
					c.pids = append(c.pids, pid)
					environ, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "environ"))
					c.text += string(args) + string(environ)
				}
			}
			select {
			case <-stop:
				out <- c
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	return out
}

// However many processes there are and in whatever order they work, the
// verdicts are the same.
func TestVerdictsDoNotDependOnTheProcesses(t *testing.T) {
	extent.ForCI(t)
	t.Parallel()
	said := func(procs int, seed int64) string {
		_, app, cfg := parallelRun(t, procs, func(c *config.Config) {
			c.Run.Only = []string{"SIG-*", "RSN-*", "AUT-0[1-4]"}
			c.Run.Seed = seed
		})
		if code, err := app.Run(t.Context(), cfg); err != nil || code != 0 {
			t.Fatalf("procs %d, seed %d: exit code %d, %v", procs, seed, code, err)
		}
		text := ""
		for _, row := range loadResult(t, cfg).Requirements {
			text += fmt.Sprintln(row.ID, row.Outcome, row.Reason, row.Gap)
		}
		return text
	}
	first := said(2, 0)
	if strings.Count(first, " passed ") < 20 {
		t.Fatalf("too little passes:\n%s", first)
	}
	for _, procs := range []int{4} {
		if other := said(procs, rand.Int64N(1<<40)); other != first {
			t.Errorf("with 2 processes:\n%s\nwith %d:\n%s", first, procs, other)
		}
	}
}

// A process that dies is a fault of the harness; what it was about is named,
// its users are put back, and the others go on.
func TestLostProcess(t *testing.T) {
	e, app, cfg := parallelRun(t, 2, func(c *config.Config) { c.Run.Only = []string{"TRN-UCCE-1[1-5]", "WRP-0[34]"} })
	var once sync.Once
	stimuli := e.Deployment.Stimulus()
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		stimuli.ServeHTTP(w, r)
		once.Do(killTroupe) // now somebody is on a call
	}))
	defer hook.Close()
	address, err := url.Parse(hook.URL)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Targets[0].StimulusHTTP = address
	code, err := app.Run(t.Context(), cfg)
	if err != nil || code != reports.ExitHarness {
		t.Fatalf("exit code %d, %v; want %d", code, err, reports.ExitHarness)
	}
	result := loadResult(t, cfg)
	if len(result.HarnessFaults) == 0 || !strings.Contains(result.HarnessFaults[0].Message, "was lost") ||
		!strings.Contains(result.HarnessFaults[0].Message, "killed") {
		t.Errorf("faults: %+v", result.HarnessFaults)
	}
	if len(result.Unrestored) > 0 {
		t.Errorf("not put back: %+v", result.Unrestored)
	}
	allAtHome(t, e)
	if left, err := journal.Read(cfg.Run.Journal); err != nil || !left.Clean() {
		t.Errorf("the journal has %v left, %v", left, err)
	}
	if result.Summary.Passed < 5 {
		t.Errorf("the other process did not go on: %+v", result.Summary)
	}
}

// killTroupe kills one of the processes that this one started.
func killTroupe() {
	stop := make(chan struct{})
	close(stop)
	if c := <-watchChildren(stop); len(c.pids) > 0 {
		if child, err := os.FindProcess(c.pids[0]); err == nil {
			_ = child.Kill()
		}
	}
}

// Processes that do not even begin are told by what they printed.
func TestProcessesThatDoNotBegin(t *testing.T) {
	t.Setenv(crashVariable, "at once")
	_, app, cfg := parallelRun(t, 2, func(c *config.Config) { c.Run.Only = []string{"SIG-*"} })
	code, err := app.Run(t.Context(), cfg)
	if err != nil || code != reports.ExitHarness {
		t.Fatalf("exit code %d, %v", code, err)
	}
	faults := loadResult(t, cfg).HarnessFaults
	if len(faults) == 0 || !strings.Contains(faults[0].Message, "did not begin") || !strings.Contains(faults[0].Message, "dying at once") {
		t.Errorf("faults: %+v", faults)
	}
}

// An interruption reaches all processes: their users are back, and the
// reports of what ran are written.
func TestInterruptedProcesses(t *testing.T) {
	extent.ForCI(t)
	t.Parallel()
	e, app, cfg := parallelRun(t, 3, nil)
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(1500*time.Millisecond, func() { cancel(exit.Signalled{Signal: syscall.SIGTERM}) })
	code, err := app.Run(ctx, cfg)
	if err != nil || code != 143 {
		t.Fatalf("exit code %d, %v; want 143", code, err)
	}
	result := loadResult(t, cfg)
	if result.Verdict != reports.Interrupted || len(result.HarnessFaults) > 0 || len(result.Unrestored) > 0 {
		t.Errorf("%s %+v %+v", result.Verdict, result.HarnessFaults, result.Unrestored)
	}
	allAtHome(t, e)
}

// What is exercised side by side waits as long as the longest, or an equal
// part; what belongs to one process is one after the other, and what is done alone comes on top.
func TestBound(t *testing.T) {
	h := &results{}
	for id, waited := range map[string]time.Duration{"a": 4, "b": 1, "c": 1, "d": 2, "e": 3} {
		o := outcomeOf(id, waited*time.Second)
		h.add(o)
	}
	item := func(id string) suites.Item { return suites.Item{Requirement: &spec.Requirement{ID: id}} }
	alone, own, too := item("e"), item("d"), item("e")
	alone.Alone, own.Proc, too.Proc = true, 3, 3
	for _, test := range []struct {
		procs int
		items []suites.Item
		want  time.Duration // in milliseconds
	}{{1, nil, 11_000}, {2, nil, 5500}, {8, nil, 4000}, {8, []suites.Item{alone}, 7000}, {8, []suites.Item{own, too}, 5000}} {
		if got := bound(h, test.procs, test.items); got != test.want*time.Millisecond {
			t.Errorf("%d processes, %+v: %v, want %d ms", test.procs, test.items, got, test.want)
		}
	}
}

func outcomeOf(id string, waited time.Duration) suites.Outcome {
	return suites.Outcome{
		Verdict:  evidence.Verdict{Requirement: id},
		Evidence: []*evidence.Evidence{{Requirement: id, Attempt: 1, Waited: waited / 2}, {Requirement: id, Attempt: 2, Waited: waited / 2}},
	}
}
