package journal

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"finesse-conformance/spec"
)

// program is what people call to put users back.
const program = "finesse-conformance"

// Journal is what a run is about to change, written to a file before it is
// changed, so that another process can put users back when this one is gone.
// It is appended to, until a later run finds that it has nobody left to put
// back and begins it anew: one record a line, in the file before the call that
// writes it returns, and on the disk where restoring rests on it. Several
// processes of a run share one file. It is safe for concurrent use.
type Journal struct {
	path string
	run  Run
	// Clean takes out of a text what must not be recorded; nil for nothing. It
	// is set before anything of a user is written.
	Clean func(string) string

	mu      sync.Mutex
	file    File          // nil where it could not be opened yet
	locks   *locks        // nil in a process that joined
	touched map[who]entry // whose beginning is on the disk, and whose return is not
	unnoted map[who]entry // returned, which could not be written
	nodes   []entry       // written by this process
	trouble error         // the first record that could not be written
}

// who is a user in a journal: one id on two targets is two users.
type who struct{ target, user string }

func (w who) compare(other who) int {
	return cmp.Or(strings.Compare(w.target, other.target), strings.Compare(w.user, other.user))
}

// Run is what a journal has to know of the run that it is written for.
type Run struct {
	ID       string   // unique
	Embedded bool     // the target is the embedded reference, which ends with the run
	Targets  []Target // whose users the run may touch
	Disk     Disk     // nil for the file system
	// Say tells a person what is wrong with the journal; nil for nobody.
	Say func(format string, args ...any)
}

// Target is a target of a run, and who may be touched there.
type Target struct {
	URL   *url.URL
	Users []string // ids
}

// Open begins a run: it makes sure that no other run of this machine uses the
// journal or one of the users, and that neither the journal nor that of
// another run names somebody of them who is to be put back. The error is a
// *BusyError, an *UnrestoredError, or that of the file system.
func Open(path string, run Run) (*Journal, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open the journal: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, fmt.Errorf("open the journal: %w", err)
	}
	held, err := lockRun(path, run.Targets, strict)
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
	c, err := Read(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return nil, err
	case c.Records == 0 && len(c.Damage) > 0:
		return nil, fmt.Errorf("%s is no journal: name another file, or delete it if it is what is left of one and all users are as they should be", path)
	case !c.Clean():
		return nil, &UnrestoredError{Path: path, Contents: c}
	default:
		if err := os.Truncate(path, 0); err != nil {
			return nil, fmt.Errorf("begin the journal anew: %w", err)
		}
	}
	j := newJournal(path, run)
	if err := j.open(); err != nil {
		return nil, err
	}
	if err := j.put(j.beginning()); err != nil { // whoever began the run says it
		return nil, errors.Join(fmt.Errorf("write the journal: %w", err), j.file.Close())
	}
	return j, nil
}

// Join opens the journal of a run that another process began. Where it cannot
// be opened, nor when something is to be noted, no user is changed.
func Join(path string, run Run) *Journal {
	j := newJournal(path, run)
	_ = j.open() // whatever is to be noted tries it again, and says so
	return j
}

func newJournal(path string, run Run) *Journal {
	if run.Disk == nil {
		run.Disk = FileSystem{}
	}
	if run.Say == nil {
		run.Say = func(string, ...any) {}
	}
	return &Journal{path: path, run: run, touched: map[who]entry{}, unnoted: map[who]entry{}}
}

func (j *Journal) open() error {
	file, err := j.run.Disk.Append(j.path)
	if err != nil {
		return fmt.Errorf("open the journal: %w", err)
	}
	j.file = file
	return nil
}

func (j *Journal) beginning() entry {
	return entry{Type: entryRun, PID: os.Getpid(), Embedded: j.run.Embedded}
}

// Path is where the journal is.
func (j *Journal) Path() string { return j.path }

// Run is the id of the run that the journal is written for.
func (j *Journal) Run() string { return j.run.ID }

// write appends a record. Where it fails the file may have a part of it.
func (j *Journal) write(e entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.add(e)
}

// add is write for who holds the lock.
func (j *Journal) add(e entry) error {
	if j.file == nil {
		if err := j.open(); err != nil {
			return j.failed(err)
		}
	}
	if j.file.Gone() {
		if err := j.again(); err != nil {
			return j.failed(fmt.Errorf("the journal was deleted, and cannot be written again: %w", err))
		}
	}
	if err := j.put(e); err != nil {
		return j.failed(fmt.Errorf("write the journal: %w", err))
	}
	return nil
}

