package runner

import (
	"context"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/onsi/ginkgo/v2"

	"finesse-conformance/internal/exit"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/journal"
	"finesse-conformance/runner/progress"
	"finesse-conformance/suites"
	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
)

// RunIfWorker is the whole program where it was started as one of the
// processes of a run; elsewhere it does nothing and reports false. A program
// that calls CLI.Run has to call it first thing.
func RunIfWorker(process Process) (code int, ran bool) {
	switch {
	case len(os.Args) == 3 && os.Args[0] == targetName:
		if err := process.playTarget(os.Args[1], os.Args[2]); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", Name, err)
			return exit.Harness, true
		}
		return 0, true
	case len(os.Args) == 0 || !strings.HasPrefix(filepath.Base(os.Args[0]), troupeName):
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

// troupe is one of the processes of a run.
type troupe struct {
	*session
	process Process
	proc    int
	job     *workerJob
	link    *link
	ctx     context.Context
	stop    context.CancelCauseFunc
	permits chan struct{} // a value for each request that may be sent
	seat    chan struct{} // a value when this process has a seat, see sit
	seated  bool
}

func (p Process) playTroupe(address string) error {
	suite, reporter := ginkgo.GinkgoConfiguration()
	conn, err := net.Dial("unix", address)
	if err != nil {
		return fmt.Errorf("reach the run that this process is of: %w", err)
	}
	defer conn.Close()
	t := &troupe{process: p, proc: suite.ParallelProcess, link: newLink(conn), permits: make(chan struct{}, mostPermits), seat: make(chan struct{}, 1)}
	if err := t.link.send(note{Kind: noteHello, Proc: t.proc, PID: os.Getpid()}); err != nil {
		return err
	}
	first, err := t.link.receive()
	if err != nil || first.Kind != noteCue {
		return errors.Join(errors.New("the run did not say what to do"), err)
	}
	t.job = first.Cue
	t.ctx, t.stop = context.WithCancelCause(context.Background())
	defer t.stop(nil)
	if err := t.take(); err != nil {
		return err
	}
	go t.obey()
	t.listen(t.ctx, t.say)
	t.setStage()
	// What has to be done alone waits, in the first process, until all others
	// are done: too long for somebody who is READY.
	t.stage.Stays = t.proc > 1 || !slices.ContainsFunc(t.job.Items, func(i jobItem) bool { return i.Alone })
	if err := t.link.send(note{Kind: noteReady, Listening: t.listener != nil}); err != nil {
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

// mostAsked is more than the requests that a process ever waits to send.
const mostPermits = 1 << 12

// take makes the session that the job describes.
func (t *troupe) take() error {
	app, err := NewCLI(io.Discard, io.Discard)
	if err != nil {
		return err
	}
	app.Version = t.job.Version
	app.Environ = t.job.Environ
	var by access
	if len(t.job.CA) > 0 {
		by.roots = x509.NewCertPool()
		by.roots.AppendCertsFromPEM(t.job.CA)
	}
	if t.job.Limited {
		by.limiter = t
	}
	if t.session, err = app.newSession(&config.Config{}, t.job.Target, by); err != nil {
		return err
	}
	t.began = time.Now()
	cast := t.job.Survey.Cast
	if t.job.Journal != "" {
		if t.journal, err = journal.Join(t.job.Journal, journal.Run{ID: t.job.Run, Say: t.say}); err != nil {
			return err
		}
	}
	t.shares, t.issued = len(t.job.Troupes), app.tokens(t.job.Environ)
	t.survey = &t.job.Survey
	t.connect(cast)
	t.client.TellOutages(t.say)
	for _, l := range t.job.Limits {
		t.client.Heed(l)
	}
	t.client.OnLimit(func(l client.Limit) {
		_ = t.link.send(note{Kind: noteLimit, Text: string(l)}) // the others learn of it; alone it holds here all the same
		t.keepTo(t.ctx, l)
	})
	t.session.troupe = cast.With(nil)
	for _, id := range t.job.Troupes[t.proc-1] {
		t.session.troupe.Users = append(t.session.troupe.Users, cast.ByID(id))
	}
	t.alone = map[string]bool{}
	for _, i := range t.job.Items {
		t.alone[i.ID] = i.Alone
	}
	return nil
}

// obey takes in what the run says. When the run is gone, users are put back
// as when it was interrupted.
func (t *troupe) obey() {
	for {
		n, err := t.link.receive()
		switch {
		case err != nil:
			t.stop(errors.New("the process that began the run is gone"))
			return
		case n.Kind == noteStop && n.Signal != 0:
			t.stop(Interrupted{syscall.Signal(n.Signal)})
		case n.Kind == noteSeat:
			t.seat <- struct{}{}
		case n.Kind == noteLimit:
			t.heed(t.ctx, client.Limit(n.Text))
		case n.Kind == noteStop:
			t.stop(errors.New(n.Text))
		case n.Kind == noteGo:
			t.permits <- struct{}{}
		}
	}
}

// Wait asks for a permit to send a request: the limit holds over all processes.
func (t *troupe) Wait(ctx context.Context) error {
	if err := t.link.send(note{Kind: noteAsk}); err != nil {
		return err
	}
	select {
	case <-t.permits:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (t *troupe) say(format string, args ...any) {
	_ = t.link.send(note{Kind: noteSaid, Text: fmt.Sprintf(format, args...)}) // the run goes on without
}

// register makes the specs: all that the run exercises, in every process; who
// takes which is for Ginkgo.
func (t *troupe) register() {
	all := t.job.requirements(t.Catalogue)
	var items []suites.Item
	for _, i := range t.job.Items {
		items = append(items, suites.Item{Requirement: all[i.ID], Repetition: i.Repetition, Rank: i.Rank, Alone: i.Alone})
	}
	suites.Specs(Name, items, func(within context.Context, item suites.Item) (evidence.Verdict, []*evidence.Evidence) {
		both, cancel := either(within, t.ctx)
		defer cancel()
		t.sit(both)
		t.setCast(both, item.Requirement, t.say)
		return t.exercise(both, item), nil
	})
	ginkgo.BeforeSuite(func() {
		go t.Bodies.Prepare() // while the target answers
		// Ginkgo would go on to the end of the spec, skip the rest and say no
		// more; the run's own way is to put users back and say why.
		signal.Ignore(syscall.SIGINT, syscall.SIGTERM)
		signalled, _ := t.process.StopOnSignal(t.ctx, func(string) {}) // the run says it
		context.AfterFunc(signalled, func() {
			if n := interruptedBy(signalled); n != 0 && t.ctx.Err() == nil {
				_ = t.link.send(note{Kind: noteStop, Signal: int(n)})
				t.stop(context.Cause(signalled))
			}
		})
	})
	// Before Ginkgo takes this process for finished, and begins with what has
	// to be done alone.
	ginkgo.AfterSuite(func() {
		left := t.end(t.ctx, sayOnly{say: t.say})
		if t.journal != nil {
			_ = t.journal.Close() // what it could not note it has said
		}
		_ = t.link.send(note{Kind: noteOver, Ending: &ending{Unrestored: left, Afterwards: t.afterwards, PeakMemory: peakMemory(), LeftAlone: leftAlone(t.survey.Cast)}})
	})
}

// exercise is a scenario, told to the run before and after. What was seen
// goes to the run at once and not along with Ginkgo's report: it outlives this
// process, and takes up no memory here.
func (t *troupe) exercise(ctx context.Context, item suites.Item) evidence.Verdict {
	req := item.Requirement
	_ = t.link.send(note{Kind: noteBegan, Requirement: req.ID}) // a run that is gone ends the context
	defer func() {
		if p := recover(); p != nil {
			_ = t.link.send(note{Kind: notePanicked, Requirement: req.ID, Text: fmt.Sprintf("panic: %v\n%s", p, debug.Stack())})
			panic(p)
		}
	}()
	verdict, seen := t.play(ctx, item)
	if err := t.link.send(note{Kind: noteDone, Outcome: &suites.Outcome{Verdict: verdict, Evidence: seen, Broken: t.invariants.Found()}}); err != nil {
		t.stop(fmt.Errorf("the process that began the run does not listen: %w", err))
	}
	return verdict
}

// sayOnly is the display that tells nothing but what is worth a line.
type sayOnly struct {
	progress.None
	say func(format string, args ...any)
}

func (s sayOnly) Say(format string, args ...any) { s.say(format, args...) }
