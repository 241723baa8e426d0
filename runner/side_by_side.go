package runner

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/runner/internal/journal"
	"finesse-conformance/runner/internal/parallel"
	"finesse-conformance/runner/internal/progress"
	"finesse-conformance/suites"
	"finesse-conformance/suites/client"
	"finesse-conformance/suites/scenario"
)

// processes is the session of a run whose requirements several processes
// exercise, as those processes need it: it keeps the journal and the request
// limit, and gathers what they find out.
type processes struct {
	*session
	ctx     context.Context
	stop    context.CancelCauseFunc
	display progress.Display
	troupes []*fixtures.Cast // the n-th is that of process n

	mu        sync.Mutex
	results   *results
	silence   silence
	listening bool
}

// exerciseSideBySide exercises the items in several processes, one for each
// troupe.
func (s *session) exerciseSideBySide(ctx context.Context, items []suites.Item, troupes []*fixtures.Cast, display progress.Display, stop context.CancelCauseFunc) *results {
	ordered, flush := progress.InOrder(display, items)
	p := &processes{session: s, ctx: ctx, stop: stop, results: &results{}, display: ordered, troupes: troupes}
	if err := p.play(items); err != nil {
		p.results.fault("", err.Error())
	}
	s.listening = p.listening
	flush()
	return p.results
}

func (p *processes) play(items []suites.Item) (err error) {
	job, hook, err := p.prepare(items)
	if err != nil {
		return err
	}
	if hook != nil {
		defer func() { err = errors.Join(err, hook.Close()) }()
	}
	t := p.target.Timing
	fates, printed, err := parallel.Play(p.ctx, p, job, parallel.Options{
		Out: p.config.Run.Out, Seed: p.config.Run.Seed, StopLimit: time.Minute + 24*t.Settle + t.LongestWait,
	})
	if fates == nil {
		return err
	}
	if err != nil { // the cause comes before what it caused
		p.results.fault("", err.Error())
	}
	p.account(items, fates, printed)
	return nil
}

// prepare writes the job, and serves the stimuli of an embedded target to the
// processes.
func (p *processes) prepare(items []suites.Item) (job parallel.Job, hook *http.Server, err error) {
	target := *p.target
	target.Users = nil      // the cast has them
	target.Embedded = false // it is served already
	target.Notifications = p.events
	job = parallel.Job{
		Version: p.Version, Target: &target, Limited: p.limiter != nil, Environ: p.config.HookEnviron(p.Environ),
		Survey: *p.survey, Limits: p.client.Limits(), Items: p.ranked(items),
	}
	job.Survey.Exchanges, job.Survey.Notes = nil, nil
	for _, t := range p.troupes {
		job.Troupes = append(job.Troupes, t.IDs())
	}
	if p.journal != nil {
		job.Journal, job.Run = p.journal.Path(), p.journal.Run()
	}
	if p.embedded == nil {
		return job, nil, nil
	}
	job.CA = p.embedded.CAFile
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return job, nil, fmt.Errorf("listen for the stimuli of the processes: %w", err)
	}
	target.StimulusHTTP = &url.URL{Scheme: "http", Host: listener.Addr().String(), Path: "/stimulus"}
	hook = &http.Server{Handler: p.embedded.Deployment.Stimulus(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = hook.Serve(listener) }() // ends with the server
	return job, hook, nil
}

// Listening notes that a process listens to notifications.
func (p *processes) Listening() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.listening = true
}

// Began shows that a requirement is acted on.
func (p *processes) Began(requirement string) { p.display.Start(requirement) }

// Done takes in what came of a requirement.
func (p *processes) Done(o suites.Outcome) {
	for _, ev := range o.Evidence {
		ev.Intern()
	}
	p.note(o.Evidence, p.display.Say)
	p.mu.Lock()
	enough := p.silence.after(o.Verdict.Requirement, o.Evidence)
	p.results.add(o)
	why := p.silence.why(p.target)
	p.mu.Unlock()
	p.display.Done(o.Verdict)
	if enough {
		p.stop(why)
	}
}

