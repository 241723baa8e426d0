package runner

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"finesse-conformance/internal/exit"
	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/reports/console"
	"finesse-conformance/reports/overview"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/internal/journal"
	"finesse-conformance/runner/internal/parallel"
)

// targetRun is the certification of one of the targets.
type targetRun struct {
	config *config.Config // with this target alone
	folder string         // of its reports, in that of the run
	ended  bool           // its process was not lost
	code   int
	err    error
}

// runTargets certifies several targets side by side, each in a process of its
// own that may have more of its own. It gives the exit code of the worst.
func (a *CLI) runTargets(ctx context.Context, cfg *config.Config) (code int, err error) {
	runs, atOnce, err := eachTarget(cfg)
	if err != nil {
		return 0, &exit.UsageError{Err: err}
	}
	if cfg.Run.DryRun {
		return a.dryRunTargets(ctx, runs)
	}
	began := time.Now()
	processes, err := parallel.NewTargets(cfg.Run.Out)
	if err != nil {
		return 0, err
	}
	t := &targets{CLI: a, ctx: ctx, processes: processes}
	places := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for _, r := range runs {
		all.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			t.certify(r)
		})
	}
	all.Wait()
	processes.Close()
	return t.overview(cfg, runs, began)
}

// eachTarget makes the configurations of the targets, and says how many of
// them are certified at once.
func eachTarget(cfg *config.Config) (runs []*targetRun, atOnce int, err error) {
	run := cfg.Run
	for flag, path := range map[string]string{
		"junit": different(run.JUnit, run.Out, "junit.xml"), "json": different(run.JSON, run.Out, "results.json"),
		"html": different(run.HTML, run.Out, "report.html"), "journal": different(run.Journal, run.Out, "journal.jsonl"), "har": run.HAR,
	} {
		if path != "" {
			err = errors.Join(err, fmt.Errorf("--%s names one file for several targets: each has its reports in a folder of its own in --out; leave it out", flag))
		}
	}
	if err != nil {
		return nil, 0, err
	}
	atOnce = len(cfg.Targets)
	if run.Procs > 0 {
		atOnce = min(atOnce, run.Procs)
	}
	taken := map[string]bool{overviewJSON: true, overviewHTML: true, overviewText: true}
	for _, target := range cfg.Targets {
		one := *cfg
		one.Targets = []*config.Target{target}
		folder := freeFolder(target.Name, taken)
		one.Run.Out = filepath.Join(run.Out, folder)
		for name, path := range map[string]*string{"junit.xml": &one.Run.JUnit, "results.json": &one.Run.JSON, "report.html": &one.Run.HTML, "journal.jsonl": &one.Run.Journal} {
			*path = filepath.Join(one.Run.Out, name)
		}
		one.Run.ID = rand.Text()
		one.Run.Timeout = 0 // is that of all together
		one.Run.MaxRequestsPerSecond = run.MaxRequestsPerSecond / float64(atOnce)
		if run.Procs > 0 {
			one.Run.Procs = max(run.Procs/atOnce, 1)
			if len(runs) < run.Procs%atOnce && len(cfg.Targets) == atOnce {
				one.Run.Procs++
			}
		}
		runs = append(runs, &targetRun{config: &one, folder: folder})
	}
	return runs, atOnce, nil
}

// different gives a path that is not the usual one, else "".
func different(path, dir, name string) string {
	if path == filepath.Join(dir, name) {
		return ""
	}
	return path
}

var unfit = text.Pattern(`[^A-Za-z0-9._-]+`)

// freeFolder gives a folder that no other target has; letter case alone tells
// none apart, since some file systems do not.
func freeFolder(name string, taken map[string]bool) string {
	base := folderName(name)
	folder := base
	for n := 2; taken[strings.ToLower(folder)]; n++ {
		folder = fmt.Sprintf("%s-%d", base, n)
	}
	taken[strings.ToLower(folder)] = true
	return folder
}

// device are names that Windows gives to no file.
var device = text.Pattern(`(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?$`)

// longestFolder leaves room for what is in the folder, where paths have to be
// short.
const longestFolder = 60

// folderName makes a file name of a target's name.
func folderName(name string) string {
	name = strings.Trim(unfit().ReplaceAllString(name, "-"), ".-")
	name = strings.TrimRight(name[:min(len(name), longestFolder)], ".-")
	switch {
	case name == "":
		return "target"
	case device().MatchString(name):
		return "target-" + name
	}
	return name
}

// targets certifies several targets side by side, each in a process of its
// own.
type targets struct {
	*CLI
	ctx       context.Context
	processes *parallel.Targets
	terminal  sync.Mutex
}

// certify has a target certified by a process of its own.
func (t *targets) certify(r *targetRun) {
	name := r.config.Targets[0].Name
	if t.ctx.Err() != nil {
		r.code, r.err = exit.SignalCode(t.ctx), context.Cause(t.ctx)
		return
	}
	show := func(to io.Writer, said string) {
		t.terminal.Lock()
		defer t.terminal.Unlock()
		fmt.Fprint(to, said)
	}
	ending, err := t.processes.Certify(t.ctx, r.config, r.config.HookEnviron(t.Environ), func(line string) { show(t.Err, labelled(name, line)) })
	if err != nil {
		r.code, r.err = reports.ExitHarness, err
		if left, err := journal.Read(r.config.Run.Journal); err == nil && len(left.Left) > 0 {
			r.err = fmt.Errorf("%w; %w", r.err, &journal.UnrestoredError{Path: r.config.Run.Journal, Contents: left})
		}
		return
	}
	show(t.Out, fmt.Sprintf("%s\n%s\n", text.Inert(name), indented(ending.Output)))
	r.ended = true
	if r.code = ending.Code; ending.Error != "" {
		r.err = errors.New(ending.Error)
	}
}

// labelled says of a line of progress which target it is about.
func labelled(name, line string) string {
	if rest, ok := strings.CutPrefix(line, "{"); ok {
		quoted, _ := json.Marshal(name) // a text always has its JSON
		return fmt.Sprintf(`{"name":%s,%s`, quoted, rest)
	}
	return text.Inert(name) + ": " + line
}

func indented(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n  ") + "\n"
}

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
		fmt.Fprintf(a.Out, "%s\n\n", text.Inert(r.config.Targets[0].Name))
		code, err := a.dryRun(ctx, r.config)
		if err != nil {
			return code, err
		}
		worst = max(worst, code)
	}
	return worst, nil
}

// playTarget is the whole program where it was started to certify one of
// several targets.
func (p Process) playTarget(address, name string) error {
	worker, err := parallel.JoinTarget(address, name)
	if err != nil {
		return err
	}
	defer worker.Close()
	ctx, stop := context.WithCancelCause(context.Background())
	defer stop(nil)
	ctx, quit := p.StopOnSignal(ctx, func(string) {}) // the run says it
	defer quit()
	go worker.Obey(stop, nil)
	var summary bytes.Buffer
	app, err := NewCLI(&summary, worker)
	if err != nil {
		return err
	}
	app.Environ = worker.Environ
	var end parallel.Ending
	if p.BoundMemory != nil {
		p.BoundMemory()
	}
	if end.Code, err = app.Run(ctx, worker.Config); err != nil {
		end.Code, end.Error = exit.Code(err), err.Error()
	}
	end.Output = summary.String()
	return worker.Over(end)
}
