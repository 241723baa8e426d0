package scenario

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"finesse-conformance/internal/exit"
	"finesse-conformance/spec"
	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
)

// restoreAll puts everybody who was touched back into the state in which the
// run found it: no call, no reservation, no pending change, the same state,
// reason code and extension. It goes on when the run was stopped, for as long
// as changes may take.
func (a *attempt) restoreAll(ctx context.Context) {
	limit := 12*a.Target.Settle + 5*time.Second + a.Client.LongestHold()
	for _, p := range a.cast() {
		if p.wrapped.After(a.ev.Started) && p.user.WrapUpTimer < a.Target.LongestWait {
			limit += p.user.WrapUpTimer
		}
	}
	ctx, cancel := exit.PutBack(ctx, limit, fmt.Errorf("no end of putting users back within %v", limit))
	defer cancel()
	a.over = true
	a.phase(func() {
		var wg sync.WaitGroup
		for _, p := range a.cast() {
			if p.done.touched || a.Users.Kept(p.user.ID) {
				wg.Go(func() { a.restoreUser(ctx, p) })
			}
		}
		wg.Wait()
	})
}

// maxRestores is how often putting somebody back is begun anew.
const maxRestores = 3

func (a *attempt) restoreUser(ctx context.Context, p *participant) {
	home, ok := a.Users.Initial(p.user.ID)
	if !ok {
		return // never seen, so never changed
	}
	if !a.lookedAt(p) && (!p.done.touched || a.mayStay(p, home)) {
		_, _ = a.look(ctx, p, evidence.ForReturn) // what it does not show, the way home does
	}
	if !p.done.touched && a.release(p.look) {
		return
	}
	if a.lookedAt(p) && a.mayStay(p, home) {
		p.waited += took(p.look)
		a.Users.Leave(p.look)
		a.Users.Keep(p.user.ID, true)
		return
	}
	a.Users.Keep(p.user.ID, false)
	err := a.bringBack(ctx, p, home)
	if p.done.switched {
		a.unswitch(ctx, p)
	}
	if err != nil {
		is := p.look
		is.User = p.user.ID // also where it was never seen
		a.Users.Strand(is, a.req.ID, err.Error())
		return
	}
	p.waited += took(p.look)
	a.Users.Leave(p.look)
	if a.Ledger != nil {
		if err := a.Ledger.Returned(p.user.ID, p.look); err != nil {
			a.Users.Strand(p.look, a.req.ID, err.Error())
		}
	}
}

// bringBack brings a user back to where it was found, and has it signed out by a
// supervisor where nothing else helps; at once from a state from which nothing else
// has helped before.
func (a *attempt) bringBack(ctx context.Context, p *participant, home evidence.Observation) error {
	from := p.look.State
	if _, known := a.bySupervisor.Load(from); known && home.State == spec.Logout && a.signedOutBySupervisor(ctx, p) {
		return nil
	}
	err := a.tryRestore(ctx, p, home)
	if err == nil {
		err = a.toldHome(ctx, p, home)
	}
	if err != nil && home.State == spec.Logout && a.signedOutBySupervisor(ctx, p) {
		if !from.Resting() { // from there a refused LOGOUT costs little, and is worth seeing
			a.bySupervisor.Store(from, true)
		}
		err = nil
	}
	return err
}

// tryRestore brings a user back to where it was found, and begins anew where
// it does not stay there.
func (a *attempt) tryRestore(ctx context.Context, p *participant, home evidence.Observation) (err error) {
	open := a.awaitPending(ctx, p)
	for n := range maxRestores {
		if n > 0 || !a.lookedAt(p) {
			if _, err = a.look(ctx, p, evidence.ForReturn); err != nil {
				continue
			}
		}
		var unseen bool
		if unseen, err = a.restoreSeen(ctx, p, home); unseen {
			if open = true; err != nil {
				continue
			}
		}
		if err == nil && open {
			err = a.insist(ctx, p, home)
		}
		if err == nil && (!open || a.keeps(ctx, p, home.State)) {
			return nil
		}
		if err == nil {
			err = fmt.Errorf("user %s does not stay in %s", p.user.ID, home.State)
		}
		if last, err := a.lastTry(ctx, p, home, n, err); last {
			return err
		}
	}
	return err
}

// lastTry reports whether the n-th try was the last one, and with which error
// it ended. Who is to be signed out and was not brought there on a documented way
// is asked to sign out from where it is: no guide says that it can, and it is one
// request. What did not work the last time either is tried once more at the end of
// the run, unless another way is left.
func (a *attempt) lastTry(ctx context.Context, p *participant, home evidence.Observation, n int, err error) (bool, error) {
	if n == 0 && home.State == spec.Logout && !p.look.State.OnCall() && len(p.leg.closed) > 0 && a.signsOut(ctx, p) {
		return true, nil
	}
	return a.Users.WhyNotBack(p.user.ID) != "" && !a.hasOpenWay(p, wayBack(home.State)), err
}

