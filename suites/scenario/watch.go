package scenario

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/judge"
)

// looksInQuiet is how many times a user is looked at, at most, while nothing
// may change.
const looksInQuiet = 5

// watch looks at the subject for as long as the outcomes of a step demand:
// for a change that is sought until it shows, then, and after a refusal, for
// the quiet time.
func (a *attempt) watch(ctx context.Context, p *participant, st spec.Step, step *evidence.Step) error {
	started := time.Now()
	defer func() {
		step.Until, step.Exchanges.Next = time.Now(), a.rec.Len()
		step.Channel = evidence.ChannelNone
		if a.Events != nil {
			_, step.Events.Next = a.heard(step.Until)
			a.noteOutage(ctx, p, st, step)
		}
	}()
	if st.When.Get != nil || st.When.Probe != "" {
		return nil
	}
	if a.Explains != nil {
		return a.watchWalk(ctx, p, st, step, started)
	}
	if onlyAnswer(st) {
		a.awaitCall(ctx, st, step)
		_, err := a.look(ctx, p, evidence.ForWatch)
		if err != nil {
			return &unreached{why: fmt.Sprintf("user %s: %v", p.user.ID, err), gap: GapOf(err), again: true}
		}
		return nil
	}
	if a.loose(st) {
		a.until(ctx, p, a.Target.Settle, func(l evidence.Observation) bool { return !l.State.OnCall() })
		a.waits(a.shown(p, started, p.look))
		a.quiet(ctx, p, step, nil)
		return nil
	}
	sought, patient := a.sought(p, st, *step)
	if len(sought) == 0 {
		a.awaitCall(ctx, st, step)
	}
	if len(sought) > 0 || patient {
		limit := a.Target.Settle
		if st.When.Timer != "" {
			limit += p.user.WrapUpTimer
		}
		a.settle(ctx, p, st.When, step, sought, limit, patient)
		if step.Converged >= 0 {
			a.waits(a.shown(p, started, p.look))
		} else {
			a.waits(time.Since(started))
		}
		if step.Converged < 0 && a.Target.Settle >= a.Target.Quiet && len(sought) > 0 && !a.refusedByEvent(p, step) {
			return nil // watched for longer than the quiet time already
		}
	}
	a.quiet(ctx, p, step, sought)
	a.awaitEvent(ctx, p, st, step)
	return nil
}

// awaitCall waits, where no change of the user tells, until a call is as a Dialog
// request that was accepted asked for: before that nothing is left as it was by it.
func (a *attempt) awaitCall(ctx context.Context, st spec.Step, step *evidence.Step) {
	if st.When.Dialog != "" && st.When.Dialog != "MAKE_CALL" && a.answer(*step) < 400 {
		a.taken(ctx, a.participant(a.signer(st.When.By)), st.When.Dialog)
	}
}

// onlyAnswer: a Dialog request of which only the answer counts.
func onlyAnswer(st spec.Step) bool {
	return st.When.Dialog != "" && !slices.ContainsFunc(st.Then, func(out spec.Outcome) bool { return out.Kind != spec.Answer })
}

// loose: the end of a call after which anything is allowed, as what came
// before it decides.
func (a *attempt) loose(st spec.Step) bool {
	return st.When.EndCall && !slices.ContainsFunc(a.allowed(st.Then), func(out spec.Outcome) bool { return out.Kind != spec.Recorded })
}

// allowed gives the outcomes that are allowed here, after what came of the
// last change of state that was asked for.
func (a *attempt) allowed(then spec.Then) spec.Then {
	return slices.DeleteFunc(then.On(a.Target.Deployment), func(out spec.Outcome) bool { return out.After != "" && !a.cameTo(out.After) })
}

// cameTo reports whether the last change of state that was asked for may have
// come to the kind, as far as a run has to know what to wait for.
func (a *attempt) cameTo(k spec.Kind) bool {
	for i := len(a.ev.Steps) - 1; i >= 0; i-- {
		if a.req.Steps[i].When.Put == nil || a.ev.Steps[i].Skipped != "" {
			continue
		}
		step := a.ev.Steps[i]
		refused := a.answer(step) >= 400 || a.refusedByEvent(a.participant(a.parts[spec.Self]), &step)
		switch k {
		case spec.Refused, spec.Error:
			return refused || a.Events == nil // nobody hears a refusal
		case spec.Accepted:
			return !refused && step.Converged >= 0
		}
		return !refused
	}
	return false
}