// put writes a record to the file: with one write, so that those of several
// processes do not mix.
func (j *Journal) put(e entry) error {
	if j.Clean != nil {
		for _, text := range []*string{&e.ReasonCodeID, &e.Pending, &e.Extension, &e.What, &e.Why} {
			*text = j.Clean(*text)
		}
		e.State = spec.State(j.Clean(string(e.State)))
	}
	e.At, e.Run = time.Now().UTC(), j.run.ID
	record, err := e.record()
	if err != nil {
		return err
	}
	if n, err := j.file.Write(record); err != nil && n < len(record)-1 { // without its line break it is whole
		return err
	}
	if e.vital() {
		return j.file.Sync()
	}
	return nil
}

// failed notes that a record could not be written, and says so the first
// time.
func (j *Journal) failed(err error) error {
	if j.trouble == nil {
		j.trouble = err
		j.run.Say("%v", err)
	}
	return err
}

// again writes a journal that was deleted anew: what has to be known of those
// who are not back.
func (j *Journal) again() error {
	file, err := j.run.Disk.Append(j.path)
	if err != nil {
		return err
	}
	_ = j.file.Close() // nobody reads it any more
	j.file = file
	if err := j.put(j.beginning()); err != nil {
		return err
	}
	for _, e := range j.nodes {
		if err := j.put(e); err != nil {
			return err
		}
	}
	for _, w := range slices.SortedFunc(maps.Keys(j.touched), who.compare) {
		if err := j.put(j.touched[w]); err != nil {
			return err
		}
	}
	j.run.Say("the journal %s was deleted during the run, and has been written again", j.path)
	return nil
}

// touch notes how a user was found. A user whose beginning is on the disk
// already, since its return could not be noted, needs no other.
func (j *Journal) touch(w who, e entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	err := j.add(e)
	if err != nil {
		before, ok := j.touched[w]
		if !ok || before.State != e.State || before.ReasonCodeID != e.ReasonCodeID || before.Extension != e.Extension {
			return err
		}
	} else {
		j.touched[w] = e
	}
	delete(j.unnoted, w)
	return nil
}

// change notes what is about to be done to a user. One whose beginning is on
// the disk can be put back without the note, unless it is a vital one.
func (j *Journal) change(w who, e entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	err := j.add(e)
	if _, ok := j.touched[w]; ok && !e.vital() {
		return nil
	}
	return err
}

// returned notes that a user is back. Where that cannot be written nobody is
// lost: the journal names a user who is where it should be.
func (j *Journal) returned(w who, e entry) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.add(e); err != nil {
		j.unnoted[w] = e
		return
	}
	delete(j.touched, w)
	delete(j.unnoted, w)
}

// Claim takes the users of a target under its other addresses too, so that two
// runs at two nodes of one system do not get in each other's way, and notes
// the addresses for who puts the users back. The error is one of Open's.
func (j *Journal) Claim(target Target, nodes []*url.URL) error {
	key := Key(target.URL)
	var keys []string
	for _, n := range nodes {
		if k := Key(n); k != key && !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	slices.Sort(keys)
	var all []who
	for _, k := range keys {
		for _, u := range target.Users {
			all = append(all, who{k, u})
		}
	}
	slices.SortFunc(all, who.compare)
	if err := j.locks.users(all); err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	e := entry{Type: entryNodes, Target: key, Nodes: keys}
	j.nodes = append(j.nodes, e)
	return j.add(e)
}

// end notes the end of the run. What could not be written whole is then about
// nobody: it was never asked for, or is made up for.
func (j *Journal) end() {
	if c, err := Read(j.path); j.trouble != nil && err == nil && len(c.Left) == 0 {
		_ = j.add(entry{Type: entryExamined})
	}
	_ = j.add(entry{Type: entryEnd}) // Close has the error
}

// Close ends the run in the journal and lets its users go. Those who were not
// put back stay in it. The error is that of the first record that could not be
// written, then or before.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, w := range slices.SortedFunc(maps.Keys(j.unnoted), who.compare) {
		if j.add(j.unnoted[w]) == nil { // there may be room again
			delete(j.unnoted, w)
		}
	}
	if j.locks != nil {
		j.end()
	}
	errs := []error{j.trouble}
	if j.file != nil {
		errs = append(errs, j.file.Close())
	}
	if j.locks != nil {
		errs = append(errs, j.locks.release())
	}
	return errors.Join(errs...)
}
