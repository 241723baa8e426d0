package runner

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/internal/exit"
	"finesse-conformance/reports"
	"finesse-conformance/reports/har"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/internal/preflight"
	"finesse-conformance/runner/internal/progress"
	"finesse-conformance/suites/evidence"
)

// beside has something done to one target that is no run of the catalogue,
// with the care of one: journal, limits, everybody back. It gives the exit
// code. What it is called stands in messages.
func (a *CLI) beside(ctx context.Context, cfg *config.Config, what string, do func(context.Context, *session, progress.Display) (int, error)) (code int, err error) {
	if len(cfg.Targets) != 1 {
		return 0, &exit.UsageError{Err: fmt.Errorf("%s works on one target; name it with --target", what)}
	}
	if err := writable(cfg); err != nil {
		return 0, &exit.UsageError{Err: err}
	}
	ctx, cancel := exit.Limited(ctx, cfg.Run.Timeout)
	defer cancel()
	preflight.FindPort(ctx, cfg.Targets[0])
	s, err := a.configured(cfg, cfg.Targets[0])
	if err != nil {
		return 0, &exit.UsageError{Err: err}
	}
	defer s.shut()
	display := a.progress(cfg)
	if !cfg.Run.DryRun {
		if err = s.openJournal(rand.Text(), display); err != nil {
			return 0, err
		}
	}
	code, err = s.opened(ctx, what, display, do)
	if s.journal != nil {
		var closed error
		if closed = s.journal.Close(); closed != nil {
			closed = &unwrittenError{closed}
		}
		if err == nil {
			code, err = a.end(code, closed)
		}
	}
	return code, err
}

// opened asks the target what has to be known, and goes on where it can.
func (s *session) opened(ctx context.Context, what string, display progress.Display, do func(context.Context, *session, progress.Display) (int, error)) (int, error) {
	s.began = time.Now()
	if err := s.open(ctx); err != nil {
		fmt.Fprintf(s.Err, "no %s: %v\n", what, err)
		if signal := exit.SignalCode(ctx); signal != 0 {
			return signal, nil
		}
		var usage *exit.UsageError
		if errors.As(err, &usage) {
			return 0, err
		}
		return reports.ExitUncertifiable, nil
	}
	s.split(math.MaxInt) // what there is to do is found out on the way
	return do(ctx, s, display)
}

// eachTroupe has every troupe of the cast do its part, side by side, each with
// a session and a stage of its own. Its users are back afterwards, or named.
func (s *session) eachTroupe(ctx context.Context, display progress.Display, part func(context.Context, *session, progress.Display, context.CancelCauseFunc)) []reports.Unrestored {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	shown := &lockedDisplay{Display: display}
	var mu sync.Mutex
	var unrestored []reports.Unrestored
	var troupes sync.WaitGroup
	for _, troupe := range s.troupes {
		troupes.Go(func() {
			mine := s.of(ctx, troupe, shown)
			part(ctx, mine, shown, stop)
			left := mine.end(ctx, shown)
			mu.Lock()
			defer mu.Unlock()
			unrestored = append(unrestored, left...)
		})
	}
	troupes.Wait()
	return unrestored
}

// of is the session of one troupe.
func (s *session) of(ctx context.Context, troupe *fixtures.Cast, display progress.Display) *session {
	mine := *s
	mine.troupe, mine.listener, mine.invariants = troupe, nil, nil
	mine.listen(ctx, display.Say)
	mine.setStage()
	mine.stage.Cast = mine.survey.Cast.With(troupe.Users)
	mine.stage.Say = display.Say
	return &mine
}

// lockedDisplay is a display that several troupes tell.
type lockedDisplay struct {
	mu sync.Mutex
	progress.Display
}

func (d *lockedDisplay) Start(id string) { d.mu.Lock(); defer d.mu.Unlock(); d.Display.Start(id) }
func (d *lockedDisplay) Done(v evidence.Verdict) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.Display.Done(v)
}
func (d *lockedDisplay) Say(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.Display.Say(format, args...)
}

// archive is the HTTP archive of what was seen, where one is asked for.
func (s *session) archive(tool reports.Tool, target reports.Target, seen []*evidence.Evidence) report {
	return report{s.config.Run.HAR, func(w io.Writer) error {
		return har.Write(w, &reports.Result{Tool: tool, Target: target, Started: s.began}, seen)
	}}
}
