package runner

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/contracttest"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/internal/journal"
	"finesse-conformance/runner/internal/played"
	"finesse-conformance/spec"
	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/scenario"
)

// restorer puts back users of the reference, with the reference's stimuli
// where there are to be some.
func restorer(t *testing.T, p *played.Server, cfg *config.Config, stimuli bool) *journal.Restorer {
	t.Helper()
	var hook fixtures.Stimuli = fixtures.NoStimuli{}
	if stimuli {
		hook = doing{func(name spec.Stimulus) { _ = p.Stimulate(t.Context(), string(name), "1001001", "") }}
	}
	app := &CLI{Catalogue: contracttest.Catalogue(), Judge: contracttest.Judge()}
	return &journal.Restorer{
		Stage: func(ctx context.Context, users []journal.Unrestored) (*scenario.Stage, error) {
			target, err := targetOf(cfg, users)
			if err != nil {
				return nil, err
			}
			return app.stageLeft(ctx, target, played.ClientFor(target, client.Handler(p)), hook, users)
		},
		Say: t.Logf,
	}
}

// doing is a hook that calls a function.
type doing struct{ do func(spec.Stimulus) }

func (d doing) Do(_ context.Context, name spec.Stimulus, _, _ string) error { d.do(name); return nil }
func (doing) Supports(spec.Stimulus) bool                                   { return true }
func (doing) Describe() string                                              { return "a test" }

// put sends a user's own request to the reference.
func put(t *testing.T, p *played.Server, id, path, body string) {
	t.Helper()
	for _, u := range p.Config.Users {
		if u.ID != id {
			continue
		}
		method := http.MethodPut
		if strings.HasSuffix(path, "/Dialogs") {
			method = http.MethodPost
		}
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.SetBasicAuth(u.ID, u.Password)
		r.Header.Set("Content-Type", "application/xml")
		w := httptest.NewRecorder()
		p.Deployment.ServeHTTP(w, r)
		if w.Code != http.StatusAccepted {
			t.Fatalf("%s %s: %d %s", path, body, w.Code, w.Body)
		}
	}
}

func stateOf(p *played.Server, id string) reference.State {
	u, _ := p.Snapshot().User(id)
	return u.State
}

