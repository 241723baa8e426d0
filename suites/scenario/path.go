package scenario

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/internal/xmlbody"
	"finesse-conformance/spec"
	"finesse-conformance/suites/client"
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
	means := a.means(p.user, a.parts)
	way, err := navigate.Find(a.breakers.allowed(a.moves), p.situation, goal, means)
	if err == nil {
		return way, nil
	}
	if barred, none := navigate.Find(a.moves, p.situation, goal, means); none == nil {
		if why := a.breakers.openReason(barred); why != nil {
			return navigate.Path{}, why
		}
	}
	return navigate.Path{}, err
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
		for i, m := range way.Moves {
			err = a.move(ctx, p, m, way.After[i])
			a.breakers.passed(ctx, m, err)
			if err != nil {
				break
			}
			a.noteMove(p, "%s (%s)", m.Name, way.After[i].State)
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

// move makes one move and waits until the user is there.
func (a *attempt) move(ctx context.Context, p *participant, m *spec.Move, to spec.Situation) error {
	from, began := p.look.State, time.Now()
	act := m.Action
	x, err := a.makeMove(ctx, p, act, from == to.State)
	if err != nil {
		return err
	}
	if x != nil && x.Status >= 400 {
		// What a target refuses it should not do; one that did it all the same
		// is there, and what that is worth is for another requirement.
		if l, err := a.look(ctx, p, evidence.ForWatch); err != nil || l.State != to.State || from == to.State {
			if x.Status < 500 { // a server in trouble may be at it all the same
				a.Users.Watched(p.user.ID)
			}
			return a.failedOnPath(p, *x, from, string(to.State))
		}
	}
	limit := a.pathLimit()
	if act.Timer != "" {
		limit += p.user.WrapUpTimer
	}
	wait := func(l evidence.Observation) bool { return l.State == to.State || m.To.Or != "" && l.State == m.To.Or }
	if act.Put == spec.Login {
		wait = func(l evidence.Observation) bool { return l.State == to.State && l.Extension != "" }
	}
	if !a.arrives(ctx, p, began, limit, from, wait) {
		if p.look.State != from && p.look.State != to.State {
			return &movedError{wayGap(p, from)}
		}
		if x == nil {
			return &unreached{why: fmt.Sprintf("user %s stayed in %s for %v after %s; %s was expected on the way",
				p.user.ID, p.look.State, limit, navigate.Describe(act), to.State), gap: wayGap(p, from), again: true}
		}
		return a.failedOnPath(p, *x, from, string(to.State))
	}
	if p.look.State != to.State {
		return errOpen
	}
	if act.Put != "" && from != to.State {
		a.pace.confirmed(p.look.Asked.Sub(x.Started.Add(x.Duration)))
	}
	a.awaitPendingState(ctx, p, to)
	a.mu.Lock()
	p.situation = to
	p.situation.State = p.look.State
	a.Users.Watched(p.user.ID)
	if peer := a.parts[spec.Peer]; act.Call != "" && peer != nil {
		a.Users.Watched(peer.ID)
	}
	a.mu.Unlock()
	return nil
}

// makeMove does what a move consists of, and gives the answer where it is a
// request of the user itself. Stays says that the move changes no state.
func (a *attempt) makeMove(ctx context.Context, p *participant, act spec.Action, stays bool) (*evidence.Exchange, error) {
	switch {
	case act.Put != "":
		x, err := a.putOnPath(ctx, p, act.Put, a.reasonOnPath(p, act.Put))
		return &x, err
	case act.Dialog != "":
		x, err := a.dialog(ctx, p, act.Dialog, evidence.ForPath)
		if err == nil && stays && x.Status < 400 {
			a.taken(ctx, p, act.Dialog) // the state does not tell when
		}
		return &x, err
	case act.Call == "make":
		return nil, a.call(ctx, p, a.participant(a.parts[spec.Peer]))
	case act.Call == "receive":
		return nil, a.call(ctx, a.participant(a.parts[spec.Peer]), p)
	case act.Stimulus != "":
		return nil, a.stimulate(ctx, p, act.Stimulus)
	}
	return nil, nil
}

// awaitPendingState waits until a move that leaves a change pending, or none
// any more, is taken. That shows in pendingState or nowhere: it is given time.
func (a *attempt) awaitPendingState(ctx context.Context, p *participant, to spec.Situation) {
	if to.Pending == p.situation.Pending {
		return
	}
	taken := func(l evidence.Observation) bool { return l.Pending == string(to.Pending) }
	began := time.Now()
	if p.look.Event || !taken(p.look) {
		a.until(ctx, p, a.quietWindow(), taken)
	}
	p.waited += a.shown(p, began, p.look)
}

// reasonOnPath gives the reason code to send along on the way, "" for none.
func (a *attempt) reasonOnPath(p *participant, state spec.State) string {
	if codes := p.user.Codes[spec.Category(state)]; len(codes) > 0 {
		return codes[0].ID
	}
	return ""
}

// putOnPath sends a PUT on the way. An answer that was lost is looked up with a
// GET by the caller's waiting; the PUT is not repeated.
func (a *attempt) putOnPath(ctx context.Context, p *participant, state spec.State, reason string) (evidence.Exchange, error) {
	if err := a.Users.LockedOut(p.user.ID); err != nil {
		return evidence.Exchange{}, &unreached{why: err.Error(), gap: GapOf(err)}
	}
	if err := a.touch(p); err != nil {
		return evidence.Exchange{}, err
	}
	if state == spec.NotReady && reason != "" {
		p.done.gave = reason
	}
	doc := userDocument{ReasonCodeID: reason}
	if state == spec.Login {
		if p.user.Extension == "" {
			return evidence.Exchange{}, &unreached{why: fmt.Sprintf("needs the extension of user %s: neither the configuration nor the target tells it", p.user.ID), gap: evidence.Gap{Kind: evidence.GapOther}}
		}
		doc.Extension = &p.user.Extension
	}
	text, _ := body(&spec.Put{State: string(state)}, doc)
	x := a.send(ctx, client.Call{
		As: p.user, Method: http.MethodPut, Path: userPath(p.user.ID), ContentType: "application/xml",
		Body: text, Purpose: a.purpose(p),
	})
	a.Users.Asked(p.user.ID, state, x.Status)
	if x.Status >= 400 {
		p.refused = time.Now()
	}
	return x, nil
}

// awaitRefused waits, for everybody but the subject, until what was refused on
// the way there would show if it were done all the same: nobody shall take it
// for what the requirement did.
func (a *attempt) awaitRefused(ctx context.Context, subject *participant) {
	var wg sync.WaitGroup
	for _, p := range a.cast() {
		left := a.quietWindow() - time.Since(p.refused)
		if p == subject || left <= 0 {
			continue
		}
		from := p.look.State
		wg.Go(func() { a.until(ctx, p, left, func(l evidence.Observation) bool { return l.State != from }) })
	}
	wg.Wait()
}

// outlast waits for the quiet time before what is repeated: who does not stay
// where its way has led, not the second time either, is moved by the target, and
// not by what comes next.
func (a *attempt) outlast(ctx context.Context, subject *participant) error {
	if a.ev.Attempt < 2 || a.Explains != nil || a.req.Given.Fresh {
		return nil
	}
	var wg sync.WaitGroup
	participants := a.cast()
	errs := make([]error, len(participants))
	for i, p := range participants {
		// A call and a timer have times of their own; whom the subject has called was
		// last looked at before it.
		if p.done.touched && p.look.State.Resting() && p.user != a.parts[spec.Peer] {
			wg.Go(func() { errs[i] = a.stays(ctx, p, subject) })
		}
	}
	wg.Wait()
	return errors.Join(errs...)
}

// stays reports who does not stay where its way has led.
func (a *attempt) stays(ctx context.Context, p, subject *participant) error {
	from := p.look.State
	stays := func() bool {
		return !a.until(ctx, p, a.quietWindow(), func(l evidence.Observation) bool { return l.State != from })
	}
	if stays() || a.part(p) == "" {
		return nil
	}
	var err error
	if p == subject {
		err = a.given(ctx, p, a.req.Given)
	} else {
		err = a.driveTo(ctx, p, spec.Given{State: from})
	}
	if err != nil || stays() {
		return err
	}
	return &unreached{why: fmt.Sprintf("user %s does not stay in %s: it is in %s, which the target did on its own", p.user.ID, from, p.look.State), gap: wayGap(p, from), again: true}
}

// errorType is what an answer says is wrong, "" where it says nothing.
func errorType(x evidence.Exchange) string {
	doc, err := xmlbody.Parse(x.ResponseHeader["Content-Type"], []byte(x.ResponseBody))
	if err != nil {
		return ""
	}
	said, _ := xmlbody.Text(doc, "ApiErrors/ApiError/ErrorType")
	return strings.TrimSpace(said)
}

// wayGap is the gap that a user leaves that went elsewhere, or nowhere, on a
// way that began in a state, "" where it is not known in which.
func wayGap(p *participant, from spec.State) evidence.Gap {
	if from == "" {
		return evidence.Gap{Kind: evidence.GapPath}
	}
	return evidence.Gap{Kind: evidence.GapPath, Instead: &evidence.Instead{
		Mismatch: evidence.Mismatch{Kind: evidence.MismatchStayed, From: from, To: p.look.State}}}
}

func (a *attempt) failedOnPath(p *participant, x evidence.Exchange, from spec.State, sought string) error {
	gap, is := wayGap(p, from), string(p.look.State)
	switch {
	case x.Status < 400 && is == sought && p.look.Extension == "":
		is += " without an extension"
		gap.Instead = &evidence.Instead{Mismatch: evidence.Mismatch{Kind: evidence.MismatchShown}, XPath: "User/extension"}
	case x.Status >= 400:
		gap.Instead = &evidence.Instead{Mismatch: evidence.Mismatch{Kind: evidence.MismatchAnswer, Said: errorType(x)}, Status: x.Status}
	}
	return &unreached{why: fmt.Sprintf("user %s could not be brought to %s: %s %s was answered %s, and the user is in %s",
		p.user.ID, sought, x.Method, brief(x), answered(x), is), gap: gap, again: true}
}

// brief tells a request in a few words.
func brief(x evidence.Exchange) string {
	if x.RequestBody == "" || len(x.RequestBody) > 200 {
		return x.Path
	}
	return x.RequestBody
}

// stimulate makes something happen from outside.
func (a *attempt) stimulate(ctx context.Context, p *participant, name spec.Stimulus) error {
	if err := a.touch(p); err != nil {
		return err
	}
	p.done.called = p.done.called || name != spec.WrapUpOn && name != spec.WrapUpOff
	err := a.Stimuli.Do(ctx, name, p.user.ID, p.user.Extension)
	switch {
	case errors.Is(err, fixtures.ErrNotSupported) && (name == spec.WrapUpOn || name == spec.WrapUpOff):
		// From now on users are chosen by their settings; so may this one be.
		a.Cast.SwitchesWrapUp = false
		return &unreached{why: "needs stimulus " + string(name) + ", which the hook does not support, or a user whose settings say so", gap: gapOfPiece(navigate.Piece{Kind: navigate.PieceStimulus, Stimulus: name}), again: true}
	case errors.Is(err, fixtures.ErrNotSupported):
		return &unreached{why: "needs stimulus " + string(name) + ", which the hook does not support", gap: gapOfPiece(navigate.Piece{Kind: navigate.PieceStimulus, Stimulus: name})}
	case err != nil:
		return &unreached{why: fmt.Sprintf("the stimulus %s failed: %v", name, err), gap: gapOfPiece(navigate.Piece{Kind: navigate.PieceStimulus, Stimulus: name})}
	}
	if name == spec.WrapUpOn || name == spec.WrapUpOff {
		p.done.switched = true
	}
	return nil
}
