package scenario

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/navigate"
)

// maxReplans is how often a way is planned anew because the target moved on
// its own.
const maxReplans = 4

// route plans the way of a requirement's subject from LOGOUT: every other
// place is on it, or nearer.
func (s *Stage) route(req *spec.Requirement, parts fixtures.Parts) (navigate.Path, error) {
	subject := parts[spec.Self]
	from := spec.Situation{State: spec.Logout, WrapUp: subject.WrapUp(req.Given.Call)}
	return navigate.Find(s.Catalogue.Moves(s.Target.Deployment, s.Target.Release), from, req.Given, s.means(subject, parts))
}

func (s *Stage) means(u *fixtures.User, parts fixtures.Parts) navigate.Means {
	means := navigate.Means{
		Stimulus: s.Stimuli.Supports,
		Dialogs:  s.Dialogs,
		Peer:     parts[spec.Peer] != nil && parts[spec.Peer] != u,
		Timer:    u.WrapUpTimer > 0 && u.WrapUpTimer <= s.Target.LongestWait,
	}
	if !s.Cast.SwitchesWrapUp {
		means.WrapUp = u.WrapUpAfter
	}
	return means
}

func (a *attempt) find(p *participant, goal spec.Given) (navigate.Path, error) {
	way, err := a.openWay(p, goal)
	if err != nil && len(p.leg.closed) > 0 {
		p.leg.closed = nil // each of them may come about the next time
		way, err = a.openWay(p, goal)
	}
	if err == nil {
		return way, nil
	}
	if barred, none := navigate.Find(a.moves, p.situation, goal, a.means(p.user, a.parts)); none == nil {
		if why := a.breakers.openReason(barred); why != nil {
			return navigate.Path{}, why
		}
	}
	return navigate.Path{}, err
}

// openWay is the cheapest way of moves that are tried.
func (a *attempt) openWay(p *participant, goal spec.Given) (navigate.Path, error) {
	moves := a.breakers.allowed(a.moves)
	if len(p.leg.closed) > 0 {
		moves = slices.DeleteFunc(slices.Clone(moves), func(m *spec.Move) bool { return slices.Contains(p.leg.closed, m) })
	}
	return navigate.Find(moves, p.situation, goal, a.means(p.user, a.parts))
}

// closes notes a move that did not come about on the way back, and reports
// whether another way is taken at once: where the move was refused, and there is
// one that no timer has to be waited for on. What may still come about is asked for
// again first.
func (a *attempt) closes(p *participant, m *spec.Move, err error, goal spec.Given) bool {
	if !a.returning(p) || !errors.As(err, new(*unreached)) {
		return false
	}
	p.leg.closed = append(p.leg.closed, m)
	if seen := GapOf(err).Instead; seen == nil || seen.Status/100 != 4 {
		return false
	}
	way, err := a.openWay(p, goal)
	return err == nil && !slices.ContainsFunc(way.Moves, func(m *spec.Move) bool { return m.Action.Timer != "" })
}

// hasOpenWay reports whether a way is left beside those that did not come about.
func (a *attempt) hasOpenWay(p *participant, goal spec.Given) bool {
	if len(p.leg.closed) == 0 {
		return false
	}
	_, err := a.openWay(p, goal)
	return err == nil
}

