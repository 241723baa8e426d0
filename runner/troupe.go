package runner

import (
	"context"
	"crypto/x509"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/onsi/ginkgo/v2"

	"finesse-conformance/internal/exit"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/internal/journal"
	"finesse-conformance/runner/internal/parallel"
	"finesse-conformance/runner/internal/progress"
	"finesse-conformance/suites"
	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
)

// RunIfWorker is the whole program where it was started as one of the
// processes of a run; elsewhere it does nothing and reports false. A program
// that calls CLI.Run has to call it first thing.
func RunIfWorker(process Process) (code int, ran bool) {
	if address, name, ok := parallel.IsTarget(os.Args); ok {
		if err := process.playTarget(address, name); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", Name, err)
			return exit.Harness, true
		}
		return 0, true
	}
	if !parallel.IsTroupe(os.Args) {
		return 0, false
	}
	// Ginkgo hands over which process this is in flags beside those of go test.
	testing.Init()
	flag.Parse()
	if err := process.playTroupe(flag.Arg(0)); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", Name, err)
		return exit.Harness, true
	}
	return 0, true
}

// troupe is the session of one of the processes of a run.
type troupe struct {
	*session
	*parallel.Worker
	process Process
	ctx     context.Context
	stop    context.CancelCauseFunc
	seated  bool // see sit
}

func (p Process) playTroupe(address string) error {
	suite, reporter := ginkgo.GinkgoConfiguration()
	worker, err := parallel.Join(address, suite.ParallelProcess)
	if err != nil {
		return err
	}
	defer worker.Close()
	t := &troupe{process: p, Worker: worker}
	t.ctx, t.stop = context.WithCancelCause(context.Background())
	defer t.stop(nil)
	if err := t.take(); err != nil {
		return err
	}
	go t.Obey(t.stop, func(l client.Limit) { t.heed(t.ctx, l) })
	t.listen(t.ctx, t.Say)
	t.setStage()
	// What has to be done alone waits, in the first process, until all others
	// are done: too long for somebody who is READY.
	t.stage.Stays = t.Proc > 1 || !slices.ContainsFunc(t.Job.Items, func(i parallel.Item) bool { return i.Alone })
	if err := t.Ready(t.listener != nil); err != nil {
		return err
	}
	silenceGinkgo()
	t.register()
	if p.BoundMemory != nil {
		p.BoundMemory()
	}
	configureGinkgo(&suite, &reporter, suite.RandomSeed)
	suite.RandomizeAllSpecs = true // ranks order nothing in a container otherwise
	ginkgo.RunSpecs(failure{}, Name, suite, reporter)
	return nil
}

// take makes the session that the job describes.
func (t *troupe) take() error {
	app, err := NewCLI(io.Discard, io.Discard)
	if err != nil {
		return err
	}
	app.Version = t.Job.Version
	app.Environ = t.Job.Environ
	var by access
	if len(t.Job.CA) > 0 {
		by.roots = x509.NewCertPool()
		by.roots.AppendCertsFromPEM(t.Job.CA)
	}
	if t.Job.Limited {
		by.limiter = t.Worker
	}
	if t.session, err = app.newSession(&config.Config{}, t.Job.Target, by); err != nil {
		return err
	}
	t.began = time.Now()
	cast := t.Job.Survey.Cast
	if t.Job.Journal != "" {
		t.journal = journal.Join(t.Job.Journal, journal.Run{ID: t.Job.Run, Say: t.Say})
	}
	t.shares, t.issued = len(t.Job.Troupes), app.tokens(t.Job.Environ)
	t.survey = &t.Job.Survey
	t.connect(cast)
	t.client.TellOutages(t.Say)
	for _, l := range t.Job.Limits {
		t.client.Heed(l)
	}
	t.client.OnLimit(func(l client.Limit) {
		t.Met(l)
		t.keepTo(t.ctx, l)
	})
	t.session.troupe = cast.With(nil)
	for _, id := range t.Job.Troupes[t.Proc-1] {
		t.session.troupe.Users = append(t.session.troupe.Users, cast.ByID(id))
	}
	return nil
}