// Fault notes that the program itself failed at a requirement.
func (p *processes) Fault(requirement, message string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.results.fault(requirement, message)
}

// Say shows what is worth a line.
func (p *processes) Say(format string, args ...any) { p.display.Say(format, args...) }

// Permit waits until the run may send a request.
func (p *processes) Permit(ctx context.Context) error {
	if p.limiter == nil {
		return nil
	}
	return p.limiter.Wait(ctx)
}

// Limits are those of a reverse proxy that were met.
func (p *processes) Limits() []client.Limit { return p.client.Limits() }

// Heed keeps to a limit that a process has met.
func (p *processes) Heed(l client.Limit) { p.client.Heed(l) }

// Lost puts the troupe of a lost process back. It does what a process does for
// its users at the end of a scenario; whoever is at home already is left
// alone.
func (p *processes) Lost(proc int) {
	known := map[string]scenario.LeftBehind{}
	if p.journal != nil {
		c, err := journal.Read(p.journal.Path())
		if err != nil {
			p.display.Say("the journal cannot be read: %v", err)
			c = &journal.Contents{}
		}
		for _, u := range c.Left {
			if u.Run == p.journal.Run() && u.At(journal.Key(p.target.URL)) {
				known[u.User] = u.LeftBehind()
			}
		}
	}
	var wg sync.WaitGroup
	for _, u := range p.troupes[proc-1].Users {
		home, _ := p.stage.Users.Whereabouts(u.ID)
		if home.User == "" || u.Barred != "" {
			continue
		}
		left := known[u.ID]
		left.Home = home
		wg.Go(func() {
			if err := p.stage.RestoreUser(p.ctx, left); err != nil {
				p.display.Say("user %s of the lost process %d is not back: %v", u.ID, proc, err)
			}
		})
	}
	wg.Wait()
}

// leaveAlone notes who could not sign in in another process.
func (p *processes) leaveAlone(reasons map[string]string) {
	for id, why := range reasons {
		if u := p.survey.Cast.ByID(id); u != nil && u.Barred == "" {
			u.Barred = why
		}
	}
}

// account merges what the processes left behind, makes sure that everything
// that was planned came to something, and names what did not.
func (p *processes) account(items []suites.Item, fates []parallel.Fate, printed string) {
	faulty := map[string]bool{}
	for _, f := range p.results.faults {
		faulty[f.Requirement] = true
	}
	for _, fate := range fates {
		if e := fate.Ending; e != nil {
			p.results.unrestored = append(p.results.unrestored, e.Unrestored...)
			p.results.afterwards = append(p.results.afterwards, e.Afterwards...)
			p.results.peakMemory += e.PeakMemory
			p.leaveAlone(e.LeftAlone)
			continue
		}
		if fate.Late {
			continue // its users have been named
		}
		faulty[fate.Requirement] = true
		p.results.fault(fate.Requirement, fate.Message)
	}
	known, order := map[itemKey]bool{}, map[itemKey]int{}
	for _, o := range p.results.outcomes {
		known[itemKey{o.Verdict.Requirement, o.Verdict.Repetition}] = true
	}
	for n, i := range items {
		order[keyOf(i)] = n
		// Of a run that was stopped it is said why some were not got to.
		if id := i.Requirement.ID; p.ctx.Err() == nil && i.Runs() && !known[keyOf(i)] && !faulty[id] && len(p.results.faults) == 0 {
			p.results.fault(id, "no process brought a verdict on it; what they printed:\n"+printed)
		}
	}
	slices.SortStableFunc(p.results.outcomes, func(a, b suites.Outcome) int {
		return order[itemKey{a.Verdict.Requirement, a.Verdict.Repetition}] - order[itemKey{b.Verdict.Requirement, b.Verdict.Repetition}]
	})
}
