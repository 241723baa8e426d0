package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.yaml.in/yaml/v3"
)

// asProgram makes the test binary be the program: the same main, in a process
// of its own, that can be killed.
const asProgram = "TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(run())
	}
	flag.Parse()
	if p := flag.Lookup("test.parallel"); p.Value.String() == p.DefValue { // these tests wait more than they work
		_ = flag.Set(p.Name, strconv.Itoa(4*runtime.GOMAXPROCS(0)))
	}
	testscript.Main(m, map[string]func(){"finesse-conformance": func() { os.Exit(run()) }})
}

// program is a process of the program.
type program struct {
	*exec.Cmd
	out  output // of both streams
	done chan struct{}
}

// output is what a process has printed so far.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// start begins a process of the program. It ends with the test at the latest.
func start(t *testing.T, env []string, args ...string) *program {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if built := os.Getenv("TEST_PROGRAM"); built != "" {
		self = built
	}
	p := &program{Cmd: exec.Command(self, args...), done: make(chan struct{})}
	p.Env = append(append(os.Environ(), asProgram+"=1"), env...)
	p.Stdout, p.Stderr = &p.out, &p.out
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = p.Wait(); close(p.done) }()
	t.Cleanup(func() { _ = p.Process.Kill(); <-p.done })
	return p
}

// code waits for the end of the process and gives its exit code, -1 for one
// that was killed.
func (p *program) code(t *testing.T, limit time.Duration) int {
	t.Helper()
	select {
	case <-p.done:
	case <-time.After(limit):
		_ = p.Process.Kill()
		t.Fatalf("%v did not end within %v:\n%s", p.Args[1:], limit, p.out.String())
	}
	return p.ProcessState.ExitCode()
}

// served is the reference deployment in a process of its own.
type served struct {
	*program
	dir    string
	config string
	env    []string // for what certifies it
	client *http.Client
	Target struct{ URL string }
	Users  []struct {
		ID, Password, Extension string
		Token                   string `yaml:"access_token"`
	}
}

// serve starts a reference, and reads the configuration that it wrote.
func serve(t *testing.T, args ...string) *served {
	t.Helper()
	dir := t.TempDir()
	s := &served{dir: dir, config: filepath.Join(dir, "c.yaml"), env: []string{"XDG_CACHE_HOME=" + dir}}
	s.program = start(t, nil, append([]string{"serve", "--listen", "127.0.0.1:0", "--delay", "5ms", "--write-config", s.config}, args...)...)
	eventually(t, func() bool { return strings.Contains(s.out.String(), "certify it") })
	text, err := os.ReadFile(s.config)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, s); err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	ca, err := os.ReadFile(s.config + ".ca.pem")
	if err != nil {
		t.Fatal(err)
	}
	pool.AppendCertsFromPEM(ca)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	t.Cleanup(transport.CloseIdleConnections)
	s.client = &http.Client{Transport: transport, Timeout: 5 * time.Second}
	return s
}

// rewrite replaces texts in the configuration.
func (s *served) rewrite(t *testing.T, pairs ...string) {
	t.Helper()
	text, err := os.ReadFile(s.config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.config, []byte(strings.NewReplacer(pairs...).Replace(string(text))), 0o600); err != nil {
		t.Fatal(err)
	}
}

// ask makes a user's own request.
func (s *served) ask(t *testing.T, id, method, path, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(method, s.Target.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range s.Users {
		switch {
		case u.ID != id:
		case u.Token != "":
			req.Header.Set("Authorization", "Bearer "+u.Token)
		default:
			req.SetBasicAuth(id, u.Password)
		}
	}
	req.Header.Set("Content-Type", "application/xml")
	resp, err := s.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// standing is how a user is.
type standing struct {
	State, Pending, Reason, Extension string
	Calls                             int
}

// look gives how everybody is, with all calls and reservations.
func (s *served) look(t *testing.T) map[string]standing {
	t.Helper()
	all := map[string]standing{}
	for _, u := range s.Users {
		var user struct {
			State   string `xml:"state"`
			Pending string `xml:"pendingState"`
			Reason  string `xml:"reasonCodeId"`
			Ext     string `xml:"extension"`
		}
		var dialogs struct {
			Dialog []struct{} `xml:"Dialog"`
		}
		path := "/finesse/api/User/" + u.ID
		for at, to := range map[string]any{path: &user, path + "/Dialogs": &dialogs} {
			status, text := s.ask(t, u.ID, "GET", at, "")
			if err := xml.Unmarshal([]byte(text), to); status != 200 || err != nil {
				t.Fatalf("GET %s: %d, %v", at, status, err)
			}
		}
		all[u.ID] = standing{user.State, user.Pending, user.Reason, user.Ext, len(dialogs.Dialog)}
	}
	return all
}

// move brings a user into a state.
func (s *served) move(t *testing.T, id, state, reason string) {
	t.Helper()
	body := "<User><state>" + state + "</state>"
	switch {
	case state == "LOGIN":
		for _, u := range s.Users {
			if u.ID == id {
				body += "<extension>" + u.Extension + "</extension>"
			}
		}
		state = "NOT_READY"
	case reason != "":
		body += "<reasonCodeId>" + reason + "</reasonCodeId>"
	}
	if status, text := s.ask(t, id, "PUT", "/finesse/api/User/"+id, body+"</User>"); status != 202 {
		t.Fatalf("%s: %d %s", body, status, text)
	}
	eventually(t, func() bool { l := s.look(t)[id]; return l.State == state && (reason == "" || l.Reason == reason) })
}

// inhabit brings users into different states, as a run may find them.
func (s *served) inhabit(t *testing.T) {
	t.Helper()
	for _, id := range []string{"1001001", "1001101", "1001301"} {
		s.move(t, id, "LOGIN", "")
		s.move(t, id, "READY", "")
	}
	s.move(t, "1001101", "NOT_READY", "1012")
	s.move(t, "1001002", "LOGIN", "")
	s.move(t, "1001002", "NOT_READY", "1013") // the code that a sign-in leaves cannot be set again
}

// differences tells who is not as before.
func differences(before, after map[string]standing) string {
	var list []string
	for id, was := range before {
		if is := after[id]; is != was {
			list = append(list, fmt.Sprintf("user %s was %+v and is %+v", id, was, is))
		}
	}
	slices.Sort(list)
	return strings.Join(list, "\n")
}

// touched counts the users whom a journal has as touched so far.
func touched(journal string) int {
	f, err := os.Open(journal)
	if err != nil {
		return 0
	}
	defer f.Close()
	n := 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if strings.Contains(lines.Text(), `"type":"touch"`) {
			n++
		}
	}
	return n
}

func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(longest); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatal(errors.New("it did not happen"))
}

// begin starts a run, and waits until it has put enough users to use for
// there to be something to put back, or has ended: on a busy machine its time
// may be over before.
func begin(t *testing.T, s *served, flags ...string) (run *program, out string) {
	t.Helper()
	out = filepath.Join(s.dir, "out")
	run = start(t, s.env, append([]string{"run", "--config", s.config, "--out", out, "--quiet-time", "50ms", "--progress", "none"}, flags...)...)
	eventually(t, func() bool {
		select {
		case <-run.done:
			return true
		default:
			return touched(filepath.Join(out, "journal.jsonl")) > 2
		}
	})
	return run, out
}
