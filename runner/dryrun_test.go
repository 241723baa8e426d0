package runner

import (
	"bytes"
	"context"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/fixtures/reference"
	"finesse-conformance/reports"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/internal/played"
	"finesse-conformance/runner/journal"
	"finesse-conformance/runner/progress"
	"finesse-conformance/spec"
	"finesse-conformance/suites"
	"finesse-conformance/suites/evidence"
)

// long reports whether the tests that take minutes are to be run in full.
func long() bool { return os.Getenv("LONG_TESTS") != "" }

// stimulated makes the stimuli of a played reference happen, and counts them.
type stimulated struct {
	p    *played.Server
	mu   sync.Mutex
	done map[string]int // "name for user"
}

func (s *stimulated) Do(ctx context.Context, name spec.Stimulus, user, extension string) error {
	s.mu.Lock()
	if s.done == nil {
		s.done = map[string]int{}
	}
	s.done[string(name)+" for "+user]++
	s.mu.Unlock()
	return s.p.Stimulate(ctx, string(name), user, extension)
}
func (*stimulated) Supports(spec.Stimulus) bool { return true }
func (*stimulated) Describe() string            { return "the played reference" }

// sessionOn makes a session on a played reference, in this process.
func sessionOn(t *testing.T, p *played.Server, run config.Run) (*session, *stimulated) {
	t.Helper()
	app, err := NewApp(io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return sessionFrom(t, app, p, run)
}

// sessionFrom is sessionOn with what was loaded before.
func sessionFrom(t *testing.T, app *App, p *played.Server, run config.Run) (*session, *stimulated) {
	t.Helper()
	target := p.Target()
	run.Procs = 1
	hook := &stimulated{p: p}
	s, err := app.newSession(&config.Config{Targets: []*config.Target{target}, Run: run}, target, access{handler: p, stimuli: hook})
	if err != nil {
		t.Fatal(err)
	}
	return s, hook
}

// What a dry run says is not less than what a run then does: not in requests,
// not in the states that users pass, not in calls and stimuli, and not in
// time.
func TestForecastIsAnUpperBound(t *testing.T) {
	for _, deployment := range []string{"UCCE", "UCCX"} {
		t.Run(deployment, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { forecastHolds(t, deployment) })
		})
	}
}

func forecastHolds(t *testing.T, deployment string) {
	t.Helper()
	p := played.New(t, deployment)
	run := config.Run{Skip: []string{"*-NTF-*", "NTF-*"}}
	if !long() {
		run.Only = []string{"SIG-*", "TRN-*-0*", "TRN-*-2*", "SUP-0*", "AUT-*", "PND-*"}
	}
	s, hook := sessionOn(t, p, run)
	if err := s.begin(t.Context(), progress.None{}); err != nil {
		t.Fatal(err)
	}
	items := suites.Plan(s.stage, s.selection())
	plan := s.intent(items)
	before := len(p.Seen)
	began := time.Now()
	h := inOrder(t.Context(), items, func(ctx context.Context, item suites.Item) (evidence.Verdict, []*evidence.Evidence) {
		return s.stage.Exercise(ctx, item.Requirement)
	})
	took := time.Since(began)
	if sent := len(p.Seen) - before; sent > plan.most.Requests || sent < plan.likely.Requests/2 || sent > plan.likely.Requests*2 {
		t.Errorf("%d requests; the plan said about %d, at most %d", sent, plan.likely.Requests, plan.most.Requests)
	} else {
		t.Logf("%d requests; the plan said about %d, at most %d", sent, plan.likely.Requests, plan.most.Requests)
	}
	if took > plan.most.Wait || took > 3*plan.likely.Wait {
		t.Errorf("took %v; the plan said about %v, at most %v", took, plan.likely.Wait, plan.most.Wait)
	}
	t.Logf("took %v; the plan said about %v, at most %v", took, plan.likely.Wait, plan.most.Wait)
	if plan.runs != len(h.outcomes) {
		t.Errorf("%d exercised, %d planned", len(h.outcomes), plan.runs)
	}
	for _, o := range h.outcomes {
		withinForecast(t, s, plan, o)
	}
	for what := range hook.done {
		if !strings.HasPrefix(what, string(spec.WrapUpOff)) && plan.hook.n[what] == 0 && !playedAgain(h, what) {
			t.Errorf("%s was not in the plan", what)
		}
	}
}

// playedAgain: ways back and repetitions may ask the hook for what ends a call.
func playedAgain(h *results, what string) bool {
	name, _, _ := strings.Cut(what, " ")
	if slices.Contains([]string{"caller_hangup", "cancel_outbound", "call_unanswered", "wrap_up_on"}, name) {
		return true
	}
	return slices.ContainsFunc(h.outcomes, func(o suites.Outcome) bool { return len(o.Evidence) > 1 })
}

func withinForecast(t *testing.T, s *session, plan *intent, o suites.Outcome) {
	t.Helper()
	id := o.Verdict.Requirement
	req, _ := s.Catalogue.ByID(id)
	first, again, err := s.stage.Forecast(req)
	if err != nil {
		t.Errorf("%s: %v", id, err)
		return
	}
	for n, ev := range o.Evidence {
		f := first
		if n > 0 {
			f = again
		}
		if len(ev.Exchanges) > f.Most.Requests {
			t.Errorf("%s: %d requests in attempt %d, at most %d were to be", id, len(ev.Exchanges), n+1, f.Most.Requests)
		}
		for _, l := range ev.Observations {
			u := plan.users[l.User]
			home, _ := s.stage.Users.Whereabouts(l.User)
			if l.State == home.State || l.State == spec.Login {
				continue
			}
			if u == nil || !slices.Contains(u.passes, l.State) && !slices.Contains(u.only, l.State) {
				t.Errorf("%s: user %s was in %s, which was not in the plan", id, l.User, l.State)
			}
		}
		for _, x := range ev.Exchanges {
			special := x.Purpose == evidence.ForAct && (x.As == "" || x.WrongPassword) && strings.HasPrefix(x.Method, "P")
			if special && first.Unsigned+first.Wrong == 0 {
				t.Errorf("%s: a request without the user's own password was not in the plan", id)
			}
		}
	}
}

