package scenario

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

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

// repeats reports whether what is repeated begins with waiting for the quiet time.
func (a *attempt) repeats() bool {
	return a.ev.Attempt > 1 && a.Explains == nil && !a.req.Given.Fresh
}

// outlast waits for the quiet time before what is repeated, for everybody once:
// who does not stay where its way has led, not the second time either, is moved by
// the target, and not by what comes next.
func (a *attempt) outlast(ctx context.Context, subject *participant) error {
	if !a.repeats() {
		return nil
	}
	var wg sync.WaitGroup
	participants := a.cast()
	errs := make([]error, len(participants))
	for i, p := range participants {
		// A call and a timer have times of their own; whom the subject has called was
		// last looked at before it.
		there := p != subject || p.look.State == a.req.Given.State
		if there && p.done.touched && !p.done.outlasted && p.look.State.Resting() && p.user != a.parts[spec.Peer] {
			p.done.outlasted = true
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
