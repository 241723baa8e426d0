package scenario

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/internal/exit"
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
// asked that nobody saw: a target may refuse it and make it all the same, or make
// it late. The evidence is of what that took, nil for nothing.
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
	if len(a.participants) > 0 {
		a.lookAtAll(ctx, a.cast(), func(p *participant) {
			id := p.user.ID
			switch to, _, doubtful := s.Users.Doubtful(id); {
			case s.Users.Kept(id):
				p.done.touched = !a.release(p.look)
			case unrestored[id] != "":
				p.done.touched = true
			case doubtful && p.look.State == to:
				_ = a.touch(p)
				p.done.touched = true // also where that cannot be noted
			}
		})
		a.restoreAll(ctx)
		a.restoreEach(ctx)
	}
	for range maxRestores { // what that asks for may come late, too
		missed, until := s.Users.Missed(s.Target.Settle)
		if len(missed) == 0 {
			break
		}
		a.restoreLate(ctx, missed, until)
	}
	if len(a.participants) == 0 {
		return nil, nil
	}
	a.close()
	var errs []error
	for _, p := range a.cast() {
		if why := s.Users.WhyNotBack(p.user.ID); why != "" {
			errs = append(errs, fmt.Errorf("user %s: %s", p.user.ID, why))
		}
	}
	return a.ev, errors.Join(errs...)
}

// restoreEach tries once more, one after the other, whom nothing has brought back
// beside others: a target may lose what is asked for one user while it changes another.
func (a *attempt) restoreEach(ctx context.Context) {
	if len(a.participants) < 2 {
		return // it was by itself
	}
	left := a.Users.Unrestored()
	for _, p := range a.cast() {
		p.done.touched = false
	}
	for _, p := range a.cast() {
		if p.done.touched = left[p.user.ID] != ""; p.done.touched {
			a.restoreAll(ctx)
			p.done.touched = false
		}
	}
}

// lookAtAll looks at users who are to be put back, and has something done with
// each. Who cannot be looked at is not back.
func (a *attempt) lookAtAll(ctx context.Context, participants []*participant, do func(*participant)) {
	a.looked = time.Now()
	var wg sync.WaitGroup
	for _, p := range participants {
		wg.Go(func() {
			if _, err := a.look(ctx, p, evidence.ForReturn); err != nil {
				_, left := a.Users.Whereabouts(p.user.ID)
				left.User = p.user.ID
				a.Users.Strand(left, a.req.ID, err.Error())
				a.Users.Keep(p.user.ID, false)
				return
			}
			do(p)
		})
	}
	wg.Wait()
}

// restoreLate puts back whom a change has taken away that was waited for in vain,
// when it has had the time that changes were seen to need. Who is at home before
// that may still be taken away.
func (a *attempt) restoreLate(ctx context.Context, users []string, until time.Time) {
	left := time.Until(until)
	if rest, over := exit.Left(ctx); over && left > rest-a.Target.Settle { // there has to be time for the way back
		left = min(left, a.quietWindow())
	}
	a.pause(ctx, left)
	for _, p := range a.cast() {
		p.done.touched = false // it is back or named
	}
	var late []*participant
	for _, id := range users {
		late = append(late, a.participant(a.Cast.ByID(id)))
	}
	a.lookAtAll(ctx, late, func(p *participant) {
		home, known := a.Users.Initial(p.user.ID)
		switch {
		case !known || a.Users.WhyNotBack(p.user.ID) != "":
		case p.look.State != home.State:
			_ = a.touch(p)
			p.done.touched, p.done.insisted = true, false
			a.Users.Watched(p.user.ID)
		case time.Now().Before(until):
			a.Users.Strand(p.look, a.req.ID, "a change that was asked for was never seen, and may still come")
		}
	})
	a.restoreAll(ctx)
}
