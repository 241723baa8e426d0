package journal

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// Unrestored is a user whom a run touched and did not put back.
type Unrestored struct {
	User    string
	Target  string // address, without credentials
	Run     string
	Begun   time.Time // of the run
	Initial evidence.Observation
	Calls   int      // that the user had before the run
	Asked   []string // what was asked of or for the user since, in order
	Why     string   // why the run itself could not put it back, "" if it never came to it
}

// WrapUpSwitched reports whether the run switched the user's wrap-up and has
// not undone that.
func (u Unrestored) WrapUpSwitched() bool {
	return slices.ContainsFunc(u.Asked, switchesWrapUp)
}

func switchesWrapUp(what string) bool {
	return what == stimulusChange+string(spec.WrapUpOn) || what == stimulusChange+string(spec.WrapUpOff)
}

// Read gives who was not put back, in the order in which they were
// touched. Lines that are no whole entries are passed over: a line is torn
// only when its writer died before it could go on to what the line is about.
// Users of an embedded reference are gone with it and not given.
func Read(path string) ([]Unrestored, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	defer file.Close()
	left, err := read(file)
	if err != nil {
		return nil, fmt.Errorf("read the journal %s: %w", path, err)
	}
	return left, nil
}

// isJournal reports whether a file begins as journals do. Another one, named by
// mistake, is not emptied.
func isJournal(path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	var first entry
	return json.NewDecoder(file).Decode(&first) == nil && first.Type == entryRun && first.Run != ""
}

func read(from io.Reader) ([]Unrestored, error) {
	var left []Unrestored
	at := func(e entry) int {
		return slices.IndexFunc(left, func(u Unrestored) bool { return u.User == e.User && u.Target == e.Target })
	}
	begun, embedded := map[string]time.Time{}, map[string]bool{}
	reader := bufio.NewReader(from)
	for {
		line, err := reader.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		whole := err == nil
		var e entry
		if whole && json.Unmarshal([]byte(strings.Trim(line, "\x00\n")), &e) == nil {
			i := at(e)
			switch {
			case e.Type == entryRun:
				begun[e.Run], embedded[e.Run] = e.At, e.Embedded
			case e.User == "" || embedded[e.Run]:
			case e.Type == entryTouch && i < 0:
				u := Unrestored{User: e.User, Target: e.Target, Run: e.Run, Begun: begun[e.Run], Initial: e.look(), Calls: e.Calls}
				if u.Begun.IsZero() {
					u.Begun = e.At
				}
				left = append(left, u)
			case e.Type == entryReturned && i >= 0:
				left = slices.Delete(left, i, i+1)
			case e.Type == entryChange && i >= 0:
				left[i].Asked = append(left[i].Asked, e.What)
			case e.Type == entryUnrestored && i >= 0:
				left[i].Why = e.Why
			}
		}
		if !whole {
			return left, nil
		}
	}
}
