package preflight

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/fixtures/reference"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/internal/played"
	"finesse-conformance/spec"
	"finesse-conformance/suites/client"
)

func TestPreflightRefuses(t *testing.T) {
	answer := func(status int, body string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != "/finesse/api/SystemInfo" {
				return false
			}
			w.Header().Set("Location", "https://other.example.com/finesse/api/SystemInfo")
			w.WriteHeader(status)
			io.WriteString(w, body)
			return true
		}
	}
	nothing := func(status int) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(status)
			return true
		}
	}
	const info = "<SystemInfo><status>IN_SERVICE</status><deploymentType>%s</deploymentType></SystemInfo>"
	for _, test := range []struct {
		name       string
		deployment spec.Deployment // configured
		status     string          // of the reference
		before     func(http.ResponseWriter, *http.Request) bool
		users      func([]*fixtures.User)
		want       string
		service    bool // an OutOfService
	}{
		{name: "out of service", status: reference.OutOfService, want: `is not in service: SystemInfo has the status "OUT_OF_SERVICE"`, service: true},
		{name: "partial service", status: reference.PartialService, want: `"PARTIAL_SERVICE"`, service: true},
		{name: "no status", before: answer(200, "<SystemInfo/>"), want: "the status that is not there", service: true},
		{name: "503", before: answer(503, "<ApiErrors><ApiError><ErrorType>Service Unavailable</ErrorType><ErrorMessage>SERVER_OUT_OF_SERVICE</ErrorMessage></ApiError></ApiErrors>"),
			want: "out of service: SystemInfo was answered with HTTP 503 (Service Unavailable, SERVER_OUT_OF_SERVICE)", service: true},
		{name: "another deployment type", before: answer(200, fmt.Sprintf(info, "UCCY")), want: `has the deploymentType "UCCY"; say which with --deployment`, service: true},
		{name: "redirect", before: answer(301, ""), want: `redirects to "https://other.example.com/finesse/api/SystemInfo"`},
		{name: "something else", before: answer(200, "<html><p>Welcome<br></html>"), want: "is no Finesse API that can be certified: SystemInfo is not well-formed XML"},
		{name: "no XML", before: answer(200, `{"status":"IN_SERVICE"}`), want: "SystemInfo is not well-formed XML"},
		{name: "nothing at all", before: nothing(404), want: "GET SystemInfo was answered with HTTP 404"},
		{name: "server error", before: nothing(500), want: "GET SystemInfo was answered with HTTP 500"},
		{name: "wrong password", users: func(u []*fixtures.User) { u[1].Password = "hunter2hunter2" },
			want: "user 1001002 cannot sign in: HTTP 401 (Authorization Failure, UNAUTHORIZED), tried once; user name or password are wrong, or the account is locked; correct"},
		{name: "two wrong", users: func(u []*fixtures.User) { u[1].Password, u[0].Password = "x", "x" }, want: "users 1001001, 1001002 cannot sign in"},
		{name: "a page to sign in", before: answer(200, "<!DOCTYPE html><html><body><form action=/login><input type=password></form></body></html>"), want: "a page to sign in was answered in place of the API"},
		{name: "a page", before: answer(200, "<html><body>It works</body></html>"), want: "SystemInfo is a page of HTML"},
		{name: "unknown user", users: func(u []*fixtures.User) { u[0].ID, u[0].Username = "7777", u[0].ID }, want: "user 7777 "},
		{name: "broken User", before: func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/finesse/api/User/1001001" {
				io.WriteString(w, "<User>")
				return true
			}
			return false
		}, want: "user 1001001 cannot be read: its User is not well-formed XML"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := played.New(t, "UCCE")
			if test.status != "" {
				p.SetStatus(test.status)
			}
			p.Before = test.before
			target := p.Target()
			if test.users != nil {
				test.users(target.Users)
			}
			_, err := fly(t, p, target, false)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
			var service *OutOfService
			if errors.As(err, &service) != test.service {
				t.Errorf("%T", err)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Error("the password is shown")
			}
			for _, u := range p.Config.Users {
				if n := p.Requests(u.ID + " GET /finesse/api/User/" + u.ID + " 401"); n > 1 {
					t.Errorf("user %s failed to sign in %d times", u.ID, n)
				}
			}
		})
	}
}