// sought gives the outcomes that show as a change, and whether the answer to
// the request may still come as an event.
func (a *attempt) sought(p *participant, st spec.Step, step evidence.Step) (list []spec.Outcome, patient bool) {
	status := a.answer(step)
	taken := status == 200 || status == 202
	for _, out := range a.allowed(st.Then) {
		switch out.Kind {
		case spec.Accepted:
			if taken {
				list = append(list, out)
			}
		case spec.Reaches, spec.Avoids:
			if status < 400 {
				list = append(list, out)
			}
		case spec.Refused:
			patient = patient || taken && a.Events != nil && a.Events.Listens(p.user.ID)
		}
	}
	return list, patient
}

// answer is the status of the answer to the request under test, 0 without one.
func (a *attempt) answer(step evidence.Step) int {
	if step.Exchange < 0 {
		return 0
	}
	if len(step.Acts) > 0 {
		return a.best(step.Acts)
	}
	return a.rec.Exchanges()[step.Exchange].Status
}

// settle waits for a sought change, or for the event that refuses it. What is
// accepted nowhere and was done all the same is refused by nobody any more.
func (a *attempt) settle(ctx context.Context, p *participant, when spec.When, step *evidence.Step, sought []spec.Outcome, limit time.Duration, patient bool) {
	deadline := time.Now().Add(limit)
	eventually(ctx, limit, time.Millisecond, a.paced(ctx, p.user, step.Sent, deadline, func() bool {
		if a.refusedByEvent(p, step) {
			return patient || len(sought) > 0
		}
		l, err := a.look(ctx, p, evidence.ForWatch)
		if err == nil && len(sought) == 0 && judge.AcceptedNowhere(when) && l.State != step.Baseline.State && string(l.State) == when.Put.State {
			return true
		}
		if err != nil || l.Asked.After(deadline) || !a.shows(sought, l, step) {
			return false
		}
		step.Converged = max(l.At.Sub(step.Answered), 0)
		if a.answer(*step) != 0 {
			a.pace.confirmed(step.Converged)
		}
		return true
	}))
}

// awaitEvent waits, for what is left of the settle time, for the event that a step
// is about: it may come later than the change shows in GETs.
func (a *attempt) awaitEvent(ctx context.Context, p *participant, st spec.Step, step *evidence.Step) {
	if a.Events == nil || step.Converged < 0 {
		return
	}
	for _, out := range st.Then {
		node := userPath(p.user.ID)
		source, listener := "", "" // of whom is told on a node of many, and to whom
		switch out.Event {
		case spec.EventTeam:
			node, source = teamPath(p.user), "/"+p.user.ID
			if u := a.parts[spec.Supervisor]; u != nil {
				listener = u.ID
			}
		case spec.EventState, spec.EventShape, spec.EventAgrees, spec.EventEcho, spec.EventUnasked:
		default:
			continue
		}
		heard := func() bool {
			so, now := a.soFar(), *step
			now.Exchanges, now.Events = &evidence.Range{First: step.Exchanges.First, Next: a.rec.Len()}, &evidence.Range{First: step.Events.First, Next: len(so.Events)}
			return slices.ContainsFunc(so.Events, func(e evidence.Event) bool {
				l, ok := evidence.ObservationOfEvent(e)
				mine := strings.HasSuffix(e.Source, source) && (listener == "" || e.Session == listener)
				return ok && mine && e.Node == node && slices.Contains(out.States, l.State) &&
					!step.EventBefore(&e) && judge.Belongs(so, now, &e)
			})
		}
		deadline := step.Answered.Add(a.Target.Settle)
		if heard() || !eventually(ctx, time.Until(deadline), time.Millisecond, a.paced(ctx, nil, time.Time{}, deadline, heard)) {
			continue
		}
		_, _ = a.look(ctx, p, evidence.ForWatch) // the GET that follows
	}
}

// heard counts the events since the attempt began, and those of them that
// were received before t.
func (a *attempt) heard(t time.Time) (before, all int) {
	list := a.Events.Since(a.ev.Started)
	for before < len(list) && list[before].Received.Before(t) {
		before++
	}
	return before, len(list)
}

