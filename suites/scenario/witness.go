package scenario

import (
	"context"

	"finesse-conformance/fixtures"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// castWitness picks somebody whom the requirement does not need: of the
// subject's team, with reason codes, an agent rather than a supervisor.
func (a *attempt) castWitness() {
	if !a.req.Given.Witness {
		return
	}
	subject, best := a.parts[spec.Self], 0
	for _, u := range a.Cast.Usable() {
		if a.parts.Has(u) || u.Extension == "" || a.Users.WhyNotBack(u.ID) != "" || !u.State.Resting() {
			continue
		}
		rank := 1
		if u.Team == subject.Team {
			rank += 4
		}
		if len(u.Codes[spec.CategoryNotReady]) > 0 {
			rank += 2
		}
		if u.Role == spec.RoleAgent {
			rank++
		}
		if rank > best {
			best, a.witness = rank, u
		}
	}
	if a.witness != nil {
		a.participant(a.witness)
		a.ev.Cast["witness"] = castUser(a.witness)
	}
}

// placeWitness has the witness NOT_READY with a reason code. Where that does
// not come about it bears witness from where it is.
func (a *attempt) placeWitness(ctx context.Context) {
	if a.witness == nil {
		return
	}
	p := a.participant(a.witness)
	codes := p.user.Codes[spec.CategoryNotReady]
	if len(codes) < 2 {
		_ = a.withReason(ctx, p)
		return
	}
	// Another code than subjects are sent to, who get the first.
	if err := a.driveThrough(ctx, p, spec.Given{State: spec.Ready}, true); err == nil {
		_ = a.chooseReason(ctx, p, codes[len(codes)-1].ID)
	}
}

// withReason brings a user into NOT_READY with a reason code that it chose: by
// way of READY, since changing the code in NOT_READY is a transition of its own.
// One of the system's, which a target shows of who chose none, is not taken away
// by who takes choices away.
func (a *attempt) withReason(ctx context.Context, p *participant) error {
	if p.look.State == spec.NotReady && (p.hasOwnReason() || p.look.Reason() != "" && len(p.user.Codes[spec.CategoryNotReady]) == 0) {
		return nil
	}
	if p.look.State != spec.Ready {
		if err := a.driveThrough(ctx, p, spec.Given{State: spec.Ready}, true); err != nil {
			return err
		}
	}
	return a.driveTo(ctx, p, spec.Given{State: spec.NotReady})
}

func castUser(u *fixtures.User) evidence.User {
	var codes []string
	for _, category := range []spec.Category{spec.CategoryNotReady, spec.CategoryLogout} {
		for _, c := range u.Codes[category] {
			codes = append(codes, c.ID)
		}
	}
	return evidence.User{ReasonCodes: codes, ID: u.ID, Role: string(u.Role), Team: u.Team, Supervises: u.Supervises, Extension: u.Extension, WrapUpTimer: u.WrapUpTimer}
}
