package journal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"finesse-conformance/internal/text"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/scenario"
)

// Unrestored is a user whom a run touched and did not put back.
type Unrestored struct {
	User    string
	Target  string   // the key of its target
	Nodes   []string // the keys of the target's other addresses, as far as the run knew them
	Run     string
	Begun   time.Time            // of the run
	Initial evidence.Observation // how it was found; without a state where the journal has lost that
	Calls   int                  // that the user had before the run
	Asked   []string             // what was asked of or for the user since, in order
	AskedAt time.Time            // when the last of it was
	Why     string               // why the run itself could not put it back, "" if it never came to it
}

// At reports whether the user is one of the target with the key.
func (u Unrestored) At(target string) bool {
	return u.Target == target || slices.Contains(u.Nodes, target)
}

// wrapUpSwitched reports whether the run switched the user's wrap-up and has
// not undone that.
func (u Unrestored) wrapUpSwitched() bool {
	return slices.ContainsFunc(u.Asked, switchesWrapUp)
}

// LeftBehind is what has to be known to put the user back.
func (u Unrestored) LeftBehind() scenario.LeftBehind {
	return scenario.LeftBehind{Home: u.Initial, WrapUp: u.wrapUpSwitched(), Asked: u.AskedAt}
}

func switchesWrapUp(what string) bool {
	return what == stimulusChange+string(spec.WrapUpOn) || what == stimulusChange+string(spec.WrapUpOff)
}

// Contents is what a journal says. Users of an embedded reference are gone
// with it and not given.
type Contents struct {
	Left     []Unrestored // touched and not returned, in the order in which they were touched
	Returned []Unrestored // touched and returned
	Records  int          // that can be read
	Damage   []Damage     // what cannot be read of it, and nobody has examined since
}

// Clean reports whether nobody has to be put back and nothing may have been
// missed.
func (c *Contents) Clean() bool { return len(c.Left) == 0 && len(c.Damage) == 0 }

// Users gives the ids of those who have to be put back.
func (c *Contents) Users() []string {
	ids := make([]string, len(c.Left))
	for i, u := range c.Left {
		ids[i] = u.User
	}
	return ids
}

// Read gives what a journal says. What cannot be read of it is in its Damage;
// the error is that of the file system.
func Read(path string) (*Contents, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	defer file.Close()
	c, err := read(file)
	if err != nil {
		return nil, fmt.Errorf("read the journal %s: %w", path, err)
	}
	return c, nil
}

// UnrestoredError is the error of a journal whose run did not put everybody
// back, or that does not tell whether it did.
type UnrestoredError struct {
	Path string
	*Contents
}

func (e *UnrestoredError) Error() string {
	var said []string
	if n := len(e.Left); n > 0 {
		said = append(said, fmt.Sprintf("an earlier run, begun at %s, did not put %s %s back",
			e.Left[0].Begun.Local().Format("2006-01-02 15:04:05"), text.Plural(n, "user"), text.Enumerate(e.Users())))
	}
	if len(e.Damage) > 0 {
		said = append(said, fmt.Sprintf("the journal of an earlier run cannot be read in %s", e.Damage[0]))
	}
	return fmt.Sprintf("%s; `%s restore --journal %s` puts back whom it names (with the same configuration), or delete that file if they are as they should be",
		strings.Join(said, ", and "), program, e.Path)
}

// Check gives the *UnrestoredError with which a run would not begin: that of
// its journal, or of another one that the locks of its users name; nil for
// none. It locks nothing.
func Check(path string, targets []Target) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("read the journal: %w", err)
	}
	c, err := Read(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case !c.Clean():
		return &UnrestoredError{Path: path, Contents: c}
	}
	l := locks{folder: lockFolder(path)}
	journals := map[string]*Contents{}
	for _, w := range usersOf(targets) {
		if before, _ := readHolder(l.pathOf(w)); before.Journal != "" && before.Journal != path {
			if err := leftIn(journals, before.Journal, w); err != nil {
				return err
			}
		}
	}
	return nil
}

