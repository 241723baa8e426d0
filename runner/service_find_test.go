package runner

import (
	"bytes"
	"crypto/tls"
	"io"
	"net/http"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/extent"
	"finesse-conformance/reports"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/internal/preflight"
	"finesse-conformance/suites/evidence"
)

// besides serves a reference deployment whose configuration says nothing of
// notifications.
func besides(t *testing.T, release string) (*Embedded, *config.Config) {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	cfg, err := reference.Default("UCCE", release, 1)
	if err != nil {
		t.Fatal(err)
	}
	e, err := StartEmbedded(cfg, "127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	c := &config.Config{
		Targets: []*config.Target{{
			Name: "target", URL: e.URL, Insecure: true, Users: e.Users(), Timing: embeddedTiming, FindNotifications: true,
		}},
		Run: config.Run{Only: []string{"NTF-01", "NTF-06"}, Journal: filepath.Join(t.TempDir(), "journal.jsonl")},
	}
	return e, c
}

func outcomes(t *testing.T, c *config.Config) (map[string]reports.Row, string) {
	t.Helper()
	var said bytes.Buffer
	a, err := NewCLI(io.Discard, &said)
	if err != nil {
		t.Fatal(err)
	}
	c.Run.Progress = "plain"
	s, err := a.configured(c, c.Targets[0])
	if err != nil {
		t.Fatal(err)
	}
	defer s.shut()
	s.unscheduled = true
	result, _ := s.certify(t.Context(), a.progress(c))
	rows := map[string]reports.Row{}
	for _, r := range result.Requirements {
		rows[r.ID] = r
	}
	return rows, said.String()
}

// The run finds the service by itself: on the port of the REST API since
// 12.6(1), and there as the last of its places before.
func TestServiceIsFound(t *testing.T) {
	for _, release := range []string{"12.6(2)", "12.5(1)"}[:extent.Of(1, 2, 2)] {
		_, c := besides(t, release)
		d, code, text := examine(t, c, true)
		if code != 0 || !d.able() {
			t.Errorf("code %d\n%s", code, text)
		}
		wantLines(t, text, "notifications tried wss://127.0.0.1:7443/ws/", "cannot connect", "ok notifications found at wss://"+c.Targets[0].URL.Host+"/ws/")
		rows, said := outcomes(t, c)
		for _, id := range []string{"NTF-01", "NTF-06"} {
			if rows[id].Outcome != evidence.Passed {
				t.Errorf("%s: %s is %s: %s\n%s", release, id, rows[id].Outcome, rows[id].Reason, said)
			}
		}
	}
}

// Nobody who was found signed in gets a session: its end could sign it out.
func TestSessionsAreForThoseFoundSignedOut(t *testing.T) {
	e, c := besides(t, "12.6(2)")
	in := map[string]bool{}
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: e.CA, MinVersion: tls.VersionTLS12}}}
	for _, u := range e.Deployment.Config().Users {
		if len(in) > 0 && u.ID != "1001002" { // two of them, the first and another
			continue
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, e.URL.String()+"/finesse/api/User/"+u.ID, strings.NewReader("<User><state>LOGIN</state><extension>"+u.Extension+"</extension></User>"))
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth(u.ID, u.Password)
		r.Header.Set("Content-Type", "application/xml")
		answer, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		for now, _ := e.Deployment.Snapshot().User(u.ID); now.State == reference.Logout && t.Context().Err() == nil; {
			runtime.Gosched() // the change comes a moment after the answer
			now, _ = e.Deployment.Snapshot().User(u.ID)
		}
		in[u.ID] = true
	}
	a, err := NewCLI(io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	s, err := a.configured(c, c.Targets[0])
	if err != nil {
		t.Fatal(err)
	}
	defer s.shut()
	if err := s.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.listen(t.Context(), t.Logf)
	defer func() { _ = s.close(t.Context()) }()
	for _, u := range s.survey.Cast.Users {
		if _, listens := s.listener.Status(u.ID); listens == in[u.ID] {
			t.Errorf("user %s, found in %s: a session is open: %v", u.ID, u.State, listens)
		}
	}
	// With an address of its own the configuration decides.
	c.Targets[0].FindNotifications = false
	if len(s.listeners()) != len(s.survey.Cast.Users) {
		t.Error("a configured service is not listened to for everybody")
	}
}

// A refused sign-in ends the search: it counts towards the lock of an account.
func TestServiceThatRefuses(t *testing.T) {
	e, c := besides(t, "12.6(2)")
	e.Deployment.Close() // nothing of its state is needed
	_ = e
	c.Targets[0].Users[0].Password = "not the right one"
	a, err := NewCLI(io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	s, err := a.configured(c, c.Targets[0])
	if err != nil {
		t.Fatal(err)
	}
	defer s.shut()
	s.client = newClient(s)
	cast := c.Targets[0].Cast()
	cast.Users[0].State = "LOGOUT"
	s.survey = &preflight.Survey{Cast: cast, XMPPDomain: "finesse.localdomain"}
	s.findService(t.Context(), true)
	if s.events != nil || !strings.Contains(s.unheard.Why, "refuses the user name and password") {
		t.Errorf("found %v: %s", s.events, s.unheard.Why)
	}
	if n := strings.Count(s.unheard.Why, "wss://") + strings.Count(s.unheard.Why, "xmpps://"); n != 1 {
		t.Errorf("the search went on after the refusal: %s", s.unheard.Why)
	}
}

// Off is off, and is said as what it is.
func TestServiceIsNotLookedFor(t *testing.T) {
	_, c := besides(t, "12.6(2)")
	c.Targets[0].FindNotifications = false
	rows, _ := outcomes(t, c)
	if r := rows["NTF-01"]; r.Outcome != evidence.NotExercised || !strings.Contains(r.Reason, "switched off") {
		t.Errorf("NTF-01 is %s: %s", r.Outcome, r.Reason)
	}
	if d, _, text := examine(t, c, false); !d.able() || !strings.Contains(text, "switched off") {
		t.Errorf("doctor says\n%s", text)
	}
}
