package runner

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/reports/console"
	"finesse-conformance/reports/overview"
	"finesse-conformance/runner/config"
)

// What is written of all targets, beside their folders.
const (
	overviewJSON = "overview.json"
	overviewHTML = "overview.html"
	overviewText = "overview.txt"
)

// overview writes what became of all targets together, prints it, and gives
// the exit code of the worst.
func (t *targets) overview(cfg *config.Config, runs []*targetRun, began time.Time) (int, error) {
	o := &overview.Overview{
		Schema: overview.SchemaID, Tool: Tool(), Started: began.UTC().Truncate(time.Millisecond), Finished: time.Now().UTC().Truncate(time.Millisecond),
	}
	for _, r := range runs {
		line := overview.Target{Name: r.config.Targets[0].Name, Folder: r.folder, ExitCode: r.code}
		if u := r.config.Targets[0].URL; u != nil {
			line.URL = text.WithoutCredentials(u.String())
		}
		if r.err != nil {
			line.Problem = r.err.Error()
		}
		if result := r.result(); result != nil {
			line.Take(result)
		}
		o.Targets = append(o.Targets, line)
	}
	o.Titles = map[string]string{}
	for _, s := range t.Catalogue.Sections() {
		o.Titles[s.Name] = s.Title
	}
	o.Conclude()
	out := func(name string) string { return filepath.Join(cfg.Run.Out, name) }
	errs := writeFiles([]report{
		{out(overviewJSON), o.WriteJSON}, {out(overviewHTML), o.WriteHTML},
		{out(overviewText), func(w io.Writer) error { return o.WriteText(w, console.Style{}) }},
	})
	errs = append(errs, t.print(func(w io.Writer) error { return o.WriteText(w, console.Style{Color: t.Colour && !cfg.Run.NoColor}) }))
	return t.end(o.ExitCode, errs...)
}

// result gives the result that the run of the target wrote, nil where it wrote
// none: that of another run may lie in its place.
func (r *targetRun) result() *reports.Result {
	result, err := reports.Load(r.config.Run.JSON)
	if err != nil || !r.ended || r.code == reports.ExitUsage || result.RunID != r.config.Run.ID {
		return nil
	}
	return result
}

// dryRunTargets prints the plans of several targets.
func (a *CLI) dryRunTargets(ctx context.Context, runs []*targetRun) (worst int, err error) {
	for _, r := range runs {
		fmt.Fprintf(a.Out, "%s\n\n", r.config.Targets[0].Name)
		code, err := a.dryRun(ctx, r.config)
		if err != nil {
			return code, err
		}
		worst = max(worst, code)
	}
	return worst, nil
}
