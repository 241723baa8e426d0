package runner

import (
	"fmt"
	"net/http"
	"strings"

	"finesse-conformance/internal/text"
	"finesse-conformance/runner/config"
	"finesse-conformance/suites/evidence"
)

// enoughSilence is how many scenarios in a row have to get nothing at all out
// of the target.
const enoughSilence = 3

// silence notices that a target serves nobody any more: it gives no answer, or
// lets no user in, for whatever reason: a proxy or a lock may shut a client
// out after a sign-in that failed. That is one reason, and not a hundred.
type silence struct {
	let   bool   // users were let in before
	n     int    // scenarios in a row
	since string // the requirement of the first of them
	last  string // what came of the last request
	// Whether anything reached the target in that time, and whether it or what
	// stands before it answered with anything but that it cannot: else it is not
	// the target that is silent.
	reached, answered bool
}

// after counts a scenario, and reports whether there were enough of them.
func (s *silence) after(requirement string, seen []*evidence.Evidence) bool {
	sent, reached, served, answered, let := 0, false, false, false, false
	last := ""
	for _, ev := range seen {
		for _, x := range ev.Exchanges {
			sent++
			served = served || x.Served()
			reached = reached || !x.Barred || x.Status != 0
			answered = answered || x.Status > 0 && x.Status < http.StatusInternalServerError
			let = let || letIn(x)
			if last = x.Err; last == "" {
				last = fmt.Sprintf("HTTP %d", x.Status)
			}
		}
	}
	switch {
	case let:
		*s = silence{let: true}
		return false
	case sent == 0 && s.n == 0:
		return false // nothing was asked; in the middle of silence nobody may be left to ask as
	case len(seen) == 0:
		return false
	case served && !s.let:
		*s = silence{} // it may be its way of letting somebody in
		return false
	}
	if s.n++; s.n == 1 {
		s.since = requirement
	}
	s.reached, s.answered = s.reached || reached, s.answered || answered
	if last != "" {
		s.last = last
	}
	return s.n == enoughSilence
}

// letIn reports whether a user was shown itself.
func letIn(x evidence.Exchange) bool {
	return x.Err == "" && x.Status/100 == 2 && x.Method == http.MethodGet && !x.WrongPassword && x.As != "" &&
		x.Path == "/finesse/api/User/"+x.As && strings.Contains(x.ResponseBody, "<User")
}

// why is the one reason.
func (s *silence) why(t *config.Target) error {
	address := text.WithoutCredentials(t.URL.String())
	switch {
	case !s.reached:
		return fmt.Errorf("nobody can sign in to %s any more, since %s: %s", address, s.since, s.last)
	case s.answered:
		return fmt.Errorf("%s lets nobody in any more, since %s: %s", address, s.since, s.last)
	}
	return fmt.Errorf("%s stopped answering: it has let nobody in since %s: %s", address, s.since, s.last)
}