// restoreSeen takes a user back and sees it there. Unseen says that
// something was asked on the way back and not seen to happen: where the user was seen
// before that is not where it is.
func (a *attempt) restoreSeen(ctx context.Context, p *participant, home evidence.Observation) (unseen bool, err error) {
	if err = a.restoreState(ctx, p, home); err != nil || !a.awaitPending(ctx, p) {
		return false, err
	}
	if _, err = a.look(ctx, p, evidence.ForReturn); err == nil && p.look.State != home.State {
		err = fmt.Errorf("user %s is in %s and was in %s", p.user.ID, p.look.State, home.State)
	}
	return true, err
}

// awaitPending waits for a change that was asked for and not seen, when the
// scenario ended in between: home before it is not home. It reports whether
// there was one.
func (a *attempt) awaitPending(ctx context.Context, p *participant) bool {
	open, ok := a.Users.Open(p.user.ID)
	if !ok {
		return false
	}
	left := a.pathLimit() - time.Since(open.Since)
	if open.Late {
		left = a.Target.Settle // late once, it may come a good deal later
	}
	if exit.IsOver(ctx) {
		left = min(left, a.quietWindow()) // what is left is for the way back
	}
	if left > 0 && a.until(ctx, p, left, func(l evidence.Observation) bool {
		open.From = cmp.Or(open.From, l.State)
		return l.State != open.From
	}) {
		a.Users.Came(p.user.ID)
	}
	a.Users.GaveUp(p.user.ID)
	return true
}

// toldHome takes a user home whom every look of the attempt shows there and whose
// events tell that it has left since: its reads are old, and show no return
// either. An event has to tell of it.
func (a *attempt) toldHome(ctx context.Context, p *participant, home evidence.Observation) error {
	if a.shownElsewhere(p, home.State) {
		return nil
	}
	if told := a.lastTold(p); told == "" || told == home.State {
		return nil
	}
	ways := []spec.State{home.State}
	if home.State == spec.Logout {
		ways = []spec.State{spec.NotReady, spec.Logout} // READY is not left for LOGOUT everywhere
	}
	for _, to := range ways {
		told := func(evidence.Observation) bool { return a.lastTold(p) == to }
		if _, err := a.putOnPath(ctx, p, to, a.reasonOnPath(p, to)); err == nil {
			a.until(ctx, p, a.quietWindow(), told)
		}
	}
	a.Users.Watched(p.user.ID)
	if told := a.lastTold(p); told != home.State {
		return fmt.Errorf("user %s is shown in %s all the time, and events tell that it is in %s: it cannot be seen to be back", p.user.ID, home.State, told)
	}
	return nil
}

// lastTold is the state that the user's own events of the attempt told last, ""
// where they told none.
func (a *attempt) lastTold(p *participant) (last spec.State) {
	if a.Events == nil {
		return ""
	}
	for _, e := range a.Events.Since(a.ev.Started) {
		if now, ok := a.inEvent(p, e); ok {
			last = now.State
		}
	}
	return last
}

// shownElsewhere reports whether a GET of the attempt showed the user in another
// state.
func (a *attempt) shownElsewhere(p *participant, s spec.State) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.ContainsFunc(a.ev.Observations, func(l evidence.Observation) bool {
		return l.User == p.user.ID && !l.Event && l.State != s
	})
}

// insist signs out a user who is to be signed out and looks it already, though
// a change was accepted that nobody saw: what is shown may be old. One who was
// on a call and is refused that cannot be seen to be back.
func (a *attempt) insist(ctx context.Context, p *participant, home evidence.Observation) error {
	if home.State != spec.Logout || p.done.insisted {
		return nil
	}
	p.done.insisted = true
	x, err := a.putOnPath(ctx, p, spec.Logout, a.reasonOnPath(p, spec.Logout))
	a.Users.Watched(p.user.ID)
	if err == nil && p.done.called && x.Status/100 == 4 {
		return fmt.Errorf("user %s is shown in %s, and what was asked for it never was: it cannot be seen to be back", p.user.ID, p.look.State)
	}
	return nil // what else comes of it is seen, or was there before
}

// keeps reports whether the user is left alone in the state for the quiet time.
func (a *attempt) keeps(ctx context.Context, p *participant, s spec.State) bool {
	return throughout(ctx, a.Target.Quiet, max(a.Target.Quiet/looksInQuiet, a.Poll), func() bool {
		l, err := a.look(ctx, p, evidence.ForReturn)
		return err != nil || l.State == s
	})
}

