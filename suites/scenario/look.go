package scenario

import (
	"context"
	"fmt"
	"slices"
	"time"

	"finesse-conformance/spec"
	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
)

// read takes the sighting out of a GET. Most bodies are seen again and again
// while nothing changes, and parsed once.
func (a *attempt) read(p *participant, x evidence.Exchange) (evidence.Observation, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if x.Err == "" && x.Status/100 == 2 && x.ResponseBody == p.body && p.body != "" {
		l := p.says
		l.Asked, l.At, l.Index = x.Started, x.Started.Add(x.Duration), x.Index
		return l, true
	}
	l, ok := evidence.ObservationOf(x)
	if ok {
		p.body, p.says = x.ResponseBody, l
	}
	return l, ok
}

// look reads a user with its own credentials (who else may is not
// documented). A node of a cluster that lags behind what another one has
// shown already is asked again, for as long as a change may take to show.
func (a *attempt) look(ctx context.Context, p *participant, purpose evidence.Purpose) (evidence.Observation, error) {
	var err error
	began := time.Now()
	for failures := 0; failures < 3; {
		if err := a.Users.LockedOut(p.user.ID); err != nil {
			return evidence.Observation{}, err
		}
		x := a.sendLook(ctx, client.Call{As: p.user, Method: "GET", Path: userPath(p.user.ID), Purpose: purpose})
		l, ok := a.read(p, x)
		l.User = p.user.ID
		switch {
		case ok:
			a.hear(p, l)
			if a.Users.Outdated(l) {
				if time.Since(began) < a.lagLimit(l) {
					break
				}
				a.Users.WaitedInVain(l)
			}
			a.sight(p, l)
			return l, nil
		case x.Status != 0 && x.Status < 500, busy(x):
			return evidence.Observation{}, lookError(x) // send was patient already
		default:
			failures++
			err = lookError(x)
		}
		if !a.pause(ctx, a.Poll) {
			return evidence.Observation{}, context.Cause(ctx)
		}
	}
	return evidence.Observation{}, err
}

// hear takes note of the stays of a user that its events have told to be over,
// where a look shows something else than the last one.
func (a *attempt) hear(p *participant, l evidence.Observation) {
	if a.Events == nil || l.Same(p.look) && l.ChangeTime == p.look.ChangeTime {
		return
	}
	var told []evidence.Observation
	for _, e := range a.Events.Since(a.ev.Started) {
		now, ok := a.inEvent(p, e)
		again := func(old evidence.Observation) bool { return old.State == now.State && old.ChangeTime == now.ChangeTime }
		if ok && !slices.ContainsFunc(told, again) { // some are told twice
			told = append(told, now)
		}
	}
	if len(told) > 1 {
		a.Users.Over(p.user.ID, told[:len(told)-1])
	}
}

// lagLimit is how long a node may lag that shows a user so. Of a stay without
// a time of change less is waited for than what is under test may take: the
// target may tell the time of other states only. So it is of a stay of which the
// clocks of nodes alone say that it is over.
func (a *attempt) lagLimit(l evidence.Observation) time.Duration {
	if l.ChangeTime == "" || !a.Users.Seen(l) {
		return a.Target.Settle / 2
	}
	return a.Target.Settle
}

func lookError(x evidence.Exchange) error {
	switch {
	case x.Err != "":
		return fmt.Errorf("GET %s was %s", x.Path, x.Answered())
	case x.Status/100 != 2:
		return fmt.Errorf("GET %s was answered %d", x.Path, x.Status)
	}
	return fmt.Errorf("GET %s was answered with a body that is no User document with a state", x.Path)
}

func (a *attempt) sight(p *participant, l evidence.Observation) {
	a.mu.Lock()
	a.ev.Observations = append(a.ev.Observations, l)
	a.mu.Unlock()
	a.place(p, l)
}

// place takes over where a user is.
func (a *attempt) place(p *participant, l evidence.Observation) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if p.look.At.IsZero() {
		p.situation.WrapUp = p.user.WrapUp(a.req.Given.Call)
	}
	wrapping := l.State == spec.Work || l.State == spec.WorkReady
	if wrapping && p.look.State != l.State || p.wrapped.IsZero() && wrapping {
		p.wrapped = l.At
	}
	p.look = l
	if l.Reason() != "" {
		p.had = l.ReasonCodeID
	}
	p.situation.State = l.State
	// On Unified CCX a call between users does not show in the state.
	if l.State.Resting() && (p.situation.Call != spec.CallDirect || a.Target.Deployment != spec.UCCX) {
		p.situation.Was, p.situation.Pending, p.situation.Call = "", "", ""
	}
}
