package runner

import (
	"os"
	"path/filepath"
	"strings"

	"finesse-conformance/internal/exit"
	"finesse-conformance/reports"
	"finesse-conformance/reports/behaviourmap"
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
