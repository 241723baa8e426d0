package users

import (
	"fmt"
	"net/http"
	"sync"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// Records keep what a run knows of its users: how each was found, where it was
// left and seen last, whether it may be asked for anything, and whether it is
// back. They are safe for concurrent use; the zero value is ready.
type Records struct {
	mu     sync.Mutex
	of     map[string]*record // by id
	waits  int                // how often a node that lags was waited for in vain
	lagged int                // how often one was, and what was shown in between lagged
	lags   bool               // a node was seen to lag behind another
	// clocks: two nodes were seen that tell the time of one change by clocks of
	// their own.
	clocks bool
	apart  apart
	late   bool // a change came that had been waited for in vain
	// A stay without a time of change was waited out in vain: the target tells
	// the time of some states only.
	untimed bool
}

// record is what is known of one user.
type record struct {
	initial    *evidence.Observation // how it was found before the run, nil before it was seen
	left       *evidence.Observation // how the last scenario left it, nil before there was one
	unrestored string                // why it could not be put back
	stranded   *stranded             // it could not be brought out of where it is
	forgotten  bool                  // where it was left says nothing any more
	kept       bool                  // it is signed in for the next scenario, and was not
	refused    int                   // how often in a row its own credentials were
	refusals   int                   // how often a request that it signed was answered 401
	newest     evidence.Observation  // what was seen last of it, nodes that lag aside
	visits     map[visit]string      // that it was seen in, with the reason code of each
	doubted    bool                  // the look before this one was outdated
	once       bool                  // nothing but one look shows the newest
	parts      map[string]int        // how often it took part, by requirement
	request    request               // what was asked of or for it last
}

// visit is what tells one time that a user spends in a state from another.
type visit struct {
	state  spec.State
	change string
}

// stranded is a user that could not be brought out of a state, and how often
// that was tried.
type stranded struct {
	evidence.Stranded
	tries int
}

// get gives the record of a user. The lock is held.
func (r *Records) get(user string) *record {
	if r.of == nil {
		r.of = map[string]*record{}
	}
	u := r.of[user]
	if u == nil {
		u = &record{visits: map[visit]string{}, parts: map[string]int{}}
		r.of[user] = u
	}
	return u
}

// SetInitial notes how a user was found, which is how it is put back.
func (r *Records) SetInitial(l evidence.Observation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.get(l.User).initial = &l
}

// Initial gives how a user was found, false where that is not known yet.
func (r *Records) Initial(user string) (evidence.Observation, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if l := r.get(user).initial; l != nil {
		return *l, true
	}
	return evidence.Observation{}, false
}

// Whereabouts gives how a user was found before the run and where the last
// scenario left it.
func (r *Records) Whereabouts(user string) (was, is evidence.Observation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	u := r.get(user)
	if u.initial != nil {
		was = *u.initial
	}
	if u.left != nil {
		is = *u.left
	}
	return was, is
}

// Leave notes that a user is back, or left to somebody else, and where.
func (r *Records) Leave(l evidence.Observation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	u := r.get(l.User)
	u.left, u.unrestored, u.stranded = &l, "", nil
}

// Forget notes that it is not known any more where a user is: where it is seen
// next nobody's hand has moved it.
func (r *Records) Forget(user string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.get(user).forgotten = true
}

// Strand notes that a requirement leaves a user where it could not be put
// back from, and why.
func (r *Records) Strand(l evidence.Observation, requirement, why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	u := r.get(l.User)
	u.left, u.unrestored = &l, why
	if u.stranded == nil || u.stranded.State != l.State {
		u.stranded = &stranded{Stranded: evidence.Stranded{User: l.User, State: l.State, Since: requirement}}
	}
	u.stranded.tries++
}

// enoughTries is how often a user is tried to be brought out of a state by
// requirements, before they leave it to the end of the run.
const enoughTries = 3

// Stranded gives since when a user cannot be brought out of the state that it
// is seen in, nil where it can. It is hopeless where that was tried often.
func (r *Records) Stranded(now evidence.Observation) (where *evidence.Stranded, hopeless bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.get(now.User).stranded
	if s == nil || s.State != now.State {
		return nil, false
	}
	of := s.Stranded
	return &of, s.tries >= enoughTries
}

// Unrestored gives the users who could not be put back, and why.
func (r *Records) Unrestored() map[string]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := map[string]string{}
	for id, u := range r.of {
		if u.unrestored != "" {
			m[id] = u.unrestored
		}
	}
	return m
}

// WhyNotBack says why a user could not be put back, "" where it was.
func (r *Records) WhyNotBack(user string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.get(user).unrestored
}

// Undisturbed reports whether a user still is in the state in which the last
// scenario left it. Where not, somebody else's hand is on it, and it has left
// says where it was; one who could not be put back may still be under way, and
// stays among those to put back.
func (r *Records) Undisturbed(now evidence.Observation) (left evidence.Observation, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	u := r.get(now.User)
	if u.forgotten && u.initial != nil && u.unrestored == "" {
		u.forgotten, u.left = false, &now
		return now, true
	}
	known := u.left
	if known == nil {
		known = u.initial
	}
	if u.initial == nil {
		u.initial = &now
	}
	r.late = r.late || u.request.missed != nil && known != nil && known.State != now.State
	switch {
	case known == nil || known.State == now.State:
		return now, true
	case u.unrestored != "":
		u.left = &now
		return now, true
	case now.State.Resting():
		// Somebody who is on a call or wraps up is left alone until it is over.
		u.left = &now
	}
	return *known, false
}

// Keep notes that a user is signed in for scenarios to come, or no longer.
func (r *Records) Keep(user string, yes bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.get(user).kept = yes
}

// Kept reports whether a user is signed in from a scenario before.
func (r *Records) Kept(user string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.get(user).kept
}

// TakesPart notes that a user takes part in a requirement.
func (r *Records) TakesPart(user, requirement string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.get(user).parts[requirement]++
}

// Parts gives how often a user took part in a requirement.
func (r *Records) Parts(user, requirement string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.get(user).parts[requirement]
}

// maxRefused is how often in a row a user's own credentials may be refused:
// with the one wrong password that a run sends it stays below the five that
// lock an account (guide 12.5(1), page 29).
const maxRefused = 3

// Answered keeps up with how often in a row a user's own credentials were
// refused at its own User object.
func (r *Records) Answered(user string, status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	u := r.get(user)
	if status != http.StatusUnauthorized {
		u.refused = 0
		return
	}
	u.refused++
}

// Unauthorized notes that a request in a user's name was answered 401.
func (r *Records) Unauthorized(user string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.get(user).refusals++
}

// Refusals gives how often requests in a user's name were answered 401.
func (r *Records) Refusals(user string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.get(user).refusals
}

// LockedOut says why nothing more is asked with a user's credentials, nil
// where it may be.
func (r *Records) LockedOut(user string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.get(user).refused < maxRefused {
		return nil
	}
	return fmt.Errorf("user %s was answered 401 %d times in a row and is left alone: five lock an account", user, maxRefused)
}
