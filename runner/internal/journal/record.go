package journal

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"time"
	"unicode"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// entryType says what a record of a journal is about.
type entryType string

const (
	entryRun        entryType = "run"      // a run begins
	entryTouch      entryType = "touch"    // a user is about to be changed, and how it was found
	entryChange     entryType = "change"   // something that changes a user is about to be sent
	entryReturned   entryType = "returned" // a user was put back
	entryUnrestored entryType = "astray"   // a user could not be put back
	entryNodes      entryType = "nodes"    // other addresses of a target
	entryExamined   entryType = "examined" // what could not be read before was told, and everybody named looked at
	entryEnd        entryType = "end"      // the run is over
)

// entry is what one record says.
type entry struct {
	Type entryType `json:"type"`
	At   time.Time `json:"at"`
	Run  string    `json:"run"`

	PID      int      `json:"pid,omitempty"`      // run
	Embedded bool     `json:"embedded,omitempty"` // run: the target ends with it
	Target   string   `json:"target,omitempty"`   // its key
	Nodes    []string `json:"nodes,omitempty"`    // nodes: their keys

	User         string     `json:"user,omitempty"`
	State        spec.State `json:"state,omitempty"`
	ReasonCodeID string     `json:"reason_code_id,omitempty"`
	Pending      string     `json:"pending,omitempty"`
	Extension    string     `json:"extension,omitempty"`
	Calls        int        `json:"calls,omitempty"`
	What         string     `json:"what,omitempty"` // change: such as "PUT READY"
	Why          string     `json:"why,omitempty"`  // of a user who is unrestored
}

// vital reports whether users could not be put back without the entry, should
// the machine lose its power: then it has to be on the disk, with all that
// came before it, before anything is changed. Of the others nothing is lost
// with the process, and with the power no more than words: who was touched is
// looked at again, whatever was asked of it since.
func (e entry) vital() bool {
	switch e.Type {
	case entryRun, entryTouch, entryNodes:
		return true
	case entryChange:
		return switchesWrapUp(e.What) // which no look at the user shows
	}
	return false
}

// found is an observation as an entry.
func (e entry) found(o evidence.Observation) entry {
	e.State, e.ReasonCodeID, e.Pending, e.Extension = o.State, o.ReasonCodeID, o.Pending, o.Extension
	return e
}

// observation is the one that an entry holds.
func (e entry) observation() evidence.Observation {
	return evidence.Observation{
		At: e.At, Asked: e.At, User: e.User, State: e.State, Pending: e.Pending, ReasonCodeID: e.ReasonCodeID, Extension: e.Extension, Index: -1,
	}
}

// The frame of a record: a line of its own that ends with the checksum of all
// that comes before it in the object. The line break before it keeps a record
// whole whose predecessor was torn; the checksum tells one that is not what
// was written. What the version before wrote has neither, and is read too.
const (
	sumKey    = `,"crc":"`
	sumLength = len(sumKey) + 8 + len(`"}`)
)

var sumTable = crc32.MakeTable(crc32.Castagnoli)

// record gives the bytes of an entry in a journal.
func (e entry) record() ([]byte, error) {
	object, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	body := object[:len(object)-1]
	return fmt.Appendf(nil, "\n%s%s%08x\"}\n", body, sumKey, crc32.Checksum(body, sumTable)), nil
}

// parseRecord reads a line without its line breaks, and reports whether it has
// a checksum.
func parseRecord(line []byte) (e entry, summed bool, err error) {
	at := len(line) - sumLength
	if summed = at > 0 && bytes.HasPrefix(line[at:], []byte(sumKey)); summed {
		if sum := fmt.Sprintf("%08x", crc32.Checksum(line[:at], sumTable)); sum != string(line[at+len(sumKey):][:8]) {
			return e, summed, errors.New("its checksum is wrong")
		}
	}
	if err := json.Unmarshal(line, &e); err != nil {
		return e, summed, errors.New("it is no whole record")
	}
	switch e.Type {
	case entryRun, entryTouch, entryChange, entryReturned, entryUnrestored, entryNodes, entryExamined, entryEnd:
	default:
		return e, summed, errors.New("it is of a kind that this version does not know")
	}
	if e.Run == "" {
		return e, summed, errors.New("it does not say whose it is")
	}
	return e, summed, nil
}

// Damage is a line of a journal that cannot be taken for what was written.
type Damage struct {
	Line int // from 1
	Why  string
	// Torn: it is the beginning of a record that was never finished, and its run
	// wrote nothing after it. What a record tells is done after the record is
	// whole, or to somebody whose beginning is in the journal: nobody is missed
	// for it where those whom the journal names were seen to be back.
	Torn bool
}

func (d Damage) String() string { return fmt.Sprintf("line %d: %s", d.Line, d.Why) }

// recordBegins is how each record begins.
const recordBegins = `{"type":"`

// torn reports whether a line that is no record is the beginning of one, as a
// write leaves it that was cut short.
func torn(line []byte) bool {
	return (bytes.HasPrefix(line, []byte(recordBegins)) || bytes.HasPrefix([]byte(recordBegins), line)) &&
		bytes.Count(line, []byte(recordBegins)) <= 1 && !bytes.ContainsFunc(line, unicode.IsControl) && !bytes.HasSuffix(line, []byte("}"))
}

// maxRecord is the longest line that is kept in memory: a journal's own are
// a few hundred bytes.
const maxRecord = 1 << 20

// eachRecord calls a function for every line that has something, in order.
func eachRecord(from io.Reader, each func(line int, e entry, damage *Damage)) error {
	reader := bufio.NewReader(from)
	begun := false // by this version, which leaves no record without a checksum
	for number := 1; ; number++ {
		line, whole, err := readLine(reader)
		if err != nil {
			return err
		}
		if line = bytes.TrimRight(line, "\r"); len(line) > 0 {
			e, summed, err := parseRecord(line)
			if err == nil && begun && !summed {
				err = errors.New("it has lost its checksum")
			}
			begun = begun || summed
			if err != nil {
				each(number, e, &Damage{Line: number, Why: err.Error(), Torn: torn(line)})
			} else {
				each(number, e, nil)
			}
		}
		if !whole {
			return nil
		}
	}
}

// readLine reads up to a line break, which it takes away, and reports whether
// there was one. Of a line that is too long it gives the beginning.
func readLine(reader *bufio.Reader) (line []byte, whole bool, err error) {
	for {
		part, err := reader.ReadSlice('\n')
		if len(line) < maxRecord {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF):
			return line, false, nil
		case err != nil:
			return nil, false, err
		}
		return bytes.TrimSuffix(line, []byte("\n")), true, nil
	}
}
