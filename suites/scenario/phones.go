package scenario

import (
	"context"
	"fmt"
	"slices"

	"finesse-conformance/fixtures"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/scenario/internal/users"
)

// Exercise brings a requirement about and gives the verdict, with the
// evidence of every attempt. It always ends with everybody put back, or noted
// among Users.Unrestored; when the context is cancelled it stops acting, not putting back.
//
// A user who cannot sign in on its own extension, where others of the cast
// can, has a phone that is not as the configuration says. That is no fault of
// the target: the requirement is exercised with others, and the user is left
// alone from then on. Where nobody can sign in, it is the target.
func (s *Stage) Exercise(ctx context.Context, req *spec.Requirement) (evidence.Verdict, []*evidence.Evidence) {
	first, all := s.exercise(ctx, req)
	verdict := first
	var leftAlone []users.Refusal // left alone from here on
	for ctx.Err() == nil && !s.device && (verdict.Outcome == evidence.Failed || verdict.Outcome == evidence.NotExercised) {
		more := s.putAside()
		if len(more) == 0 {
			break
		}
		leftAlone = append(leftAlone, more...)
		var seen []*evidence.Evidence
		verdict, seen = s.exercise(ctx, req)
		if all = append(all, seen...); len(seen) == 0 && !s.signIns.Any() {
			break // nobody is left, and nobody could sign in
		}
	}
	if len(leftAlone) == 0 {
		return verdict, all
	}
	if verdict.Outcome == evidence.Passed && !s.signIns.Any() {
		// Others had another answer, and nobody has signed in yet: such a
		// requirement signs nobody in.
		all = append(all, s.trySomebody(ctx)...)
	}
	if !s.signIns.Any() {
		s.device = true
		for _, r := range leftAlone {
			r.User.Barred = ""
		}
		return first, all
	}
	for _, r := range leftAlone {
		if r.Error == "" && ctx.Err() == nil {
			// Nothing said why: once more, to tell it from what happens once.
			ev := s.trySignIn(ctx, r.User)
			all = append(all, ev)
			s.signIns.Add(ev, s.Cast.Users)
		}
	}
	still := s.signIns.Refused(s.Cast.Users)
	for _, r := range leftAlone {
		if !slices.ContainsFunc(still, func(o users.Refusal) bool { return o.User == r.User }) {
			r.User.Barred = "" // it can: what failed before failed for another reason
			verdict = first
			continue
		}
		if s.Say != nil {
			s.Say("user %s is left alone from here on: %s", r.User.ID, r.User.Barred)
		}
	}
	return verdict, all
}

// putAside leaves those alone who asked to be signed in and never were, and
// gives those whom it had not left alone before.
func (s *Stage) putAside() (list []users.Refusal) {
	for _, r := range s.signIns.Refused(s.Cast.Users) {
		if r.User.Barred != "" {
			continue
		}
		said := "and then nothing changed"
		if r.Error != "" {
			said = "and refused: " + r.Error
		}
		at := ""
		if r.User.ExtensionAt != "" {
			at = " (" + r.User.ExtensionAt + ")"
		}
		r.User.Barred = fmt.Sprintf("it cannot sign in on its extension %s%s: LOGIN was sent %s; check the phone and the configuration", r.User.Extension, at, said)
		list = append(list, r)
	}
	return list
}

// trySomebody signs users in who are not left alone, one after the other, until
// one of them can.
func (s *Stage) trySomebody(ctx context.Context) (all []*evidence.Evidence) {
	const enough = 3
	for _, u := range s.Cast.Users {
		if s.signIns.Any() || len(all) == enough || ctx.Err() != nil {
			break
		}
		if u.Barred == "" {
			ev := s.trySignIn(ctx, u)
			s.signIns.Add(ev, s.Cast.Users)
			all = append(all, ev)
		}
	}
	return all
}

// trySignIn signs a user in and puts it back.
func (s *Stage) trySignIn(ctx context.Context, u *fixtures.User) *evidence.Evidence {
	a := newAttempt(s, &spec.Requirement{ID: "sign-in"}, Plan{Parts: fixtures.Parts{spec.Self: u}}, 1)
	p := a.participant(u)
	if _, err := a.look(ctx, p, evidence.ForPath); err == nil {
		_ = a.driveTo(ctx, p, spec.Given{State: spec.NotReady}) // the evidence tells
	}
	a.restoreAll(ctx)
	a.close()
	return a.ev
}
