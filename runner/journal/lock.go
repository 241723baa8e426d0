package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
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

// locks are the locks that a run holds. The system lets them go when the
// process ends, however it ends.
type locks struct{ held []*flock.Flock }

// lockRun takes the lock of the journal and those of all users of the targets.
func lockRun(journal string, targets []Target) (*locks, error) {
	l := &locks{}
	note := fmt.Sprintf("process %d, journal %s", os.Getpid(), journal)
	if err := l.take(journal+".lock", "the journal "+journal, note); err != nil {
		return nil, err
	}
	dir, err := lockFolder(journal)
	if err != nil {
		return nil, errors.Join(err, l.release())
	}
	// Two runs that take the same locks in the same order cannot block each
	// other.
	names := map[string]string{}
	for _, t := range targets {
		for _, u := range t.Users {
			sum := sha256.Sum256([]byte(Key(t.URL) + "\n" + u))
			names[filepath.Join(dir, "user-"+hex.EncodeToString(sum[:12])+".lock")] = "user " + u + " of " + Key(t.URL)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if err := l.take(name, names[name], note); err != nil {
			return nil, errors.Join(err, l.release())
		}
	}
	return l, nil
}

// lockFolder is where the locks of users are: a place that all runs of this
// account share, else the journal's folder.
func lockFolder(journal string) (string, error) {
	if cache, err := os.UserCacheDir(); err == nil {
		dir := filepath.Join(cache, program, "locks")
		if os.MkdirAll(dir, 0o700) == nil {
			return dir, nil
		}
	}
	dir := filepath.Dir(journal)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", fmt.Errorf("make a folder for locks: %w", err)
	}
	return dir, nil
}

func (l *locks) take(path, what, note string) error {
	lock := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
	ok, err := lock.TryLock()
	if err != nil {
		return fmt.Errorf("lock %s: %w", what, err)
	}
	if !ok {
		by, _ := os.ReadFile(path) // only for people
		return &BusyError{What: what, By: text.Truncate(strings.TrimSpace(string(by)), 200)}
	}
	l.held = append(l.held, lock)
	// The file stays when the lock goes: removing it would let two runs lock
	// two files of one name.
	return os.WriteFile(path, []byte(note+"\n"), 0o600)
}

func (l *locks) release() error {
	var errs []error
	for _, lock := range slices.Backward(l.held) {
		errs = append(errs, lock.Unlock())
	}
	l.held = nil
	return errors.Join(errs...)
}
