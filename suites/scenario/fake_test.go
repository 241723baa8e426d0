package scenario_test

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/internal/contracttest"
	"finesse-conformance/spec"
	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/scenario"
)

// fake is a target that does what a test tells it: a handful of users who
// take every state they ask for, at once, unless script says otherwise.
type fake struct {
	mu    sync.Mutex
	users map[string]*person
	puts  []put // in the order in which they came
	gets  int
	// script answers a request itself, and says so; nil for none. It runs
	// with the users locked.
	script func(f *fake, w http.ResponseWriter, r request) bool
	dead   bool // every connection is closed without an answer
}

type person struct {
	state, pending, reason, extension string
	changed                           int // how often
}

type request struct {
	method, path, user, signer string
	action                     string // of a Dialog request
	body                       put
}

// put is what a PUT on a user asked for.
type put struct {
	user, signer, password, state, reason, extension string
}

// virtually runs a subtest in virtual time.
func virtually(t *testing.T, name string, f func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
}

// abort ends the connection without an answer.
func abort() { panic(http.ErrAbortHandler) }

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dead {
		abort()
	}
	signer, password, _ := r.BasicAuth()
	text, _ := io.ReadAll(r.Body)
	var doc struct {
		State     string `xml:"state"`
		Reason    string `xml:"reasonCodeId"`
		Extension string `xml:"extension"`
		Action    string `xml:"requestedAction"`
	}
	_ = xml.Unmarshal(text, &doc)
	req := request{method: r.Method, path: r.URL.Path, user: path.Base(r.URL.Path), signer: signer, action: doc.Action,
		body: put{path.Base(r.URL.Path), signer, password, doc.State, doc.Reason, doc.Extension}}
	if r.Method == http.MethodPut {
		f.puts = append(f.puts, req.body)
	} else {
		f.gets++
	}
	if f.script != nil && f.script(f, w, req) {
		return
	}
	if password != "pw-"+signer {
		refuse(w, 401, "Unauthorized", signer)
		return
	}
	p := f.users[req.user]
	switch {
	case strings.HasSuffix(r.URL.Path, "/Dialogs"):
		w.Header().Set("Content-Type", "application/xml")
		_, _ = io.WriteString(w, "<Dialogs/>")
	case p == nil:
		refuse(w, 404, "User Not Found", req.user)
	case r.Method == http.MethodGet:
		w.Header().Set("Content-Type", "application/xml")
		_, _ = io.WriteString(w, p.xml(req.user))
	case r.Method == http.MethodPut:
		p.take(req.body)
		w.WriteHeader(202)
	default:
		refuse(w, 404, "Not Found", "")
	}
}

// take does what a PUT asks for.
func (p *person) take(b put) {
	state := b.state
	if state == "LOGIN" {
		state, p.extension = "NOT_READY", b.extension
		b.reason = "-1"
	}
	if state == "LOGOUT" {
		p.extension = ""
	}
	p.move(state)
	p.reason = b.reason
}

func (p *person) move(state string) { p.state, p.changed = state, p.changed+1 }

func (p *person) xml(id string) string {
	reason := ""
	if p.reason != "" {
		reason = "<reasonCodeId>" + p.reason + "</reasonCodeId>"
	}
	at := ""
	if p.changed > 0 {
		at = time.Date(2026, 1, 1, 0, 0, 0, p.changed*int(time.Millisecond), time.UTC).Format("2006-01-02T15:04:05.000Z")
	}
	return fmt.Sprintf("<User><uri>/finesse/api/User/%[1]s</uri><loginId>%[1]s</loginId><loginName>n</loginName><roles><role>Agent</role></roles>"+
		"<state>%s</state><stateChangeTime>%s</stateChangeTime><pendingState>%s</pendingState>%s<extension>%s</extension>"+
		"<firstName>A</firstName><lastName>B</lastName><teamId>1</teamId><teamName>T</teamName><dialogs>/finesse/api/User/%[1]s/Dialogs</dialogs></User>",
		id, p.state, at, p.pending, reason, p.extension)
}

func refuse(w http.ResponseWriter, status int, errorType, data string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<ApiErrors><ApiError><ErrorType>%s</ErrorType><ErrorData>%s</ErrorData><ErrorMessage>m</ErrorMessage></ApiError></ApiErrors>", errorType, data)
}

// asked gives the states that PUTs asked for a user, in order.
func (f *fake) asked(user string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []string
	for _, p := range f.puts {
		if p.user == user {
			list = append(list, p.state)
		}
	}
	return strings.Join(list, " ")
}

// fakeStage is a stage on a fake with agents of these ids, signed out.
func fakeStage(t *testing.T, ids ...string) (*scenario.Stage, *fake) {
	t.Helper()
	f := &fake{users: map[string]*person{}}
	cast := &fixtures.Cast{}
	for _, id := range ids {
		f.users[id] = &person{state: "LOGOUT", reason: "-1"}
		cast.Users = append(cast.Users, &fixtures.User{
			ID: id, Password: fixtures.Secret("pw-" + id), Extension: "7" + id, Team: "1", Role: spec.RoleAgent, State: spec.Logout,
			Codes: map[spec.Category][]fixtures.ReasonCode{},
		})
	}
	catalogue, judge := contracttest.Catalogue(), contracttest.Judge()
	return &scenario.Stage{
		Catalogue: catalogue, Judge: judge, Cast: cast, Stimuli: fixtures.NoStimuli{},
		Client: client.New(client.Options{
			Base: &url.URL{Scheme: "http", Host: "fake.invalid"}, Transport: client.Handler(f), Timeout: 2 * time.Second, Version: "test",
		}),
		Target: evidence.Target{
			Deployment: spec.UCCE, Release: spec.Release{Major: 12, Minor: 5, Maintenance: 1}, Settle: 300 * time.Millisecond, Quiet: 20 * time.Millisecond, LongestWait: time.Second,
		},
		Poll: 5 * time.Millisecond,
	}, f
}

func requirement(t *testing.T, s *scenario.Stage, id string) *spec.Requirement {
	t.Helper()
	req, ok := s.Catalogue.ByID(id)
	if !ok {
		t.Fatalf("no requirement %s", id)
	}
	return req
}

// home fails the test unless everybody is signed out and nobody is unrestored.
func home(t *testing.T, s *scenario.Stage, f *fake) {
	t.Helper()
	for id, why := range s.Users.Unrestored() {
		t.Errorf("user %s is unrestored: %s", id, why)
	}
	for id, p := range f.users {
		if p.state != "LOGOUT" {
			t.Errorf("user %s was left in %s", id, p.state)
		}
	}
}
