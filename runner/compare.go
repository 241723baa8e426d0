package runner

import (
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"finesse-conformance/internal/exit"
	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/reports/behaviourmap"
	"finesse-conformance/reports/compare"
	"finesse-conformance/reports/console"
	"finesse-conformance/runner/config"
	"finesse-conformance/suites/evidence"
)

// Files are where a command writes its reports; "" for not.
type Files struct {
	JUnit, JSON, HTML, Markdown, HAR string
}

// comparison is what differs between results or maps, as the files of compare
// hold it.
type comparison interface {
	WriteJUnit(w io.Writer, failOnDrift bool) error
	WriteJSON(w io.Writer) error
	WriteHTML(w io.Writer) error
	WriteMarkdown(w io.Writer) error
}

// write writes a comparison to the files that are asked for.
func (f Files) write(c comparison, failOnDrift bool) []error {
	return writeFiles([]report{
		{f.JUnit, func(w io.Writer) error { return c.WriteJUnit(w, failOnDrift) }},
		{f.JSON, c.WriteJSON}, {f.HTML, c.WriteHTML}, {f.Markdown, c.WriteMarkdown},
	})
}

// Compare holds results against each other, each against the one before,
// prints what changed and gives the exit code: 1 for a regression, with
// failOnDrift for a drift too. A name is a file or a folder of reports; where
// the evidence lies beside a result, the page shows what was sent and answered.
func (a *CLI) Compare(names []string, failOnDrift bool, files Files) (int, error) {
	for i, name := range names {
		names[i] = inFolder(name)
	}
	if len(names) == 2 && isMap(names[0]) && isMap(names[1]) {
		return a.compareMaps(names[0], names[1], failOnDrift, files)
	}
	var series compare.Series
	var before *reports.Result
	var seen []*evidence.Evidence
	for i, name := range names {
		after, all, err := a.openSide(name, files.HTML != "")
		if err != nil {
			return 0, &exit.UsageError{Err: err}
		}
		if i > 0 {
			c, err := compare.Results(before, after)
			if err != nil {
				return 0, &exit.UsageError{Err: err}
			}
			c.Show(compare.Exhibits{
				Catalogue: a.Catalogue, Old: seen, New: all,
				OldReport: reportBeside(names[i-1], files.HTML), NewReport: reportBeside(name, files.HTML),
			})
			series = append(series, c)
		}
		before, seen = after, all
	}
	var c comparison = series
	if len(series) == 1 {
		c = series[0]
	}
	errs := files.write(c, failOnDrift)
	errs = append(errs, a.print(func(w io.Writer) error { return series.WriteText(w, console.Style{Color: a.Colour, Width: a.Width}) }))
	return a.end(series.ExitCode(failOnDrift), errs...)
}

// openSide reads a result, with its evidence where that is wanted and there.
func (a *CLI) openSide(name string, withEvidence bool) (*reports.Result, []*evidence.Evidence, error) {
	if withEvidence {
		return a.open(name)
	}
	result, err := reports.Load(name)
	return result, nil, err
}

// reportBeside gives the address of the page of a result, as a page elsewhere
// can link to it; "" where there is none.
func reportBeside(result, page string) string {
	beside := filepath.Join(filepath.Dir(result), "report.html")
	if _, err := os.Stat(beside); err != nil || page == "" {
		return ""
	}
	return linkFrom(page, beside)
}

// linkFrom gives the address of a file relative to a page, "" where there is
// none, as between two drives.
func linkFrom(page, file string) string {
	from, err := filepath.Abs(filepath.Dir(page))
	if err != nil {
		return ""
	}
	if file, err = filepath.Abs(file); err != nil {
		return ""
	}
	relative, err := filepath.Rel(from, file)
	if err != nil {
		return ""
	}
	u := url.URL{Path: filepath.ToSlash(relative)}
	return u.String()
}

// inFolder gives the file that is meant by a folder of reports: its result,
// or its map where it has no result.
func inFolder(name string) string {
	info, err := os.Stat(name)
	if err != nil || !info.IsDir() {
		return name
	}
	for _, file := range []string{"results.json", mapName} {
		if _, err := os.Stat(filepath.Join(name, file)); err == nil {
			return filepath.Join(name, file)
		}
	}
	return filepath.Join(name, "results.json")
}

// isMap reports whether a file is a behaviour map: its schema says so within
// its first bytes.
func isMap(name string) bool {
	f, err := os.Open(name)
	if err != nil {
		return false // whoever reads it says why
	}
	defer f.Close()
	head := make([]byte, 512)
	n, _ := f.Read(head)
	return strings.Contains(string(head[:n]), `"`+behaviourmap.SchemaID+`"`)
}

// mapBeside reads the map that was made with a run, or of the same target after
// it, beside its result or its evidence; nil where there is none.
func mapBeside(name string, result *reports.Result) *behaviourmap.Map {
	m, err := readFrom(filepath.Join(filepath.Dir(name), mapName), behaviourmap.Read)
	if err != nil {
		return nil
	}
	with := m.RunID != "" && m.RunID == result.RunID
	if after := m.RunID == "" && m.Target.URL == result.Target.URL && !m.Started.Before(result.Started); !with && !after {
		return nil
	}
	return m
}

// addMap writes the page of a run again, with the map that was made with it.
func (a *CLI) addMap(run config.Run) error {
	name := filepath.Join(run.Out, evidenceName)
	result, seen, err := a.open(name)
	if err != nil {
		return &unwrittenError{err}
	}
	return writeFile(run.HTML, func(w io.Writer) error { return a.writePage(w, result, seen, mapBeside(name, result)) })
}

// compareMaps prints and writes which answers changed between two maps. The
// exit code is 1 where one is against the guide that was not, with failOnDrift
// where any changed.
func (a *CLI) compareMaps(old, new string, failOnDrift bool, files Files) (int, error) {
	before, err := readFrom(old, behaviourmap.Read)
	if err != nil {
		return 0, &exit.UsageError{Err: err}
	}
	after, err := readFrom(new, behaviourmap.Read)
	if err != nil {
		return 0, &exit.UsageError{Err: err}
	}
	c, err := behaviourmap.Compare(before, after)
	if err != nil {
		return 0, &exit.UsageError{Err: err}
	}
	errs := append(files.write(c, failOnDrift), a.print(func(w io.Writer) error { return c.WriteText(text.Wrapping(w, a.Width)) }))
	code := reports.ExitConformant
	if c.Worse() || failOnDrift && len(c.Changed) > 0 {
		code = reports.ExitNonconformant
	}
	return a.end(code, errs...)
}