// reading is a journal on its way from its records to its contents.
type reading struct {
	Contents
	begun    map[string]time.Time // of runs
	embedded map[string]bool      // runs whose target ended with them
	nodes    map[string][]string  // other addresses of targets
}

func read(from io.Reader) (*Contents, error) {
	r := reading{begun: map[string]time.Time{}, embedded: map[string]bool{}, nodes: map[string][]string{}}
	err := eachRecord(from, func(line int, e entry, damage *Damage) {
		if damage != nil {
			r.Damage = append(r.Damage, *damage)
			return
		}
		if !strings.HasPrefix(e.Run, restoring) {
			for i := range r.Damage {
				r.Damage[i].Torn = false
			}
		}
		r.Records++
		r.take(line, e)
	})
	if err != nil {
		return nil, err
	}
	for _, list := range [][]Unrestored{r.Left, r.Returned} {
		for i := range list {
			list[i].Nodes = r.nodes[list[i].Target]
		}
	}
	return &r.Contents, nil
}

// take takes in one record.
func (r *reading) take(line int, e entry) {
	e.Target = keyOf(e.Target)
	switch e.Type {
	case entryRun:
		r.begun[e.Run], r.embedded[e.Run] = e.At, e.Embedded
		return
	case entryNodes:
		r.nodes[e.Target] = e.Nodes
		return
	case entryExamined:
		r.Damage = nil
		return
	case entryEnd:
		return
	}
	if e.User == "" || r.embedded[e.Run] {
		return
	}
	same := func(u Unrestored) bool { return u.User == e.User && u.Target == e.Target }
	left := slices.IndexFunc(r.Left, same)
	switch e.Type {
	case entryTouch:
		if left < 0 {
			r.Returned = slices.DeleteFunc(r.Returned, same)
			r.Left = append(r.Left, r.unrestored(e))
		} else if l := &r.Left[left]; l.Initial.State == "" && l.Run == e.Run {
			l.Initial, l.Calls = e.observation(), e.Calls // a run says the same each time
		}
	case entryReturned:
		if left >= 0 {
			u := r.Left[left]
			if u.Initial.State == "" {
				u.Initial = e.observation() // where its run put it is where it found it
			}
			r.Returned = append(r.Returned, u)
			r.Left = slices.Delete(r.Left, left, left+1)
		}
	case entryChange, entryUnrestored:
		if left < 0 {
			left = r.reopen(line, e)
		}
		if e.Type == entryChange {
			r.Left[left].Asked, r.Left[left].AskedAt = append(r.Left[left].Asked, e.What), e.At
		} else {
			r.Left[left].Why = e.Why
		}
	}
}

// unrestored is the user of an entry, found as the entry says.
func (r *reading) unrestored(e entry) Unrestored {
	u := Unrestored{User: e.User, Target: e.Target, Run: e.Run, Begun: r.begun[e.Run], Initial: e.observation(), Calls: e.Calls}
	if u.Begun.IsZero() {
		u.Begun = e.At
	}
	return u
}

// reopen takes in a user who is changed without having been touched: one that
// was returned before, or whose beginning the journal has lost.
func (r *reading) reopen(line int, e entry) int {
	u := r.unrestored(e)
	if i := slices.IndexFunc(r.Returned, func(u Unrestored) bool { return u.User == e.User && u.Target == e.Target }); i >= 0 {
		u = r.Returned[i]
		u.Asked, u.Why = nil, ""
		r.Returned = slices.Delete(r.Returned, i, i+1)
	} else {
		u.Initial = evidence.Observation{User: e.User, Index: -1}
		r.Damage = append(r.Damage, Damage{Line: line, Why: fmt.Sprintf("how user %s was found is not in the journal", e.User)})
	}
	r.Left = append(r.Left, u)
	return len(r.Left) - 1
}
