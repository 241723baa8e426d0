package runner

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"finesse-conformance/runner/internal/notify"
	"finesse-conformance/suites/evidence"
)

// heard keeps what the listener hears in the form of evidence.
type heard struct {
	listener *notify.Listener
	guests   map[string]*notify.Listener // of users whom another listener listens to

	mu     sync.Mutex
	events []evidence.Event
	wake   chan struct{}
}

// hear starts keeping what the listener hears.
func hear(l *notify.Listener) *heard {
	h := &heard{listener: l, guests: map[string]*notify.Listener{}, wake: make(chan struct{})}
	l.Events(h.add)
	return h
}

// join keeps as well what another listener hears of other users.
func (h *heard) join(l *notify.Listener, users []string) {
	h.mu.Lock()
	for _, u := range users {
		h.guests[u] = l
	}
	h.mu.Unlock()
	l.Events(h.add)
}

func (h *heard) of(user string) *notify.Listener {
	h.mu.Lock()
	defer h.mu.Unlock()
	if l := h.guests[user]; l != nil {
		return l
	}
	return h.listener
}

func (h *heard) add(e notify.Event) {
	kept := asEvidence(e)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, kept)
	if len(h.events) > mostHeard {
		h.forget()
	}
	close(h.wake)
	h.wake = make(chan struct{})
}

// mostHeard bounds what is kept of a service that tells more than a run asks
// about: a supervisor hears every change of a team, and strangers' events may
// come without end.
const mostHeard = 20000

// forget lets go of the older half: of what is not as it should be first, and
// of all of it where that does not help.
func (h *heard) forget() {
	half := len(h.events) / 2
	older := slices.DeleteFunc(slices.Clone(h.events[:half]), func(e evidence.Event) bool { return e.Problem != "" })
	if len(older) > half/2 {
		older = nil
	}
	h.events = append(older, h.events[half:]...)
}

// Since gives the events received at or after t.
func (h *heard) Since(t time.Time) []evidence.Event {
	h.mu.Lock()
	defer h.mu.Unlock()
	first := len(h.events)
	for first > 0 && !h.events[first-1].Received.Before(t) {
		first--
	}
	return append([]evidence.Event(nil), h.events[first:]...)
}

// Wake gives a channel that is closed when the next event arrives.
func (h *heard) Wake() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.wake
}

// Confirm makes sure that everything sent to the user's session has been heard.
// What else keeps it from that is in the outages.
func (h *heard) Confirm(ctx context.Context, user string) { _ = h.of(user).Confirm(ctx, user) }

// Unsubscribed says why a node of the user's was not subscribed to.
func (h *heard) Unsubscribed(user, node string) string {
	status, _ := h.of(user).Status(user)
	return status.Refused[node]
}

// Listens reports whether the user has a session of its own.
func (h *heard) Listens(user string) bool {
	st, ok := h.of(user).Status(user)
	return ok && st.State != notify.Left
}

// Outage says whether the user's session was down at any moment since t.
func (h *heard) Outage(user string, t time.Time) string {
	listener := h.of(user)
	if listener.ConnectedThroughout(user, t, time.Now()) {
		return ""
	}
	why := "the session of user " + user + " was down"
	for _, o := range listener.Outages(user) {
		if o.To.IsZero() || o.To.After(t) {
			return strings.TrimSuffix(why+": "+o.Detail, ": ")
		}
	}
	return why
}

// asEvidence keeps of a notification what a judge needs. What is wrong with
// the form of the stanza goes along: it is a fact about the target.
func asEvidence(e notify.Event) evidence.Event {
	kept := evidence.Event{
		Received: e.Received, Session: e.Account, Node: e.Node, Source: e.Source, Event: e.Action,
		RequestID: e.RequestID, Payload: e.Payload, Problem: e.Stray,
	}
	if len(e.Problems) > 0 {
		kept.Problem = cmp.Or(kept.Problem, e.Problems[0])
	}
	if len(e.Errors) > 0 {
		kept.ErrorType, kept.ErrorMessage, kept.ErrorData = e.Errors[0].Type, e.Errors[0].Message, e.Errors[0].Data
	}
	return kept
}
