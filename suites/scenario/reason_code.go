package scenario

import (
	"context"
	"fmt"
	"slices"

	"finesse-conformance/fixtures"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// leaveReason has a user be NOT_READY with a reason code before what follows,
// where it can: a target that keeps an old code shows it then. The code is
// changed in NOT_READY, so that going NOT_READY from READY is not on the way:
// what follows may be about that.
func (a *attempt) leaveReason(ctx context.Context, p *participant) {
	codes := p.user.Codes[spec.CategoryNotReady]
	if len(codes) == 0 || p.look.State == spec.Ready {
		return
	}
	if err := a.driveTo(ctx, p, spec.Given{State: spec.NotReady}); err == nil && !p.hasOwnReason() {
		_ = a.chooseReason(ctx, p, codes[0].ID)
	}
}

// hasOwnReason reports whether the last look shows a reason code that the user
// may choose: not one that a target gives by itself to who chose none.
func (p *participant) hasOwnReason() bool {
	return slices.ContainsFunc(p.user.Codes[spec.CategoryNotReady], func(c fixtures.ReasonCode) bool { return c.ID == p.look.Reason() })
}

// chooseReason sets the reason code of a user who is NOT_READY.
func (a *attempt) chooseReason(ctx context.Context, p *participant, id string) error {
	x, err := a.putOnPath(ctx, p, spec.NotReady, id)
	if err != nil {
		return err
	}
	if x.Status >= 400 && x.Status < 500 {
		a.Users.Watched(p.user.ID)
		return &refusedReason{a.failedOnPath(p, x, "", "NOT_READY with reasonCodeId "+id)}
	}
	ok := a.untilSince(ctx, p, x.Started, a.pathLimit(), func(l evidence.Observation) bool { return l.State == spec.NotReady && l.ReasonCodeID == id })
	p.waited += max(a.shown(p, x.Started, p.look), x.Duration)
	if !ok {
		return a.failedOnPath(p, x, "", fmt.Sprintf("NOT_READY with reasonCodeId %s", id))
	}
	a.Users.Watched(p.user.ID)
	a.noteMove(p, "choose reason code %s", id)
	return nil
}

// refusedReason is the error of a reason code that the target does not let the
// user set.
type refusedReason struct{ error }

func (r *refusedReason) Unwrap() error { return r.error }
