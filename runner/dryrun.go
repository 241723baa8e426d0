package runner

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"finesse-conformance/internal/exit"
	"finesse-conformance/internal/text"
	"finesse-conformance/internal/xmlbody"
	"finesse-conformance/reports"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/internal/preflight"
	"finesse-conformance/spec"
	"finesse-conformance/suites"
	"finesse-conformance/suites/evidence"
)

// dryRun looks at the target as a run does and prints what the run would do:
// it signs nobody in, changes nothing and writes no file. The exit code is
// that of a target that cannot be certified where it cannot.
func (a *CLI) dryRun(ctx context.Context, cfg *config.Config) (int, error) {
	preflight.FindPort(ctx, cfg.Targets[0])
	s, err := a.configured(cfg, cfg.Targets[0])
	if err != nil {
		return 0, &exit.UsageError{Err: err}
	}
	defer s.shut()
	if err := s.open(ctx); err != nil {
		if code := exit.SignalCode(ctx); code != 0 {
			return code, nil
		}
		fmt.Fprintln(a.Out, text.Printable("NOTHING CAN BE CERTIFIED: "+err.Error()))
		return reports.ExitUncertifiable, nil
	}
	p, err := s.intent(ctx, s.forecast)
	if err != nil {
		return 0, err
	}
	return reports.ExitConformant, p.write(text.Wrapping(a.Out, a.Width))
}

// intent is what a run would do.
type intent struct {
	*session
	runs int
	// fast is the run on a target whose changes show after fastDelay or, on
	// the embedded reference, as they do there; slow is the one on a target
	// whose changes take slowDelay, nil for none.
	fast, slow           *forecast
	fastDelay, slowDelay time.Duration
	computes             time.Duration // what this machine has to do in a run beside waiting
	users                map[string]*intended
	calls                tally
	hook                 tally // what the stimulus hook is asked for
	special              tally
	left                 tally // why requirements are not exercised
	applicable           int
}

// intended is what a run would do to a user.
type intended struct {
	subject int          // of so many requirements
	passes  []spec.State // the states that it is brought into
}

// tally counts things in the order in which they first come, with the
// requirements that they come in.
type tally struct {
	names []string
	ids   map[string][]string
	n     map[string]int
}

func (t *tally) add(name, id string) {
	if t.ids == nil {
		t.ids, t.n = map[string][]string{}, map[string]int{}
	}
	if t.n[name] == 0 {
		t.names = append(t.names, name)
	}
	t.n[name]++
	if !slices.Contains(t.ids[name], id) {
		t.ids[name] = append(t.ids[name], id)
	}
}

// Delays of changes that a plan is made for: of a deployment that nothing is
// slow on, and of one that takes its time.
const (
	fastDelay     = 30 * time.Millisecond
	slowOfSettled = 10 // this part of the settle time
)

// intent plans on a target that was asked, and has the run made on models of it.
func (s *session) intent(ctx context.Context, run func(context.Context, []suites.Item, time.Duration) (*forecast, error)) (*intent, error) {
	s.split(s.rows())
	s.setStage()
	s.stage.Expected = s.events != nil
	p := &intent{session: s, users: map[string]*intended{}, fastDelay: fastDelay, slowDelay: s.target.Timing.Settle / slowOfSettled}
	if s.embedded != nil {
		p.fastDelay, p.slowDelay = s.embedded.Deployment.Config().Delay, 0
	}
	items := suites.Plan(s.stage, s.selection())
	for _, i := range items {
		if i.Outcome == evidence.NotApplicable {
			continue
		}
		p.applicable++
		if !i.Runs() {
			p.left.add(i.Why, i.Requirement.ID)
			continue
		}
		p.runs++
	}
	start := computed()
	var others errgroup.Group
	if p.slowDelay > p.fastDelay {
		others.Go(func() (err error) { p.slow, err = run(ctx, items, p.slowDelay); return err })
	}
	var err error
	if p.fast, err = run(ctx, items, p.fastDelay); err != nil {
		return nil, err
	}
	if err := others.Wait(); err != nil {
		return nil, err
	}
	p.computes = p.compute(start, computed()-start)
	p.account()
	return p, nil
}