func TestRestore(t *testing.T) {
	const one, two = "1001001", "1001002"
	stimulate := func(name string, state reference.State) func(*testing.T, *played.Server) {
		return func(t *testing.T, p *played.Server) {
			if err := p.Stimulate(t.Context(), name, one, ""); err != nil {
				t.Fatal(err)
			}
			played.Eventually(t, func() bool { return stateOf(p, one) == state })
		}
	}
	call := func(t *testing.T, p *played.Server) {
		put(t, p, one, "/finesse/api/User/"+one+"/Dialogs", "<Dialog><requestedAction>MAKE_CALL</requestedAction><fromAddress>2001001</fromAddress><toAddress>2001002</toAddress></Dialog>")
		played.Eventually(t, func() bool { return stateOf(p, one) == reference.Talking })
	}
	accept := func(t *testing.T, p *played.Server) {
		stimulate("reserve_preview", reference.ReservedOutboundPreview)(t, p)
		u, _ := p.Snapshot().User(one)
		put(t, p, one, "/finesse/api/Dialog/"+u.Dialog, "<Dialog><targetMediaAddress>2001001</targetMediaAddress><requestedAction>ACCEPT</requestedAction></Dialog>")
	}
	for _, test := range []struct {
		name    string
		found   string // the state of user one before the run
		since   func(t *testing.T, p *played.Server)
		stimuli bool
	}{
		{"signed in by the run", "LOGOUT", func(t *testing.T, p *played.Server) { played.SignIn(t, p, one, "READY") }, false},
		{"signed out by the run", "READY", func(t *testing.T, p *played.Server) {
			put(t, p, one, "/finesse/api/User/"+one, "<User><state>NOT_READY</state><reasonCodeId>1011</reasonCodeId></User>")
			played.Eventually(t, func() bool { return stateOf(p, one) == reference.NotReady })
			put(t, p, one, "/finesse/api/User/"+one, "<User><state>LOGOUT</state><reasonCodeId>3011</reasonCodeId></User>")
			played.Eventually(t, func() bool { return stateOf(p, one) == reference.Logout })
		}, false},
		{"a routed call rings", "READY", stimulate("route_call", reference.Reserved), true},
		{"a routed call rings and no hook helps", "READY", stimulate("route_call", reference.Reserved), false},
		{"a preview is offered", "READY", stimulate("reserve_preview", reference.ReservedOutboundPreview), false},
		{"a preview was accepted", "READY", accept, true},
		{"a preview was accepted, and the target says nothing of what may be asked for", "READY", func(t *testing.T, p *played.Server) {
			accept(t, p)
			p.Before = func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, "/Dialogs") {
					return false
				}
				answer := httptest.NewRecorder()
				p.Deployment.ServeHTTP(answer, r)
				w.Header().Set("Content-Type", "application/xml")
				_, _ = w.Write(regexp.MustCompile(`(?s)<actions>.*?</actions>|<actions */>`).ReplaceAll(answer.Body.Bytes(), nil))
				return true
			}
		}, true},
		{"a user who cannot sign itself out", "LOGOUT", func(t *testing.T, p *played.Server) {
			played.SignIn(t, p, one, "READY")
			p.Before = func(w http.ResponseWriter, r *http.Request) bool {
				name, _, _ := r.BasicAuth()
				if name != one || r.Method != http.MethodPut {
					return false
				}
				w.WriteHeader(http.StatusForbidden)
				return true
			}
		}, false},
		{"a campaign has reserved", "READY", stimulate("reserve_outbound", reference.ReservedOutbound), false},
		{"in a call of the run's", "NOT_READY", call, false},
		{"a pending change", "NOT_READY", func(t *testing.T, p *played.Server) {
			call(t, p)
			put(t, p, one, "/finesse/api/User/"+one, "<User><state>READY</state></User>")
		}, false},
		{"a change that takes effect later", "NOT_READY", func(t *testing.T, p *played.Server) {
			// It is asked for when the user was looked at once, and is under way
			// while it is looked at again.
			p.Before = func(_ http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == "/finesse/api/User/"+one && p.Requests("GET "+r.URL.Path+" ") == 1 {
					put(t, p, one, r.URL.Path, "<User><state>READY</state></User>")
				}
				return false
			}
		}, false},
		{"nothing happened", "NOT_READY", func(*testing.T, *played.Server) {}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("XDG_CACHE_HOME", t.TempDir())
			p := played.NewDelayed(t, "UCCE", 25*time.Millisecond)
			played.SignIn(t, p, two, "NOT_READY")
			if test.found != "LOGOUT" {
				played.SignIn(t, p, one, test.found)
			}
			target := p.Target()
			target.Timing.Quiet = 60 * time.Millisecond
			path := filepath.Join(t.TempDir(), "journal.jsonl")
			j, err := journal.Open(path, journal.Run{ID: "r1", Targets: touchable([]*config.Target{target})})
			if err != nil {
				t.Fatal(err)
			}
			ledger := j.Ledger(target.URL, target.Cast())
			home := evidence.Observation{User: one, State: spec.State(test.found)}
			if test.found != "LOGOUT" {
				home.Extension = "2001001"
			}
			for user, l := range map[string]evidence.Observation{one: home, two: {User: two, State: spec.NotReady, Extension: "2001002"}} {
				if err := ledger.Touch(user, l); err != nil {
					t.Fatal(err)
				}
			}
			cfg := &config.Config{Targets: []*config.Target{target}}
			r := restorer(t, p, cfg, test.stimuli)
			var busy *journal.BusyError
			if _, err := r.Restore(t.Context(), path, touchable(cfg.Targets)); !errors.As(err, &busy) {
				t.Errorf("while the run goes on: %v", err)
			}
			test.since(t, p)
			if err := j.Close(); err != nil { // as if it were killed: nobody is returned
				t.Fatal(err)
			}
			list, err := r.Restore(t.Context(), path, touchable(cfg.Targets))
			if err != nil || len(list.Users) != 2 {
				t.Fatalf("%v, %+v", err, list)
			}
			for _, u := range list.Users {
				if u.Err != nil {
					t.Errorf("user %s: %v", u.User, u.Err)
				}
			}
			snapshot := p.Snapshot()
			for id, want := range map[string]string{one: test.found, two: "NOT_READY"} {
				u, _ := snapshot.User(id)
				if string(u.State) != want || u.Pending != "" {
					t.Errorf("user %s is in %s, pending %s, want %s", id, u.State, u.Pending, want)
				}
			}
			if got := fmt.Sprintf("%+v", snapshot); strings.Contains(got, "ALERTING") || strings.Contains(got, "ACTIVE") {
				t.Errorf("a call is left: %s", got)
			}
			if list, err = r.Restore(t.Context(), path, touchable(cfg.Targets)); err != nil || len(list.Users) != 0 {
				t.Errorf("once more: %v, %+v", err, list)
			}
		})
	}
}

