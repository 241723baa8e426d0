package runner

import (
	"context"
	"time"

	"finesse-conformance/internal/exit"
	"finesse-conformance/reports"
	"finesse-conformance/reports/exploration"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/internal/progress"
	"finesse-conformance/spec"
)

// Selected is what Certify makes subtests of.
var Selected = (*Certification).selected

// MapOf and ExploreOf make a map or an exploration of a subject as the program
// does of a target: shared over the troupes of the cast.
func (a *CLI) MapOf(ctx context.Context, u Subject, run config.Run) (int, error) {
	rules, err := spec.LoadRules()
	if err != nil {
		return 0, err
	}
	return a.besideOf(ctx, u, run, func(ctx context.Context, s *session, display progress.Display) (int, error) {
		return s.mapTarget(ctx, rules, MapOptions{}, display)
	})
}

func (a *CLI) ExploreOf(ctx context.Context, u Subject, run config.Run, steps int) (int, error) {
	rules, err := spec.LoadRules()
	if err != nil {
		return 0, err
	}
	return a.besideOf(ctx, u, run, func(ctx context.Context, s *session, display progress.Display) (int, error) {
		return s.explore(ctx, rules, &exploration.Report{Seed: uint64(run.Seed), Wanted: steps}, nil, display)
	})
}

// CertifyWithin certifies a subject as the program does in one process, with a
// time limit.
func (a *CLI) CertifyWithin(ctx context.Context, u Subject, limit time.Duration) (*reports.Result, error) {
	s, err := a.sessionOf(u)
	if err != nil {
		return nil, err
	}
	defer s.shut()
	s.unscheduled = true
	ctx, cancel := exit.Limited(ctx, limit)
	defer cancel()
	result, _ := s.certify(ctx, progress.None{})
	return result, nil
}

func (a *CLI) besideOf(ctx context.Context, u Subject, run config.Run, do func(context.Context, *session, progress.Display) (int, error)) (int, error) {
	s, err := a.sessionOf(u)
	if err != nil {
		return 0, err
	}
	defer s.shut()
	// The session is made anew, by what the run says: limits are taken from there.
	cfg := *s.config
	cfg.Run = run
	s, err = a.newSession(&cfg, s.target, access{dial: u.Dial, roots: u.RootCAs, stimuli: u.Stimuli, events: s.events, journal: u.Journal, wrap: u.Wrap})
	if err != nil {
		return 0, err
	}
	defer s.shut()
	return s.opened(ctx, "trial", progress.None{}, do)
}
