package runner

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"finesse-conformance/reports"
	"finesse-conformance/suites/evidence"
)

// spoolName is the file that holds what a run has seen so far. The evidence
// takes its place when the run ends; a run that is killed leaves it behind.
const spoolName = "evidence.partial.jsonl.gz"

// spool writes what a run sees to the disk while it goes on. A disk that does
// not take it is no reason to end the run: the spool ends. The nil spool keeps
// nothing.
type spool struct {
	mu   sync.Mutex
	file *os.File
	out  *reports.EvidenceWriter
}

func openSpool(dir string) (*spool, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, spoolName), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	out, err := reports.NewEvidenceWriter(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &spool{file: f, out: out}, nil
}

// begin writes whose run it is, so that what it saw can be judged if it is
// killed.
func (s *spool) begin(catalogue reports.Catalogue, run reports.Run) error {
	if s == nil {
		return nil
	}
	run.Finished, run.CutOff, run.Stopped = run.Started, true, "the run was cut off before its end"
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := errors.Join(s.out.Begin(reports.Build(catalogue, run, nil)), s.out.Flush()); err != nil {
		s.out = nil
		return fmt.Errorf("what was seen is not written to %s while the run goes on: %w", s.file.Name(), err)
	}
	return nil
}

// add writes the attempts at a requirement; its error is said once.
func (s *spool) add(seen []*evidence.Evidence) error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.out == nil {
		return nil
	}
	for _, e := range seen {
		if err := s.out.Add(e); err != nil {
			s.out = nil
			return fmt.Errorf("what was seen is no longer written to %s while the run goes on: %w", s.file.Name(), err)
		}
	}
	if err := s.out.Flush(); err != nil {
		s.out = nil
		return fmt.Errorf("what was seen is no longer written to %s while the run goes on: %w", s.file.Name(), err)
	}
	return nil
}

// replaced ends the spool, and removes it where the evidence of the run was
// written.
func (s *spool) replaced(by string) error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out = nil
	begun, err := s.file.Stat()
	if err = errors.Join(err, s.file.Close()); err != nil {
		return &unwrittenError{err}
	}
	written, err := os.Stat(by)
	if err != nil || written.ModTime().Before(begun.ModTime()) {
		return nil // it is all that there is
	}
	if err := os.Remove(s.file.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &unwrittenError{err}
	}
	return nil
}
