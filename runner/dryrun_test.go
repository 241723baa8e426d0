package runner

import (
	"bytes"
	"context"
	"fmt"
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
	"finesse-conformance/internal/extent"
	"finesse-conformance/internal/memnet"
	"finesse-conformance/reports"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/internal/journal"
	"finesse-conformance/runner/internal/played"
	"finesse-conformance/runner/internal/progress"
	"finesse-conformance/spec"
	"finesse-conformance/suites"
	"finesse-conformance/suites/evidence"
)

// long reports whether the tests that take minutes are to be run in full.

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
	app, err := NewCLI(io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return sessionFrom(t, app, p, run)
}

// sessionFrom is sessionOn with what was loaded before.
func sessionFrom(t *testing.T, app *CLI, p *played.Server, run config.Run) (*session, *stimulated) {
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

// What a dry run says comes true: the requests nearly, the time of the run within
// a fifth, the states that users pass, the calls and the stimuli.
func TestForecast(t *testing.T) {
	for _, deployment := range []string{"UCCX", "UCCE"}[:extent.Of(1, 2, 2)] {
		t.Run(deployment, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { forecastHolds(t, deployment, deployment == "UCCE") })
		})
	}
}

// sessions gives a function that makes sessions with one reference, all of
// which one troupe plays.
func sessions(t *testing.T, deployment string, troupes int, notifications bool) func() *session {
	t.Helper()
	cfg, err := reference.Default(deployment, "12.5(1)", troupes)
	if err != nil {
		t.Fatal(err)
	}
	listener := memnet.Listen("127.0.0.1:8445", memnet.Constant(time.Millisecond))
	e, err := ServeEmbedded(cfg.WithTokenUsers(), listener, true, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	second := memnet.Listen("127.0.0.2:8445", memnet.Constant(time.Millisecond))
	other, err := e.ServeSecond(reference.SecondNode{Lag: cfg.Delay}, second, nil)
	if err != nil {
		t.Fatal(err)
	}
	app, err := NewCLI(io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return func() *session {
		subject := Subject{URL: e.URL.String(), OtherNode: other.String(), Dial: memnet.Network(listener, second), Users: e.Users(), Stimuli: e.Stimuli(), Events: "off"}
		if notifications {
			subject.Events = e.Events.String()
		}
		s, err := app.sessionOf(subject)
		if err != nil {
			t.Fatal(err)
		}
		s.config.Run.SeedGiven, s.unscheduled = true, true
		if !extent.Long() {
			s.config.Run.Only = []string{"SIG-*", "TRN-*-*2", "SUP-0*", "AUT-*", "PND-*1", "NTF-*"}
		}
		t.Cleanup(s.shut)
		return s
	}
}

// Nothing of a model outlives it: whatever is left behind in virtual time makes
// the whole program panic, as it does this test.
func TestModelEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sessions(t, "UCCE", 1, false)()
		if err := s.open(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.split(1)
		m, err := s.newModel(fastDelay)
		if err != nil {
			t.Fatal(err)
		}
		conn, err := m.session.dialer(t.Context(), "tcp", m.served.URL.Host)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(conn, "PUT /finesse/api/User/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n") // refused before it is read
		if _, err := conn.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		m.close()
	})
}

// What not every troupe can play belongs to one that can, the least busy;
// what none can play is for the whole cast.
func TestArrange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sessions(t, "UCCE", 2, true)()
		s.config.Run.Only, s.config.Run.Procs = nil, 4
		if err := s.open(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.split(s.rows())
		s.setStage()
		s.stage.Expected = true
		items := suites.Plan(s.stage, s.selection())
		s.arrange(items)
		of := map[int]int{}       // processes, -1 for what is alone
		procs := map[string]int{} // of requirements
		for _, i := range items {
			able := slices.DeleteFunc([]int{1, 2, 3, 4}, func(proc int) bool { return !s.survey.Cast.With(s.troupes[proc-1].Users).Playable(i.Requirement) })
			switch {
			case !i.Runs():
				continue
			case i.Alone != (len(able) == 0) || (i.Proc == 0) != (i.Alone || len(able) == 4) || i.Proc > 0 && !slices.Contains(able, i.Proc):
				t.Errorf("%s can be played by %v, and is for %d, alone %v", i.Requirement.ID, able, i.Proc, i.Alone)
			case i.Alone:
				of[-1]++
			default:
				of[i.Proc]++
				procs[i.Requirement.ID] = i.Proc
			}
		}
		if of[-1] == 0 || of[0] < 150 || len(of) < 5 || procs["PND-19"] == procs["WRP-05"] { // they take long, and the same can play them
			t.Errorf("requirements by process: %v; PND-19 is for %d", of, procs["PND-19"])
		}
	})
}

// Each process of a run starts, and has its part of the work.
func TestCompute(t *testing.T) {
	const start, models = 100 * time.Millisecond, 4 * time.Second
	for procs, want := range map[int][2]time.Duration{1: {models, models}, 4: {models/4 + start, models/4 + 4*start}} {
		p := &intent{session: &session{troupes: make([]*fixtures.Cast, procs)}, fast: &forecast{requests: 100}}
		if got := p.compute(start, models); got < want[0] || got > want[1] {
			t.Errorf("%d processes: %v, not %v", procs, got, want)
		}
		p.slow = &forecast{requests: 300} // both were made side by side
		if got := p.compute(start, 4*models); got < want[0] || got > want[1] {
			t.Errorf("%d processes, beside a slow model: %v, not %v", procs, got, want)
		}
	}
}

