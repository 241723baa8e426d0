package scenario

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/spec"
	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/navigate"
)

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
	if act.Put != "" && from != to.State && !p.look.Event { // an event may tell of it long before a read shows it
		a.pace.confirmed(p.look.Asked.Sub(x.Started.Add(x.Duration)))
	}
	a.awaitPendingState(ctx, p, to)
	a.mu.Lock()
	p.situation = to
	p.situation.State = p.look.State
	a.Users.Came(p.user.ID)
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
		Body: text, Purpose: a.purpose(p), RequestID: requestID(),
	})
	a.Users.Asked(p.user.ID, state, x.Status)
	if x.Status >= 400 {
		p.refused = time.Now()
	}
	return x, nil
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
