package selftest

import (
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"reflect"
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
	"finesse-conformance/internal/reporttest"
	"finesse-conformance/reports"
	"finesse-conformance/runner"
	"finesse-conformance/spec"
	"finesse-conformance/suites"
	"finesse-conformance/suites/evidence"
)

// everyWord is the environment variable with which TestEveryWord is run: "all",
// or patterns of requirements with commas.
const everyWord = "FINESSE_WORDS"

// Every word of every row changes a verdict: each is taken out in turn, and the
// conformant reference, a fault that the row is about or another variant gets
// another verdict without it. The verdict on what a row demands is a pure
// function of what was seen: it is asked again without the word. A word that says
// what is done is taken out before it is done.
func TestEveryWord(t *testing.T) {
	pattern := os.Getenv(everyWord)
	if pattern == "" {
		t.Skip("set " + everyWord + " to all, or to patterns of requirements")
	}
	a := selftestApp(t, io.Discard)
	a.timing, a.serve, a.part = unhurried, inMemory, len(a.Catalogue.All())
	rows := slices.DeleteFunc(a.Catalogue.All(), func(r *spec.Requirement) bool {
		return pattern != "all" && !slices.ContainsFunc(strings.Split(pattern, ","), func(p string) bool { ok, _ := path.Match(p, r.ID); return ok })
	})
	open, noted := without(rows), readNoted(t)
	stages := a.stages(t)
	a.sweep(t, "noted", stages, open, noted.at)
	a.sweep(t, "anywhere", stages, open, func(string, *stage) bool { return true })
	left := 0
	for _, req := range rows {
		for _, w := range open.open[req.ID] {
			left++
			t.Errorf("%s: nobody notices without %s", req.ID, w.name)
		}
		if len(open.open[req.ID]) == 0 {
			noted[req.ID] = note{digest: digest(req), on: open.on[req.ID]}
		}
	}
	t.Logf("%d words in %d rows, %d of them noticed by nobody; noticed by %v", open.total, len(rows), left, open.by)
	if *reporttest.Update {
		noted.write(t, a.Catalogue)
	}
}

// What the last sweep found holds: each row has the words that were swept, and of
// some rows, others as often as the catalogue changes, each word is noticed where
// it was.
func TestWordsAreThoseSwept(t *testing.T) {
	t.Parallel()
	a := selftestApp(t, io.Discard)
	a.timing, a.serve, a.part = unhurried, inMemory, len(a.Catalogue.All())
	noted, all := readNoted(t), a.Catalogue.All()
	for _, req := range all {
		if noted[req.ID].digest != digest(req) {
			t.Errorf("%s says something that it did not say when each of its words was taken out: %s='%s' go test -timeout 60m -run TestEveryWord ./runner/selftest -update", req.ID, everyWord, req.ID)
		}
	}
	h := fnv.New32a()
	h.Write([]byte(a.Catalogue.Digest()))
	first, step := int(h.Sum32()%1000), len(all)/extent.Of(6, 12, len(all))
	rows := slices.DeleteFunc(slices.Clone(all), func(r *spec.Requirement) bool {
		return (slices.Index(all, r)+first)%step != 0 || len(noted[r.ID].on) == 0
	})
	open := without(rows)
	a.sweep(t, "noted", a.stages(t), open, noted.at)
	for _, req := range rows {
		for _, w := range open.open[req.ID] {
			if slices.Contains(noted[req.ID].open, w.name) {
				continue
			}
			t.Errorf("%s: nobody notices any more without %s, of those who did", req.ID, w.name)
		}
	}
}

// sweep takes out each word that is open, on the stages that are asked for.
func (a *prover) sweep(t *testing.T, name string, stages []stage, open *unnoticed, on func(id string, s *stage) bool) {
	t.Run(name, func(t *testing.T) {
		for id := range open.open {
			t.Run(id, func(t *testing.T) {
				t.Parallel()
				a.withoutDoing(t, id, slices.DeleteFunc(slices.Clone(stages), func(s stage) bool { return !on(id, &s) }), open)
			})
		}
		for _, s := range stages {
			ids := slices.DeleteFunc(slices.Collect(maps.Keys(open.open)), func(id string) bool { return s.seated || !s.touches(id) || !on(id, &s) })
			if len(ids) == 0 {
				continue
			}
			t.Run(s.label(), func(t *testing.T) {
				t.Parallel()
				if ids = slices.DeleteFunc(ids, func(id string) bool { return len(open.of(id, false)) == 0 }); len(ids) > 0 {
					synctest.Test(t, func(t *testing.T) { a.judgedWithout(t, s, ids, open) })
				}
			})
		}
	})
}

