// Package played is for the tests of the rooms of runner: a reference
// deployment that writes down what it is asked, and answers some of it itself
// where a test says so.
package played

import (
	"bytes"

	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/fixtures/reference"
	"finesse-conformance/runner/config"
	"finesse-conformance/suites/client"
)

// Server is a reference deployment that a test asks, and every request that
// it got.
type Server struct {
	*reference.Deployment
	Config reference.Config

	mu   sync.Mutex
	Seen []string // "user method path status"
	// Before may answer a request itself.
	Before func(w http.ResponseWriter, r *http.Request) bool
}

// New makes one that is over when the test is, and changes at once.
func New(t *testing.T, deployment string, changes ...func(*reference.Config)) *Server {
	t.Helper()
	return NewDelayed(t, deployment, 2*time.Millisecond, changes...)
}

// NewDelayed is New with a time between the answer and the change.
func NewDelayed(t *testing.T, deployment string, delay time.Duration, changes ...func(*reference.Config)) *Server {
	t.Helper()
	cfg, err := reference.Default(deployment, "12.5(1)", 1)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Delay = delay
	for _, change := range changes {
		change(&cfg)
	}
	d, err := reference.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return &Server{Deployment: d, Config: cfg}
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// ServeHTTP answers a request and writes it down.
func (p *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	sw := &statusWriter{ResponseWriter: w, status: 200}
	if p.Before == nil || !p.Before(sw, r) {
		p.Deployment.ServeHTTP(sw, r)
	}
	name, _, _ := r.BasicAuth()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Seen = append(p.Seen, fmt.Sprintf("%s %s %s %d", name, r.Method, r.URL.RequestURI(), sw.status))
}

// Requests counts the requests whose line in Seen has a sign in it.
func (p *Server) Requests(sign string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, line := range p.Seen {
		if strings.Contains(line, sign) {
			n++
		}
	}
	return n
}

// Target makes the target of a configuration that knows no more than it must.
func (p *Server) Target() *config.Target {
	t := &config.Target{
		URL:    &url.URL{Scheme: "https", Host: "reference.invalid"},
		Timing: config.Timing{Request: 5 * time.Second, Settle: time.Second, Quiet: 20 * time.Millisecond, Poll: 2 * time.Millisecond, LongestWait: 10 * time.Second},
	}
	for _, u := range p.Config.Users {
		t.Users = append(t.Users, &fixtures.User{ID: u.ID, Password: fixtures.Secret(u.Password), Extension: u.Extension})
	}
	return t
}

// ClientFor makes a client for a target over a transport.
func ClientFor(t *config.Target, transport http.RoundTripper) *client.Client {
	return client.New(client.Options{Base: t.URL, Transport: transport, Timeout: t.Timing.Request, Version: "test"})
}

// SignIn signs a user of the reference in and brings it into a state.
func SignIn(t *testing.T, p *Server, id, state string) {
	t.Helper()
	i := slices.IndexFunc(p.Config.Users, func(u reference.User) bool { return u.ID == id })
	u := p.Config.Users[i]
	for _, body := range []string{"<User><state>LOGIN</state><extension>" + u.Extension + "</extension></User>", "<User><state>" + state + "</state></User>"} {
		r := httptest.NewRequest(http.MethodPut, "/finesse/api/User/"+id, strings.NewReader(body))
		r.SetBasicAuth(u.ID, u.Password)
		r.Header.Set("Content-Type", "application/xml")
		w := httptest.NewRecorder()
		p.Deployment.ServeHTTP(w, r)
		if strings.Contains(body, "LOGIN") {
			Eventually(t, func() bool { s, _ := p.Snapshot().User(id); return s.State == reference.NotReady })
			if state == "NOT_READY" {
				return
			}
		}
		if w.Code != http.StatusAccepted {
			t.Fatalf("%s: %d %s", body, w.Code, w.Body)
		}
	}
	Eventually(t, func() bool { s, _ := p.Snapshot().User(id); return string(s.State) == state })
}

// Eventually waits for something that happens soon.
func Eventually(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatal("it did not happen")
}

// Body gives the body of a request, which whoever answers it can read again.
func Body(r *http.Request) string {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	return string(body)
}
