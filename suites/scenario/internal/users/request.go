package users

import (
	"net/http"
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
}

// Open is a request whose effect was not seen, and may still come.
type Open struct {
	Since time.Time
	From  spec.State // where the user was, "" where that is to be looked at
	Late  bool       // the settle time for it is over
}

// Sent notes that something is asked of or for a user, and where it is.
func (r *Records) Sent(user string, from spec.State) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.get(user).request.open = &Open{Since: time.Now(), From: from}
}

// Asked notes what a request on a user asked for and how it was answered. What
// is accepted or refused as the guide has it is watched by who asks.
func (r *Records) Asked(user string, state spec.State, status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	q := &r.get(user).request
	q.leads, q.answered = "", time.Now()
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
