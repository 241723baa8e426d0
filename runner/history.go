package runner

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"finesse-conformance/internal/exit"
	"finesse-conformance/reports"
	"finesse-conformance/reports/console"
	"finesse-conformance/reports/history"
)

// History puts all results that lie in folders, at any depth, in a row, prints
// what became of them and gives the exit code: 1 where something turned worse
// since the run before. A name may also be that of a result.
func (a *CLI) History(names []string, files Files) (int, error) {
	var inputs []history.Input
	var leftOut []string
	for _, name := range names {
		found, err := resultsIn(name)
		if err != nil {
			return 0, &exit.UsageError{Err: err}
		}
		for _, file := range found {
			result, err := reports.Load(file)
			if err != nil {
				leftOut = append(leftOut, err.Error())
				continue
			}
			inputs = append(inputs, history.Input{Result: result, File: file, Report: reportBeside(file, files.HTML)})
		}
	}
	if len(inputs) == 0 {
		err := fmt.Errorf("no results in %v: a result is a file results.json, as a run writes it", names)
		for _, l := range leftOut {
			err = errors.Join(err, errors.New(l))
		}
		return 0, &exit.UsageError{Err: err}
	}
	h := history.Build(inputs)
	h.LeftOut = leftOut
	errs := writeFiles([]report{{files.JSON, h.WriteJSON}, {files.HTML, h.WriteHTML}})
	errs = append(errs, a.print(func(w io.Writer) error { return h.WriteText(w, console.Style{Color: a.Colour, Width: a.Width}) }))
	return a.end(h.ExitCode(), errs...)
}

// resultsIn lists the results in a folder, at any depth, or the file itself.
func resultsIn(name string) ([]string, error) {
	var list []string
	err := filepath.WalkDir(name, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !d.IsDir() && (path == name || d.Name() == "results.json") {
			list = append(list, path)
		}
		return nil
	})
	return list, err
}