// stage is a trial, on a deployment that is served in a way of its own.
type stage struct {
	trial
	serve  func(reference.Config) (*runner.Embedded, runner.Subject, error)
	how    string // in what it is another than that of a trial, "" for nothing
	seated bool   // its users are found signed in
	others bool   // it is for rows in which somebody else has to be found signed out
}

// stages are where a word may be missed, the likeliest first: the reference, with
// a cast the other way round, without calls, a short timer, faults likewise, both
// with users who are signed in too, systems of two nodes, what is right in another
// way.
func (a *prover) stages(t *testing.T) []stage {
	trials, err := a.trials(Options{})
	if err != nil {
		t.Fatal(err)
	}
	var plain, broken, others, casts, brokenCasts, found []stage
	for _, t := range trials {
		t := *t
		t.only = nil
		switch s := (stage{trial: t, serve: inMemory}); {
		case t.fault != nil:
			broken = append(broken, s)
		case t.name == "conformant":
			plain = append(plain, s)
		default:
			others = append(others, s)
		}
	}
	for _, s := range plain {
		for how, serve := range otherwise {
			if s.heard {
				s.serve, s.how = serve, how
				casts = append(casts, s)
			}
		}
	}
	for _, s := range broken {
		for how, needs := range brokenOtherwise {
			if slices.ContainsFunc(s.must, func(id string) bool { req, ok := a.Catalogue.ByID(id); return ok && needs(req) }) {
				s.serve, s.how = otherwise[how], how
				brokenCasts = append(brokenCasts, s)
			}
		}
	}
	for _, s := range slices.Concat(plain, broken) {
		s.serve, s.how, s.seated = seated, "with users who are signed in", true
		found = append(found, s)
		s.serve, s.how, s.others = butOne, "with users who are signed in, but for one", true
		found = append(found, s)
	}
	return slices.Concat(plain, casts, broken, brokenCasts, found, a.nodes(), others)
}

// otherwise are deployments that are right and not as a trial has them.
var otherwise = map[string]func(reference.Config) (*runner.Embedded, runner.Subject, error){
	"the other way round": turned, "without routed calls": uncalled, "with an agent who has nothing": plainFirst,
	"with wrap-up for everybody": wrappingUp, "with supervisors alone": supervised, "with a long wrap-up timer": longWrapUp,
	"with a short wrap-up timer": brief, "without reason codes": withoutCodes,
}

// brokenOtherwise says for which requirements a fault that breaks them is looked
// for on such a deployment too: on which the wrong users or ways would do.
var brokenOtherwise = map[string]func(*spec.Requirement) bool{
	"with a short wrap-up timer":    func(r *spec.Requirement) bool { return strings.HasPrefix(r.ID, "TRN-UCCE-3") },
	"with wrap-up for everybody":    func(r *spec.Requirement) bool { return r.Given.WrapUp != "" },
	"with an agent who has nothing": func(r *spec.Requirement) bool { return len(r.Given.Codes) > 0 || r.Given.LoginName || r.Given.Reason },
	"without routed calls":          func(r *spec.Requirement) bool { return r.Given.Was != "" || r.Given.Call != "" },
}

// nodes are systems of two nodes: one that is right, seen from either node, with
// users who are signed in, and with those who alone are told how they sign in;
// and each deviation of the other node.
func (a *prover) nodes() []stage {
	var list []stage
	add := func(name string, node reference.SecondNode, change func(*stage), around func(*runner.Embedded, *runner.Subject)) {
		node.Lag, node.Skew = 150*time.Millisecond, -400*time.Millisecond
		s := stage{trial: trial{name: "node " + name, deployment: reference.UCCE, pace: 1}}
		s.serve = func(cfg reference.Config) (*runner.Embedded, runner.Subject, error) {
			e, subject, err := twoNodes(cfg, node)
			if err == nil {
				around(e, &subject)
			}
			return e, subject, err
		}
		for _, req := range a.Catalogue.All() {
			if req.TwoNodes() {
				s.only = append(s.only, req.ID)
			}
		}
		change(&s)
		list = append(list, s)
	}
	same, plain := func(*stage) {}, func(*runner.Embedded, *runner.Subject) {}
	add("of two", reference.SecondNode{Secondary: true}, same, plain)
	add("of two, the other way round", reference.SecondNode{Secondary: true}, same, func(_ *runner.Embedded, s *runner.Subject) { s.URL, s.OtherNode = s.OtherNode, s.URL })
	add("of two, signed in", reference.SecondNode{}, func(s *stage) { s.seated = true }, func(e *runner.Embedded, _ *runner.Subject) { seat(e, "") })
	add("of two, for users", reference.SecondNode{}, func(s *stage) { s.faults = []string{"harmless-auth-mode-for-users"} }, plain)
	for _, fault := range reference.NodeFaults() {
		add(string(fault), reference.SecondNode{Fault: fault}, same, plain)
	}
	return list
}

