package runner

import (
	"io"
	"os"
	"path/filepath"
	"strings"

	"finesse-conformance/internal/exit"
	"finesse-conformance/reports"
	"finesse-conformance/reports/behaviourmap"
	"finesse-conformance/runner/config"
)

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
	errs := append(files.write(c, failOnDrift), a.print(c.WriteText))
	code := reports.ExitConformant
	if c.Worse() || failOnDrift && len(c.Changed) > 0 {
		code = reports.ExitNonconformant
	}
	return a.end(code, errs...)
}
