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
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/fixtures/reference"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/internal/played"
	"finesse-conformance/spec"
	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
)

func fly(t *testing.T, p *played.Server, target *config.Target, force bool) (*Survey, error) {
	t.Helper()
	return Run(t.Context(), played.ClientFor(target, client.Handler(p)), target, target.Cast(), Options{Force: force})
}

func TestPreflight(t *testing.T) {
	for _, deployment := range []string{"UCCE", "UCCX"} {
		t.Run(deployment, func(t *testing.T) {
			p := played.New(t, deployment)
			target := p.Target()
			s, err := fly(t, p, target, false)
			if err != nil {
				t.Fatal(err)
			}
			if string(s.Deployment) != deployment || !s.Dialogs || s.XMPPDomain == "" || len(s.Notes) > 0 {
				t.Errorf("got %+v", s)
			}
			for _, u := range p.Config.Users {
				got := s.Cast.ByID(u.ID)
				want := spec.RoleAgent
				if slices.Contains(u.Roles, reference.RoleSupervisor) {
					want = spec.RoleSupervisor
				}
				if got.Role != want || got.Team != u.Team || !slices.Equal(got.Supervises, u.Supervises) || got.State != spec.Logout || got.Barred != "" {
					t.Errorf("user %s: got %+v", u.ID, *got)
				}
				if got.LoginName != u.LoginName {
					t.Errorf("user %s has the login name %q", u.ID, got.LoginName)
				}
				for category, n := range map[spec.Category]int{spec.CategoryNotReady: 3, spec.CategoryLogout: 2} {
					switch { // the other teams have other codes
					case strings.HasSuffix(u.Team, "2"), strings.HasSuffix(u.Team, "3") && category == spec.CategoryLogout:
						n = 0
					case strings.HasSuffix(u.Team, "3"):
						n = 2
					}
					codes := got.Codes[category]
					if len(codes) != n || n > 0 && (codes[0].ID == codes[0].Code || codes[0].Label == "") {
						t.Errorf("user %s has the %s codes %+v", u.ID, category, codes)
					}
				}
				if deployment == "UCCE" && got.WrapUpIncoming != string(u.WrapUpIncoming) {
					t.Errorf("user %s has wrap-up %q", u.ID, got.WrapUpIncoming)
				}
				if n := p.Requests(u.ID + " GET /finesse/api/User/" + u.ID + " "); n != 1 {
					t.Errorf("user %s signed in %d times", u.ID, n)
				}
			}
			if n := p.Requests(" PUT ") + p.Requests(" POST "); n > 0 {
				t.Errorf("%d requests that change something", n)
			}
			if len(s.Exchanges) == 0 || target.Users[0].Team != "" {
				t.Error("the exchanges are not there, or the configuration was written to")
			}
		})
	}
}

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
			want: "user 1001002 cannot sign in: HTTP 401 (Authorization Failure, UNAUTHORIZED), tried once each; user name or password are wrong, or the account is locked; correct"},
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

func TestPreflightWithoutOpenSystemInfo(t *testing.T) {
	p := played.New(t, "UCCX")
	p.Before = func(w http.ResponseWriter, r *http.Request) bool {
		if _, _, ok := r.BasicAuth(); ok || r.URL.Path != "/finesse/api/SystemInfo" {
			return false
		}
		w.WriteHeader(http.StatusUnauthorized)
		return true
	}
	s, err := fly(t, p, p.Target(), false)
	if err != nil || s.Deployment != spec.UCCX {
		t.Errorf("%v, %+v", err, s)
	}
}

