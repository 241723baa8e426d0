package runner

import (
	"context"
	"errors"
	"fmt"
	"os"

	"finesse-conformance/fixtures"
	"finesse-conformance/reports"
	"finesse-conformance/suites/client"
)

// PutBack puts back who a run that was killed left behind, from its journal,
// says what it did, and gives the exit code: 7 while somebody is not back.
func (a *App) PutBack(ctx context.Context, config *Config) (int, error) {
	if left, err := ReadJournal(config.Run.Journal); err == nil && len(left) > 0 && config.File == "" {
		return reports.ExitUsage, &UsageError{errors.New("--config: is missing: it takes the run's configuration to put its users back")}
	}
	for _, t := range config.Targets {
		t.FindPort(ctx)
	}
	r := &Restorer{
		Catalogue: a.Catalogue, Judge: a.Judge,
		Connect: func(t *Target) (*client.Client, error) {
			transport, _, err := transportOf(t)
			if err != nil {
				return nil, err
			}
			return client.New(client.Options{Base: t.URL, Transport: transport, Timeout: t.Timing.Request, Version: a.Version}), nil
		},
		Stimuli: func(t *Target) fixtures.Stimuli { return config.Stimuli(t, a.Environ) },
		Say:     func(format string, args ...any) { fmt.Fprintf(a.Err, format+"\n", args...) },
	}
	all, err := r.Restore(ctx, config.Run.Journal, config)
	if err != nil {
		var busy *BusyError
		var file *os.PathError
		if errors.As(err, &busy) || errors.As(err, &file) {
			return reports.ExitUsage, &UsageError{err}
		}
		return reports.ExitHarness, err
	}
	if _, err := os.Stat(config.Run.Journal); errors.Is(err, os.ErrNotExist) {
		fmt.Fprintf(a.Out, "there is no journal %s: nobody has to be put back, unless the run's --out or --journal was another\n", config.Run.Journal)
		return reports.ExitConformant, nil
	}
	if len(all) == 0 {
		fmt.Fprintf(a.Out, "nobody has to be put back (%s)\n", config.Run.Journal)
		return reports.ExitConformant, nil
	}
	code := reports.ExitConformant
	for _, u := range all {
		if u.Err != nil {
			code = reports.ExitNotRestored
			fmt.Fprintf(a.Out, "user %s was in %s and could not be put back: %v\n", u.User, u.Home.State, u.Err)
			continue
		}
		fmt.Fprintf(a.Out, "user %s is back in %s\n", u.User, u.Home.State)
	}
	return code, nil
}
