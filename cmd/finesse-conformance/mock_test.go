package main

import (
	"bytes"
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/reports"
)

// longest is how long any command of these tests may take, and whatever else is
// waited for: more than it takes on a machine that has thirty others to serve.
const longest = 4 * time.Minute

// said is what a command printed and ended with.
type said struct {
	code     int
	out, err string
}

func (s said) String() string {
	return fmt.Sprintf("exit code %d\n--- out\n%s--- err\n%s", s.code, s.out, s.err)
}

// invoke runs the program to its end in a folder of its own. What looks like
// NAME=value before the first argument is set in its environment.
func invoke(t *testing.T, dir string, args ...string) said {
	t.Helper()
	return invokeBy(t, dir, nil, args...)
}

// invokeBy is invoke by another command, which is given the program and its
// arguments after its own.
func invokeBy(t *testing.T, dir string, by []string, args ...string) said {
	t.Helper()
	env := []string{asProgram + "=1", "XDG_CACHE_HOME=" + dir}
	for len(args) > 0 && strings.Contains(args[0], "=") && !strings.HasPrefix(args[0], "-") {
		env, args = append(env, args[0]), args[1:]
	}
	ctx, cancel := context.WithTimeout(t.Context(), longest)
	defer cancel()
	var out, problems bytes.Buffer
	line := slices.Concat(by, []string{executable(t)}, args)
	c := exec.CommandContext(ctx, line[0], line[1:]...)
	c.Dir, c.Env, c.Stdout, c.Stderr = dir, append(neutral(), env...), &out, &problems
	if err := c.Run(); c.ProcessState == nil || ctx.Err() != nil {
		t.Fatalf("%v: %v: %v\n%s%s", args, err, ctx.Err(), out.String(), problems.String())
	}
	return said{c.ProcessState.ExitCode(), out.String(), problems.String()}
}

// executable is the program: this test binary, or TEST_PROGRAM.
func executable(t *testing.T) string {
	t.Helper()
	if built := os.Getenv("TEST_PROGRAM"); built != "" {
		return built
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return self
}

// neutral is the environment without what changes the program's ways.
func neutral() []string {
	var kept []string
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, "GITHUB_") && !strings.HasPrefix(name, "FINESSE_") && name != "NO_COLOR" {
			kept = append(kept, entry)
		}
	}
	return kept
}

// result reads the result file of a run whose folder is out.
func result(t *testing.T, dir string) *reports.Result {
	t.Helper()
	r, err := reports.Load(filepath.Join(dir, "conformance-report", "results.json"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// outcomes gives the requirements that were exercised, with their outcome.
func outcomes(r *reports.Result) string {
	var list []string
	for i := range r.Requirements {
		if row := &r.Requirements[i]; row.Exercised() {
			list = append(list, row.ID+" "+string(row.Outcome))
		}
	}
	return strings.Join(list, ", ")
}

// mock is a reference deployment in the test's own process, which counts what
// it is sent.
type mock struct {
	*reference.Deployment
	server *httptest.Server
	dir    string
	config string // file
	users  []reference.User

	mu       sync.Mutex
	requests []string        // method and path
	refused  map[string]int  // answers 401 by user name
	since    []time.Duration // when they came
	began    time.Time

	// before is called with every request before it is answered; nil for
	// nothing.
	before func(*http.Request)
}

// target starts a mock on plain HTTP, and writes a configuration for the users
// that keep gives; nil for all.
func target(t *testing.T, change func(*reference.Config)) *mock { return targetOn(t, false, change) }

func targetOn(t testing.TB, secure bool, change func(*reference.Config)) *mock {
	t.Helper()
	config, err := reference.Default(reference.UCCE, "12.5(1)", 1)
	if err != nil {
		t.Fatal(err)
	}
	config.Delay, config.Settle, config.Quiet = 2*time.Millisecond, time.Second, 50*time.Millisecond
	if change != nil {
		change(&config)
	}
	d, err := reference.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	m := &mock{Deployment: d, dir: t.TempDir(), users: config.Users, refused: map[string]int{}, began: time.Now()}
	if secure {
		m.server = httptest.NewUnstartedServer(m)
		m.server.Config.ErrorLog = log.New(io.Discard, "", 0)
		m.server.StartTLS()
	} else {
		m.server = httptest.NewServer(m)
	}
	t.Cleanup(m.server.Close)
	m.config = filepath.Join(m.dir, "c.yaml")
	m.write(t, "")
	return m
}

// write writes the configuration, with more at its end.
func (m *mock) write(t testing.TB, more string) {
	t.Helper()
	m.writeFor(t, m.server.URL, more)
}

func (m *mock) writeFor(t testing.TB, url, more string) {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "target:\n  url: %s\nusers:\n", url)
	for _, u := range m.users {
		fmt.Fprintf(&b, "  - {id: %q, password: %q, extension: %q}\n", u.ID, u.Password, u.Extension)
	}
	if !strings.Contains(more, "timing:") {
		b.WriteString("timing: {settle: 1s, quiet: 50ms, poll: 5ms, longest_wait: 2s}\n")
	}
	b.WriteString(more)
	file(t, m.config, b.String())
}

func (m *mock) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	m.requests = append(m.requests, r.Method+" "+r.URL.Path)
	m.since = append(m.since, time.Since(m.began))
	m.mu.Unlock()
	if m.before != nil {
		m.before(r)
	}
	answer := &status{ResponseWriter: w}
	m.Deployment.ServeHTTP(answer, r)
	if name, _, _ := r.BasicAuth(); answer.code == http.StatusUnauthorized {
		m.mu.Lock()
		m.refused[name]++
		m.mu.Unlock()
	}
}

type status struct {
	http.ResponseWriter
	code int
}

func (s *status) WriteHeader(code int) { s.code = code; s.ResponseWriter.WriteHeader(code) }

// sent counts the requests so far that begin with a text, such as "PUT".
func (m *mock) sent(start string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, r := range m.requests {
		if strings.HasPrefix(r, start) {
			n++
		}
	}
	return n
}

// ca writes the certificate of a mock on HTTPS to a file.
func (m *mock) ca(t testing.TB) string {
	t.Helper()
	name := filepath.Join(m.dir, "ca.pem")
	file(t, name, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: m.server.Certificate().Raw})))
	return name
}

func file(t testing.TB, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func contents(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func request(t *testing.T, method, url, body string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/xml")
	return req
}

// serveStimuli serves what makes calls happen on a mock, and gives its address.
func serveStimuli(t *testing.T, m *mock) string {
	t.Helper()
	s := httptest.NewServer(m.Stimulus())
	t.Cleanup(s.Close)
	return s.URL
}
