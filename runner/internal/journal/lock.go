package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gofrs/flock"

	"finesse-conformance/internal/text"
)

// BusyError is the error of a run that would get in the way of another one on
// this machine.
type BusyError struct {
	What string // the journal, or the user and its target
	By   string // what the other one says of itself
}

func (e *BusyError) Error() string {
	said := e.What + " is in use by another run on this machine"
	if e.By != "" {
		said += " (" + e.By + ")"
	}
	return said + "; wait for it to end, or stop it"
}

// holder is what the file of a lock says of who holds it, or held it last:
// also who finds a user after that one was killed reads where the journal is
// that has the user's beginning.
type holder struct {
	PID     int    `json:"pid"`
	Journal string `json:"journal"`
}

func (h holder) String() string { return fmt.Sprintf("process %d, journal %s", h.PID, h.Journal) }

// readHolder gives who holds or held the lock of a file, and what the file
// says where that cannot be read, as of a version before this one.
func readHolder(path string) (h holder, said string) {
	content, err := os.ReadFile(path)
	if err != nil {
		return h, ""
	}
	if json.Unmarshal(content, &h) == nil && h.Journal != "" {
		return h, h.String()
	}
	return holder{}, text.Truncate(strings.TrimSpace(string(content)), 200)
}

// locks are the locks that a run holds. The system lets them go when the
// process ends, however it ends.
type locks struct {
	holder holder
	how    lockHow
	folder string
	held   map[string]*flock.Flock // by file
	// unheld are those that the file system denied, where that is no error.
	unheld []error
}

// lockHow is what the locks are for.
type lockHow int

const (
	// strict locks are those of a run: each is held, or the run does not begin.
	strict lockHow = iota
	// lenient locks are those of who puts users back: where the file system
	// denies one, which a full or a read-only one does, users come first.
	lenient
)

// lockRun takes the lock of a journal and those of all users of the targets.
// For a run it makes sure that none of the users was left behind by one with
// another journal.
func lockRun(journal string, targets []Target, how lockHow) (*locks, error) {
	l := &locks{holder: holder{PID: os.Getpid(), Journal: journal}, how: how, folder: lockFolder(journal), held: map[string]*flock.Flock{}}
	if err := l.take(journal+".lock", "the journal "+journal); err != nil {
		return nil, err
	}
	if err := l.users(usersOf(targets)); err != nil {
		return nil, errors.Join(err, l.release())
	}
	return l, nil
}

// usersOf gives the users of targets, each once.
func usersOf(targets []Target) []who {
	all := map[who]bool{}
	for _, t := range targets {
		for _, u := range t.Users {
			all[who{Key(t.URL), u}] = true
		}
	}
	return slices.SortedFunc(maps.Keys(all), who.compare)
}

// users takes the locks of users, who are in order: two runs that take the
// same ones in the same order cannot block each other.
func (l *locks) users(all []who) error {
	journals := map[string]*Contents{}
	for _, w := range all {
		path := l.pathOf(w)
		if l.held[path] != nil {
			continue
		}
		before, _ := readHolder(path)
		if err := l.take(path, "user "+w.user+" of "+w.target); err != nil {
			return err
		}
		if l.how == strict && before.Journal != "" && before.Journal != l.holder.Journal {
			if err := leftIn(journals, before.Journal, w); err != nil {
				return errors.Join(err, writeHolder(path, before))
			}
		}
	}
	return nil
}

// leftIn is the *UnrestoredError of a user whom the journal of another run
// names as not back. A journal that is gone names nobody: deleting it is how
// people say that users are as they should be.
func leftIn(read map[string]*Contents, path string, w who) error {
	c, known := read[path]
	if !known {
		var err error
		if c, err = Read(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		read[path] = c
	}
	if c == nil {
		return nil
	}
	if slices.ContainsFunc(c.Left, func(u Unrestored) bool { return u.User == w.user && u.At(w.target) }) {
		return &UnrestoredError{Path: path, Contents: c}
	}
	return nil
}

func (l *locks) pathOf(w who) string {
	sum := sha256.Sum256([]byte(w.target + "\n" + w.user))
	return filepath.Join(l.folder, "user-"+hex.EncodeToString(sum[:12])+".lock")
}

// lockFolder is where the locks of users are: the first place that can be
// written of one that all runs of this account share and the journal's folder.
func lockFolder(journal string) string {
	if cache, err := os.UserCacheDir(); err == nil {
		folder := filepath.Join(cache, program, "locks")
		if os.MkdirAll(folder, 0o700) == nil && canWrite(folder) {
			return folder
		}
	}
	return filepath.Dir(journal)
}

// canWrite reports whether files can be made in a folder.
func canWrite(folder string) bool {
	probe, err := os.CreateTemp(folder, ".probe-*")
	if err != nil {
		return false
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name())) == nil
}

func (l *locks) take(path, what string) error {
	lock, err := tryLock(path)
	switch {
	case err != nil && l.how == lenient:
		l.unheld = append(l.unheld, fmt.Errorf("%s could not be locked: %w", what, err))
		return nil
	case err != nil:
		return fmt.Errorf("lock %s: %w", what, err)
	case lock == nil:
		_, by := readHolder(path)
		return &BusyError{What: what, By: by}
	}
	l.held[path] = lock
	h := l.holder
	if before, _ := readHolder(path); l.how == lenient && before.Journal != "" {
		h.Journal = before.Journal // it may name users whom this one does not
	}
	// The file stays when the lock goes: removing it would let two runs lock
	// two files of one name.
	if err := writeHolder(path, h); err != nil && l.how == strict {
		return fmt.Errorf("lock %s: %w", what, err)
	}
	return nil
}

// tryLock locks a file, and gives nil where another process does. One that
// cannot be written is opened for reading, which is enough for a lock.
func tryLock(path string) (*flock.Flock, error) {
	var errs []error
	for _, flag := range []int{os.O_CREATE | os.O_RDWR, os.O_RDONLY} {
		lock := flock.New(path, flock.SetFlag(flag), flock.SetPermissions(0o600))
		ok, err := lock.TryLock()
		if err == nil && !ok {
			return nil, nil
		}
		if err == nil {
			return lock, nil
		}
		errs = append(errs, err)
	}
	return nil, errs[0]
}

func writeHolder(path string, h holder) error {
	line, err := json.Marshal(h)
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(line, '\n'), 0o600)
}

func (l *locks) release() error {
	var errs []error
	for _, lock := range l.held {
		errs = append(errs, lock.Unlock())
	}
	l.held = nil
	return errors.Join(errs...)
}
