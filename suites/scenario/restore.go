package scenario

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/scenario/internal/users"
)

// LeftBehind is what is known of a user whom another run left behind.
type LeftBehind struct {
	Home   evidence.Observation // how that run had found it
	WrapUp bool                 // the run switched its wrap-up
	Asked  time.Time            // when something was asked of or for it last, zero for long ago
}

// RestoreUser puts a user back whom another run left behind. Where it does not
// end well the error says why, and the user is among Users.Unrestored.
func (s *Stage) RestoreUser(ctx context.Context, left LeftBehind) error {
	home := left.Home
	u := s.Cast.ByID(home.User)
	if u == nil {
		return errors.New("it is not in the cast")
	}
	s.Users.SetInitial(home)
	s.Users.Leave(evidence.Observation{User: u.ID, Index: -1})
	a := newAttempt(s, &spec.Requirement{ID: "restore"}, Plan{Parts: fixtures.Parts{spec.Self: u}}, 1)
	p := a.participant(u)
	// Everything may have been done to it: its state alone does not show a
	// call that it was in when the other run ended.
	p.done.touched, p.done.called, p.done.switched = true, true, left.WrapUp
	if time.Since(left.Asked) < s.Target.Settle {
		// It may still come about, also where the user looks as if it were at home.
		s.Users.StillOpen(u.ID, users.Open{Since: left.Asked})
		p.done.insisted = true // it is watched for as long as it may take
	}
	a.restoreAll(ctx)
	a.close()
	if why := s.Users.WhyNotBack(u.ID); why != "" {
		return errors.New(why)
	}
	return nil
}

// PutBack sends home who stayed signed in, tries once more to put back
// everybody who is unrestored, and looks once more at those for whom a change was
// asked that nobody saw: a target may refuse it and make it all the same. The
// evidence is of what that took, nil for nothing.
func (s *Stage) PutBack(ctx context.Context) (*evidence.Evidence, error) {
	s.breakers.reset() // whatever did not come about may do so now
	a := newAttempt(s, &spec.Requirement{ID: "restore"}, Plan{}, 1)
	unrestored := s.Users.Unrestored()
	for _, u := range s.Cast.Users {
		_, since, doubtful := s.Users.Doubtful(u.ID)
		if unrestored[u.ID] != "" || s.Users.Kept(u.ID) || doubtful {
			a.participant(u)
		}
		if doubtful {
			a.pause(ctx, s.Target.Quiet-time.Since(since))
		}
	}
	if len(a.participants) == 0 {
		return nil, nil
	}
	a.looked = time.Now()
	participants := a.cast()
	errs := make([]error, len(participants), 2*len(participants))
	var wg sync.WaitGroup
	for i, p := range participants {
		wg.Go(func() {
			id := p.user.ID
			now, err := a.look(ctx, p, evidence.ForReturn)
			if err != nil {
				errs[i] = fmt.Errorf("user %s: %w", id, err)
				_, left := s.Users.Whereabouts(id)
				s.Users.Strand(left, a.req.ID, err.Error())
				s.Users.Keep(id, false)
				return
			}
			switch to, _, doubtful := s.Users.Doubtful(id); {
			case s.Users.Kept(id):
				p.done.touched = !a.release(now)
			case unrestored[id] != "":
				p.done.touched = true
			case doubtful && now.State == to:
				errs[i] = a.touch(p)
			}
		})
	}
	wg.Wait()
	a.restoreAll(ctx)
	a.close()
	for _, p := range participants {
		if why := s.Users.WhyNotBack(p.user.ID); why != "" && p.done.touched {
			errs = append(errs, fmt.Errorf("user %s: %s", p.user.ID, why))
		}
	}
	return a.ev, errors.Join(errs...)
}
