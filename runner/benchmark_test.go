//go:build unix

package runner

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/fixtures/reference"
	"finesse-conformance/reports"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/internal/progress"
	"finesse-conformance/spec"
	"finesse-conformance/suites"
	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
)

// Loading the contract, as every command does first.
func BenchmarkLoadSpec(b *testing.B) {
	for b.Loop() {
		if _, err := spec.Load(); err != nil {
			b.Fatal(err)
		}
	}
}

// Everything that a run needs of the contract, schemas included.
func BenchmarkNewCLI(b *testing.B) {
	for b.Loop() {
		app, err := NewCLI(io.Discard, io.Discard)
		if err != nil {
			b.Fatal(err)
		}
		app.Bodies.Prepare()
	}
}

// seenOnce is a session on a reference in this process, and what its run saw.
func seenOnce(b *testing.B, only ...string) (*session, []*evidence.Evidence) {
	b.Helper()
	cfg, err := reference.Default(reference.UCCE, "12.5(1)", 1)
	if err != nil {
		b.Fatal(err)
	}
	cfg.Delay = time.Millisecond
	d, err := reference.New(cfg)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(d.Close)
	var users []*fixtures.User
	for _, u := range cfg.Users {
		users = append(users, &fixtures.User{ID: u.ID, Password: fixtures.Secret(u.Password), Extension: u.Extension})
	}
	timing := handlerTiming
	timing.Quiet = 10 * time.Millisecond
	app, err := NewCLI(io.Discard, io.Discard)
	if err != nil {
		b.Fatal(err)
	}
	s, err := app.sessionOf(Subject{Handler: d, Users: users, Release: "12.5(1)", Stimuli: direct{d}, Timing: timing, Only: only})
	if err != nil {
		b.Fatal(err)
	}
	s.unscheduled = true
	_, seen := s.certify(b.Context(), progress.None{})
	return s, seen
}

// Planning a run: what is exercised, by whom, on which way.
func BenchmarkPlan(b *testing.B) {
	s, _ := seenOnce(b, "SIG-01")
	for b.Loop() {
		items := suites.Plan(s.stage, suites.Selection{})
		s.arrange(items)
	}
}

// Judging, with the validation of every body that it takes, per exchange.
func BenchmarkJudge(b *testing.B) {
	s, seen := seenOnce(b, "SIG-*", "SUP-0[1-5]", "ERR-0*", "RSN-*")
	exchanges := 0
	for _, e := range seen {
		exchanges += len(e.Exchanges)
	}
	for b.Loop() {
		standing := s.Judge.Invariants()
		for _, e := range seen {
			req, _ := s.Catalogue.ByID(e.Requirement)
			s.Judge.Verdict(req, e)
			standing.Add(e)
		}
	}
	perExchange := float64(b.Elapsed().Microseconds()) / float64(b.N*exchanges)
	b.ReportMetric(perExchange, "µs/exchange")
	if perExchange > 1000 {
		b.Errorf("%.0f µs per exchange: the limit is 1000", perExchange)
	}
}

// Validating one User document against its schema.
func BenchmarkValidateUser(b *testing.B) {
	app, err := NewCLI(io.Discard, io.Discard)
	if err != nil {
		b.Fatal(err)
	}
	text, err := os.ReadFile("../internal/xmlbody/testdata/User/ucce-12.5-not-ready-reason.xml")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if report := app.Bodies.Validate("User", "application/xml", text); len(report.Problems) > 0 {
			b.Fatal(report.Problems)
		}
	}
}