// kind is what sort of target a stage is.
func (s *stage) kind() string {
	switch {
	case s.fault != nil:
		return "faults"
	case s.how != "" || s.name != "conformant":
		return "other targets that are right"
	}
	return "the reference"
}

// label tells a stage from all others.
func (s *stage) label() string {
	label := s.name + " " + place(s.deployment, s.heard)
	if s.how != "" {
		label += " " + s.how
	}
	return label
}

// touches reports whether a requirement has to do with the stage in particular.
func (s *stage) touches(id string) bool {
	if s.fault == nil {
		return s.only == nil || slices.Contains(s.only, id)
	}
	return s.fault.Explains(id) && (slices.Contains(s.must, id) || !slices.Contains(s.fault.MayAlsoBreak, "*"))
}

// word is a word of a row, and the row without it.
type word struct {
	name  string
	row   *spec.Requirement
	acted bool // it says what is done
}

// unnoticed are the words that nobody has noticed yet, by requirement.
type unnoticed struct {
	mu    sync.Mutex
	open  map[string][]*word
	on    map[string][]string // the labels of the stages on which words were noticed
	by    map[string]int      // how many were noticed by what
	total int
}

// without gives the words of rows, each unnoticed.
func without(rows []*spec.Requirement) *unnoticed {
	o := &unnoticed{open: map[string][]*word{}, on: map[string][]string{}, by: map[string]int{}}
	for _, req := range rows {
		o.open[req.ID] = wordsOf(req)
		o.total += len(o.open[req.ID])
	}
	return o
}

func (o *unnoticed) of(id string, acted bool) []*word {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(o.open[id]), func(w *word) bool { return w.acted != acted })
}

func (o *unnoticed) noticed(id string, w *word, on *stage) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if slices.Contains(o.open[id], w) {
		o.by[on.kind()]++
		if label := on.label(); !slices.Contains(o.on[id], label) {
			o.on[id] = append(o.on[id], label)
		}
	}
	o.open[id] = slices.DeleteFunc(slices.Clone(o.open[id]), func(other *word) bool { return other == w })
}

// judgedWithout plays requirements on a stage, and judges them without each word.
func (a *prover) judgedWithout(t *testing.T, s stage, ids []string, open *unnoticed) {
	b := *a
	b.serve = s.serve
	s.only = ids
	if s.fault != nil {
		s.only = slices.Concat(ids, s.fault.Requires)
	}
	err := b.within(t.Context(), &s.trial, func(c *runner.Certification) error {
		held := map[string]evidence.Verdict{}
		for _, item := range c.Items() {
			id := item.Requirement.ID
			if !s.means(item) || !item.Runs() {
				continue
			}
			_, seen := c.Play(t.Context(), item)
			held[id] = a.judged(item.Requirement, seen)
			for _, w := range open.of(id, false) {
				if slices.Contains(ids, id) && a.tells(item.Requirement, w.row, seen) {
					open.noticed(id, w, &s)
				}
			}
		}
		for _, v := range c.Verdicts() {
			was, played := held[v.Requirement]
			for _, w := range open.of(v.Requirement, false) {
				if w.name == "Invariant" && played && slices.Contains(ids, v.Requirement) && v.Outcome == evidence.Failed && was.Outcome != evidence.Failed {
					open.noticed(v.Requirement, w, &s)
				}
			}
		}
		return nil
	})
	if err != nil && (s.fault == nil || !s.fault.FailsPreflight) {
		t.Log(err)
	}
}

// withoutDoing plays a requirement on all stages that it has to do with, and
// without each word that says what is done, on a deployment of its own each time:
// what was played before leaves users where the next finds them.
func (a *prover) withoutDoing(t *testing.T, id string, stages []stage, open *unnoticed) {
	req, _ := a.Catalogue.ByID(id)
	aside := func(s stage) bool { return s.fault != nil && !slices.Contains(s.must, id) }
	for _, s := range slices.Concat(slices.DeleteFunc(slices.Clone(stages), aside), slices.DeleteFunc(slices.Clone(stages), func(s stage) bool { return !aside(s) })) {
		with := open.of(id, true)
		if len(with) == 0 {
			return
		}
		if !slices.Contains(req.Deployments, spec.Deployment(s.deployment)) || !s.touches(id) || req.TwoNodes() != (s.only != nil) || s.others && len(req.Given.Others) == 0 {
			continue
		}
		v := a.verdictOn(t, s, req)
		for _, w := range with {
			u := a.verdictOn(t, s, w.row)
			info := req.LevelOn(spec.Deployment(s.deployment)) == spec.Info
			asked := (u.Attempts > 0) == (v.Attempts > 0) // what is not planned is not asked
			if u.Outcome != v.Outcome || !asked || info && (v.Asked != u.Asked || reports.ObservedText(v.Observed) != reports.ObservedText(u.Observed)) {
				open.noticed(id, w, &s)
			}
		}
	}
}

