package runner

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"finesse-conformance/internal/exit"
	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/reports/behaviourmap"
	"finesse-conformance/reports/compare"
	"finesse-conformance/reports/console"
	"finesse-conformance/reports/har"
	"finesse-conformance/reports/html"
	"finesse-conformance/reports/junit"
	"finesse-conformance/reports/statement"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/internal/parallel"
	"finesse-conformance/suites/evidence"
)

// The reports beside results.json, junit.xml and report.html in the folder.
const (
	evidenceName   = "evidence.jsonl.gz"
	badgeName      = "badge.svg"
	comparisonName = "comparison.md"
)

// reportInputs are what a run is judged against beside the catalogue: read before
// anything is sent, so that a mistake in it costs no run.
type reportInputs struct {
	waivers  []reports.Waiver
	baseline *reports.Result
	key      *statement.Key    // nil where nobody signs
	mapped   *behaviourmap.Map // that was made with the run, nil for none
}

func readReportInputs(run config.Run) (a reportInputs, err error) {
	if run.Waivers != "" {
		if a.waivers, err = reports.LoadWaivers(run.Waivers); err != nil {
			return a, err
		}
	}
	if run.Baseline != "" {
		if a.baseline, err = reports.Load(run.Baseline); err != nil {
			return a, fmt.Errorf("the baseline: %w", err)
		}
	}
	if a.key, err = signKey(run); err != nil {
		return a, err
	}
	return a, nil
}

// publish applies the waivers, writes every report, compares with the
// baseline, prints the summary, and gives the exit code. The verdict is
// printed whatever becomes of the files.
func (a *CLI) publish(result *reports.Result, all []*evidence.Evidence, run config.Run, with reportInputs) (int, error) {
	if run.Waivers != "" {
		result.ApplyWaivers(with.waivers, time.Now())
	}
	errs := a.write(result, all, run, with.mapped)
	errs = append(errs, a.writeStatement(result, run, with.key, errors.Join(errs...) == nil))
	style := console.Style{Color: a.Colour && !run.NoColor, Width: a.Width}
	errs = append(errs, a.print(func(w io.Writer) error { return console.WriteSummary(w, result, style) }), a.tellCI(result))
	if !run.Quiet {
		errs = append(errs, a.print(func(w io.Writer) error { return a.writeWhere(w, result, run) }))
	}
	code := result.Exit.Code
	if with.baseline != nil {
		worse, more, err := a.compareWith(with.baseline, result, run, style)
		if err != nil {
			return 0, err
		}
		code, errs = reports.Strongest(code, worse), append(errs, more...)
	}
	return a.end(code, errs...)
}

// writeWhere says where the reports are, and on a terminal how to open them.
func (a *CLI) writeWhere(w io.Writer, result *reports.Result, run config.Run) error {
	lines := []string{"reports in " + shortPath(run.Out)}
	if a.Width > 0 {
		open := map[string]string{"darwin": "open", "windows": "start"}[runtime.GOOS]
		open = cmp.Or(open, "xdg-open")
		lines = append(lines, "  to read them: "+open+" "+shortPath(run.HTML))
	}
	switch {
	case run.SignKey != "" && result.Scope == reports.ScopeSelection:
		lines = append(lines, "  nothing is signed: a selection is no certificate, and there is no statement of it")
	case run.SignKey != "":
		lines = append(lines, "  signed: "+statement.Name)
	case result.Scope != reports.ScopeSelection:
		lines = append(lines, "  "+statement.Name+" is not signed; --sign-key FILE signs it")
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	for _, line := range lines {
		for _, part := range text.Wrap(line, a.Width, 4) {
			if _, err := fmt.Fprintln(w, part); err != nil {
				return err
			}
		}
	}
	return nil
}

// shortPath gives a path as somebody in the working folder would write it.
func shortPath(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	if short, err := filepath.Rel(here, path); err == nil && filepath.IsLocal(short) {
		return short
	}
	return path
}

// compareWith prints and writes what changed since the baseline, and gives
// the exit code of that: a requirement that is worse off counts like one that
// failed. Its error is a *exit.UsageError.
func (a *CLI) compareWith(baseline, result *reports.Result, run config.Run, style console.Style) (code int, errs []error, err error) {
	var said bytes.Buffer
	if result.Stopped != "" || result.Signal != 0 {
		fmt.Fprintf(&said, "\nnot compared with %s: the run ended before its end\n", run.Baseline)
		return 0, []error{a.print(copyOf(&said))}, nil
	}
	comparison, err := compare.Results(baseline, result)
	if err != nil {
		return 0, nil, &exit.UsageError{Err: err}
	}
	fmt.Fprintf(&said, "\ncompared with %s:\n", run.Baseline)
	errs = append(errs, comparison.WriteText(&said, style))
	if comparison.ExitCode(run.FailOnDrift) != 0 {
		code = reports.ExitNonconformant
		because := "a requirement is worse off than in the baseline"
		if !comparison.Worse {
			because = "the behaviour drifted from the baseline"
		}
		fmt.Fprintf(&said, "\nexit %d: %s\n", code, because)
	}
	return code, append(errs, a.print(copyOf(&said)), writeFile(filepath.Join(run.Out, comparisonName), comparison.WriteMarkdown)), nil
}

func copyOf(text *bytes.Buffer) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(text.Bytes())
		return err
	}
}

