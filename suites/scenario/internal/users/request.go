package users

import (
	"net/http"
	"slices"
	"time"

	"finesse-conformance/spec"
)

// request is what was asked of or for a user last. Two things may be unknown of
// it: whether its effect is still to come, as long as nobody saw it, and whether
// there is one, where the answer says neither that the change is accepted nor
// that it is refused.
type request struct {
	open     *Open
	leads    spec.State // "" where the answer tells what became of it
	answered time.Time
	accepted bool  // it asked for a state, and was not refused
	missed   *Open // the last one that was accepted and waited for in vain, nil for none
}

// Open is a request whose effect was not seen, and may still come.
type Open struct {
	Since time.Time
	From  spec.State // where the user was, "" where that is to be looked at
	Late  bool       // the settle time for it is over
	// Unheard: it may have been refused by an event that nobody heard.
	Unheard bool
}

// Sent notes that something is asked of or for a user, and where it is.
func (r *Records) Sent(user string, from spec.State) {
	r.mu.Lock()
	defer r.mu.Unlock()
	q := &r.get(user).request
	q.open, q.accepted = &Open{Since: time.Now(), From: from}, false
}

// Asked notes what a request on a user asked for and how it was answered. What
// is accepted or refused as the guide has it is watched by who asks.
func (r *Records) Asked(user string, state spec.State, status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	q := &r.get(user).request
	q.leads, q.answered, q.accepted = "", time.Now(), status/100 != 4
	switch {
	case status/100 == 2, status == http.StatusBadRequest, status == http.StatusUnauthorized, status == http.StatusNotFound:
	case state == spec.Login:
		q.leads = spec.NotReady // LOGIN never stays the state
	default:
		q.leads = state
	}
}

// Watched notes that the effect of the last request was seen, or will not come.
func (r *Records) Watched(user string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.get(user).request.open = nil
}

// Came notes that the effect of the last request was seen. What comes after another
// was waited for in vain may as well be that one's.
func (r *Records) Came(user string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	q := &r.get(user).request
	r.late = r.late || q.open != nil && q.open.Late || q.missed != nil && !q.missed.Unheard
	q.open = nil
}

// GaveUp notes that the effect of the last request is not waited for any more,
// though it may still come.
func (r *Records) GaveUp(user string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	q := &r.get(user).request
	if q.open != nil && q.accepted {
		q.missed = q.open
	}
	q.open = nil
}

// How long after it was asked for a change may come that was waited for in vain, in
// settle times: where none was seen to come late, and where one was. The requests of
// a user may have to wait for each other.
const (
	lateAtLeast = 3
	lateAtMost  = 6
)

// Missed gives, once, the users whose changes were waited for in vain, and until when
// one may still come.
func (r *Records) Missed(settle time.Duration) (users []string, until time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	limit := lateAtLeast * settle
	if r.late {
		limit = lateAtMost * settle
	}
	for id, u := range r.of {
		missed := u.request.missed
		if missed == nil {
			continue
		}
		u.request.missed = nil
		users = append(users, id)
		if last := missed.Since.Add(limit); !missed.Unheard && last.After(until) {
			until = last
		}
	}
	slices.Sort(users)
	return users, until
}

// StillOpen notes that what was asked of a user in the state may come about
// after all, since when, and whether it is late.
func (r *Records) StillOpen(user string, o Open) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.get(user).request.open = &o
}

// Open gives the last request, where its effect was not seen.
func (r *Records) Open(user string) (Open, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if o := r.get(user).request.open; o != nil {
		return *o, true
	}
	return Open{}, false
}

// Doubtful gives the state that the last request on a user leads to, and when
// it was answered, where its answer says neither that the change is accepted
// nor that it is refused: it may have come when nobody looked any more.
func (r *Records) Doubtful(user string) (state spec.State, since time.Time, yes bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	u := r.get(user)
	q := u.request
	return q.leads, q.answered, q.leads != "" && u.initial != nil && q.leads != u.initial.State
}