func TestRestoreNamesWhoIsLeft(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	p := played.New(t, "UCCE")
	target := p.Target()
	path := journalOf(t, target,
		evidence.Observation{User: "1001001", State: spec.Logout},
		evidence.Observation{User: "1001002", State: spec.Logout},
		evidence.Observation{User: "4711", State: spec.Logout})
	played.SignIn(t, p, "1001001", "READY")
	target.Users[1].Password = "wrong"
	list, err := restorer(t, p, &config.Config{Targets: []*config.Target{target}}, false).Restore(t.Context(), path, touchable([]*config.Target{target}))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, u := range list.Users {
		got = append(got, fmt.Sprintf("%s: %v", u.User, u.Err))
	}
	for i, want := range []string{"1001001: <nil>", "1001002: it cannot sign in: HTTP 401", "4711: is not among the users of the configuration"} {
		if !strings.HasPrefix(got[i], want) {
			t.Errorf("got %s, want %s", got[i], want)
		}
	}
	if n := p.Requests("1001002 GET /finesse/api/User/1001002 401"); n != 1 {
		t.Errorf("%d failed sign-ins", n)
	}
	if c, err := journal.Read(path); err != nil || len(c.Left) != 2 || c.Left[0].Why == "" {
		t.Errorf("%v, left %+v", err, c)
	}
	elsewhere := *target
	elsewhere.URL = &url.URL{Scheme: "https", Host: "elsewhere"}
	list, err = restorer(t, p, &config.Config{Targets: []*config.Target{&elsewhere}}, false).Restore(t.Context(), path, touchable([]*config.Target{&elsewhere}))
	if err != nil || len(list.Users) != 2 || !strings.Contains(list.Users[0].Err.Error(), "https://reference.invalid is not in the configuration") {
		t.Errorf("another configuration: %v, %+v", err, list)
	}
}

