package scenario

import (
	"context"
	"slices"
	"sync"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// dragged has those given back who seem to have been moved along with the
// subject: to where a request asked it to go. Else they would stand there
// before the repetition already, and nobody would see them move.
func (a *attempt) dragged() {
	for _, was := range a.ev.Before {
		for _, now := range a.ev.After {
			if now.User != was.User || now.State == was.State || !a.asksFor(now.State) {
				continue
			}
			u := a.Cast.ByID(was.User)
			if _, known := a.Users.Initial(u.ID); !known {
				a.Users.SetInitial(was)
			}
			p := a.participant(u)
			p.look = now
			_ = a.touch(p) // who must not be touched stays
		}
	}
}

// asksFor reports whether a request of the requirement asks for the state.
func (a *attempt) asksFor(s spec.State) bool {
	return slices.ContainsFunc(a.req.Steps, func(st spec.Step) bool {
		return slices.ContainsFunc(st.Whens(), func(w spec.When) bool {
			put := w.Put
			return put != nil && (put.State == string(s) || put.State == string(spec.Login) && s == spec.NotReady)
		})
	})
}

// lookBefore notes where everybody is whom the steps do not act on, as surveyed: at
// the start or, in a repetition, just before the steps, so that who moved on the way
// was not moved by one. Nobody is waited for while the subject rings.
func (a *attempt) lookBefore(ctx context.Context, subject *participant, surveyed []evidence.Observation) {
	a.ev.Before = surveyed
	if a.ev.Attempt > 1 && subject.look.State.Resting() {
		for i, l := range a.lookAt(ctx, a.ev.Before) {
			if l != nil {
				a.ev.Before[i] = *l
			}
		}
	}
	for _, p := range a.cast() {
		if p != subject && p.user != a.parts[spec.Peer] {
			a.ev.Before = append(a.ev.Before, p.look)
		}
	}
}

// lookAfter looks at everybody whom the requirement does not act on, and at
// the other party of a call, who has to be put back.
func (a *attempt) lookAfter(ctx context.Context) {
	var wg sync.WaitGroup
	if peer := a.parts[spec.Peer]; peer != nil && a.participant(peer).done.touched {
		wg.Go(func() { _, _ = a.look(ctx, a.participant(peer), evidence.ForReturn) })
	}
	looks := a.lookAt(ctx, a.ev.Before)
	wg.Wait()
	for i, l := range looks {
		if l != nil {
			a.ev.After = append(a.ev.After, *l)
			a.swept(a.ev.Before[i], *l)
		}
	}
}

// lookAt looks again at users who were seen, and gives nil for whom it cannot.
func (a *attempt) lookAt(ctx context.Context, seen []evidence.Observation) []*evidence.Observation {
	looks := make([]*evidence.Observation, len(seen))
	var wg sync.WaitGroup
	for i, was := range seen {
		wg.Go(func() {
			if l, err := a.look(ctx, a.participantOr(a.Cast.ByID(was.User)), evidence.ForLook); err == nil {
				looks[i] = &l
			}
		})
	}
	wg.Wait()
	return looks
}

// swept has somebody put back whom the request moved along with its subject:
// who is in the state that was asked for, and was not before. Whoever else
// moved may have done so itself.
func (a *attempt) swept(was, now evidence.Observation) {
	if was.State == now.State || !a.asksFor(now.State) {
		return
	}
	p := a.participant(a.Cast.ByID(now.User))
	p.look, p.situation.State = now, now.State
	if err := a.touch(p); err == nil {
		a.Users.Watched(p.user.ID)
	}
}