// servedPlay is a reference that is reached over HTTP, with a configuration file
// to certify it.
func servedPlay(t *testing.T, p *played.Server, more string) (cfg string) {
	t.Helper()
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	hook := httptest.NewServer(p.Stimulus())
	t.Cleanup(hook.Close)
	var b strings.Builder
	b.WriteString("target: {url: \"" + server.URL + "\"}\nusers:\n")
	for _, u := range p.Config.Users {
		b.WriteString("  - {id: \"" + u.ID + "\", password: \"" + u.Password + "\", extension: \"" + u.Extension + "\"}\n")
	}
	b.WriteString("timing: {settle: 2s, quiet: 20ms, poll: 2ms, longest_wait: 10s}\nstimuli: {http: \"" + hook.URL + "\"}\n" + more)
	cfg = filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(cfg, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return cfg
}

func dry(t *testing.T, cfg string, flags map[string][]string) (code int, text string) {
	t.Helper()
	out := t.TempDir()
	all := map[string][]string{"config": {cfg}, "dry-run": {"true"}, "out": {out}}
	for name, v := range flags {
		all[name] = v
	}
	c, err := config.Load(config.Sources{Flags: all, LookupEnv: func(string) (string, bool) { return "", false }})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	app, err := NewApp(&b, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if code, err = app.Run(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if entries, _ := os.ReadDir(out); len(entries) > 0 {
		t.Errorf("a dry run wrote %v", entries)
	}
	return code, b.String()
}

func TestDryRun(t *testing.T) {
	p := played.New(t, "UCCE")
	played.SignIn(t, p, "1001003", "READY")
	if err := p.Stimulate(t.Context(), "route_call", "1001003", ""); err != nil {
		t.Fatal(err)
	}
	played.Eventually(t, func() bool { return stateOf(p, "1001003") == reference.Reserved })
	cfg := servedPlay(t, p, "")
	code, text := dry(t, cfg, nil)
	if code != reports.ExitConformant {
		t.Errorf("exit code %d", code)
	}
	for _, want := range []string{
		`PLAN for http://127\.0\.0\.1:\d+ \(UCCE`, `nothing was changed`, `Requests +about \d+, at most \d+`, `Time +about .*, at most `,
		`  1001001  agent of team 5011, extension 2001001, is in LOGOUT\n +will pass NOT_READY, .*READY, .*TALKING`,
		`Users who are left alone\n  1001003: it has 1 call\(s\), in the state RESERVED; --force`,
		`1001001 calls 1001002: \d+ times, in `, `route_call for 1001001: \d+ times`,
		`without credentials, to the User of 1001001: 2 times`, `a password that is made up.*: 1 time, in AUT-02`,
		`Not exercised\n(.*\n)*.*TRN-UCCE-01`, `Journal +/.*/journal.jsonl\n`,
	} {
		if !regexp.MustCompile(want).MatchString(text) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	if n := p.Requests(" PUT ") + p.Requests(" POST "); n != 0 { // those of this test itself went past it
		t.Errorf("%d requests that change something", n)
	}
	for _, u := range p.Config.Users {
		if strings.Contains(text, u.Password) {
			t.Errorf("the password of %s is shown", u.ID)
		}
		if n := p.Requests(u.ID + " GET /finesse/api/User/" + u.ID + " "); n != 1 {
			t.Errorf("user %s was asked for %d times", u.ID, n)
		}
	}

	_, text = dry(t, cfg, map[string][]string{"only": {"USR-01", "SUP-05"}, "max-requests-per-second": {"30"}, "timeout": {"1m"}})
	for _, want := range []string{`Exercised +2 of \d+`, `never more than 30 a second`, `about \d+s, at most \d+m`} {
		if !regexp.MustCompile(want).MatchString(text) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	if strings.Contains(text, "Calls between") || strings.Contains(text, "stimulus hook") {
		t.Errorf("calls that are not made:\n%s", text)
	}
}

// A dry run of a run that could not begin says so.
func TestDryRunRefuses(t *testing.T) {
	p := played.New(t, "UCCE")
	p.SetStatus(reference.OutOfService)
	code, text := dry(t, servedPlay(t, p, ""), nil)
	if code != reports.ExitUncertifiable || !strings.Contains(text, `NOTHING CAN BE CERTIFIED: http://127.0.0.1:`) || !strings.Contains(text, `"OUT_OF_SERVICE"`) {
		t.Errorf("exit code %d: %s", code, text)
	}

	p.SetStatus(reference.InService)
	path := filepath.Join(t.TempDir(), "journal.jsonl")
	cfg := servedPlay(t, p, "")
	j, err := journal.Join(path, journal.Run{ID: "r1"})
	if err != nil {
		t.Fatal(err)
	}
	target := p.Target()
	if err := j.Ledger(target.URL, &fixtures.Cast{}).Touch("1001001", evidence.Observation{State: spec.Ready}); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	code, text = dry(t, cfg, map[string][]string{"journal": {path}})
	if code != 0 || !strings.Contains(text, "The run would refuse to begin: an earlier run") {
		t.Errorf("exit code %d: %s", code, text)
	}
}
