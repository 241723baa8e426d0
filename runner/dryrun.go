package runner

import (
	"context"
	"fmt"
	"slices"
	"time"

	"finesse-conformance/internal/exit"
	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/preflight"
	"finesse-conformance/spec"
	"finesse-conformance/suites"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/scenario"
)

// dryRun looks at the target as a run does and prints what the run would do:
// it signs nobody in, changes nothing and writes no file. The exit code is
// that of a target that cannot be certified where it cannot.
func (a *App) dryRun(ctx context.Context, cfg *config.Config) (int, error) {
	preflight.FindPort(ctx, cfg.Targets[0])
	s, err := a.configured(cfg, cfg.Targets[0])
	if err != nil {
		return 0, &exit.UsageError{Err: err}
	}
	defer s.shut()
	if err := s.open(ctx); err != nil {
		if code := signalOf(ctx); code != 0 {
			return code, nil
		}
		fmt.Fprintln(a.Out, text.Printable("NOTHING CAN BE CERTIFIED: "+err.Error()))
		return reports.ExitUncertifiable, nil
	}
	s.split()
	s.setStage()
	s.stage.Expected = s.events != nil
	return reports.ExitConformant, s.intent(repeated(suites.Plan(s.stage, s.selection()), cfg.Run.Repeat)).write(a.Out)
}

// intent is what a run would do.
type intent struct {
	*session
	items        []suites.Item
	runs         int
	likely, most scenario.Cost // the time with that of the requests
	users        map[string]*intended
	calls        tally
	hook         tally // what the stimulus hook is asked for
	special      tally
	left         tally // why requirements are not exercised
	applicable   int
}

// intended is what a run would do to a user.
type intended struct {
	subject      int
	passes, only []spec.State // only: when a scenario is repeated with it, or in another process
}

// tally counts things in the order in which they first come, with the
// requirements that they come in.
type tally struct {
	names []string
	ids   map[string][]string
	n     map[string]int
}

func (t *tally) add(name, id string, n int) {
	if n == 0 {
		return
	}
	if t.ids == nil {
		t.ids, t.n = map[string][]string{}, map[string]int{}
	}
	if t.n[name] == 0 {
		t.names = append(t.names, name)
	}
	t.n[name] += n
	if !slices.Contains(t.ids[name], id) {
		t.ids[name] = append(t.ids[name], id)
	}
}

// intent forecasts every item. Each request is taken to last as long as those
// did that were sent so far: likely the typical one, at most the slowest.
func (s *session) intent(items []suites.Item) *intent {
	p := &intent{session: s, items: items, users: map[string]*intended{}}
	stages := []*scenario.Stage{s.stage}
	if len(s.troupes) > 1 {
		for _, t := range s.troupes {
			stages = append(stages, s.planStage(s.survey.Cast.With(t.Users)))
		}
	}
	typical, slowest := s.survey.Latency()
	var alone, together, longest time.Duration
	for _, i := range items {
		if i.Outcome == evidence.NotApplicable {
			continue
		}
		if i.Repetition < 2 {
			p.applicable++
		}
		if !i.Runs() {
			p.left.add(i.Why, i.Requirement.ID, 1)
			continue
		}
		first, again, err := s.stage.Forecast(i.Requirement)
		if err != nil {
			p.left.add(err.Error(), i.Requirement.ID, 1)
			continue
		}
		if i.Repetition < 2 {
			p.runs++
		}
		p.account(i.Requirement.ID, first, again)
		p.likely.Requests += first.Likely.Requests
		p.likely.Wait += first.Likely.Wait + time.Duration(first.Likely.Requests)*typical
		requests := first.Most.Requests + again.Most.Requests
		wait := first.Most.Wait + again.Most.Wait + time.Duration(requests)*slowest
		p.most.Requests += requests
		everywhere := true
		for _, stage := range stages[1:] {
			one, other, err := stage.Forecast(i.Requirement)
			if err != nil {
				everywhere = false
				continue
			}
			p.mayPass(one)
			p.mayPass(other)
		}
		if everywhere && len(stages) > 1 {
			together += wait
			longest = max(longest, wait)
		} else {
			alone += wait
		}
	}
	p.processes(alone, together, longest)
	return p
}

// processes brings what has to be done into the time of a run of several
// processes, and under the limit of requests.
func (p *intent) processes(alone, together, longest time.Duration) {
	n := time.Duration(max(len(p.troupes), 1))
	p.most.Wait = alone + together/n
	if n > 1 { // whoever takes the last one may begin when all others are through
		p.most.Wait += longest - longest/n
		p.likely.Wait /= n
	}
	closing := time.Minute + 6*p.target.Timing.Settle // of the run, for whoever is not back by then
	p.most.Wait += closing
	if rps := p.config.Run.MaxRequestsPerSecond; rps > 0 {
		needed := func(requests int) time.Duration {
			return time.Duration(float64(requests) / rps * float64(time.Second))
		}
		p.likely.Wait = max(p.likely.Wait, needed(p.likely.Requests))
		p.most.Wait += needed(p.most.Requests)
	}
	if limit := p.config.Run.Timeout; limit > 0 {
		// When it is over, whoever acts still puts its users back.
		p.most.Wait = min(p.most.Wait, limit+12*p.target.Timing.Settle+p.target.Timing.LongestWait+5*time.Second+closing)
		p.likely.Wait = min(p.likely.Wait, limit)
	}
}

func (p *intent) account(id string, first, again *scenario.Forecast) {
	if u := first.Parts[spec.Self]; u != nil {
		p.user(u.ID).subject++
	}
	for _, u := range p.survey.Cast.Users {
		for _, state := range first.Passes[u.ID] {
			p.user(u.ID).passes = with(p.user(u.ID).passes, state)
		}
	}
	p.mayPass(again)
	for _, c := range first.Calls {
		p.calls.add(fmt.Sprintf("%s calls %s", c.From, c.To), id, 1)
	}
	for _, st := range first.Stimuli {
		p.hook.add(fmt.Sprintf("%s for %s", st.Name, st.User), id, 1)
	}
	subject := first.Parts[spec.Self]
	if subject == nil {
		return
	}
	p.special.add("without credentials, to the User of "+subject.ID, id, first.Unsigned)
	p.special.add(fmt.Sprintf("as %s with a password that is made up, followed by a right one before the next", subject.ID), id, first.Wrong)
	p.special.add("to the User of an id that is made up and nobody in the cast has, as "+subject.ID, id, first.Stranger)
	if first.Unused != "" {
		p.special.add(fmt.Sprintf("to sign %s in on extension %s, which no device has as far as is known", subject.ID, first.Unused), id, 1)
	}
}

func (p *intent) mayPass(f *scenario.Forecast) {
	for id, states := range f.Passes {
		for _, state := range states {
			p.user(id).only = with(p.user(id).only, state)
		}
	}
}

func (p *intent) user(id string) *intended {
	if p.users[id] == nil {
		p.users[id] = &intended{}
	}
	return p.users[id]
}

func with(states []spec.State, s spec.State) []spec.State {
	if slices.Contains(states, s) {
		return states
	}
	return append(states, s)
}
