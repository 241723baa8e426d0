package client_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"finesse-conformance/fixtures"
	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
)

// agent is the user of all tests.
func agent() *fixtures.User {
	return &fixtures.User{ID: "1001", Username: "agent1", Password: "s3cret&<word", Extension: "7001"}
}

func address(t testing.TB, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// on is a client of a server, with a time limit.
func on(t testing.TB, base string, timeout time.Duration) *client.Client {
	t.Helper()
	transport := client.Transport(nil, nil, timeout)
	t.Cleanup(transport.CloseIdleConnections)
	return client.New(client.Options{Base: address(t, base), Transport: transport, Timeout: timeout, Version: "1.2"})
}

// serve is a server of this machine.
func serve(t testing.TB, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Start()
	t.Cleanup(s.Close)
	return s.URL
}

// raw is a server that does what it likes with each connection.
func raw(t testing.TB, talk func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			open.Go(func() { defer c.Close(); talk(c) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); open.Wait() })
	return "http://" + l.Addr().String()
}

func get(as *fixtures.User) client.Call {
	return client.Call{As: as, Method: "GET", Path: "/finesse/api/User/1001", Purpose: evidence.ForLook}
}

func TestWhatIsSent(t *testing.T) {
	var got *http.Request
	var body []byte
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Clone(context.WithoutCancel(r.Context()))
		body, _ = io.ReadAll(r.Body)
		w.Header().Set("X-More", "1")
		w.WriteHeader(202)
	})
	rec := &client.Recorder{Requirement: "SIG-01"}
	x := on(t, base+"/below/", time.Minute).Do(t.Context(), rec, client.Call{
		As: agent(), Method: "PUT", Path: "/finesse/api/User/1001", Query: "a=b", ContentType: "application/xml",
		Body: "<User/>", RequestID: "id-1", Purpose: evidence.ForAct,
	})
	user, password, _ := got.BasicAuth()
	for what, pair := range map[string][2]string{
		"method": {got.Method, "PUT"}, "path": {got.URL.String(), "/below/finesse/api/User/1001?a=b"},
		"user": {user, "agent1"}, "password": {password, "s3cret&<word"}, "body": {string(body), "<User/>"},
		"User-Agent": {got.UserAgent(), "finesse-conformance/1.2 (SIG-01)"}, "Content-Type": {got.Header.Get("Content-Type"), "application/xml"},
		"requestId": {got.Header.Get("requestId"), "id-1"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is %q, want %q", what, pair[0], pair[1])
		}
	}
	if x.Err != "" || x.Status != 202 || x.Proto != "HTTP/1.1" || x.As != "1001" || x.Path != "/finesse/api/User/1001?a=b" ||
		x.ResponseHeader["X-More"] != "1" || x.RequestBody != "<User/>" || x.Duration <= 0 || x.Purpose != evidence.ForAct {
		t.Errorf("recorded %+v", x)
	}
	if all := rec.Exchanges(); len(all) != 1 || all[0].Index != 0 {
		t.Errorf("recorder has %+v", all)
	}
}

// A PUT without a body says that it has none; a GET says nothing of it.
func TestEmptyBodies(t *testing.T) {
	var length atomic.Int64
	var said atomic.Value
	base := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		length.Store(r.ContentLength)
		said.Store(r.Header.Get("Transfer-Encoding"))
	})
	on(t, base, time.Minute).Do(t.Context(), nil, client.Call{As: agent(), Method: "PUT", Path: "/"})
	if length.Load() != 0 || said.Load() != "" {
		t.Errorf("Content-Length %d, Transfer-Encoding %q", length.Load(), said.Load())
	}
}

func TestCredentials(t *testing.T) {
	seen := make(chan *http.Request, 1)
	base := serve(t, func(_ http.ResponseWriter, r *http.Request) { seen <- r.Clone(context.WithoutCancel(r.Context())) })
	// An address with credentials would sign what must not be signed.
	c := on(t, strings.Replace(base, "http://", "http://joe:doe@", 1), time.Minute)
	call := get(agent())
	call.Credentials = client.None
	x := c.Do(t.Context(), nil, call)
	if r := <-seen; r.Header.Get("Authorization") != "" || x.As != "" {
		t.Errorf("without credentials: sent %q, recorded as %q", r.Header.Get("Authorization"), x.As)
	}
	// They resemble the right one.
	resembling := []string{"S3CRET&<WORD", "s3cret&<wordx", "s3cret&<wor", ""}
	if len(resembling) != client.WrongPasswords() {
		t.Fatalf("%d wrong passwords", client.WrongPasswords())
	}
	for i, want := range resembling {
		call.Credentials, call.WrongPassword = client.Wrong, i
		x = c.Do(t.Context(), nil, call)
		if user, password, _ := (<-seen).BasicAuth(); user != "agent1" || password != want || !x.WrongPassword {
			t.Errorf("wrong password: sent %q and a password of %d characters, recorded %v", user, len(password), x.WrongPassword)
		}
		call.Credentials = client.Own
		c.Do(t.Context(), nil, call)
		<-seen
	}
	plain := agent()
	plain.Username = ""
	c.Do(t.Context(), nil, get(plain))
	if user, _, _ := (<-seen).BasicAuth(); user != "1001" {
		t.Errorf("without a user name: sent %q", user)
	}
	if base := c.Base(); base.User != nil {
		t.Errorf("base is %s", base)
	}
}