// compute is how long the processes of a run compute, side by side, as measured
// here: each starts as this one did, and has its part of what making the run on
// the models took, of which the time is virtual and the work is not.
func (p *intent) compute(start, models time.Duration) time.Duration {
	procs := time.Duration(len(p.troupes))
	if p.slow != nil {
		models = models * time.Duration(p.fast.requests) / time.Duration(max(p.fast.requests+p.slow.requests, 1))
	}
	if procs == 1 {
		return models
	}
	return models/procs + start*procs/min(procs, time.Duration(runtime.GOMAXPROCS(0)))
}

// costs gives what the run costs, from the prompt target to the slow one.
func (p *intent) costs() (requests [2]int, took [2]time.Duration) {
	for n, f := range []*forecast{p.fast, cmp.Or(p.slow, p.fast)} {
		requests[n], took[n] = f.requests, f.took+p.computes
		if limit := p.config.Run.Timeout; limit > 0 {
			took[n] = min(took[n], limit)
		}
	}
	return requests, took
}

// account goes through what was done to the model, in the catalogue's order.
func (p *intent) account() {
	place := map[string]int{}
	for n, req := range p.Catalogue.All() {
		place[req.ID] = n
	}
	slices.SortStableFunc(p.fast.attempts, func(a, b *evidence.Evidence) int { return place[a.Requirement] - place[b.Requirement] })
	slices.SortStableFunc(p.fast.stimuli, func(a, b stimulusAsked) int { return place[a.requirement] - place[b.requirement] })
	for _, ev := range p.fast.attempts {
		if subject, ok := ev.Cast["subject"]; ok {
			p.user(subject.ID).subject++
		}
		for _, x := range ev.Exchanges {
			p.exchange(ev, x)
		}
	}
	for _, st := range p.fast.stimuli {
		p.hook.add(fmt.Sprintf("%s for %s", st.name, st.user), st.requirement)
	}
	for _, u := range p.survey.Cast.Usable() {
		p.user(u.ID).passes = p.fast.passed[u.ID]
	}
}

// exchange accounts for a request of a scenario.
func (p *intent) exchange(ev *evidence.Evidence, x evidence.Exchange) {
	id, _, _ := strings.Cut(strings.TrimPrefix(x.Path, "/finesse/api/User/"), "/")
	aUser := id != "" && strings.HasPrefix(x.Path, "/finesse/api/User/")
	doc, _ := xmlbody.Parse("", []byte(x.RequestBody)) // what is none has no texts
	text := func(path string) string {
		if doc == nil {
			return ""
		}
		found, _ := xmlbody.Text(doc, path)
		return found
	}
	if to := text("Dialog/toAddress"); to != "" {
		p.calls.add(fmt.Sprintf("%s calls %s", x.As, p.owner(to)), ev.Requirement)
	}
	if extension := text("User/extension"); extension != "" && p.owner(extension) == "" {
		p.special.add(fmt.Sprintf("to sign %s in on extension %s, which no device has as far as is known", id, extension), ev.Requirement)
	}
	switch {
	case x.WrongPassword:
		p.special.add(fmt.Sprintf("as %s with a password that is made up, followed by a right one before the next", x.As), ev.Requirement)
	case aUser && x.As == "":
		p.special.add("without credentials, to the User of "+id, ev.Requirement)
	case aUser && p.survey.Cast.ByID(id) == nil:
		p.special.add("to the User of an id that is made up and nobody in the cast has, as "+x.As, ev.Requirement)
	}
}

// owner gives the user of the model who has an extension, "" for nobody.
func (p *intent) owner(extension string) string {
	for _, u := range p.fast.cast {
		if u.Extension == extension {
			return u.ID
		}
	}
	return ""
}

func (p *intent) user(id string) *intended {
	if p.users[id] == nil {
		p.users[id] = &intended{}
	}
	return p.users[id]
}
