//go:build unix

package main

import (
	"encoding/json"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"

	"finesse-conformance/internal/extent"
)

// The report of a run, as far as these tests look at it.
type report struct {
	Verdict string
	Exit    struct {
		Code int
		All  []struct{ Because string }
	}
}

func readReport(t *testing.T, out string) (r report) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(out, "results.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func restore(t *testing.T, s *served, out string, before map[string]standing) {
	t.Helper()
	p := start(t, s.env, "restore", "--config", s.config, "--out", out, "--quiet-time", "50ms")
	if code := p.code(t, longest); code != 0 {
		t.Errorf("restore ended with %d:\n%s", code, p.out.String())
	}
	if diff := differences(before, s.look(t)); diff != "" {
		t.Errorf("after restore: %s\n%s", diff, p.out.String())
	}
}

// One signal: users are put back, reports are written, and the exit code says
// which it was.
func TestSignalled(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		signal syscall.Signal
		code   int
		procs  string
	}{{syscall.SIGINT, 130, "1"}, {syscall.SIGTERM, 143, "2"}, {syscall.SIGTERM, 143, "1"}, {syscall.SIGHUP, 143, "1"}}[:extent.Of(1, 4, 4)] {
		t.Run(test.signal.String()+" "+test.procs, func(t *testing.T) {
			t.Parallel()
			s := serve(t, "--troupes", test.procs)
			s.inhabit(t)
			before := s.look(t)
			run, out := begin(t, s, "--procs", test.procs)
			if err := run.Process.Signal(test.signal); err != nil {
				t.Fatal(err)
			}
			if test.signal != syscall.SIGINT {
				_ = run.Process.Signal(test.signal) // timeout(1) and shells send it twice
			}
			if code := run.code(t, longest); code != test.code {
				t.Errorf("exit code %d:\n%s", code, run.out.String())
			}
			if diff := differences(before, s.look(t)); diff != "" {
				t.Error(diff)
			}
			if r := readReport(t, out); r.Verdict != "interrupted" || r.Exit.Code != test.code {
				t.Errorf("%+v", r)
			}
		})
	}
}

// Nobody reads any more what a run prints, as behind head(1): it goes on, for
// users are on the way.
func TestNobodyReads(t *testing.T) {
	extent.ForCI(t)
	t.Parallel()
	s := serve(t)
	s.inhabit(t)
	before := s.look(t)
	theirs, ours, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(s.dir, "out")
	run := exec.Command(executable(t), "run", "--config", s.config, "--out", out, "--quiet-time", "50ms", "--only", "SIG-*", "--progress", "json")
	run.Env = append(append(os.Environ(), asProgram+"=1"), s.env...)
	run.Stdout, run.Stderr = ours, ours
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = run.Process.Kill() })
	_ = ours.Close()
	eventually(t, func() bool { return touched(filepath.Join(out, "journal.jsonl")) > 1 })
	_ = theirs.Close()
	if err := run.Wait(); err != nil {
		t.Error(err)
	}
	if r := readReport(t, out); r.Verdict != "conformant" {
		t.Errorf("%+v", r)
	}
	if diff := differences(before, s.look(t)); diff != "" {
		t.Error(diff)
	}
}

// The second signal leaves at once: nothing more is put back, and the journal
// knows who is on the way.
func TestSignalledTwice(t *testing.T) {
	extent.ForCI(t)
	t.Parallel()
	s := serve(t, "--delay", "300ms") // putting back takes its time
	before := s.look(t)
	run, out := begin(t, s)
	for range 2 {
		if err := run.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(run.out.String(), "once more leaves at once") {
			eventually(t, func() bool { return strings.Contains(run.out.String(), "once more leaves at once") })
		}
	}
	if code := run.code(t, longest); code != 130 {
		t.Errorf("exit code %d:\n%s", code, run.out.String())
	}
	if !strings.Contains(run.out.String(), "left at once: `finesse-conformance restore` puts back") {
		t.Errorf("it said\n%s", run.out.String())
	}
	// The next run does not begin over that.
	next := start(t, s.env, "run", "--config", s.config, "--out", out)
	if code := next.code(t, longest); code != 2 || !strings.Contains(next.out.String(), "finesse-conformance restore --journal "+out) {
		t.Errorf("the next run: exit code %d:\n%s", code, next.out.String())
	}
	restore(t, s, out, before)
}

