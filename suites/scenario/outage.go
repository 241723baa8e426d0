package scenario

import (
	"context"
	"slices"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/suites/evidence"
)

// mostOutages is how often a requirement is played again because the target
// went away in the middle of it.
const mostOutages = 3

// cutShort reports whether the target was away during an attempt, which then
// proves nothing unless everything was as it should be. Where users are is not
// known any more: a restart may have moved them, and nobody else's hand did.
func (s *Stage) cutShort(ctx context.Context, a *attempt) bool {
	if !slices.ContainsFunc(a.ev.Exchanges, func(x evidence.Exchange) bool { return x.Away }) {
		return false
	}
	for _, u := range s.Cast.Users {
		s.Users.Forget(u.ID)
	}
	if v := s.Judge.Verdict(a.req, a.ev); ctx.Err() != nil || v.Outcome == evidence.Passed {
		return false
	}
	a.ev.Interference, a.ev.Gap = "the target was away in the middle of it", evidence.Gap{Kind: evidence.GapAway}
	return true
}

// awaitSessions waits until every session of notifications stands again, for as
// long as a change may take.
func (s *Stage) awaitSessions(ctx context.Context) {
	eventually(ctx, s.Target.Settle, s.Poll, func() bool {
		return !slices.ContainsFunc(s.Cast.Users, func(u *fixtures.User) bool {
			return s.Events.Listens(u.ID) && s.Events.Outage(u.ID, time.Now()) != ""
		})
	})
}
