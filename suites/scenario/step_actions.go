package scenario

import (
	"context"
	"sync"
	"time"

	"finesse-conformance/spec"
	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
)

// several does all that a step does: at the same moment, or one after another,
// each as soon as the one before was answered. Everything that has to be known
// for it is found out first. The exchange is that of the first request.
func (a *attempt) several(ctx context.Context, subject *participant, st spec.Step, step *evidence.Step) (*evidence.Exchange, error) {
	whens := st.Whens()
	acts, do := make([]evidence.Act, len(whens)), make([]func() error, len(whens))
	sent := make([]*evidence.Exchange, len(whens))
	for i, w := range whens {
		acts[i].Exchange = -1
		switch {
		case w.Stimulus != "":
			do[i] = func() error { return a.stimulate(ctx, subject, w.Stimulus) }
			continue
		case w.Timer != "":
			do[i] = func() error { return nil } // it runs out by itself
			continue
		}
		call, err := a.requestOf(ctx, subject, w)
		if err != nil {
			return nil, err
		}
		acts[i].RequestID = call.RequestID
		if w.Put != nil {
			acts[i].Reason = a.values["reason"]
			delete(a.values, "reason")
		}
		do[i] = func() error {
			x := a.send(ctx, call)
			sent[i] = &x
			return nil
		}
	}
	if st.When.Timer != "" {
		a.awaitTimer(ctx, subject)
	}
	var together sync.WaitGroup
	for i := range do {
		one := func() {
			if err := do[i](); err != nil {
				acts[i].Failed = err.Error()
			}
		}
		if len(st.Following) > 0 {
			one()
			continue
		}
		together.Go(one)
	}
	together.Wait()
	var first *evidence.Exchange
	for i, x := range sent {
		if x == nil {
			continue
		}
		acts[i].Exchange = x.Index
		if first == nil || x.Index < first.Index {
			first = x
		}
	}
	step.Acts = acts
	return first, nil
}

// awaitTimer waits until the wrap-up timer runs out at about this moment, as far
// as was seen since when it runs: what comes with it comes now.
func (a *attempt) awaitTimer(ctx context.Context, p *participant) {
	if left := time.Until(p.wrapped.Add(p.user.WrapUpTimer)); left > 0 && !p.wrapped.IsZero() {
		a.waits(left)
		a.pause(ctx, left)
	}
}

// requestOf is the request of one of several things.
func (a *attempt) requestOf(ctx context.Context, subject *participant, w spec.When) (client.Call, error) {
	if w.Put != nil {
		return a.putCall(ctx, subject, w.By, w.Put)
	}
	p := a.participant(a.signer(w.By))
	d, err := a.dialogFor(ctx, p, w.Dialog, a.Target.Settle)
	if err != nil {
		return client.Call{}, err
	}
	return actionCall(p, d, w.Dialog, evidence.ForAct), a.touch(p)
}

// best is the status of the request of several that was taken best: where one
// was accepted something may come of it.
func (a *attempt) best(acts []evidence.Act) int {
	best := 0
	all := a.rec.Exchanges()
	for _, act := range acts {
		if act.Exchange >= 0 && (best == 0 || all[act.Exchange].Status != 0 && all[act.Exchange].Status < best) {
			best = all[act.Exchange].Status
		}
	}
	return best
}

// watchWalk watches the subject until all that was asked for has come about or
// was refused, and for the quiet time after it. What is not possible then is
// looked at once more before it is believed.
func (a *attempt) watchWalk(ctx context.Context, p *participant, st spec.Step, step *evidence.Step, started time.Time) error {
	limit := a.Target.Settle
	if st.When.Timer != "" {
		limit += p.user.WrapUpTimer
	}
	for _, w := range st.Whens() {
		if w.Dialog == "DROP" && a.answer(*step) < 400 { // a user in NOT_READY stays there, and shows nothing
			a.taken(ctx, a.participant(a.signer(w.By)), w.Dialog)
		}
	}
	if a.awaitSettled(ctx, p, step, limit) {
		a.waits(a.shown(p, started, p.look))
	} else {
		a.waits(time.Since(started))
	}
	a.quietAfter(ctx, p, step)
	if a.Explains.Possible(a.req, a.upTo(step)) || ctx.Err() != nil {
		return nil
	}
	a.awaitSettled(ctx, p, step, a.Target.Settle)
	a.quietAfter(ctx, p, step)
	return nil
}

// quietAfter is quiet. Of several requests the last may come about long after
// what was seen, since a target takes those to one user one after the other;
// and when what pends was taken in, nothing shows. On a target whose changes
// take longer than the quiet time, all of them get that long.
func (a *attempt) quietAfter(ctx context.Context, p *participant, step *evidence.Step) {
	converged, times := step.Converged, 1
	if len(step.Acts) > 0 || p.look.State == step.Baseline.State {
		step.Converged = -1
	}
	if a.quietWindow() > a.Target.Quiet {
		times = max(1, len(step.Acts))
	}
	for range times {
		a.quiet(ctx, p, step, nil)
	}
	a.lookAtActing(ctx)
	step.Converged = converged
}

// lookAtActing looks at those who ask for something for themselves, beside the
// subject.
func (a *attempt) lookAtActing(ctx context.Context) {
	for _, p := range a.cast() {
		if a.acts(a.part(p)) {
			_, _ = a.look(ctx, p, evidence.ForWatch)
		}
	}
}

func (a *attempt) awaitSettled(ctx context.Context, p *participant, step *evidence.Step, limit time.Duration) bool {
	deadline := time.Now().Add(limit)
	return eventually(ctx, limit, time.Millisecond, a.paced(ctx, p.user, step.Sent, deadline, func() bool {
		l, err := a.look(ctx, p, evidence.ForWatch)
		a.lookAtActing(ctx)
		if err != nil || l.Asked.After(deadline) || !a.Explains.Settled(a.req, a.upTo(step)) {
			return false
		}
		step.Converged = max(l.At.Sub(step.Answered), 0)
		return true
	}))
}

// upTo is the evidence so far, with the step that is being watched.
func (a *attempt) upTo(step *evidence.Step) *evidence.Evidence {
	so := a.soFar()
	so.Requirement, so.Target, so.Exchanges = a.ev.Requirement, a.ev.Target, a.rec.Exchanges()
	now := *step
	now.Exchanges, now.Events = &evidence.Range{First: step.Exchanges.First, Next: len(so.Exchanges)}, nil
	if step.Events != nil {
		now.Events = &evidence.Range{First: step.Events.First, Next: len(so.Events)}
	}
	now.Channel = evidence.ChannelNone
	if a.Events != nil && a.Events.Listens(a.parts[spec.Self].ID) {
		now.Channel = evidence.ChannelAlive
		if a.Events.Outage(a.parts[spec.Self].ID, step.Sent) != "" {
			now.Channel = evidence.ChannelLost
		}
	}
	so.Steps = append(append(so.Steps, a.ev.Steps...), now)
	return so
}