// What stands in the way of reaching a target is said with what to do.
func TestPreflightUnreachable(t *testing.T) {
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { silent.Close() })
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	for _, test := range []struct{ name, address, want string }{
		{"nobody listens", "https://" + gone.Addr().String(), "nothing listens there"},
		{"untrusted", secure.URL, "name its authority with --ca-file"},
		{"plain for TLS", strings.Replace(plain.URL, "http:", "https:", 1), "use http:// or another port"},
		{"no answer", "https://" + silent.Addr().String(), "in time; see timing.request"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			u, err := url.Parse(test.address)
			if err != nil {
				t.Fatal(err)
			}
			limit := 30 * time.Second
			if test.name == "no answer" {
				limit = 200 * time.Millisecond
			}
			target := &config.Target{URL: u, Timing: config.Timing{Request: limit}, Users: []*fixtures.User{{ID: "1"}}}
			tlsConfig, err := target.TLSConfig()
			if err != nil {
				t.Fatal(err)
			}
			transport := client.Transport(tlsConfig, nil, target.Timing.Request)
			defer transport.CloseIdleConnections()
			_, err = Run(t.Context(), played.ClientFor(target, transport), target, target.Cast(), Options{})
			var unable *Unable
			if !errors.As(err, &unable) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}

// What is over in a moment does not end a run before it has begun.
func TestPreflightIsPatient(t *testing.T) {
	p := played.New(t, "UCCE")
	busy := map[string]bool{}
	var mu sync.Mutex
	p.Before = func(w http.ResponseWriter, r *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		if busy[r.URL.Path] {
			return false
		}
		busy[r.URL.Path] = true
		switch {
		case strings.HasSuffix(r.URL.Path, "/SystemInfo"):
			panic(http.ErrAbortHandler)
		case strings.HasSuffix(r.URL.Path, "/User/1001001"):
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		case strings.HasSuffix(r.URL.Path, "/User/1001002"):
			w.WriteHeader(http.StatusGatewayTimeout)
			return true
		}
		return false
	}
	if _, err := fly(t, p, p.Target(), false); err != nil {
		t.Error(err)
	}
}

// cutting cuts one answer off in the middle of its body.
type cutting struct {
	http.RoundTripper
	once *sync.Once
}

func (c cutting) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := c.RoundTripper.RoundTrip(r)
	if err == nil && strings.HasSuffix(r.URL.Path, "/User/1001003") {
		c.once.Do(func() {
			answer.Body = io.NopCloser(io.MultiReader(io.LimitReader(answer.Body, 20), iotest.ErrReader(io.ErrUnexpectedEOF)))
		})
	}
	return answer, err
}

func TestPreflightAsksAgainWhereAnAnswerWasCutOff(t *testing.T) {
	p := played.New(t, "UCCE")
	target := p.Target()
	through := cutting{client.Handler(p), &sync.Once{}}
	if _, err := Run(t.Context(), played.ClientFor(target, through), target, target.Cast(), Options{}); err != nil {
		t.Error(err)
	}
}

// Who was not read to the end was not refused: the configuration is not blamed.
func TestPreflightBlamesWhoDidNotAnswer(t *testing.T) {
	for what, test := range map[string]struct {
		answer func(http.ResponseWriter)
		want   string
	}{
		"cut off":  {func(http.ResponseWriter) { panic(http.ErrAbortHandler) }, "see to the target"},
		"502":      {func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) }, "see to the target"},
		"unknown":  {func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotFound) }, "correct the configuration"},
		"no entry": {func(w http.ResponseWriter) { w.WriteHeader(http.StatusForbidden) }, "correct the configuration"},
	} {
		p := played.New(t, "UCCE")
		p.Before = func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.HasSuffix(r.URL.Path, "/User/1001003") {
				return false
			}
			test.answer(w)
			return true
		}
		survey, err := fly(t, p, p.Target(), false)
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(survey.Remedy, test.want) {
			t.Errorf("%s: %v, remedy %q; want %q", what, err, survey.Remedy, test.want)
		}
	}
}

func TestPreflightStops(t *testing.T) {
	p := played.New(t, "UCCE")
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("enough")
	p.Before = func(http.ResponseWriter, *http.Request) bool { cancel(stop); return false }
	target := p.Target()
	if _, err := Run(ctx, played.ClientFor(target, client.Handler(p)), target, target.Cast(), Options{}); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
}