// soFar is what was seen of users up to now.
func (a *attempt) soFar() *evidence.Evidence {
	so := &evidence.Evidence{Cast: a.ev.Cast}
	if a.Events != nil {
		so.Events = a.Events.Since(a.ev.Started)
	}
	for i := range so.Events {
		so.Events[i].Index = i
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	so.Observations = slices.Clone(a.ev.Observations)
	return so
}

// noteOutage notes why nothing can be concluded from what was not heard in a step:
// the session that would have heard it was down. Where the step is about what
// is heard, the session is asked whether it still stands.
func (a *attempt) noteOutage(ctx context.Context, p *participant, st spec.Step, step *evidence.Step) {
	listener, decides, awaited := p.user, a.Explains != nil, false
	for _, out := range st.Then {
		awaited = awaited || out.Event != ""
		decides = decides || out.Event != "" || out.Kind == spec.Refused
		if supervisor := a.parts[spec.Supervisor]; out.Event == spec.EventTeam && supervisor != nil {
			listener = supervisor
			if why := a.Events.Unsubscribed(supervisor.ID, teamPath(p.user)); why != "" {
				fact(step, "unsubscribed", why)
			}
		}
	}
	if !a.Events.Listens(listener.ID) {
		if awaited {
			fact(step, "unheard", listener.ID)
		}
	} else {
		if decides {
			a.Events.Confirm(ctx, listener.ID)
		}
		if why := a.Events.Outage(listener.ID, step.Sent); why != "" {
			fact(step, "outage", why)
		}
	}
	if !a.Events.Listens(p.user.ID) {
		return
	}
	step.Channel = evidence.ChannelAlive
	if a.Events.Outage(p.user.ID, step.Sent) != "" {
		step.Channel = evidence.ChannelLost
	}
}

// shows reports whether a sighting is one of the sought changes.
func (a *attempt) shows(sought []spec.Outcome, l evidence.Observation, step *evidence.Step) bool {
	for _, out := range sought {
		if judge.Returned(out, step.Baseline, l) || out.Kind == spec.Avoids && l.State != step.Baseline.State {
			return true // out of it: what comes then is watched
		}
		if !slices.Contains(out.States, l.State) {
			continue
		}
		if len(out.Shows) == 0 || a.Judge.Shown(out, a.Target, a.ev.Cast, step.Values, a.rec.Exchanges()[l.Index].ResponseBody) {
			return true
		}
	}
	return false
}

// refusedByEvent reports whether an event told of a refusal. Of several requests
// at once one may be refused and what the others ask for come afterwards.
func (a *attempt) refusedByEvent(p *participant, step *evidence.Step) bool {
	if a.Events == nil || len(step.Acts) > 1 {
		return false
	}
	return slices.ContainsFunc(a.Events.Since(step.Sent), func(e evidence.Event) bool {
		return e.IsError() && e.Node == userPath(p.user.ID) && (e.RequestID == "" || e.RequestID == step.Values["request_id"])
	})
}

// quiet looks at the user until the quiet time is over. The last look is at
// its end. Where it shows the state from before a change that was seen
// already, either the change was undone or this one GET lags behind the
// others: a second quiet time tells.
//
// After a change it begins with the GET that showed it, unless that took long:
// the judge counts from its answer, and takes a tenth less for near enough.
func (a *attempt) quiet(ctx context.Context, p *participant, step *evidence.Step, sought []spec.Outcome) {
	length := a.Target.Quiet
	switch {
	case step.Converged >= 0:
		length -= min(took(p.look), length/10)
	case step.Exchange >= 0:
		length = a.quietWindow() // what comes of it, also of what was refused, may come late
	}
	throughout(ctx, length, max(a.Target.Quiet/looksInQuiet, a.Poll), func() bool {
		_, _ = a.look(ctx, p, evidence.ForWatch)
		return ctx.Err() == nil
	})
	a.waits(length)
	l, err := a.lastLook(ctx, p)
	if err == nil && step.Converged >= 0 && l.State == step.Baseline.State && !a.shows(sought, l, step) {
		a.until(ctx, p, a.Target.Quiet, func(l evidence.Observation) bool { return a.shows(sought, l, step) })
	}
}

// lastLook looks at the user at the end of a quiet time. At the end of the
// last one everybody whom the requirement does not act on is looked at in the
// same moment.
func (a *attempt) lastLook(ctx context.Context, p *participant) (l evidence.Observation, err error) {
	defer func() { a.waits(took(l)) }()
	if !a.final {
		return a.look(ctx, p, evidence.ForWatch)
	}
	return a.lookAround(ctx, p, evidence.ForWatch)
}

// lookAround looks at a user and in the same moment at everybody else.
func (a *attempt) lookAround(ctx context.Context, p *participant, purpose evidence.Purpose) (l evidence.Observation, err error) {
	a.looked = time.Now()
	var wg sync.WaitGroup
	wg.Go(func() { a.lookAfter(ctx) })
	l, err = a.look(ctx, p, purpose)
	wg.Wait()
	return l, err
}
