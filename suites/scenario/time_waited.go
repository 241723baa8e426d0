package scenario

import (
	"context"
	"slices"
	"sync"
	"time"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/navigate"
)

// What a scenario has to wait for is counted as it goes: the answers to the
// requests on the way, under test and on the way back (finding the call that
// one is about included), the time until the changes that they ask for are
// there, as a notification tells or, without notifications, the one GET that
// shows it, quiet times and timers, and the answer to one look each before, at
// the end of the last quiet time and when the users are back. All other looks
// are not counted. What goes on side by side counts once. A run of the same
// scenarios one after the other cannot be faster.

// waits counts what had to be waited for.
func (a *attempt) waits(d time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ev.Waited += d
}

// phase counts what the participants wait for who do something side by side: as
// much as the one who waits longest.
func (a *attempt) phase(do func()) {
	for _, p := range a.cast() {
		p.waited = 0
	}
	do()
	var longest time.Duration
	for _, p := range a.cast() {
		longest = max(longest, p.waited)
	}
	a.waits(longest)
}

// took is how long a look took.
func took(l evidence.Observation) time.Duration {
	if l.Event {
		return 0
	}
	return l.At.Sub(l.Asked)
}

// shown gives how long after a moment a change was there that a look showed:
// until an event told of it or, without one, until the look was asked for.
func (a *attempt) shown(p *participant, since time.Time, l evidence.Observation) time.Duration {
	at := l.Asked
	if a.Events != nil {
		for _, e := range a.Events.Since(since) {
			if now, ok := a.inEvent(p, e); ok && now.State == l.State && e.Received.Before(at) {
				at = e.Received
			}
		}
	}
	return max(at.Sub(since), 0)
}

// inEvent gives the sighting in a notification to the user itself.
func (a *attempt) inEvent(p *participant, e evidence.Event) (evidence.Observation, bool) {
	if e.Session != p.user.ID || e.Node != userPath(p.user.ID) {
		return evidence.Observation{}, false
	}
	l, ok := evidence.ObservationOfEvent(e)
	l.User, l.Index = p.user.ID, -1
	return l, ok
}

// plan finds the way to a goal, and counts its moves.
func (a *attempt) plan(p *participant, goal spec.Given) (navigate.Path, error) {
	way, err := a.find(p, goal)
	p.leg.ahead = len(way.Moves)
	return way, err
}

// arrives waits until a user is where a move leads. Where it only passes, what
// a notification tells is enough, unless that has failed before: it may come a
// moment before the target itself goes by it.
func (a *attempt) arrives(ctx context.Context, p *participant, since time.Time, limit time.Duration, from spec.State, sought func(evidence.Observation) bool) bool {
	p.leg.ahead--
	answered := time.Since(since) // and the change may have been there before
	told := func() bool { return false }
	if a.Events != nil && a.ev.Attempt == 1 && (p.leg.ahead > 0 || p.leg.through) {
		told = func() bool { return a.hasEvent(p, since, from, sought) }
	}
	there := eventually(ctx, limit, time.Millisecond, a.paced(ctx, p.user, since, time.Now().Add(limit), func() bool {
		if told() {
			return true
		}
		l, err := a.look(ctx, p, evidence.ForWatch)
		return err == nil && sought(l)
	}))
	p.waited += max(a.shown(p, since, p.look), answered)
	switch {
	case !there:
		a.pace.missed()
		p.waited += time.Since(p.look.Asked)
	case a.Events == nil && !(a.returning(p) && p.leg.ahead == 0):
		p.waited += took(p.look) // nothing else tells; the last look on the way back is counted there
	}
	return there
}

// hasEvent takes over where the last notification to a user puts it, if that
// is where it is sought and not where it was.
func (a *attempt) hasEvent(p *participant, since time.Time, from spec.State, sought func(evidence.Observation) bool) bool {
	for _, e := range slices.Backward(a.Events.Since(since)) {
		l, ok := a.inEvent(p, e)
		switch {
		case !ok:
			continue
		case l.State == from || !sought(l):
			return false
		case l.ChangeTime != "" && a.Users.Seen(l):
			return false // the late news of an earlier time in that state
		}
		a.Users.Told(l) // nodes that lag behind this are noticed
		a.place(p, l)
		return true
	}
	return false
}

// together brings the other participants and the subject to where the requirement
// needs them, side by side unless the way of the one leads over the other.
func (a *attempt) together(ctx context.Context, subject *participant) error {
	var others, err error
	path, noPath := a.find(subject, a.req.Given) // the error is given's to tell
	a.calls = a.parts[spec.Peer] != nil && a.mayCall(path)
	// Who rings or is in wrap-up does not wait for what others are waited for.
	alone := a.calls || a.repeats() && !a.req.Given.State.Resting()
	goal := a.req.Given
	if alone { // as far as the subject gets on its own
		goal = spec.Given{}
		if noPath == nil && len(path.Moves) > 0 && path.Moves[0].Action.Put == spec.Login {
			goal.State = spec.NotReady
		}
	}
	a.phase(func() {
		var wg sync.WaitGroup
		wg.Go(func() { others = a.prepare(ctx, subject) })
		if a.restoreBeforeStart(ctx, subject); !alone {
			err = a.given(ctx, subject, goal)
		} else if goal.State != "" {
			err = a.driveThrough(ctx, subject, goal, true)
		}
		wg.Wait()
	})
	if alone && others == nil && err == nil {
		if others = a.outlast(ctx, subject); others == nil {
			a.phase(func() { err = a.given(ctx, subject, a.req.Given) })
		}
	}
	// In the order in which they would have gone one after the other.
	slices.SortStableFunc(a.onPath, func(x, y pathNote) int {
		switch {
		case x.by != subject && y.by == subject:
			return -1
		case x.by == subject && y.by != subject:
			return 1
		}
		return 0
	})
	if others != nil {
		return others
	}
	return err
}