// Where SystemInfo does not tell, the users do, and what is assumed is said.
func TestPreflightAssumesTheDeployment(t *testing.T) {
	for name, test := range map[string]struct {
		deployment string
		id         string // of the users, instead of theirs
		want       spec.Deployment
		why        string
	}{
		"settings for wrap-up":  {"UCCE", "", spec.UCCE, "user 1001001 has settings for wrap-up"},
		"an id that is a name":  {"UCCX", "anna", spec.UCCX, "the id of user anna is no number"},
		"nothing that tells it": {"UCCX", "", spec.UCCE, "nothing of its users says otherwise"},
	} {
		t.Run(name, func(t *testing.T) {
			p := played.New(t, test.deployment)
			p.Before = func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.HasSuffix(r.URL.Path, "/SystemInfo") {
					return false
				}
				w.WriteHeader(http.StatusNotFound)
				return true
			}
			target := p.Target()
			if test.id != "" {
				s := &Survey{Cast: &fixtures.Cast{Users: []*fixtures.User{{ID: test.id}}}}
				(&preflight{survey: s, target: target}).assume(evidence.Exchange{Status: 404})
				if s.Deployment != test.want || !strings.Contains(s.Notes[0], test.why) {
					t.Errorf("%s: %v", s.Deployment, s.Notes)
				}
				return
			}
			s, err := fly(t, p, target, false)
			if err != nil || s.Deployment != test.want || !strings.Contains(strings.Join(s.Notes, "\n"), "SystemInfo was answered with HTTP 404: the deployment is taken to be "+string(test.want)+", since "+test.why) {
				t.Errorf("%v, %s: %v", err, s.Deployment, s.Notes)
			}
		})
	}
}

func TestPreflightWithoutSystemInfoNorDialogsNorCodes(t *testing.T) {
	p := played.New(t, "UCCE")
	p.Before = func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/SystemInfo") || strings.HasSuffix(r.URL.Path, "/Dialogs") || strings.HasSuffix(r.URL.Path, "/ReasonCodes") {
			w.WriteHeader(http.StatusNotFound)
			return true
		}
		return false
	}
	target := p.Target()
	target.Deployment = spec.UCCE
	s, err := fly(t, p, target, false)
	if err != nil {
		t.Fatal(err)
	}
	if s.Dialogs || s.Deployment != spec.UCCE || !strings.Contains(strings.Join(s.Notes, "\n"), "the NOT_READY reason codes of user 1001001 could not be read: HTTP 404") {
		t.Errorf("got %+v", s)
	}
	for _, want := range []string{"none", "one"} {
		req := &spec.Requirement{Given: spec.Given{Codes: map[spec.Category]string{spec.CategoryNotReady: want}}}
		if s.Cast.Playable(req) {
			t.Errorf("a requirement with codes %q is played although nobody knows", want)
		}
	}
}

func TestPreflightLeavesPeopleAtWorkAlone(t *testing.T) {
	p := played.New(t, "UCCE")
	played.SignIn(t, p, "1001001", "READY")
	if err := p.Stimulate(t.Context(), "route_call", "1001001", ""); err != nil {
		t.Fatal(err)
	}
	played.Eventually(t, func() bool { u, _ := p.Snapshot().User("1001001"); return u.State == reference.Reserved })
	s, err := fly(t, p, p.Target(), false)
	if err != nil {
		t.Fatal(err)
	}
	u := s.Cast.ByID("1001001")
	if want := "it has 1 call(s), in the state RESERVED; --force touches it nevertheless"; u.Barred != want {
		t.Errorf("barred: %q, want %q", u.Barred, want)
	}
	if len(s.Notes) != 1 || !strings.HasPrefix(s.Notes[0], "user 1001001 is left alone: ") {
		t.Errorf("notes %q", s.Notes)
	}
	if s, err = fly(t, p, p.Target(), true); err != nil || s.Cast.ByID("1001001").Barred != "" {
		t.Errorf("with force: %v, %q", err, s.Cast.ByID("1001001").Barred)
	}
}

func TestPreflightReadsTheExtensionInUse(t *testing.T) {
	p := played.New(t, "UCCE")
	played.SignIn(t, p, "1001001", "NOT_READY")
	target := p.Target()
	target.Users[0].Extension = "4711"
	target.Users[1].Extension = ""
	s, err := fly(t, p, target, false)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Cast.ByID("1001001").Extension; got != "2001001" || s.Extensions["1001001"] != "2001001" {
		t.Errorf("extension %s, in use %v", got, s.Extensions)
	}
	notes := strings.Join(s.Notes, "\n")
	if !strings.Contains(notes, "extension 2001001, which is used instead of the configured 4711") || !strings.Contains(notes, "user 1001002 has no extension") {
		t.Errorf("notes %q", s.Notes)
	}
}