// verdictOn plays a requirement, or one that is like it, on a stage, after what
// has to be exercised for the stage's fault to show.
func (a *prover) verdictOn(t *testing.T, s stage, req *spec.Requirement) (v evidence.Verdict) {
	b := *a
	b.serve = s.serve
	s.only = []string{req.ID}
	if s.fault != nil {
		s.only = append(s.only, s.fault.Requires...)
	}
	synctest.Test(t, func(t *testing.T) {
		_ = b.within(t.Context(), &s.trial, func(c *runner.Certification) error { // who cannot be certified gives no verdict
			for _, item := range c.Items() {
				if item.Requirement.ID != req.ID && item.Runs() {
					c.Play(t.Context(), item)
				}
			}
			if slices.ContainsFunc(req.Steps, func(step spec.Step) bool {
				return step.When.Put != nil && step.When.Put.Credentials == spec.CredentialsExpired
			}) {
				time.Sleep(c.Stage().Target.Settle) // as tokens grow old in the course of a run
			}
			v, _ = c.Play(t.Context(), suites.Item{Requirement: req})
			for _, all := range c.Verdicts() { // what was planned not to run stays so there
				if all.Requirement == req.ID && all.Outcome != evidence.NotExercised {
					v = all
				}
			}
			return nil
		})
	})
	return v
}

// judged is the verdict on the last of some attempts.
func (a *prover) judged(req *spec.Requirement, seen []*evidence.Evidence) evidence.Verdict {
	if len(seen) == 0 {
		return evidence.Verdict{}
	}
	return a.Judge.Verdict(req, seen[len(seen)-1])
}

// tells reports whether what was seen, or what another target would have shown,
// is judged otherwise without a word, or otherwise is recorded.
func (a *prover) tells(with, without *spec.Requirement, seen []*evidence.Evidence) bool {
	tells := func(ev *evidence.Evidence) bool {
		v, u := a.Judge.Verdict(with, ev), a.Judge.Verdict(without, ev)
		return v.Outcome != u.Outcome || v.Outcome != evidence.Failed && (v.Seen != u.Seen || !reflect.DeepEqual(v.Observed, u.Observed))
	}
	return slices.ContainsFunc(seen, func(ev *evidence.Evidence) bool {
		return tells(ev) || slices.ContainsFunc(spoilt(with, ev), tells)
	})
}

// seated serves a deployment whose users are found signed in.
func seated(cfg reference.Config) (*runner.Embedded, runner.Subject, error) {
	e, subject, err := inMemory(cfg)
	if err != nil {
		return nil, subject, err
	}
	seat(e, "")
	return e, subject, nil
}

// butOne serves a deployment whose users are found signed in, but for one agent.
func butOne(cfg reference.Config) (*runner.Embedded, runner.Subject, error) {
	e, subject, err := inMemory(cfg)
	if err == nil {
		seat(e, cfg.Users[len(cfg.Users)-1].ID)
	}
	return e, subject, err
}

// turned serves a deployment whose users are named the other way round: who is
// configured in a way of its own comes first.
func turned(cfg reference.Config) (*runner.Embedded, runner.Subject, error) {
	cfg.Users = slices.Clone(cfg.Users)
	slices.Reverse(cfg.Users)
	return inMemory(cfg)
}

// uncalled serves a deployment to which nothing routes calls.
func uncalled(cfg reference.Config) (*runner.Embedded, runner.Subject, error) {
	e, subject, err := inMemory(cfg)
	if err == nil {
		subject.Stimuli = uncalling{e.Stimuli()}
	}
	return e, subject, err
}

// uncalling are stimuli that route no calls.
type uncalling struct{ fixtures.Stimuli }

// Supports reports whether a stimulus may be asked for.
func (s uncalling) Supports(name spec.Stimulus) bool {
	return name != spec.RouteCall && s.Stimuli.Supports(name)
}

