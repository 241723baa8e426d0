package scenario

import (
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// participant is a user in an attempt.
type participant struct {
	user     *fixtures.User
	sighting               // where it is, as far as was seen
	refused  time.Time     // when something was refused to it on its way
	done     traces        // what the attempt did to it
	leg      leg           // the part of its path that it is on
	waited   time.Duration // see attempt.phase
}

// sighting is what was seen of a user.
type sighting struct {
	look      evidence.Observation // the last one
	situation spec.Situation
	wrapped   time.Time // when wrap-up was first seen
	had       string    // the last reason code that it was seen with

	body string // of the last GET
	says evidence.Observation
}

// traces are what an attempt did to a user.
type traces struct {
	touched   bool   // something was asked of or for it
	outlasted bool   // see attempt.outlast
	called    bool   // it took part in a call or reservation, whatever its state shows
	switched  bool   // wrap-up was switched by a stimulus
	insisted  bool   // it was signed out though it looked so already
	gave      string // the last reason code that it was sent to
}

// leg is the part of a path that a user is on.
type leg struct {
	ahead     int  // moves, the next included
	through   bool // the end is only passed
	returning bool // it leads back, while others are on their way there
	// The moves that did not come about on the way back: another way is taken,
	// as long as there is one.
	closed []*spec.Move
}

func (a *attempt) participant(u *fixtures.User) *participant {
	a.mu.Lock()
	defer a.mu.Unlock()
	p, ok := a.participants[u.ID]
	if !ok {
		p = &participant{user: u}
		a.participants[u.ID] = p
	}
	return p
}

// participantOr gives the participant, or for somebody who is none a stand-in to look
// through.
func (a *attempt) participantOr(u *fixtures.User) *participant {
	a.mu.Lock()
	defer a.mu.Unlock()
	if p, ok := a.participants[u.ID]; ok {
		return p
	}
	return &participant{user: u}
}

// cast gives the participants in the order of the cast, so that everything that is
// done for all of them happens in the same order every time.
func (a *attempt) cast() []*participant {
	var list []*participant
	for _, u := range a.Cast.Users {
		a.mu.Lock()
		p, ok := a.participants[u.ID]
		a.mu.Unlock()
		if ok {
			list = append(list, p)
		}
	}
	return list
}