func TestPreflightKeepsWhatTheTargetDoesNotTell(t *testing.T) {
	p := played.New(t, "UCCE")
	p.Before = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/finesse/api/User/1001101" {
			return false
		}
		io.WriteString(w, "<user><LoginId>1001101</LoginId><STATE> LOGOUT </STATE><unheardOf/></user>")
		return true
	}
	target := p.Target()
	for _, u := range target.Users {
		if u.ID == "1001101" {
			u.Role, u.Team, u.Supervises = spec.RoleSupervisor, "42", []string{"43"}
		}
	}
	s, err := fly(t, p, target, false)
	if err != nil {
		t.Fatal(err)
	}
	u := s.Cast.ByID("1001101")
	if u.Role != spec.RoleSupervisor || u.Team != "42" || !slices.Equal(u.Supervises, []string{"43"}) || u.State != spec.Logout {
		t.Errorf("got %+v", *u)
	}
}

// Where the configuration says something else than the target, that is said.
func TestPreflightSaysWhatContradicts(t *testing.T) {
	p := played.New(t, "UCCE")
	target := p.Target()
	target.Users[0].Role, target.Users[0].Team = spec.RoleSupervisor, "4711"
	s, err := fly(t, p, target, false)
	if err != nil {
		t.Fatal(err)
	}
	notes := strings.Join(s.Notes, "\n")
	for _, want := range []string{"the role supervisor, and the target says agent", "the team 4711, and the target says 5011"} {
		if !strings.Contains(notes, want) {
			t.Errorf("no %q in %q", want, s.Notes)
		}
	}
	if strings.Count(notes, "is configured with") != 2 {
		t.Errorf("notes %q", s.Notes)
	}
}

// A user of single sign-on is told apart from a wrong password, in each way in
// which a system shows it.
func TestPreflightTellsSingleSignOn(t *testing.T) {
	for name, answer := range map[string]func(w http.ResponseWriter, r *http.Request) bool{
		"a challenge": func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "", http.StatusUnauthorized)
			return true
		},
		"UserAuthMode": func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/finesse/api/UserAuthMode/1001001" {
				if r.Header.Get("Authorization") != "" {
					t.Error("credentials were sent to UserAuthMode")
				}
				io.WriteString(w, "<UserAuthMode><authMode>SSO</authMode></UserAuthMode>")
				return true
			}
			http.Error(w, "", http.StatusUnauthorized)
			return true
		},
		"a redirect": func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, "https://ids.example.com/adfs/ls?SAMLRequest=secretish", http.StatusFound)
			return true
		},
	} {
		p := played.New(t, "UCCE")
		p.Before = func(w http.ResponseWriter, r *http.Request) bool {
			return (strings.HasSuffix(r.URL.Path, "/User/1001001") || strings.HasSuffix(r.URL.Path, "/UserAuthMode/1001001")) && answer(w, r)
		}
		s, err := fly(t, p, p.Target(), false)
		why := ""
		if err != nil {
			why = err.Error()
		}
		if s != nil && s.Cast.ByID("1001001") != nil {
			why += s.Cast.ByID("1001001").Barred
		}
		if !strings.Contains(why, "by single sign-on") || !strings.Contains(why, "access_token_exec") || strings.Contains(why, "secretish") || strings.Contains(why, "password are wrong") {
			t.Errorf("%s is told as %q", name, why)
		}
	}
}

func TestPreflightFindsTheIDOfALoginName(t *testing.T) {
	p := played.New(t, "UCCE")
	target := p.Target()
	target.Users[0].ID = p.Config.Users[0].LoginName
	s, err := fly(t, p, target, false)
	if err != nil {
		t.Fatal(err)
	}
	u := s.Cast.ByID("1001001")
	if u == nil || u.Name() != p.Config.Users[0].LoginName {
		t.Errorf("got %v", s.Cast.IDs())
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