// report is a file that a command writes; "" is where it writes none.
type report struct {
	path  string
	write func(io.Writer) error
}

// write writes the reports as files. Each that cannot be written is an error,
// and the others are there.
func (a *CLI) write(result *reports.Result, all []*evidence.Evidence, run config.Run, mapped *behaviourmap.Map) []error {
	return writeFiles([]report{
		{run.JSON, func(w io.Writer) error { return reports.Write(w, result) }},
		{run.JUnit, func(w io.Writer) error { return junit.Write(w, result) }},
		{run.HTML, func(w io.Writer) error { return a.writePage(w, result, all, mapped) }},
		{filepath.Join(run.Out, badgeName), func(w io.Writer) error { return console.WriteBadge(w, result) }},
		{filepath.Join(run.Out, evidenceName), func(w io.Writer) error { return reports.WriteEvidence(w, result, all) }},
		{run.HAR, func(w io.Writer) error { return har.Write(w, result, all) }},
	})
}

func (a *CLI) writePage(w io.Writer, result *reports.Result, all []*evidence.Evidence, mapped *behaviourmap.Map) error {
	in := html.Input{Result: result, Catalogue: a.Catalogue, Evidence: all}
	if mapped != nil {
		var err error
		if in.Map, err = mapped.Part(); err != nil {
			return err
		}
	}
	return html.Write(w, in)
}

// tellCI adds to the page of a GitHub job and marks its failures there, when
// the run is part of one.
func (a *CLI) tellCI(result *reports.Result) error {
	var errs []error
	if file := a.environ("GITHUB_STEP_SUMMARY"); file != "" {
		var text bytes.Buffer
		if err := console.WriteMarkdown(&text, result); err != nil {
			return err
		}
		f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err == nil {
			_, err = f.Write(text.Bytes())
			err = errors.Join(err, f.Close())
		}
		if err != nil {
			errs = append(errs, &unwrittenError{fmt.Errorf("write the job's summary: %w", err)})
		}
	}
	if a.environ("GITHUB_ACTIONS") == "true" {
		errs = append(errs, a.print(func(w io.Writer) error { return console.WriteAnnotations(w, result) }))
	}
	return errors.Join(errs...)
}

func (a *CLI) environ(name string) string {
	for _, entry := range a.Environ {
		if key, value, _ := strings.Cut(entry, "="); key == name {
			return value
		}
	}
	return ""
}

// writable makes sure that the reports can be written before anything is
// sent: a certification whose result is lost has to be made again.
func writable(cfg *config.Config) error {
	run := cfg.Run
	taken := map[string]string{}
	dirs := []string{run.Out}
	for _, file := range []struct{ flag, path string }{
		{"--junit", run.JUnit}, {"--json", run.JSON}, {"--html", run.HTML}, {"--har", run.HAR}, {"--journal", run.Journal},
		{"the evidence", filepath.Join(run.Out, evidenceName)}, {"the badge", filepath.Join(run.Out, badgeName)},
	} {
		if file.path == "" {
			continue
		}
		if other := taken[file.path]; other != "" {
			return fmt.Errorf("%s and %s are the same file: %s", other, file.flag, file.path)
		}
		taken[file.path] = file.flag
		if info, err := os.Stat(file.path); err == nil && info.IsDir() {
			return fmt.Errorf("the reports cannot be written: %s names a folder: %s", file.flag, file.path)
		}
		dirs = append(dirs, filepath.Dir(file.path))
	}
	for _, dir := range dirs {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return fmt.Errorf("the reports cannot be written: %w", err)
		}
		probe, err := os.CreateTemp(dir, temporary)
		if err != nil {
			return fmt.Errorf("the reports cannot be written: %w", err)
		}
		if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil {
			return fmt.Errorf("the reports cannot be written: %w", err)
		}
	}
	return nil
}

// temporary are the temporary files beside reports and in folders.
const temporary = ".finesse-conformance-*"

// abandoned is how old a temporary file is that nobody writes any more.
const abandoned = time.Hour

// sweep removes what runs that were killed have left in temporary places. It
// is nobody's fault if that does not work.
func sweep(out string) {
	parallel.Sweep(out)
	files, _ := filepath.Glob(filepath.Join(out, temporary))
	for _, file := range files {
		if info, err := os.Lstat(file); err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > abandoned {
			_ = os.Remove(file)
		}
	}
}
