package client_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/internal/memnet"
	"finesse-conformance/suites/client"
)

// What a proxy answers is told apart from what the target answers, in words.
func TestObstacles(t *testing.T) {
	const page = "<html><body><center>openresty</center></body></html>"
	for _, test := range []struct {
		status       int
		server, body string
		want         string
	}{
		{412, "openresty", "", "target.user_agent"},
		{412, "", page, "target.user_agent"},
		{417, "nginx/1.20", page, "Referer"},
		{418, "openresty", page, "blocked"},
		{403, "", page, "target.headers"},
		{400, "", "<html><body><center>No required SSL certificate was sent</center><hr><center>nginx</center></body></html>", "target.cert_file"},
		{400, "", page, ""},
		{403, "openresty", "<html><body>of the target itself</body></html>", ""},
		{403, "openresty", "", ""},
		{412, "", "", ""},
		{503, "", "", ""},
		{412, "nginx", "<ApiErrors><ApiError><ErrorType>Precondition</ErrorType></ApiError></ApiErrors>", ""},
		{500, "nginx", page, ""},
		{401, "nginx", page, ""},
	} {
		c := on(t, serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Server", test.server)
			w.WriteHeader(test.status)
			_, _ = io.WriteString(w, test.body)
		}), time.Minute)
		x := c.Do(t.Context(), nil, get(agent()))
		if x.Status != test.status || x.Barred != (test.want != "") || !strings.Contains(x.Err, test.want) || test.want == "" && x.Err != "" {
			t.Errorf("%+v: %v %q", test, x.Barred, x.Err)
		}
	}
}

// A page that refuses whoever comes bars who has credentials alone: to anybody
// else it is an answer.
func TestRefusedAtTheDoor(t *testing.T) {
	c := on(t, serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `<html><body><h1>403 Forbidden</h1><center>nginx</center></body></html>`)
	}), time.Minute)
	for credentials, barred := range map[client.Credentials]bool{client.Own: true, client.None: false, client.Wrong: false} {
		call := get(agent())
		call.Credentials = credentials
		if x := c.Do(t.Context(), nil, call); x.Barred != barred {
			t.Errorf("credentials %v: barred %v, want %v: %s", credentials, x.Barred, barred, x.Err)
		}
	}
}

// A page to sign in bars who has credentials; who has none, or wrong ones, is
// answered with it in place of a 401, which is for the judge.
func TestSignInPage(t *testing.T) {
	c := on(t, serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `<!DOCTYPE html><html><form method="post"><input type="password"></form></html>`)
	}), time.Minute)
	for credentials, barred := range map[client.Credentials]bool{client.Own: true, client.None: false, client.Wrong: false} {
		call := get(agent())
		call.Credentials = credentials
		if x := c.Do(t.Context(), nil, call); x.Status != http.StatusOK || x.Barred != barred {
			t.Errorf("credentials %v: barred %v, want %v: %s", credentials, x.Barred, barred, x.Err)
		}
	}
}

// limited is a proxy that takes few connections, or few requests in a second.
type limited struct {
	now, most   atomic.Int64
	connections int64
	perSecond   int
	mu          sync.Mutex
	times       []time.Time
	refused     atomic.Int64
	puts        atomic.Int64
}

func (l *limited) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	now := time.Now()
	for len(l.times) > 0 && now.Sub(l.times[0]) > time.Second {
		l.times = l.times[1:]
	}
	tooMany := l.perSecond > 0 && len(l.times) >= l.perSecond
	if !tooMany {
		l.times = append(l.times, now)
	}
	l.mu.Unlock()
	n := l.now.Add(1)
	defer l.now.Add(-1)
	w.Header().Set("Server", "openresty")
	switch {
	case tooMany:
		l.refused.Add(1)
		w.WriteHeader(http.StatusTooManyRequests)
	case l.connections > 0 && n > l.connections:
		l.refused.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	default:
		l.most.Store(max(l.most.Load(), n))
		time.Sleep(20 * time.Millisecond)
		if r.Method == http.MethodPut {
			l.puts.Add(1)
		}
		fmt.Fprint(w, "<User><state>READY</state></User>")
	}
}

// The limits of a proxy are kept once they were met, and nothing is lost for
// them.
func TestLimitsOfProxies(t *testing.T) {
	for name, proxy := range map[string]*limited{"connections": {connections: 12}, "rate": {perSecond: 90}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { meetLimit(t, proxy) })
		})
	}
}

func meetLimit(t *testing.T, proxy *limited) {
	listener := memnet.Listen("127.0.0.1:80", memnet.Constant(time.Millisecond))
	server := &http.Server{Handler: proxy}
	go func() { _ = server.Serve(listener) }()
	transport := client.Transport(nil, nil, time.Minute)
	transport.DialContext = listener.Dial
	defer func() {
		transport.CloseIdleConnections()
		_ = server.Close()
		time.Sleep(time.Minute) // until the ends of the connections have arrived
	}()
	c := client.New(client.Options{Base: address(t, "http://127.0.0.1:80"), Transport: transport, Timeout: time.Minute, Version: "1.2"})
	var all sync.WaitGroup
	for range 40 {
		all.Go(func() {
			if x := c.Do(t.Context(), nil, get(agent())); x.Status != 200 || x.Err != "" {
				t.Errorf("%d %s", x.Status, x.Err)
			}
		})
		all.Go(func() { c.Do(t.Context(), nil, get(agent())) })
		all.Go(func() { c.Do(t.Context(), nil, get(agent())) })
	}
	all.Wait()
	met := proxy.refused.Load()
	if met == 0 {
		t.Fatal("the limit was never met")
	}
	for range 100 {
		all.Go(func() {
			if x := c.Do(t.Context(), nil, put(agent())); x.Status != 200 || x.Err != "" {
				t.Errorf("%d %s", x.Status, x.Err)
			}
		})
	}
	all.Wait()
	if more := proxy.refused.Load() - met; more > 0 || proxy.puts.Load() != 100 {
		t.Errorf("refused %d times after the limit was met; %d of 100 were served", more, proxy.puts.Load())
	}
}

// Headers of the configuration are sent and not recorded, nor is what echoes
// them; the requirement is named in a header of its own.
func TestHeadersOfOnesOwn(t *testing.T) {
	var got http.Header
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Clone()
		_, _ = io.WriteString(w, "your key is "+r.Header.Get("X-Key"))
	})
	c := client.New(client.Options{
		Base: address(t, base), Transport: client.Transport(nil, nil, time.Minute), Timeout: time.Minute, Version: "1.2",
		Header: http.Header{"X-Key": {"a-very-secret-key"}, "Referer": {"https://desk.example/"}}, UserAgent: "Mozilla/5.0 (X11) Firefox/140",
	})
	rec := &client.Recorder{Requirement: "SIG-01"}
	c.Do(t.Context(), rec, get(&fixtures.User{ID: "1001", Password: "a password"}))
	x := record(c, get(agent()))
	if got.Get("User-Agent") != "Mozilla/5.0 (X11) Firefox/140" || got.Get("X-Key") != "a-very-secret-key" || got.Get("Referer") != "https://desk.example/" {
		t.Errorf("sent %v", got)
	}
	if first := rec.Exchanges()[0]; first.RequestHeader["X-Conformance-Requirement"] != "SIG-01" {
		t.Errorf("named %q", first.RequestHeader)
	}
	if x.RequestHeader["X-Key"] != "•••" || x.ResponseBody != "your key is •••" {
		t.Errorf("recorded %q, %q", x.RequestHeader, x.ResponseBody)
	}
}