func forecastHolds(t *testing.T, deployment string, notifications bool) {
	t.Helper()
	session := sessions(t, deployment, 1, notifications)
	before := session()
	if err := before.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	plan, err := before.intent(t.Context(), before.forecastIn)
	if err != nil {
		t.Fatal(err)
	}
	run := session()
	result, seen := run.certify(t.Context(), progress.None{})
	took, sent := result.Finished.Sub(result.Started), len(run.survey.Exchanges)
	played := map[string]bool{}
	for _, ev := range seen {
		played[ev.Requirement] = true
		sent += len(ev.Exchanges)
		for _, l := range ev.Observations {
			home, _ := run.stage.Users.Whereabouts(l.User)
			role := before.survey.Cast.ByID(l.User).Role
			if l.State != home.State && !slices.ContainsFunc(before.survey.Cast.Usable(), func(u *fixtures.User) bool {
				return u.Role == role && slices.Contains(plan.users[u.ID].passes, l.State)
			}) {
				t.Errorf("%s: user %s was in %s, which was not in the plan", ev.Requirement, l.User, l.State)
			}
		}
	}
	t.Logf("%d requests in %v; the plan said %d in %v, and %d in %v where the target is slow", sent, took,
		plan.fast.requests, plan.fast.took, plan.slow.requests, plan.slow.took)
	if f := float64(plan.fast.took) / float64(took); f < 0.8 || f > 1.2 || plan.slow.took <= plan.fast.took {
		t.Errorf("took %v; the plan said %v to %v", took, plan.fast.took, plan.slow.took)
	}
	if f := float64(plan.fast.requests) / float64(sent); f < 0.95 || f > 1.05 {
		t.Errorf("%d requests; the plan said %d", sent, plan.fast.requests)
	}
	delete(played, "restore")
	if plan.runs != len(played) {
		t.Errorf("%d exercised, %d planned", len(played), plan.runs)
	}
	if len(plan.calls.names) == 0 && deployment == "UCCE" || len(plan.hook.names) == 0 || len(plan.special.names) < 4 {
		t.Errorf("the plan has no more than calls %v, stimuli %v and requests %v", plan.calls.names, plan.hook.names, plan.special.names)
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
	app, err := NewCLI(&b, io.Discard)
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
	t.Parallel()
	p := played.New(t, "UCCE")
	played.SignIn(t, p, "1001003", "READY")
	if err := p.Stimulate(t.Context(), "route_call", "1001003", ""); err != nil {
		t.Fatal(err)
	}
	played.Eventually(t, func() bool { return stateOf(p, "1001003") == reference.Reserved })
	cfg := servedPlay(t, p, "")
	code, text := dry(t, cfg, map[string][]string{"only": {"AUT-0*", "SIG-0*", "TRN-UCCE-*"}})
	if code != reports.ExitConformant {
		t.Errorf("exit code %d", code)
	}
	for _, want := range []string{
		`PLAN for http://127\.0\.0\.1:\d+ \(UCCE`, `nothing was changed`, `Requests +about \d+ to \d+, each`, `Time +about [0-9ms]+ to [0-9ms]+: where a change of state takes 30ms, to where it takes 200ms`,
		`  1001001  agent of team 5011, extension 2001001, is in LOGOUT\n +will pass NOT_READY, .*READY, .*TALKING`,
		`Users who are left alone\n  1001003: it has 1 call\(s\), in the state RESERVED; --force`,
		`1001001 calls 1001002: \d+ times, in `, `route_call for 1001001: \d+ times`,
		`without credentials, to the User of \d+: 1 time, in AUT-01`, `a password that is made up.*: 4 times, in AUT-02`,
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
	for _, want := range []string{`Exercised +2 of \d+`, `never more than 30 a second`, `Time +about [0-9ms]+( to [0-9ms]+)?:`} { // both may come to one figure
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
	t.Parallel()
	p := played.New(t, "UCCE")
	p.SetStatus(reference.OutOfService)
	code, text := dry(t, servedPlay(t, p, ""), nil)
	if code != reports.ExitUncertifiable || !strings.Contains(text, `NOTHING CAN BE CERTIFIED: http://127.0.0.1:`) || !strings.Contains(text, `"OUT_OF_SERVICE"`) {
		t.Errorf("exit code %d: %s", code, text)
	}

	p.SetStatus(reference.InService)
	path := filepath.Join(t.TempDir(), "journal.jsonl")
	cfg := servedPlay(t, p, "")
	j := journal.Join(path, journal.Run{ID: "r1"})
	target := p.Target()
	if err := j.Ledger(target.URL, &fixtures.Cast{}).Touch("1001001", evidence.Observation{State: spec.Ready}); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	code, text = dry(t, cfg, map[string][]string{"journal": {path}, "only": {"USR-01"}})
	if code != 0 || !strings.Contains(text, "The run would refuse to begin: an earlier run") {
		t.Errorf("exit code %d: %s", code, text)
	}
}
