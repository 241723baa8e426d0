package runner

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"finesse-conformance/reports"
)

// unwrittenError is the error of a report that the file system or the terminal
// did not take.
type unwrittenError struct{ Err error }

func (e *unwrittenError) Error() string { return e.Err.Error() }
func (e *unwrittenError) Unwrap() error { return e.Err }

// print writes what a person has to read: where the output does not take it,
// to the error output.
func (a *CLI) print(write func(io.Writer) error) error {
	out := &watchedWriter{Writer: a.Out}
	err := write(out)
	if out.err == nil {
		return err
	}
	return errors.Join(&unwrittenError{fmt.Errorf("write to the output: %w", out.err)}, write(a.Err))
}

// end gives the exit code of a command that could not write everything, and
// says what. An error of any other kind is a fault of the program.
func (a *CLI) end(code int, errs ...error) (int, error) {
	for _, err := range errs {
		var unwritten *unwrittenError
		switch {
		case err == nil:
		case errors.As(err, &unwritten):
			fmt.Fprintf(a.Err, "could not be written: %v\n", err)
			code = reports.Strongest(code, reports.ExitUnwritten)
		default:
			return 0, err
		}
	}
	return code, nil
}

// watchedWriter keeps the error of writing: whoever writes to it may wrap or
// lose it.
type watchedWriter struct {
	io.Writer
	err error
}

func (w *watchedWriter) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	if err != nil {
		w.err = err
	}
	return n, err
}

// writeFiles writes reports side by side: they only read what they are about.
// It gives the error of each.
func writeFiles(files []report) []error {
	errs := make([]error, len(files))
	var writers sync.WaitGroup
	for i, file := range files {
		if file.path != "" {
			writers.Go(func() { errs[i] = writeFile(file.path, file.write) })
		}
	}
	writers.Wait()
	return errs
}

// writeFile writes a report beside its place and moves it there when it is
// whole: nobody reads half a report. The error is an *UnwrittenError, unless
// the report itself could not be made.
func writeFile(path string, write func(io.Writer) error) error {
	unwritten := func(err error) error { return &unwrittenError{fmt.Errorf("%s: %w", path, err)} }
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return unwritten(err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), temporary)
	if err != nil {
		return unwritten(err)
	}
	w := &watchedWriter{Writer: f}
	made := write(w)
	if w.err != nil {
		made = nil
	}
	err = errors.Join(w.err, f.Chmod(0o644), f.Close())
	if err == nil && made == nil {
		if err = os.Rename(f.Name(), path); err == nil {
			return nil
		}
	}
	_ = os.Remove(f.Name())
	if made != nil {
		return fmt.Errorf("write %s: %w", path, made)
	}
	return unwritten(err)
}
