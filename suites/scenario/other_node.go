package scenario

import (
	"context"
	"net/http"
	"slices"
	"time"

	"finesse-conformance/spec"
	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
)

// otherNode watches how a change that was asked for shows on the other node of
// a system of two.
type otherNode struct {
	cancel context.CancelFunc
	done   chan struct{}
	shown  time.Time // when the look that showed it was asked for, zero for never
	last   int       // exchange of the last look, -1 for none
}

// watchOtherNode begins to look at the other node for what a step asked for,
// where there is one and the state that is sought is another than before. It
// costs no time: the node is looked at while the first one is watched.
func (a *attempt) watchOtherNode(ctx context.Context, p *participant, st spec.Step, step *evidence.Step) *otherNode {
	sought, _ := a.sought(p, st, *step)
	sought = slices.DeleteFunc(sought, func(out spec.Outcome) bool { return out.Kind != spec.Accepted })
	before := slices.ContainsFunc(sought, func(out spec.Outcome) bool { return slices.Contains(out.States, step.Baseline.State) })
	if a.Client.Other() == nil || st.When.Elsewhere() || len(sought) == 0 || before {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	o := &otherNode{cancel: cancel, done: make(chan struct{}), last: -1}
	go func() {
		defer close(o.done)
		for ctx.Err() == nil {
			x := a.lookElsewhere(ctx, p)
			if x.Err == "" {
				o.last = x.Index
			}
			l, ok := evidence.ObservationOf(x)
			if ok && slices.ContainsFunc(sought, func(out spec.Outcome) bool { return slices.Contains(out.States, l.State) }) {
				o.shown = l.Asked
				return
			}
			a.pause(ctx, max(a.Poll, time.Millisecond))
		}
	}()
	return o
}

func (a *attempt) lookElsewhere(ctx context.Context, p *participant) evidence.Exchange {
	return a.Client.Do(ctx, a.rec, client.Call{As: p.user, Method: http.MethodGet, Path: userPath(p.user.ID), Elsewhere: true, Purpose: evidence.ForWatch})
}

// end gives what the other node showed. A step that is about it waits for the
// settle time.
func (o *otherNode) end(a *attempt, st spec.Step, step *evidence.Step) {
	if o == nil {
		return
	}
	asked := slices.ContainsFunc(st.Then, func(out spec.Outcome) bool { return out.OtherNode != "" })
	if asked && step.Converged >= 0 {
		limit := time.NewTimer(time.Until(step.Answered.Add(step.Converged + a.Target.Settle)))
		select {
		case <-o.done:
		case <-limit.C:
		}
		limit.Stop()
	}
	o.cancel()
	<-o.done
	if step.Converged < 0 {
		return // there was nothing to show
	}
	step.OtherNode = &evidence.OtherNode{Shown: !o.shown.IsZero(), Exchange: o.last}
	if step.OtherNode.Shown {
		step.OtherNode.Lag = max(o.shown.Sub(step.Answered.Add(step.Converged)), 0)
	}
}

// readElsewhere reads on the other node what the step before read on the
// first, again until both are the same: it may lag for the settle time.
func (a *attempt) readElsewhere(ctx context.Context, call client.Call, st spec.Step) evidence.Exchange {
	first := a.ev.Steps[len(a.ev.Steps)-1].Exchange
	same := slices.ContainsFunc(st.Then, func(out spec.Outcome) bool { return out.Same })
	for deadline := time.Now().Add(a.Target.Settle); ; {
		x := a.send(ctx, call)
		if !same || first < 0 || a.Judge.Difference(a.rec.Exchanges()[first], x) == "" || !time.Now().Before(deadline) || !a.pause(ctx, max(a.Poll, time.Millisecond)) {
			return x
		}
	}
}
