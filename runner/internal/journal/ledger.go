package journal

import (
	"context"
	"io"
	"net/http"
	"net/url"

	"finesse-conformance/fixtures"
	"finesse-conformance/internal/text"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// Ledger is the part of a journal that is about one target. It is what a
// scenario tells whom it touches.
type Ledger struct {
	journal *Journal
	target  string
	cast    *fixtures.Cast
}

// Ledger gives the part of the journal that is about a target.
func (j *Journal) Ledger(target *url.URL, cast *fixtures.Cast) *Ledger {
	return &Ledger{journal: j, target: Key(target), cast: cast}
}

// Touch notes how a user was found. When it returns without an error that is
// on the disk, and the user may be changed.
func (l *Ledger) Touch(user string, found evidence.Observation) error {
	e := entry{Type: entryTouch, Target: l.target, User: user}.found(found)
	if u := l.cast.ByID(user); u != nil {
		e.Calls = u.Calls
	}
	return l.journal.touch(l.who(user), e)
}

// change notes what is about to be done to a user. The error says that it may
// not be done: nobody could undo it.
func (l *Ledger) change(user, what string) error {
	return l.journal.change(l.who(user), entry{Type: entryChange, Target: l.target, User: user, What: what})
}

// Returned notes that a user is back in the state in which it was found. A
// note that cannot be written is made up for when the journal is closed, or
// named then: the user is back all the same.
func (l *Ledger) Returned(user string, now evidence.Observation) error {
	l.journal.returned(l.who(user), entry{Type: entryReturned, Target: l.target, User: user}.found(now))
	return nil
}

func (l *Ledger) who(user string) who { return who{l.target, user} }

// Transport notes every request that changes something before it passes it
// on. A request whose note cannot be written is not sent.
func (l *Ledger) Transport(next http.RoundTripper) http.RoundTripper {
	return ledgerTransport{l, next}
}

type ledgerTransport struct {
	ledger *Ledger
	next   http.RoundTripper
}

func (t ledgerTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		if u := t.ledger.concerned(r); u != nil {
			if err := t.ledger.change(u.ID, r.Method+asked(r)); err != nil {
				return nil, err
			}
		}
	}
	return t.next.RoundTrip(r)
}

var userInPath = text.Pattern(`/finesse/api/User/([^/]+)`)

// concerned gives the user of the cast that a request is about: the one in
// its path, or, of a Dialog request, the one who signs it.
func (l *Ledger) concerned(r *http.Request) *fixtures.User {
	if m := userInPath().FindStringSubmatch(r.URL.Path); m != nil {
		return l.cast.ByID(m[1])
	}
	name, _, _ := r.BasicAuth()
	for _, u := range l.cast.Users {
		if name != "" && u.Name() == name {
			return u
		}
	}
	return nil
}

var askedFor = text.Pattern(`<(?:state|requestedAction)>([A-Z_]{1,40})</`)

// asked gives the state or action that a request asks for.
func asked(r *http.Request) string {
	if r.GetBody == nil {
		return ""
	}
	body, err := r.GetBody()
	if err != nil {
		return ""
	}
	defer body.Close()
	start, err := io.ReadAll(io.LimitReader(body, 4<<10))
	if m := askedFor().FindSubmatch(start); err == nil && m != nil {
		return " " + string(m[1])
	}
	return ""
}

// Stimuli notes every stimulus before it passes it on. Where there are none,
// there are still none.
func (l *Ledger) Stimuli(next fixtures.Stimuli) fixtures.Stimuli {
	if none, ok := next.(fixtures.NoStimuli); ok {
		return none
	}
	return ledgerStimuli{next, l}
}

type ledgerStimuli struct {
	fixtures.Stimuli
	ledger *Ledger
}

const stimulusChange = "stimulus "

func (s ledgerStimuli) Do(ctx context.Context, name spec.Stimulus, user, extension string) error {
	if s.Supports(name) {
		if err := s.ledger.change(user, stimulusChange+string(name)); err != nil {
			return err
		}
	}
	return s.Stimuli.Do(ctx, name, user, extension)
}