// Five wrong passwords in a row lock an account (guide 12.5(1), page 29):
// there are never two.
func TestNeverTwoWrongPasswords(t *testing.T) {
	var wrong, status atomic.Int64
	status.Store(401)
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if _, password, ok := r.BasicAuth(); ok && password != "s3cret&<word" {
			wrong.Add(1)
		}
		w.WriteHeader(int(status.Load()))
	})
	c := on(t, base, time.Minute)
	bad, other := get(agent()), get(&fixtures.User{ID: "1002", Password: "another-one"})
	bad.Credentials = client.Wrong
	do := func(call client.Call) evidence.Exchange { return c.Do(t.Context(), nil, call) }
	none := bad
	none.Credentials = client.None
	if x := do(bad); x.Err != "" || wrong.Load() != 1 {
		t.Fatalf("the first: %+v", x)
	}
	for name, between := range map[string]func(){
		"at once":                       func() {},
		"after a request of another":    func() { do(other) },
		"after one without":             func() { do(none) },
		"after a right one, refused":    func() { do(get(agent())) },
		"after one that came to nought": func() { ctx, end := context.WithCancel(t.Context()); end(); c.Do(ctx, nil, get(agent())) },
	} {
		between()
		wrong.Store(0)
		if x := do(bad); x.Err != client.ErrTwiceWrong.Error() || x.Status != 0 || wrong.Load() != 0 {
			t.Errorf("%s: %q, %d wrong passwords were sent", name, x.Err, wrong.Load())
		}
	}
	wrong.Store(0)
	status.Store(200)
	do(get(agent()))
	status.Store(401)
	if x := do(bad); x.Err != "" || wrong.Load() != 1 {
		t.Errorf("after a right one that was served: %q, %d sent", x.Err, wrong.Load())
	}
	// Also when many ask at the same time.
	status.Store(200)
	do(get(agent()))
	wrong.Store(0)
	status.Store(401)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { do(bad) })
	}
	all.Wait()
	if wrong.Load() != 1 {
		t.Errorf("at the same time: %d wrong passwords were sent", wrong.Load())
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	var asked atomic.Int64
	elsewhere := serve(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	base := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere+"/x", http.StatusFound) })
	x := on(t, base, time.Minute).Do(t.Context(), nil, get(agent()))
	if x.Status != 302 || x.Err != "" || x.ResponseHeader["Location"] != elsewhere+"/x" || asked.Load() != 0 {
		t.Errorf("%+v; elsewhere was asked %d times", x, asked.Load())
	}
}

func TestHTTP2(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200) }))
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	config := s.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	config.NextProtos = nil
	transport := client.Transport(config, nil, time.Minute)
	defer transport.CloseIdleConnections()
	x := client.New(client.Options{Base: address(t, s.URL), Transport: transport, Timeout: time.Minute}).Do(t.Context(), nil, get(agent()))
	if x.Err != "" || x.Proto != "HTTP/2.0" {
		t.Errorf("%q over %s", x.Err, x.Proto)
	}
}

func TestLimiter(t *testing.T) {
	base := serve(t, func(http.ResponseWriter, *http.Request) {})
	c := client.New(client.Options{Base: address(t, base), Transport: client.Transport(nil, nil, time.Minute), Limiter: rate.NewLimiter(rate.Every(30*time.Millisecond), 1)})
	began := time.Now()
	for range 4 {
		if x := c.Do(t.Context(), nil, get(agent())); x.Err != "" {
			t.Fatal(x.Err)
		}
	}
	if took := time.Since(began); took < 80*time.Millisecond {
		t.Errorf("four requests, one in 30ms, took %v", took)
	}
	ctx, end := context.WithCancelCause(t.Context())
	end(errors.New("stopped"))
	if x := c.Do(ctx, nil, get(agent())); !strings.Contains(x.Err, "waiting for the request limit") {
		t.Errorf("stopped while waiting: %q", x.Err)
	}
}

func TestRecorder(t *testing.T) {
	base := serve(t, func(http.ResponseWriter, *http.Request) {})
	c, rec := on(t, base, time.Minute), &client.Recorder{Requirement: "USR-01"}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { c.Do(t.Context(), rec, get(agent())) })
	}
	all.Wait()
	got := rec.Exchanges()
	for i, x := range got {
		if x.Index != i {
			t.Fatalf("exchange %d has index %d", i, x.Index)
		}
	}
	got[0].Status = 1
	if len(got) != 20 || rec.Exchanges()[0].Status == 1 {
		t.Errorf("%d exchanges; a copy is not one", len(got))
	}
}

// A connection that the target closes while the request is still written was
// closed without an answer, as one that it closes a moment later.
func TestClosedWhileWritten(t *testing.T) {
	transport := client.Transport(nil, nil, time.Minute)
	transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "write", Net: "tcp", Source: &net.TCPAddr{}, Err: os.NewSyscallError("write", syscall.EPIPE)}
	}
	c := client.New(client.Options{Base: address(t, "http://127.0.0.1:1"), Transport: transport, Timeout: time.Minute, Version: "1.2"})
	if x := c.Do(t.Context(), nil, get(agent())); x.Err != "the connection was closed without an answer" {
		t.Errorf("%q", x.Err)
	}
}
