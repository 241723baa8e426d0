package parallel

import (
	"encoding/gob"
	"net"
	"sync"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/internal/exit"
	"finesse-conformance/reports"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/internal/preflight"
	"finesse-conformance/spec"
	"finesse-conformance/suites"
	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
)

// The processes of a run talk to the one that started them over a socket in a
// folder that only their account can enter. What a process has to know,
// passwords included, comes over it: nothing of it stands in an argument, the
// environment or a file. What a process finds out goes back over it the
// moment it is known, so that it is not lost with the process. A connection
// that ends tells either side that the other one is gone.

// note is one message. Exactly one of its pointers is set, or the fields
// beside Kind that the kind needs.
type note struct {
	Kind        noteKind
	Proc, PID   int            // hello
	Requirement string         // began, panicked
	Text        string         // said, panicked, stop
	Signal      int            // stop: the signal that it stands for, 0 for none
	Over        *exit.TimeOver // stop: that the time of the run is over, nil where it is not that
	Listening   bool           // ready: to notifications
	Job         *Job
	Outcome     *suites.Outcome // done
	Ending      *Ending         // over

	// The job of a process that certifies one of several targets.
	Config  *config.Config
	Environ []string
}

type noteKind string

// What the processes tell and are told.
const (
	noteHello    noteKind = "hello"    // a process is there
	noteJob      noteKind = "job"      // what it has to know
	noteReady    noteKind = "ready"    // it begins
	noteBegan    noteKind = "began"    // a requirement is acted on
	noteDone     noteKind = "done"     // it has its verdict
	notePanicked noteKind = "panicked" // the program failed at a requirement
	noteSaid     noteKind = "said"     // something worth a line
	noteAsk      noteKind = "ask"      // may a request be sent?
	noteGo       noteKind = "go"       // one may
	noteStop     noteKind = "stop"     // put users back and end
	noteLimit    noteKind = "limit"    // a reverse proxy was seen to set a limit, named in Text
	noteSeat     noteKind = "seat"     // may a process go on under a limit of connections? it may
	noteOver     noteKind = "over"     // a process has put its users back and ends
)

// Job is what a process has to know of its part. It travels as gob: that is
// what carries the passwords, which everything that is meant for people masks.
type Job struct {
	Version string
	Target  *config.Target
	CA      []byte         // of the embedded reference, PEM
	Journal string         // file, "" for none
	Run     string         // the id of the run in the journal
	Limited bool           // every request has to be asked for
	Limits  []client.Limit // of a reverse proxy, that are known already
	Environ []string

	Survey  preflight.Survey // with the whole cast
	Troupes [][]string       // ids of users; process n has the n-th
	Items   []Item           // what is exercised, in the catalogue's order
}

// Item is a requirement that is exercised.
type Item struct {
	ID         string
	Repetition int
	Rank       int  // the higher the earlier
	Proc       int  // the process that it belongs to, 0 for any
	Alone      bool // needs more than a troupe: alone, with the whole cast
}

// Ending is what a process leaves behind.
type Ending struct {
	Unrestored []reports.Unrestored
	Afterwards []*evidence.Evidence // of putting users back in the end
	PeakMemory int64                // bytes
	LeftAlone  map[string]string    // users who could not sign in, and why

	// Of a process that certifies one of several targets.
	Code   int
	Error  string
	Output string // the summary
}

// link is one end of a connection. Sending is safe for concurrent use.
type link struct {
	conn net.Conn
	in   *gob.Decoder

	mu  sync.Mutex
	out *gob.Encoder
}

func newLink(c net.Conn) *link { return &link{conn: c, in: gob.NewDecoder(c), out: gob.NewEncoder(c)} }

// sendLimit ends the sending to a process that does not take anything any
// more.
const sendLimit = 30 * time.Second

func (l *link) send(n note) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.conn.SetWriteDeadline(time.Now().Add(sendLimit)); err != nil {
		return err
	}
	return l.out.Encode(n)
}

func (l *link) receive() (n note, err error) {
	err = l.in.Decode(&n)
	return n, err
}

// Requirements finds the requirements of a job.
func (c *Job) Requirements(catalogue *spec.Catalogue) map[string]*spec.Requirement {
	found := map[string]*spec.Requirement{}
	for _, i := range c.Items {
		if req, ok := catalogue.ByID(i.ID); ok {
			found[i.ID] = req
		}
	}
	return found
}

// LeftAlone are the users whom a process took no longer, with the reasons.
func LeftAlone(cast *fixtures.Cast) map[string]string {
	left := map[string]string{}
	for _, u := range cast.Users {
		if u.Barred != "" {
			left[u.ID] = u.Barred
		}
	}
	return left
}