// Who is moved each time when nobody looks is put back three times, and then
// named with where it is.
func TestRestoreNamesWhoDoesNotStay(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	synctest.Test(t, func(t *testing.T) {
		const one, path = "1001001", "/finesse/api/User/1001001"
		p := played.New(t, "UCCE")
		played.SignIn(t, p, one, "READY")
		target := p.Target()
		target.Timing.Settle = target.Timing.Quiet // what was asked before is long past when the run is put back
		file := journalOf(t, target, evidence.Observation{User: one, State: spec.Ready, Extension: "2001001"})
		time.Sleep(2 * target.Timing.Settle)
		var looked time.Time
		p.Before = func(_ http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodGet || r.URL.Path != path {
				return false
			}
			if time.Since(looked) >= target.Timing.Quiet {
				put(t, p, one, path, "<User><state>NOT_READY</state><reasonCodeId>1011</reasonCodeId></User>")
				played.Eventually(t, func() bool { return stateOf(p, one) == reference.NotReady })
			}
			looked = time.Now()
			looked = time.Now()
			return false
		}
		result, err := restorer(t, p, &config.Config{Targets: []*config.Target{target}}, false).Restore(t.Context(), file, touchable([]*config.Target{target}))
		if err != nil || len(result.Users) != 1 {
			t.Fatalf("%v, %+v", err, result)
		}
		if err := result.Users[0].Err; err == nil || err.Error() != "does not stay in READY: it is in NOT_READY" {
			t.Errorf("got %v", err)
		}
		if n := p.Requests(one + " PUT " + path + " 202"); n != 3 {
			t.Errorf("it was put back %d times", n)
		}
		if c, err := journal.Read(file); err != nil || len(c.Left) != 1 || c.Left[0].Why == "" {
			t.Errorf("%v, left %+v", err, c)
		}
	})
}

// journalOf writes the journal of a run that was killed when it had touched these
// users.
func journalOf(t *testing.T, target *config.Target, found ...evidence.Observation) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "journal.jsonl")
	j, err := journal.Open(path, journal.Run{ID: "r1", Targets: touchable([]*config.Target{target})})
	if err != nil {
		t.Fatal(err)
	}
	ledger := j.Ledger(target.URL, target.Cast())
	for _, o := range found {
		if err := ledger.Touch(o.User, o); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// Where a record cannot be read, who was returned is looked at once more and named
// where it has moved, and the damage is told until everybody was looked at.
func TestRestoreOfADamagedJournal(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	p := played.New(t, "UCCE")
	target := p.Target()
	path := filepath.Join(t.TempDir(), "journal.jsonl")
	j, err := journal.Open(path, journal.Run{ID: "r1", Targets: touchable([]*config.Target{target})})
	if err != nil {
		t.Fatal(err)
	}
	ledger := j.Ledger(target.URL, target.Cast())
	for _, id := range []string{"1001001", "1001002"} {
		found := evidence.Observation{User: id, State: spec.Logout}
		if err := errors.Join(ledger.Touch(id, found), ledger.Returned(id, found)); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append([]byte("half a reco\n"), text...), 0o600); err != nil {
		t.Fatal(err)
	}
	played.SignIn(t, p, "1001001", "READY")
	right := target.Users[1].Password
	for _, test := range []struct {
		password fixtures.Secret
		want     string
		examined bool
	}{
		{"wrong", "1001001: it was put back into LOGOUT and is in READY now, and the journal cannot be read to its end; 1001002: it cannot sign in", false},
		{right, "1001001: <nil>; 1001002: <nil>", true},
	} {
		target.Users[1].Password = test.password
		result, err := restorer(t, p, &config.Config{Targets: []*config.Target{target}}, false).Restore(t.Context(), path, touchable([]*config.Target{target}))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, u := range result.Users {
			got = append(got, fmt.Sprintf("%s: %v", u.User, u.Err))
		}
		if text := strings.Join(got, "; "); !strings.HasPrefix(text, test.want) || len(got) != strings.Count(test.want, ": ") {
			t.Errorf("got %s, want %s", text, test.want)
		}
		c, err := journal.Read(path)
		if err != nil || result.Examined != test.examined || (len(c.Damage) == 0) != test.examined {
			t.Errorf("examined %v; afterwards %v, %+v", result.Examined, err, c)
		}
	}
}

func TestRestoreWithoutJournal(t *testing.T) {
	list, err := restorer(t, played.New(t, "UCCE"), &config.Config{}, false).Restore(t.Context(), filepath.Join(t.TempDir(), "none"), nil)
	if err != nil || len(list.Users) != 0 {
		t.Errorf("%v, %v", err, list)
	}
}
