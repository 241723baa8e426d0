// Package users is what a run finds out about its users while it goes: whom
// the target signs in, and whose credentials it refuses. It imports what was
// seen and who may be touched, and knows nothing of acting.
package users

import (
	"encoding/xml"
	"net/http"
	"slices"
	"sync"

	"finesse-conformance/fixtures"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// deviceErrors are what a target says of a phone that is not there, switched
// off, of somebody else, or in use (guide 12.5(1), page 30).
var deviceErrors = []string{"Invalid Device", "Device Busy"}

// SignIns keeps who signed in on its own extension and who did not. It is
// safe for concurrent use; the zero value is ready.
type SignIns struct {
	mu      sync.Mutex
	done    map[string]bool    // who was seen signed in
	refused map[string]Refusal // who asked for it and never was
}

// Refusal is of a user who asked to be signed in on its own extension and was
// not.
type Refusal struct {
	User  *fixtures.User
	Error string // what the target said of the device, "" where it said nothing
}

// Add takes over what the evidence of an attempt tells of the users.
func (s *SignIns) Add(ev *evidence.Evidence, cast []*fixtures.User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range cast {
		if s.done[u.ID] {
			continue
		}
		if slices.ContainsFunc(ev.Observations, func(o evidence.Observation) bool { return o.User == u.ID && signedIn(o.State) }) {
			if s.done == nil {
				s.done = map[string]bool{}
			}
			s.done[u.ID] = true
			delete(s.refused, u.ID)
			continue
		}
		if said, was := refusal(ev, u); was {
			if s.refused == nil {
				s.refused = map[string]Refusal{}
			}
			r := s.refused[u.ID]
			if r.User = u; said != "" {
				r.Error = said
			}
			s.refused[u.ID] = r
		}
	}
}

// Refused lists the users who asked to be signed in and never were, in the
// order of the cast.
func (s *SignIns) Refused(cast []*fixtures.User) []Refusal {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Refusal
	for _, u := range cast {
		if r, ok := s.refused[u.ID]; ok {
			list = append(list, r)
		}
	}
	return list
}

// Any reports whether anybody was seen signed in.
func (s *SignIns) Any() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.done) > 0
}

func signedIn(s spec.State) bool {
	return slices.Contains(spec.States(), s) && s != spec.Logout && s != spec.Login && s != spec.Unknown
}

// refusal tells whether the user asked in an attempt to be signed in on its
// own extension, as itself, and was not: refused for its device, at once or by
// an event, or accepted and seen signed out nevertheless.
func refusal(ev *evidence.Evidence, u *fixtures.User) (said string, was bool) {
	asked := -1
	for i, x := range ev.Exchanges {
		if !isSignIn(x, u) {
			continue
		}
		switch {
		case x.Status/100 == 2:
			asked = i
		case x.Status == http.StatusBadRequest:
			if t := errorType(x.ResponseBody); slices.Contains(deviceErrors, t) {
				return t, true
			}
		}
	}
	if asked < 0 {
		return "", false
	}
	x := ev.Exchanges[asked]
	for _, e := range ev.Events {
		if e.Session == u.ID && slices.Contains(deviceErrors, e.ErrorType) && !e.Received.Before(x.Started) {
			return e.ErrorType, true
		}
	}
	// The last look at the user has to be one after the settle time.
	for _, o := range slices.Backward(ev.Observations) {
		if o.User == u.ID {
			return "", o.State == spec.Logout && o.Asked.Sub(x.Started) >= ev.Target.Settle*9/10
		}
	}
	return "", false
}

func isSignIn(x evidence.Exchange, u *fixtures.User) bool {
	if x.Method != http.MethodPut || x.As != u.ID || x.WrongPassword || x.Path != "/finesse/api/User/"+u.ID {
		return false
	}
	var doc struct {
		State     string `xml:"state"`
		Extension string `xml:"extension"`
	}
	return xml.Unmarshal([]byte(x.RequestBody), &doc) == nil && doc.State == string(spec.Login) && u.Extension != "" && doc.Extension == u.Extension
}

func errorType(body string) string {
	var doc struct {
		Type string `xml:"ApiError>ErrorType"`
	}
	_ = xml.Unmarshal([]byte(body), &doc) // what is no such document has no type
	return doc.Type
}
