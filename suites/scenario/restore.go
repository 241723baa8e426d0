package scenario

import (
	"context"
	"errors"
	"fmt"

	"finesse-conformance/fixtures"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// SendHome puts a user back whom another run left behind: home is how that
// run had found him. Wrap-up says that the run switched his wrap-up. Where it
// does not end well the error says why, and the user is in Astray.
func (s *Stage) SendHome(ctx context.Context, home evidence.Look, wrapUp bool) error {
	u := s.Cast.ByID(home.User)
	if u == nil {
		return errors.New("he is not in the cast")
	}
	s.Home(home)
	s.leave(evidence.Look{User: u.ID, Index: -1}, "")
	a := newAttempt(s, &spec.Requirement{ID: "restore"}, fixtures.Parts{spec.Self: u}, 1)
	p := a.player(u)
	// Everything may have been done to him: his state alone does not show a
	// call that he was in when the other run ended.
	p.touched, p.called, p.switched = true, true, wrapUp
	a.giveBack(ctx)
	if why := s.Astray()[u.ID]; why != "" {
		return fmt.Errorf("%s", why)
	}
	return ctx.Err()
}