// When the time is over the run ends as when it is interrupted, with the
// reason.
func TestTimeout(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.inhabit(t)
	before := s.look(t)
	run, out := begin(t, s, "--timeout", "2s")
	code := run.code(t, longest)
	// Of a request that was cut off as it was sent nobody knows what becomes.
	cutOff := code == 7 && strings.Contains(run.out.String(), "was never seen, and may still come")
	if code != 3 && !cutOff {
		t.Errorf("exit code %d:\n%s", code, run.out.String())
	}
	if diff := differences(before, s.look(t)); diff != "" {
		t.Error(diff)
	}
	r := readReport(t, out)
	if len(r.Exit.All) == 0 || !strings.Contains(r.Exit.All[len(r.Exit.All)-1].Because, "the run's timeout of 2s is over") {
		t.Errorf("%+v", r)
	}
}

// A run beside another one, on the same users, says so and stops.
func TestTwoRuns(t *testing.T) {
	t.Parallel()
	s := serve(t)
	run, out := begin(t, s)
	for _, other := range []string{out, filepath.Join(s.dir, "elsewhere")} {
		second := start(t, s.env, "run", "--config", s.config, "--out", other)
		if code := second.code(t, longest); code != 2 || !strings.Contains(second.out.String(), "is in use by another run on this machine") {
			t.Errorf("exit code %d:\n%s", code, second.out.String())
		}
	}
	if err := run.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if code := run.code(t, longest); code != 130 {
		t.Errorf("exit code %d", code)
	}
}

// A target that falls silent in the middle: the run ends with one reason,
// names who is not back, and restore puts them back when the target is there
// again.
func TestLostTarget(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.rewrite(t, "timing: {settle: 2s,", "timing: {request: 500ms, settle: 2s, outage: 300ms,")
	s.inhabit(t)
	before := s.look(t)
	run, out := begin(t, s, "--settle", "300ms") // nobody is put back for a multiple of it, in vain
	if err := s.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Process.Signal(syscall.SIGCONT) }()
	checkLost(t, run, out, "no whole answer within")
	if err := s.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	s.rewrite(t, "request: 500ms, ", "")
	restore(t, s, out, before)
}

// The same with a network that breaks: connections are reset, and no new one
// comes about.
func TestLostNetwork(t *testing.T) {
	extent.ForCI(t)
	t.Parallel()
	s := serve(t)
	s.inhabit(t)
	before := s.look(t)
	there, err := url.Parse(s.Target.URL)
	if err != nil {
		t.Fatal(err)
	}
	network := connect(t, there.Host)
	s.rewrite(t, "timing: {settle: 2s,", "timing: {request: 500ms, settle: 2s, outage: 300ms,", s.Target.URL, "https://"+network.listener.Addr().String())
	run, out := begin(t, s, "--settle", "300ms")
	network.cut()
	checkLost(t, run, out, "")
	network.mend()
	s.rewrite(t, "request: 500ms, ", "")
	restore(t, s, out, before)
}

func checkLost(t *testing.T, run *program, out, because string) {
	t.Helper()
	code := run.code(t, longest)
	text := run.out.String()
	r := readReport(t, out)
	var all []string
	for _, cause := range r.Exit.All {
		all = append(all, cause.Because)
	}
	why := strings.Join(all, "\n")
	// 7 where somebody was on the way, 3 where everybody happened to be back.
	if code != 7 && code != 3 || !strings.Contains(why, "stopped answering") || !strings.Contains(why, because) {
		t.Errorf("exit code %d, because\n%s\nit said\n%s", code, why, text)
	}
	if code == 7 && !regexp.MustCompile(`not back: users? 100\d+.*; .*\n\n +finesse-conformance restore --config /.* --journal /.*/journal.jsonl\n`).MatchString(text) {
		t.Errorf("it does not say who is left and how to go on:\n%s", text)
	}
}

// network is a way to a server that can be cut.
type network struct {
	listener net.Listener
	to       string

	mu    sync.Mutex
	down  bool
	conns []net.Conn
}

func connect(t *testing.T, to string) *network {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &network{listener: l, to: to}
	var served sync.WaitGroup
	served.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			served.Go(func() { n.pass(c) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); n.cut(); served.Wait() })
	return n
}

func (n *network) pass(c net.Conn) {
	there, err := net.Dial("tcp", n.to)
	n.mu.Lock()
	if n.down || err != nil {
		n.mu.Unlock()
		reset(c)
		if err == nil {
			_ = there.Close()
		}
		return
	}
	n.conns = append(n.conns, c, there)
	n.mu.Unlock()
	go func() { _, _ = io.Copy(there, c); _ = there.Close() }()
	_, _ = io.Copy(c, there)
	_ = c.Close()
}

// reset ends a connection so that the other side sees an error.
func reset(c net.Conn) {
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	_ = c.Close()
}

func (n *network) cut() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.down = true
	for _, c := range n.conns {
		reset(c)
	}
	n.conns = nil
}

func (n *network) mend() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.down = false
}
