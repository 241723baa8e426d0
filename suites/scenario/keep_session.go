package scenario

import (
	"context"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// Most scenarios begin with signing in whom the one before has just signed
// out. Where the stage says so, a user who was found signed out stays signed
// in when a scenario went as the guide says and left it as the way into the
// next one would: NOT_READY without a reason code or with the one that ways
// lead to, or READY, with nothing under way. A scenario whose way does not lead
// over that begins with signing it out, and so does one in which it has no
// part. What one scenario did is thus never seen in another.

// restingPoint is where a user may stay: a state, and with a reason code or without.
type restingPoint struct {
	state  spec.State
	reason bool
}

// restingPointOf gives where a look shows a user who may stay, false for anywhere
// else.
func (a *attempt) restingPointOf(p *participant, l evidence.Observation) (restingPoint, bool) {
	at := restingPoint{l.State, l.Reason() != ""}
	switch {
	case l.Event, l.Pending != "", l.Extension != p.user.Extension:
		return at, false
	case l.State == spec.NotReady:
		return at, !at.reason || l.Reason() == a.reasonOnPath(p, spec.NotReady)
	}
	return at, l.State == spec.Ready && !at.reason
}

// mayStay reports whether a user can stay as it is for scenarios to come.
func (a *attempt) mayStay(p *participant, home evidence.Observation) bool {
	_, ok := a.restingPointOf(p, p.look)
	_, open := a.Users.Open(p.user.ID)
	return ok && a.clean && home.State == spec.Logout && !p.done.called && !p.done.switched && !open
}

// matchesPath reports whether a user who stayed is where the way into the scenario
// leads it.
func (a *attempt) matchesPath(p *participant) bool {
	at, ok := a.restingPointOf(p, p.look)
	if !ok {
		return false
	}
	if p.user == a.witness {
		return true // it is READY for a moment before it is where it bears witness from
	}
	signedIn := at == restingPoint{state: spec.NotReady}
	switch a.part(p) {
	case spec.Self:
		return a.leadsOver(at)
	case spec.Supervisor, spec.ForeignSupervisor:
		return signedIn
	case spec.Peer:
		return signedIn && a.calls
	}
	return false
}

// leadsOver reports whether the subject's way from being signed out leads over
// a place, with nothing before it but what leads there.
func (a *attempt) leadsOver(at restingPoint) bool {
	g := a.req.Given
	signedIn := at == restingPoint{state: spec.NotReady}
	switch {
	case g.State == "":
		return signedIn && (g.Session || g.Fresh)
	case g.Fresh:
		return signedIn
	case g.Reason:
		return signedIn || at.reason && (g.State == spec.NotReady || g.State == spec.Ready)
	case at.reason:
		return false
	}
	for i, to := range a.path.After {
		if put := a.path.Moves[i].Action.Put; put != spec.Login && put != spec.Ready {
			return false
		}
		if to.State == at.state {
			return true
		}
	}
	return false
}

// restoreBeforeStart signs a user out who stayed and does not fit. Where that does not
// come about, the scenario begins where it is.
func (a *attempt) restoreBeforeStart(ctx context.Context, p *participant) {
	home, ok := a.Users.Initial(p.user.ID)
	if !ok || !a.Users.Kept(p.user.ID) || a.matchesPath(p) {
		return
	}
	p.leg.returning = true
	defer func() { p.leg.returning = false }()
	_ = a.driveBack(ctx, p, home.State) // putting back in the end tries again, and says why not
}

// release reports whether somebody else has taken over a user who stayed. It is
// no longer the run's to put back.
func (a *attempt) release(now evidence.Observation) bool {
	_, left := a.Users.Whereabouts(now.User)
	if now.Same(left) && now.Extension == left.Extension {
		return false
	}
	a.Users.Keep(now.User, false)
	a.repetitions.interference()
	if a.Ledger != nil {
		if err := a.Ledger.Returned(now.User, now); err != nil {
			a.Users.Strand(now, a.req.ID, err.Error())
		}
	}
	return true
}
