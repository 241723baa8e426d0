package runner

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"finesse-conformance/reports"
	"finesse-conformance/reports/compare"
	"finesse-conformance/reports/console"
	"finesse-conformance/reports/har"
	"finesse-conformance/reports/html"
	"finesse-conformance/reports/junit"
	"finesse-conformance/runner/config"
	"finesse-conformance/suites/evidence"
)

// The reports beside results.json, junit.xml and report.html in the folder.
const (
	evidenceName   = "evidence.jsonl.gz"
	badgeName      = "badge.svg"
	comparisonName = "comparison.md"
)

// aside is what a run is judged against beside the catalogue: read before
// anything is sent, so that a mistake in it costs no run.
type aside struct {
	waivers  []reports.Waiver
	baseline *reports.Result
}

func asideOf(run config.Run) (a aside, err error) {
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
	return a, nil
}

// publish applies the waivers, writes every report, compares with the
// baseline, prints the summary, and gives the exit code.
func (a *App) publish(result *reports.Result, all []*evidence.Evidence, run config.Run, with aside) (int, error) {
	if run.Waivers != "" {
		result.ApplyWaivers(with.waivers, time.Now())
	}
	if err := a.write(result, all, run); err != nil {
		return reports.ExitHarness, err
	}
	style := console.Style{Color: a.Colour && !run.NoColor}
	if err := console.WriteSummary(a.Out, result, style); err != nil {
		return reports.ExitHarness, err
	}
	if err := a.tellCI(result); err != nil {
		return reports.ExitHarness, err
	}
	code := result.Exit.Code
	if with.baseline == nil {
		return code, nil
	}
	if result.Stopped != "" || result.Signal != 0 {
		_, err := fmt.Fprintf(a.Out, "\nnot compared with %s: the run ended before its end\n", run.Baseline)
		return code, err
	}
	comparison, err := compare.Results(with.baseline, result)
	if err != nil {
		return reports.ExitUsage, &UsageError{err}
	}
	fmt.Fprintf(a.Out, "\ncompared with %s:\n", run.Baseline)
	if err := comparison.WriteText(a.Out, style); err != nil {
		return reports.ExitHarness, err
	}
	if err := writeFile(filepath.Join(run.Out, comparisonName), comparison.WriteMarkdown); err != nil {
		return reports.ExitHarness, err
	}
	return worse(a.Out, code, comparison, run.FailOnDrift)
}

// worse gives the exit code of a run that is compared with a baseline: a
// comparison that fails comes before a stale waiver and too little verified,
// and after everything else.
func worse(w io.Writer, code int, comparison *compare.Comparison, failOnDrift bool) (int, error) {
	if comparison.ExitCode(failOnDrift) == 0 {
		return code, nil
	}
	switch code {
	case reports.ExitConformant, reports.ExitStaleWaiver, reports.ExitTooLittle:
		code = reports.ExitNonconformant
	}
	because := "a requirement is worse off than in the baseline"
	if !comparison.Worse {
		because = "the behaviour drifted from the baseline"
	}
	_, err := fmt.Fprintf(w, "\nexit %d: %s\n", reports.ExitNonconformant, because)
	return code, err
}

// write writes the reports as files, side by side: they only read the result.
func (a *App) write(result *reports.Result, all []*evidence.Evidence, run config.Run) error {
	var files errgroup.Group
	for _, report := range []struct {
		path  string
		write func(io.Writer) error
	}{
		{run.JSON, func(w io.Writer) error { return reports.Write(w, result) }},
		{run.JUnit, func(w io.Writer) error { return junit.Write(w, result) }},
		{run.HTML, func(w io.Writer) error {
			return html.Write(w, html.Input{Result: result, Catalogue: a.Catalogue, Evidence: all})
		}},
		{filepath.Join(run.Out, badgeName), func(w io.Writer) error { return console.WriteBadge(w, result) }},
		{filepath.Join(run.Out, evidenceName), func(w io.Writer) error { return reports.WriteEvidence(w, result, all) }},
		{run.HAR, func(w io.Writer) error { return har.Write(w, result, all) }},
	} {
		if report.path != "" {
			files.Go(func() error { return writeFile(report.path, report.write) })
		}
	}
	return files.Wait()
}

// tellCI adds to the page of a GitHub job and marks its failures there, when
// the run is part of one.
func (a *App) tellCI(result *reports.Result) error {
	if file := a.environ("GITHUB_STEP_SUMMARY"); file != "" {
		var text bytes.Buffer
		if err := console.WriteMarkdown(&text, result); err != nil {
			return err
		}
		f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			return fmt.Errorf("write the job's summary: %w", err)
		}
		_, err = f.Write(text.Bytes())
		if err := errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("write the job's summary: %w", err)
		}
	}
	if a.environ("GITHUB_ACTIONS") == "true" {
		return console.WriteAnnotations(a.Out, result)
	}
	return nil
}

func (a *App) environ(name string) string {
	for _, entry := range a.Environ {
		if key, value, _ := strings.Cut(entry, "="); key == name {
			return value
		}
	}
	return ""
}

// writeFile writes a report beside its place and moves it there when it is
// whole: nobody reads half a report.
func writeFile(path string, write func(io.Writer) error) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("write %s: %w", path, err)
		}
	}()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".finesse-conformance-*")
	if err != nil {
		return err
	}
	err = errors.Join(write(f), f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
