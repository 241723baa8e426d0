package scenario

import (
	"context"
	"fmt"
	"sync"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/suites/evidence"
)

// survey looks at the whole cast: the participants for where they stand, everybody
// else so that it can be said later that they have not moved. Those looks may
// go on while the participants are on their way; the function waits for them.
func (a *attempt) survey(ctx context.Context) (others func() []evidence.Observation, err error) {
	users := a.Cast.Usable()
	looks, errs := make([]evidence.Observation, len(users)), make([]error, len(users))
	hasPart := func(u *fixtures.User) bool { return a.parts.Has(u) || u == a.witness }
	plays := map[*fixtures.User]bool{} // has a part, or stayed
	for _, u := range users {
		plays[u] = hasPart(u) || a.Users.Kept(u.ID)
	}
	var participants, rest sync.WaitGroup
	for i, u := range users {
		switch p := a.participantOr(u); {
		case plays[u]:
			participants.Go(func() { looks[i], errs[i] = a.look(ctx, p, evidence.ForLook) })
		default:
			rest.Go(func() { looks[i], errs[i] = a.look(ctx, p, evidence.ForLook) })
		}
	}
	others = func() []evidence.Observation {
		rest.Wait()
		var list []evidence.Observation
		for i, u := range users {
			if !plays[u] && errs[i] == nil {
				list = append(list, looks[i])
			}
		}
		return list
	}
	participants.Wait()
	gone := map[*fixtures.User]bool{}
	for i, u := range users {
		gone[u] = a.Users.Kept(u.ID) && errs[i] == nil && a.release(looks[i])
	}
	var longest time.Duration
	for i, u := range users {
		if !plays[u] {
			continue
		}
		longest = max(longest, took(looks[i]))
		if errs[i] != nil {
			return others, &unreached{why: fmt.Sprintf("user %s: %v", u.ID, errs[i]), gap: GapOf(errs[i]), again: true}
		}
		if !hasPart(u) {
			continue
		}
		if err := a.checkUndisturbed(looks[i]); err != nil {
			return others, err
		}
		if gone[u] {
			return others, &unreached{why: fmt.Sprintf("user %s is not as the run left it: somebody else acts on it", u.ID), gap: evidence.Gap{Kind: evidence.GapInterference}, again: true}
		}
	}
	a.waits(longest)
	return others, nil
}

// lookedAt reports whether a user was looked at after all that was done, a
// moment ago.
func (a *attempt) lookedAt(p *participant) bool {
	return !a.looked.IsZero() && !p.look.Asked.Before(a.looked) && fresh(p.look)
}

// fresh reports whether a user was looked at so short a time ago that another
// look would tell nothing else.
func fresh(l evidence.Observation) bool {
	return !l.At.IsZero() && !l.Event && time.Since(l.At) < freshness
}

// freshness is a moment in the life of a user: less than what it takes a
// person to act.
const freshness = 100 * time.Millisecond
