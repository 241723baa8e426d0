package runner

import (
	"cmp"
	"context"
	"slices"

	"finesse-conformance/fixtures"
	"finesse-conformance/runner/internal/notify"
	"finesse-conformance/runner/internal/parallel"
	"finesse-conformance/spec"
	"finesse-conformance/suites/client"
)

// A reverse proxy takes a client's connections together: those of all
// processes, and the sessions of the notification service among them. Once its
// limit is met each process has a share of them, in which requests come first.

// heed keeps to a limit that another process has met.
func (s *session) heed(ctx context.Context, l client.Limit) {
	if s.client.Heed(l) {
		s.keepTo(ctx, l)
	}
}

// keepTo gives back the connections that are too many under a limit that is
// kept from now on.
func (s *session) keepTo(ctx context.Context, l client.Limit) {
	if l != client.LimitConnections {
		return
	}
	if s.wire != nil {
		s.wire.CloseIdleConnections()
	}
	if listener := s.hearing.Load(); listener != nil {
		go s.fewer(ctx, listener)
	}
}

// fewer ends the sessions that are too many.
func (s *session) fewer(ctx context.Context, listener *notify.Listener) {
	keep := s.withinLimit(s.listeners())
	within, cancel := context.WithTimeout(ctx, 2*s.target.Timing.Request)
	defer cancel()
	var ids []string
	for _, u := range keep {
		ids = append(ids, u.ID)
	}
	listener.Keep(within, ids)
}

// withinLimit are those of the users who may have a session: all where no
// limit is known. Who was found signed in keeps its session, since the end of
// one may sign it out; a supervisor hears what happens to its team.
func (s *session) withinLimit(users []*fixtures.User) []*fixtures.User {
	if !slices.Contains(s.client.Limits(), client.LimitConnections) {
		return users
	}
	_, sessions := client.Within(min(s.shares, parallel.MostSeats))
	var supervisor *fixtures.User
	rank := func(u *fixtures.User) int {
		switch {
		case u.State != spec.Logout:
			return 0
		case u == supervisor, u.HasWrapUpMode(spec.WrapUpRequiredWithData): // there may be no other
			return 1
		case u.Role == spec.RoleSupervisor, u.Mobile != nil:
			return 3
		}
		return 2
	}
	if i := slices.IndexFunc(users, func(u *fixtures.User) bool { return u.Role == spec.RoleSupervisor }); i >= 0 {
		supervisor = users[i]
	}
	users = slices.Clone(users)
	slices.SortStableFunc(users, func(a, b *fixtures.User) int { return cmp.Compare(rank(a), rank(b)) })
	return users[:min(len(users), sessions)]
}

// uncrowd deals with sessions that were refused while others were had: something
// before the service takes no more connections. Those that may be had are
// waited for.
func (s *session) uncrowd(ctx context.Context, listener *notify.Listener) {
	up, crowded := 0, 0
	for _, u := range s.listeners() {
		switch st, _ := listener.Status(u.ID); {
		case st.State == notify.Up:
			up++
		case st.Reason == notify.Crowded:
			crowded++
		}
	}
	if up == 0 || crowded == 0 {
		return
	}
	s.client.Met(client.LimitConnections)
	s.fewer(ctx, listener)
}