// plainFirst serves a deployment whose first agent has nothing that rows ask for:
// neither reason codes nor a login name of its own, but wrap-up after each call.
func plainFirst(cfg reference.Config) (*runner.Embedded, runner.Subject, error) {
	cfg.Users = slices.Clone(cfg.Users)
	first := slices.IndexFunc(cfg.Users, func(u reference.User) bool {
		return !slices.Contains(u.Roles, reference.RoleSupervisor) && !slices.ContainsFunc(cfg.ReasonCodes, func(c reference.ReasonCode) bool { return slices.Contains(c.Teams, u.Team) })
	})
	u := &cfg.Users[first]
	u.LoginName, u.WrapUpIncoming, u.WrapUpOutgoing = u.ID, reference.WrapUpRequired, reference.WrapUpRequired
	cfg.Users[0], cfg.Users[first] = cfg.Users[first], cfg.Users[0]
	return inMemory(cfg)
}

// wrappingUp serves a deployment on which everybody wraps up after each call.
func wrappingUp(cfg reference.Config) (*runner.Embedded, runner.Subject, error) {
	cfg.Users = slices.Clone(cfg.Users)
	for i := range cfg.Users {
		cfg.Users[i].WrapUpIncoming, cfg.Users[i].WrapUpOutgoing = reference.WrapUpRequired, reference.WrapUpRequired
	}
	return inMemory(cfg)
}

// supervised serves a deployment that has no plain agents, and a supervisor who
// signs in by token.
func supervised(cfg reference.Config) (*runner.Embedded, runner.Subject, error) {
	cfg.Users = slices.DeleteFunc(slices.Clone(cfg.Users), func(u reference.User) bool { return !slices.Contains(u.Roles, reference.RoleSupervisor) })
	cfg.Users[0].SSO = true
	return inMemory(cfg)
}

// brief serves a deployment whose wrap-up timer is shorter than what a change may
// take.
func brief(cfg reference.Config) (*runner.Embedded, runner.Subject, error) {
	cfg.WrapUpTimer = cfg.Settle / 2
	return inMemory(cfg)
}

// withoutCodes serves a deployment that has no reason codes.
func withoutCodes(cfg reference.Config) (*runner.Embedded, runner.Subject, error) {
	cfg.ReasonCodes = nil
	return inMemory(cfg)
}

// longWrapUp serves a deployment whose wrap-up timer nobody waits for.
func longWrapUp(cfg reference.Config) (*runner.Embedded, runner.Subject, error) {
	cfg.WrapUpTimer = time.Hour
	return inMemory(cfg)
}

// seat signs everybody in, but for one, and has who has reason codes be NOT_READY
// with the first.
func seat(e *runner.Embedded, except string) {
	cfg := e.Deployment.Config()
	for _, u := range cfg.Users {
		if u.ID == except {
			continue
		}
		ask(e, u, "<state>LOGIN</state><extension>"+u.Extension+"</extension>")
		reason := slices.IndexFunc(cfg.ReasonCodes, func(c reference.ReasonCode) bool {
			return c.Category == reference.NotReady && slices.Contains(c.Teams, u.Team)
		})
		if reason < 0 {
			continue
		}
		ask(e, u, "<state>READY</state>")
		ask(e, u, fmt.Sprintf("<state>NOT_READY</state><reasonCodeId>%d</reasonCodeId>", cfg.ReasonCodes[reason].ID))
	}
}

// ask has a user ask for itself, and waits until what it asked for has come about.
func ask(e *runner.Embedded, u reference.User, elements string) {
	r := httptest.NewRequest(http.MethodPut, "/finesse/api/User/"+u.ID, strings.NewReader("<User>"+elements+"</User>"))
	r.Header.Set("Content-Type", "application/xml")
	r.SetBasicAuth(u.ID, u.Password)
	if token, err := e.Deployment.IssueToken(u.ID, time.Hour); err == nil {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	e.Deployment.ServeHTTP(httptest.NewRecorder(), r)
	time.Sleep(time.Second)
}

// twoNodes serves a system of two nodes.
func twoNodes(cfg reference.Config, node reference.SecondNode) (*runner.Embedded, runner.Subject, error) {
	first, second := memnet.Listen("127.0.0.1:8445", memnet.Constant(time.Millisecond)), memnet.Listen("127.0.0.2:8445", memnet.Constant(time.Millisecond))
	e, err := runner.ServeEmbedded(cfg, first, true, nil)
	if err != nil {
		return nil, runner.Subject{}, err
	}
	other, err := e.ServeSecond(node, second, nil)
	if err != nil {
		return nil, runner.Subject{}, err
	}
	return e, runner.Subject{URL: e.URL.String(), OtherNode: other.String(), Dial: memnet.Network(first, second)}, nil
}
