package runner

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"finesse-conformance/fixtures"
	"finesse-conformance/internal/exit"
	"finesse-conformance/reports"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/internal/journal"
	"finesse-conformance/runner/internal/preflight"
	"finesse-conformance/runner/internal/progress"
	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/scenario"
)

// PutBack puts back who a run that was killed left behind, from its journal,
// says what it did, and gives the exit code: 7 while somebody is not back, or
// may not be.
func (a *CLI) PutBack(ctx context.Context, cfg *config.Config) (int, error) {
	path := cfg.Run.Journal
	c, err := journal.Read(path)
	if errors.Is(err, fs.ErrNotExist) && cfg.Run.JournalNamed {
		return 0, &exit.UsageError{Err: fmt.Errorf("--journal: there is no %s; a run without --journal keeps its journal in the folder of its reports (--out)", path)}
	}
	if err == nil && !c.Clean() && cfg.File == "" {
		return 0, &exit.UsageError{Err: errors.New("--config: is missing: it takes the run's configuration to put its users back")}
	}
	for _, t := range cfg.Targets {
		preflight.FindPort(ctx, t)
	}
	r := &journal.Restorer{
		Stage: func(ctx context.Context, users []journal.Unrestored) (*scenario.Stage, error) {
			t, err := targetOf(cfg, users)
			if err != nil {
				return nil, err
			}
			transport, _, err := transportOf(t)
			if err != nil {
				return nil, err
			}
			c := client.New(a.clientFor(t, transport, a.tokens(cfg.HookEnviron(a.Environ))))
			return a.stageLeft(ctx, t, c, cfg.Stimuli(t, a.Environ), users)
		},
		Clean: a.Secrets.Text,
		Say:   func(format string, args ...any) { fmt.Fprintf(a.Err, format+"\n", args...) },
	}
	result, err := r.Restore(ctx, path, touchable(cfg.Targets))
	if err != nil {
		var busy *journal.BusyError
		var file *os.PathError
		if errors.As(err, &busy) || errors.As(err, &file) {
			return 0, &exit.UsageError{Err: err}
		}
		return 0, err
	}
	return a.sayRestored(cfg, result), nil
}

// OpenJournal begins a journal for certifications of a subject, in a file that
// Restore takes. Whoever opens it closes it. It is refused while another
// certification on this machine acts on one of the users, and where one that is
// over has left somebody behind.
func OpenJournal(path string, subject Subject) (*journal.Journal, error) {
	app, err := NewCLI(io.Discard, io.Discard)
	if err != nil {
		return nil, err
	}
	s, err := app.sessionOf(subject)
	if err != nil {
		return nil, err
	}
	defer s.shut()
	return journal.Open(path, journal.Run{ID: "go-" + rand.Text()[:8], Targets: touchable([]*config.Target{s.target})})
}

// Restore puts back whom a certification of a subject left behind that ended
// before it had put them back, from its journal. What became of each is in the
// result; the error is a *journal.BusyError, or that of reading the journal.
func Restore(ctx context.Context, subject Subject, path string) (*journal.Restoration, error) {
	app, err := NewCLI(io.Discard, io.Discard)
	if err != nil {
		return nil, err
	}
	s, err := app.sessionOf(subject)
	if err != nil {
		return nil, err
	}
	defer s.shut()
	r := &journal.Restorer{
		Stage: func(ctx context.Context, users []journal.Unrestored) (*scenario.Stage, error) {
			options := s.clientFor(s.target, s.transport, s.issuer())
			options.Dial = s.dialer
			return s.stageLeft(ctx, s.target, client.New(options), s.stimuli, users)
		},
		Clean: s.Secrets.Text,
		Say:   progress.None{}.Say,
	}
	return r.Restore(ctx, path, touchable([]*config.Target{s.target}))
}

