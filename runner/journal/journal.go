package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"finesse-conformance/internal/text"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// program is what people call to put users back.
const program = "finesse-conformance"

// Journal is what a run is about to change, written to a file before it is
// changed, so that another process can put users back when this one is gone.
// It is appended to, until a later run finds that it has nobody left to put
// back and begins it anew: one JSON object a line, in the file before the call
// that writes it returns, and on the disk where restoring rests on it. Several
// processes of a run share one file. It is safe for concurrent use.
type Journal struct {
	path string
	run  string
	// Clean takes out of a text what must not be recorded; nil for nothing. It
	// is set before anything is written.
	Clean func(string) string

	mu    sync.Mutex
	file  *os.File
	locks *locks // nil in a process that joined
}

// entry types of a journal.
const (
	entryRun        = "run"      // a run begins
	entryTouch      = "touch"    // a user is about to be changed, and how it was found
	entryChange     = "change"   // something that changes a user is about to be sent
	entryReturned   = "returned" // a user was put back
	entryUnrestored = "astray"   // a user could not be put back
	entryEnd        = "end"      // the run is over
)

// entry is one line of a journal.
type entry struct {
	Type string    `json:"type"`
	At   time.Time `json:"at"`
	Run  string    `json:"run"`

	PID      int    `json:"pid,omitempty"`      // run
	Embedded bool   `json:"embedded,omitempty"` // run: the target ends with it
	Target   string `json:"target,omitempty"`   // address, without credentials

	User         string     `json:"user,omitempty"`
	State        spec.State `json:"state,omitempty"`
	ReasonCodeID string     `json:"reason_code_id,omitempty"`
	Pending      string     `json:"pending,omitempty"`
	Extension    string     `json:"extension,omitempty"`
	Calls        int        `json:"calls,omitempty"`
	What         string     `json:"what,omitempty"` // change: such as "PUT READY"
	Why          string     `json:"why,omitempty"`  // astray
}

// Run is what a journal has to know of the run that opens it.
type Run struct {
	ID       string   // unique
	Embedded bool     // the target is the embedded reference, which ends with the run
	Targets  []Target // whose users the run may touch
}

// Target is a target of a run, and who may be touched there.
type Target struct {
	URL   *url.URL
	Users []string // ids
}

// UnrestoredError is the error of opening a journal whose run did not put
// everybody back.
type UnrestoredError struct {
	Path  string
	Users []Unrestored
}

func (e *UnrestoredError) Error() string {
	ids := make([]string, len(e.Users))
	for i, u := range e.Users {
		ids[i] = u.User
	}
	return fmt.Sprintf("an earlier run, begun at %s, did not put %s %s back; `%s restore --journal %s` does (with the same configuration), or delete that file if they are as they should be",
		e.Users[0].Begun.Local().Format("2006-01-02 15:04:05"), text.Plural(len(ids), "user"), text.Enumerate(ids), program, e.Path)
}

// Open begins a run: it makes sure that no other run of this machine
// uses the journal or one of the users, and that the journal has nobody left
// to put back. The error is a *BusyError, an *UnrestoredError, or that of the
// file system.
func Open(path string, run Run) (*Journal, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, fmt.Errorf("open the journal: %w", err)
	}
	held, err := lockRun(path, run.Targets)
	if err != nil {
		return nil, err
	}
	j, err := begin(path, run)
	if err != nil {
		return nil, errors.Join(err, held.release())
	}
	j.locks = held
	return j, nil
}

func begin(path string, run Run) (*Journal, error) {
	left, err := Read(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return nil, err
	case len(left) > 0:
		return nil, &UnrestoredError{Path: path, Users: left}
	case isJournal(path):
		if err := os.Truncate(path, 0); err != nil {
			return nil, fmt.Errorf("begin the journal anew: %w", err)
		}
	}
	j, err := Join(path, run.ID)
	if err != nil {
		return nil, err
	}
	if err := j.write(entry{Type: entryRun, PID: os.Getpid(), Embedded: run.Embedded}); err != nil {
		return nil, errors.Join(err, j.file.Close())
	}
	return j, nil
}

// Join opens the journal of a run that another process began.
func Join(path, run string) (*Journal, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the journal: %w", err)
	}
	j := &Journal{path: path, run: run, file: file}
	if err := j.prepare(); err != nil {
		return nil, errors.Join(fmt.Errorf("open the journal: %w", err), file.Close())
	}
	return j, nil
}

// prepare makes the file private, known to its folder, and ends a last line
// that was torn when its writer died.
func (j *Journal) prepare() error {
	if err := j.file.Chmod(0o600); err != nil {
		return err
	}
	info, err := j.file.Stat()
	if err != nil {
		return err
	}
	if info.Size() > 0 {
		last := make([]byte, 1)
		if _, err := j.file.ReadAt(last, info.Size()-1); err != nil {
			return err
		}
		if last[0] != '\n' {
			if _, err := j.file.WriteString("\n"); err != nil {
				return err
			}
		}
	}
	return syncFolder(filepath.Dir(j.path))
}

// syncFolder makes a new file survive a loss of power. Not every system can.
func syncFolder(name string) error {
	dir, err := os.Open(name)
	if err != nil {
		return err
	}
	_ = dir.Sync()
	return dir.Close()
}

// Run is the id of the run that the journal is written for.
func (j *Journal) Run() string { return j.run }

// Path is where the journal is.
func (j *Journal) Path() string { return j.path }

func (j *Journal) write(e entry) error {
	if j.Clean != nil {
		e.State = spec.State(j.Clean(string(e.State)))
		for _, text := range []*string{&e.ReasonCodeID, &e.Pending, &e.Extension, &e.What, &e.Why} {
			*text = j.Clean(*text)
		}
	}
	e.At, e.Run = time.Now().UTC(), j.run
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	// One write, so that lines of several processes do not mix.
	if _, err := j.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	if !e.vital() {
		return nil
	}
	if err := j.file.Sync(); err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	return nil
}

// vital reports whether users could not be put back without the entry, should
// the machine lose its power: then it has to be on the disk, with all that
// came before it, before anything is changed. Of the others nothing is lost
// with the process, and with the power no more than words: who was touched is
// looked at again, whatever was asked of it since.
func (e entry) vital() bool {
	switch e.Type {
	case entryRun, entryTouch:
		return true
	case entryChange:
		return switchesWrapUp(e.What) // which no look at the user shows
	}
	return false
}

// Close ends the run in the journal and lets its users go. Those who were not
// put back stay unfinished.
func (j *Journal) Close() error {
	var errs []error
	if j.locks != nil {
		errs = append(errs, j.write(entry{Type: entryEnd}))
	}
	errs = append(errs, j.file.Close())
	if j.locks != nil {
		errs = append(errs, j.locks.release())
	}
	return errors.Join(errs...)
}

// found is a sighting as an entry.
func (e entry) found(l evidence.Observation) entry {
	e.State, e.ReasonCodeID, e.Pending, e.Extension = l.State, l.ReasonCodeID, l.Pending, l.Extension
	return e
}

// look is the sighting that an entry holds.
func (e entry) look() evidence.Observation {
	return evidence.Observation{
		At: e.At, Asked: e.At, User: e.User, State: e.State, Pending: e.Pending, ReasonCodeID: e.ReasonCodeID, Extension: e.Extension, Index: -1,
	}
}