// One GET of a User: through the recording client, and with net/http alone.
// The figure to compare is the CPU time, that of the server included in both.
func BenchmarkExchange(b *testing.B) {
	text, err := os.ReadFile("../internal/xmlbody/testdata/User/ucce-12.5-not-ready-reason.xml")
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/xml")
		_, _ = w.Write(text)
	}))
	defer server.Close()
	base, err := url.Parse(server.URL)
	if err != nil {
		b.Fatal(err)
	}
	user := &fixtures.User{ID: "1001", Password: "password"}
	b.Run("recording", func(b *testing.B) {
		c := client.New(client.Options{Base: base, Transport: client.Transport(nil, nil, time.Second), Timeout: 5 * time.Second, Version: "1"})
		began := cpuTime()
		for n := 0; b.Loop(); n++ {
			rec := &client.Recorder{Requirement: "SIG-01"}
			if x := c.Do(b.Context(), rec, client.Call{As: user, Method: http.MethodGet, Path: "/finesse/api/User/1001"}); x.Status != http.StatusOK {
				b.Fatal(x.Err)
			}
		}
		b.ReportMetric(float64((cpuTime()-began).Nanoseconds())/float64(b.N), "cpu-ns/op")
	})
	b.Run("bare", func(b *testing.B) {
		c := &http.Client{Timeout: 5 * time.Second}
		began := cpuTime()
		for b.Loop() {
			req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, server.URL+"/finesse/api/User/1001", nil)
			if err != nil {
				b.Fatal(err)
			}
			req.SetBasicAuth("1001", "password")
			resp, err := c.Do(req)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := io.ReadAll(resp.Body); err != nil {
				b.Fatal(err)
			}
			_ = resp.Body.Close()
		}
		b.ReportMetric(float64((cpuTime()-began).Nanoseconds())/float64(b.N), "cpu-ns/op")
	})
}

// cpuTime is what this process has computed so far.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// A whole run against the reference, with the latency of a target and as many
// processes as given. Use -benchtime 1x: each takes from seconds to minutes.
func BenchmarkRun(b *testing.B) {
	for _, latency := range []time.Duration{0, 20 * time.Millisecond, 200 * time.Millisecond} {
		for _, procs := range []int{1, 2, 4, 8} {
			b.Run(fmt.Sprintf("latency=%v/procs=%d", latency, procs), func(b *testing.B) {
				for b.Loop() {
					benchmarkRun(b, latency, procs)
				}
			})
		}
	}
}

func benchmarkRun(b *testing.B, latency time.Duration, procs int) {
	cfg, err := reference.Default(reference.UCCE, "12.5(1)", 8)
	if err != nil {
		b.Fatal(err)
	}
	cfg.Latency = latency
	e, err := StartEmbedded(cfg, "127.0.0.1:0", false)
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	hook := httptest.NewServer(e.Deployment.Stimulus())
	defer hook.Close()
	stimuli, err := url.Parse(hook.URL)
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	ca := filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(ca, e.CAFile, 0o600); err != nil {
		b.Fatal(err)
	}
	app, err := NewCLI(io.Discard, io.Discard)
	if err != nil {
		b.Fatal(err)
	}
	app.Environ = os.Environ()
	target := &config.Target{
		Name: "reference", URL: e.URL, CAFile: ca, Users: e.Users(), Notifications: e.Events, StimulusHTTP: stimuli,
		Timing: config.Timing{Request: 5 * time.Second, Settle: 4 * time.Second, Quiet: 200 * time.Millisecond, Poll: 10 * time.Millisecond, LongestWait: 10 * time.Second},
	}
	c := &config.Config{Targets: []*config.Target{target}, Run: config.Run{
		Procs: procs, Out: dir, Progress: "none", Journal: filepath.Join(dir, "journal.jsonl"),
		JUnit: filepath.Join(dir, "junit.xml"), JSON: filepath.Join(dir, "results.json"), HTML: filepath.Join(dir, "report.html"),
	}}
	result := benchmarked(b, app, c)
	if result.Summary.Failed > 0 || len(result.HarnessFaults) > 0 {
		b.Errorf("%+v %+v", result.Summary, result.HarnessFaults)
	}
	b.ReportMetric(result.Timings.Wall/1000, "wall-s")
	b.ReportMetric(result.Timings.Ratio, "wall/bound")
	b.ReportMetric(float64(result.Timings.PeakMemory)/(1<<20), "peak-MiB")
	b.ReportMetric(float64(result.Timings.Requests), "requests")
}

// benchmarked runs in as many processes as are asked for. One is this one,
// without Ginkgo, which plays once in the life of a process.
func benchmarked(b *testing.B, app *CLI, c *config.Config) *reports.Result {
	if c.Run.Procs > 1 {
		if code, err := app.Run(context.Background(), c); err != nil {
			b.Fatalf("exit code %d: %v", code, err)
		}
		result, err := reports.Load(c.Run.JSON)
		if err != nil {
			b.Fatal(err)
		}
		return result
	}
	s, err := app.configured(c, c.Targets[0])
	if err != nil {
		b.Fatal(err)
	}
	s.unscheduled = true
	result, _ := s.certify(context.Background(), progress.None{})
	if strings.TrimSpace(result.Stopped) != "" {
		b.Fatal(result.Stopped)
	}
	return result
}
