package scenario

import (
	"fmt"
	"net/http"
	"strings"

	"finesse-conformance/fixtures"
	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
)

// maxRefused is how often in a row a user's own credentials may be refused:
// with the one wrong password that a run sends it stays below the five that
// lock an account (guide 12.5(1), page 29).
const maxRefused = 3

// count keeps up with how often in a row a user was not let in to its own
// User object.
func (s *Stage) count(call client.Call, x evidence.Exchange) {
	if call.As == nil || call.Credentials != client.Own || x.Status == 0 || !strings.HasPrefix(call.Path, userPath(call.As.ID)) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refused == nil {
		s.refused = map[string]int{}
	}
	if x.Status != http.StatusUnauthorized {
		s.refused[call.As.ID] = 0
		return
	}
	s.refused[call.As.ID]++
}

// shutOut says why nothing more is asked with a user's credentials, nil where
// it may be.
func (s *Stage) shutOut(u *fixtures.User) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refused[u.ID] < maxRefused {
		return nil
	}
	return fmt.Errorf("user %s was answered 401 %d times in a row and is left alone: five lock an account", u.ID, maxRefused)
}