// signedOutBySupervisor is the last way home: a supervisor of the cast signs
// the user out (guide 12.5(1), page 47).
func (a *attempt) signedOutBySupervisor(ctx context.Context, p *participant) bool {
	for _, s := range a.Cast.Supervisors(p.user.Team) {
		if s == p.user || s.Barred != "" {
			continue
		}
		text, _ := body(&spec.Put{State: string(spec.Logout)}, userDocument{})
		a.send(ctx, client.Call{
			As: s, Method: http.MethodPut, Path: userPath(p.user.ID), ContentType: "application/xml", Body: text, Purpose: evidence.ForReturn, RequestID: requestID(),
		})
		return a.until(ctx, p, a.Target.Settle, func(l evidence.Observation) bool { return l.State == spec.Logout })
	}
	return false
}

// signsOutWithoutCall signs out a user who is shown on a call that it does not
// have, and that the run did not bring about: a target that stores any state has
// nothing to end.
func (a *attempt) signsOutWithoutCall(ctx context.Context, p *participant, home evidence.Observation) bool {
	if !p.look.State.OnCall() || p.done.called || !a.Dialogs || home.State != spec.Logout {
		return false
	}
	list, err := a.dialogs(ctx, p, evidence.ForReturn)
	if err != nil || slices.ContainsFunc(list, func(d dialogView) bool { return !d.over() }) {
		return false
	}
	return a.signsOut(ctx, p)
}

// signsOut asks a user to sign out, from wherever it is, and reports whether it
// did so.
func (a *attempt) signsOut(ctx context.Context, p *participant) bool {
	x, err := a.putOnPath(ctx, p, spec.Logout, a.reasonOnPath(p, spec.Logout))
	out := err == nil && x.Status/100 == 2 && a.until(ctx, p, a.quietWindow(), func(l evidence.Observation) bool { return l.State == spec.Logout })
	a.Users.Watched(p.user.ID)
	return out
}

func (a *attempt) restoreState(ctx context.Context, p *participant, home evidence.Observation) error {
	if a.signsOutWithoutCall(ctx, p, home) {
		return nil
	}
	if p.look.State.OnCall() || p.done.called && a.Dialogs {
		began := time.Now()
		err := a.endCalls(ctx, p, evidence.ForReturn)
		p.waited += time.Since(began)
		if err != nil {
			return err
		}
		a.Users.Watched(p.user.ID) // what was asked was that the call end
	}
	a.mu.Lock()
	p.situation = spec.Situation{State: p.look.State, WrapUp: p.situation.WrapUp}
	if p.look.State == spec.Work || p.look.State == spec.WorkReady {
		p.situation.Was = spec.NotReady
	}
	a.mu.Unlock()
	if home.State != spec.Logout && p.look.Extension != home.Extension && p.look.State != spec.Logout && home.Extension != "" {
		if err := a.driveBack(ctx, p, spec.Logout); err != nil {
			return err
		}
	}
	if p.look.State != home.State {
		if err := a.driveBack(ctx, p, home.State); err != nil {
			return err
		}
	}
	if p.look.State != home.State {
		return fmt.Errorf("user %s is in %s and was in %s", p.user.ID, p.look.State, home.State)
	}
	if home.State == spec.NotReady && home.Reason() == "" && p.look.Reason() != "" {
		// No code is what who just signed in has (DevNet, User API Parameters). Where
		// signing out and in again does not come about, NOT_READY it is.
		if err := a.driveBack(ctx, p, spec.Logout); err != nil {
			return a.driveBack(ctx, p, home.State)
		}
		return a.driveBack(ctx, p, home.State)
	}
	if home.State == spec.NotReady && home.Reason() != "" && p.look.Reason() != home.Reason() {
		// One that the system had set cannot be set again.
		var refused *refusedReason
		if err := a.chooseReason(ctx, p, home.ReasonCodeID); err != nil && !errors.As(err, &refused) {
			return err
		}
	}
	return nil
}

// driveBack is driveTo for the way back, where what went wrong is no more than that.
func (a *attempt) driveBack(ctx context.Context, p *participant, s spec.State) error {
	if p.look.State == s {
		return nil
	}
	return a.driveTo(ctx, p, wayBack(s))
}

// wayBack is where the way back to a state leads: a call that somebody had
// cannot be given back.
func wayBack(s spec.State) spec.Given {
	if !s.Resting() {
		s = spec.NotReady
	}
	return spec.Given{State: s}
}

// unswitch undoes a switched wrap-up, as far as the user's settings tell how
// it was. Where it does not come about, or they tell different things of
// different calls, they tell nothing of this user any more.
func (a *attempt) unswitch(ctx context.Context, p *participant) {
	name := spec.WrapUpOff
	if p.user.WrapUp("") == spec.On {
		name = spec.WrapUpOn
	}
	// A hook that applies it to one call only has undone it already, and
	// a failure here costs no user its state.
	if !a.Stimuli.Supports(name) || a.Stimuli.Do(ctx, name, p.user.ID, p.user.Extension) != nil || p.user.WrapUp("") == "" {
		p.user.WrapUpIncoming, p.user.WrapUpOutgoing = "", ""
	}
	p.user.LosesChoice()
}