// given brings the subject into the precondition.
func (a *attempt) given(ctx context.Context, p *participant, g spec.Given) error {
	if g.Fresh || g.Reason && g.State == spec.Ready {
		a.leaveReason(ctx, p)
	}
	var first spec.State
	switch {
	case g.Fresh:
		first = spec.Logout
	case g.Session && p.look.State == spec.Logout:
		first = spec.NotReady
	}
	if first != "" {
		if err := a.driveThrough(ctx, p, spec.Given{State: first}, g.State != ""); err != nil {
			return err
		}
	}
	if g.State == "" {
		return nil
	}
	coded := g.Reason && g.State == spec.NotReady && len(p.user.Codes[spec.CategoryNotReady]) > 0
	switch err := a.driveThrough(ctx, p, g, coded); {
	case err != nil:
		return err
	case coded && !p.hasOwnReason():
		if err := a.withReason(ctx, p); err != nil {
			return err
		}
		// What lags may show the NOT_READY of before.
		own := func(evidence.Observation) bool { return p.look.State == spec.NotReady && p.hasOwnReason() }
		if !own(p.look) && !a.untilSince(ctx, p, time.Time{}, a.Target.Quiet, own) && p.look.Reason() == "" {
			return &unreached{why: fmt.Sprintf("user %s went NOT_READY with a reason code, and none is shown", p.user.ID), again: true, gap: evidence.Gap{
				Kind: evidence.GapPath, Instead: &evidence.Instead{Mismatch: evidence.Mismatch{Kind: evidence.MismatchShown}, XPath: "User/reasonCodeId"}}}
		}
	case p.look.Event:
		if _, err := a.look(ctx, p, evidence.ForWatch); err != nil {
			return &unreached{why: fmt.Sprintf("user %s: %v", p.user.ID, err), gap: GapOf(err), again: true}
		}
	}
	return nil
}

// pathNote is a part of a user's way into the precondition.
type pathNote struct {
	by   *participant
	text string
}

// noteMove notes a part of a user's way into the precondition.
func (a *attempt) noteMove(p *participant, format string, args ...any) {
	if a.returning(p) {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.onPath = append(a.onPath, pathNote{p, fmt.Sprintf(format, args...)})
}

// returning reports whether a user is on the way back.
func (a *attempt) returning(p *participant) bool { return a.over || p.leg.returning }

// purpose is what requests on a user's way are for: getting there, or back.
func (a *attempt) purpose(p *participant) evidence.Purpose {
	if a.returning(p) {
		return evidence.ForReturn
	}
	return evidence.ForPath
}

// errMoved says that the target moved the user on its own: the way has to be
// planned anew.
var errMoved = errors.New("the target did something else")

// movedError is errMoved with what was seen.
type movedError struct{ gap evidence.Gap }

func (m *movedError) Error() string { return errMoved.Error() }
func (m *movedError) Unwrap() error { return errMoved }

// errOpen says that the target took the other of two ends that the guide
// leaves open.
var errOpen = fmt.Errorf("the target was free to choose: %w", errMoved)

// driveTo takes the user along the cheapest way to the goal.
func (a *attempt) driveTo(ctx context.Context, p *participant, goal spec.Given) error {
	gap := evidence.Gap{Kind: evidence.GapPath}
	for n := 0; n < maxReplans; n++ {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		way, err := a.plan(p, goal)
		if err != nil {
			return &unreached{why: err.Error(), gap: GapOf(err)}
		}
		err = nil
		another := false
		for i, m := range way.Moves {
			err = a.move(ctx, p, m, way.After[i])
			a.breakers.passed(ctx, m, err)
			if err != nil {
				another = a.closes(p, m, err, goal)
				break
			}
			a.noteMove(p, "%s (%s)", m.Name, way.After[i].State)
		}
		if another {
			n-- // there are no more of these than moves
			continue
		}
		if !errors.Is(err, errMoved) {
			return err
		}
		if seen := GapOf(err); seen.Instead != nil {
			gap = seen
		}
	}
	return &unreached{why: fmt.Sprintf("user %s does not stay on the way to %s: it is in %s, which the target did on its own",
		p.user.ID, navigate.Goal(goal), p.look.State), gap: gap, again: true}
}

// driveThrough is driveTo for a goal from which the way goes on, or may: then what a
// notification tells of it is enough.
func (a *attempt) driveThrough(ctx context.Context, p *participant, goal spec.Given, on bool) error {
	p.leg.through = on
	defer func() { p.leg.through = false }()
	return a.driveTo(ctx, p, goal)
}
