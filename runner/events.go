package runner

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"finesse-conformance/runner/internal/notify"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/scenario"
)

// heard keeps what listeners hear.
type heard struct {
	mu        sync.Mutex
	listeners []*notify.Listener // each to users of its own
	events    []evidence.Event
	wake      chan struct{}
}

// join adds a listener. What it hears comes by add, as its options say.
func (h *heard) join(l *notify.Listener) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.listeners = append(h.listeners, l)
}

// of gives who listens to a user, the first listener where nobody does.
func (h *heard) of(user string) *notify.Listener {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, l := range h.listeners {
		if _, ok := l.Status(user); ok {
			return l
		}
	}
	return h.listeners[0]
}

func (h *heard) add(e evidence.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, e)
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

// listen signs in to the notification service. Where that fails the run goes
// on with GETs, and says so.
func (s *session) listen(ctx context.Context, say func(string, ...any)) {
	var connected atomic.Bool
	if s.events == nil {
		if s.unheard.Why != "" {
			say("notifications are not listened to, GETs are used instead: %s", s.unheard.Why)
		}
		return
	}
	options := s.listenerOptions(s.target.Timing.Request)
	options.URL, options.Subscribe = s.survey.ServiceAt(s.events).String(), map[string][]string{}
	if s.heard == nil {
		s.heard = &heard{wake: make(chan struct{})}
	}
	options.OnEvent = s.heard.add
	options.OnStatus = func(st notify.Status) {
		if connected.Load() && st.State != notify.Left && ctx.Err() == nil { // else we leave ourselves
			why := ""
			if st.Detail != "" {
				why = ", as " + st.Detail
			}
			say("notifications of user %s: %s%s", st.User, st.State, why)
		}
	}
	for _, u := range s.withinLimit(s.listeners()) {
		options.Accounts = append(options.Accounts, s.account(u))
		for _, team := range u.Supervises {
			options.Subscribe[u.ID] = append(options.Subscribe[u.ID], "/finesse/api/Team/"+team+"/Users")
		}
	}
	listener, err := notify.Connect(ctx, options)
	switch {
	case listener == nil:
		s.unheard = scenario.Unheard{Why: err.Error(), Cause: evidence.CauseRefused}
		say("notifications are not listened to, GETs are used instead: %v", err)
		return
	case err != nil:
		say("notifications are not listened to for some users: %v", err)
	}
	connected.Store(true)
	s.listener, s.listening = listener, true
	s.heard.join(listener)
	s.hearing.Store(listener)
	s.client.Listening()
	s.uncrowd(ctx, listener)
}