// sayRestored prints what became of everybody, and gives the exit code.
func (a *CLI) sayRestored(cfg *config.Config, result *journal.Restoration) int {
	path := cfg.Run.Journal
	code := reports.ExitConformant
	for _, u := range result.Users {
		if u.Err != nil {
			code = reports.ExitNotRestored
			fmt.Fprintf(a.Out, "user %s %scould not be put back: %v\n", u.User, wasIn(u), u.Err)
			continue
		}
		fmt.Fprintf(a.Out, "user %s is back in %s\n", u.User, u.Initial.State)
	}
	for _, d := range result.Damage {
		fmt.Fprintf(a.Out, "%s cannot be read in %s\n", path, d)
	}
	switch {
	case result.Whole() && len(result.Damage) > 0:
		fmt.Fprintf(a.Out, "nobody is missed for that: the record was never finished, so that what it was to tell was not done to anybody whom the journal does not name, and everybody whom it names was looked at\n")
	case !result.Whole():
		code = reports.ExitNotRestored
		fmt.Fprintf(a.Out, "everybody whom it still names was looked at; see whether the other users of the configuration are as they should be\n")
	}
	for _, err := range result.Unlocked {
		fmt.Fprintf(a.Err, "%v\n", err)
	}
	if result.Unwritten != nil {
		fmt.Fprintf(a.Err, "the journal still names who is back: %v\n", result.Unwritten)
	}
	if len(result.Users)+len(result.Damage) > 0 {
		return code
	}
	var elsewhere *journal.UnrestoredError
	if err := journal.Check(path, touchable(cfg.Targets)); errors.As(err, &elsewhere) {
		fmt.Fprintf(a.Out, "%v\n", elsewhere)
		return reports.ExitNotRestored
	}
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		fmt.Fprintf(a.Out, "there is no journal %s: nobody has to be put back, unless the run's --out or --journal was another\n", path)
	} else {
		fmt.Fprintf(a.Out, "nobody has to be put back (%s)\n", path)
	}
	return code
}

func wasIn(u journal.Restored) string {
	if u.Initial.State == "" {
		return ""
	}
	return fmt.Sprintf("was in %s and ", u.Initial.State)
}

// touchable gives the targets of a run, as its journal knows them.
func touchable(targets []*config.Target) []journal.Target {
	list := make([]journal.Target, len(targets))
	for i, t := range targets {
		list[i].URL = t.URL
		for _, u := range t.Users {
			list[i].Users = append(list[i].Users, u.ID)
		}
	}
	return list
}

// targetOf gives the target of the configuration, by any of its addresses, at
// which users were left behind.
func targetOf(cfg *config.Config, users []journal.Unrestored) (*config.Target, error) {
	i := slices.IndexFunc(cfg.Targets, func(t *config.Target) bool { return t.URL != nil && users[0].At(journal.Key(t.URL)) })
	if i < 0 {
		return nil, fmt.Errorf("its target %s is not in the configuration", users[0].Target)
	}
	return cfg.Targets[i], nil
}

// stageLeft reads what has to be known of users who were left behind and sets
// a stage for them, with the supervisors of the configuration, who can do what
// they cannot. It needs no ledger: only who is back in the end is back.
func (a *CLI) stageLeft(ctx context.Context, t *config.Target, c *client.Client, stimuli fixtures.Stimuli, users []journal.Unrestored) (*scenario.Stage, error) {
	cast := t.Cast()
	left := func(id string) int {
		return slices.IndexFunc(users, func(u journal.Unrestored) bool { return u.User == id })
	}
	if !slices.ContainsFunc(cast.Users, func(u *fixtures.User) bool { return left(u.ID) >= 0 }) {
		return nil, errors.New("is not among the users of the configuration")
	}
	survey, err := preflight.Run(ctx, c, t, cast, preflight.Options{Force: true, Lenient: true})
	if err != nil {
		return nil, err
	}
	cast.Users = slices.DeleteFunc(cast.Users, func(u *fixtures.User) bool { return left(u.ID) < 0 && len(u.Supervises) == 0 })
	for _, u := range cast.Users {
		if k := left(u.ID); k >= 0 && users[k].Initial.Extension != "" {
			u.Extension = users[k].Initial.Extension // the one to go back to
		}
	}
	return &scenario.Stage{
		Catalogue: a.Catalogue, Judge: a.Judge, Client: c, Cast: cast, Stimuli: stimuli, Dialogs: survey.Dialogs, Poll: t.Timing.Poll,
		Target: evidence.Target{
			Deployment: survey.Deployment, Release: survey.Release,
			Settle: t.Timing.Settle, Quiet: t.Timing.Quiet, LongestWait: t.Timing.LongestWait,
		},
	}, nil
}