// register makes the specs: all that the run exercises, in every process; who
// takes which is for Ginkgo, but for what belongs to one of them.
func (t *troupe) register() {
	all := t.Job.Requirements(t.Catalogue)
	var items, own []suites.Item
	for _, i := range t.Job.Items {
		item := suites.Item{Requirement: all[i.ID], Repetition: i.Repetition, Rank: i.Rank, Proc: i.Proc, Alone: i.Alone}
		if items = append(items, item); i.Proc == t.Proc {
			own = append(own, item)
		}
	}
	slices.SortStableFunc(own, func(a, b suites.Item) int { return b.Rank - a.Rank })
	suites.Specs(Name, items, func(within context.Context, item suites.Item) (evidence.Verdict, []*evidence.Evidence) {
		if item.Proc != 0 {
			item.Outcome, item.Why = evidence.NotExercised, fmt.Sprintf("for process %d", item.Proc)
			return item.Verdict(), nil
		}
		return t.exercise(within, item), nil
	})
	ginkgo.BeforeSuite(func(within ginkgo.SpecContext) {
		go t.Bodies.Prepare() // while the target answers
		// Ginkgo would go on to the end of the spec, skip the rest and say no
		// more; the run's own way is to put users back and say why.
		signal.Ignore(syscall.SIGINT, syscall.SIGTERM)
		signalled, _ := t.process.StopOnSignal(t.ctx, func(string) {}) // the run says it
		context.AfterFunc(signalled, func() {
			if exit.SignalOf(signalled) != 0 && t.ctx.Err() == nil {
				t.stop(context.Cause(signalled))
			}
		})
		for _, item := range own {
			func() {
				defer func() { _ = recover() }() // what panicked is told, and the others have their turn
				t.exercise(within, item)
			}()
		}
	})
	// Before Ginkgo takes this process for finished, and begins with what has
	// to be done alone.
	ginkgo.AfterSuite(func() {
		left := t.end(t.ctx, sayOnly{say: t.Say})
		if t.journal != nil {
			_ = t.journal.Close() // what it could not note it has said
		}
		_ = t.Over(parallel.Ending{Unrestored: left, Afterwards: t.afterwards, PeakMemory: peakMemory(), LeftAlone: parallel.LeftAlone(t.survey.Cast)})
	})
}

// exercise is a scenario, told to the run before and after. What was seen
// goes to the run at once and not along with Ginkgo's report: it outlives this
// process, and takes up no memory here.
func (t *troupe) exercise(within context.Context, item suites.Item) evidence.Verdict {
	ctx, cancel := either(within, t.ctx)
	defer cancel()
	t.sit(ctx)
	t.setCast(ctx, item, t.Say)
	req := item.Requirement
	t.Began(req.ID)
	defer func() {
		if p := recover(); p != nil {
			t.Panicked(req.ID, p)
			panic(p)
		}
	}()
	verdict, seen := t.play(ctx, item)
	if err := t.Done(suites.Outcome{Verdict: verdict, Evidence: seen, Found: t.invariants.Take()}); err != nil {
		t.stop(err)
	}
	return verdict
}

// sayOnly is the display that tells nothing but what is worth a line.
type sayOnly struct {
	progress.None
	say func(format string, args ...any)
}

func (s sayOnly) Say(format string, args ...any) { s.say(format, args...) }

// soon is how long a process waits for a seat before it gives its connections
// back.
const soon = 500 * time.Millisecond

// sit waits for a seat where a limit of connections is known. With it come
// sessions of the notification service: as many as a seat has.
func (t *troupe) sit(ctx context.Context) {
	if t.seated || !slices.Contains(t.client.Limits(), client.LimitConnections) {
		return
	}
	seat, err := t.AskSeat()
	if err != nil {
		return // the run is gone: its end is on the way
	}
	early := time.NewTimer(soon)
	defer early.Stop()
	select {
	case <-seat:
	case <-ctx.Done():
		return
	case <-early.C:
		t.stopListening(ctx)
		select {
		case <-seat:
		case <-ctx.Done():
			return
		}
	}
	t.seated = true
	if t.events == nil {
		return
	}
	t.stopListening(ctx)
	t.listen(ctx, t.Say)
	t.stage.Events = nil
	if t.listener != nil {
		t.stage.Events = t.heard
	}
}

// stopListening ends all sessions of the process. Where users are is not known
// after that: the end of a session may sign its user out.
func (t *troupe) stopListening(ctx context.Context) {
	if t.listener == nil {
		return
	}
	closing, cancel := exit.Leave(ctx, t.target.Timing.Request)
	defer cancel()
	_ = t.listener.Close(closing) // it is wanted no more, however it ends
	t.listener, t.heard = nil, nil
	t.hearing.Store(nil)
	for _, u := range t.players().Users {
		t.stage.Users.Forget(u.ID)
	}
	if t.wire != nil {
		t.wire.CloseIdleConnections()
	}
}
