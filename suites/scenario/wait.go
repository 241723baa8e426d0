package scenario

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/onsi/gomega"

	"finesse-conformance/fixtures"
	"finesse-conformance/suites/evidence"
)

// eventually asks until the answer is yes, and reports false when it was not
// within the limit.
func eventually(ctx context.Context, limit, every time.Duration, ask func() bool) bool {
	g := gomega.NewGomega(func(string, ...int) {})
	return g.Eventually(ctx, ask).WithTimeout(limit).WithPolling(every).Should(gomega.BeTrue())
}

// throughout asks for the whole time, and reports false at the first no.
func throughout(ctx context.Context, limit, every time.Duration, ask func() bool) bool {
	g := gomega.NewGomega(func(string, ...int) {})
	return g.Consistently(ctx, ask).WithTimeout(limit).WithPolling(every).Should(gomega.BeTrue())
}

// until looks at the user until the sighting is the one sought. With
// notifications an event is followed by a GET at once, and GETs without one
// are rarer.
func (a *attempt) until(ctx context.Context, p *participant, limit time.Duration, sought func(evidence.Observation) bool) bool {
	return a.untilSince(ctx, p, time.Time{}, limit, sought)
}

// untilSince is until, for what was asked for just then; see paced.
func (a *attempt) untilSince(ctx context.Context, p *participant, since time.Time, limit time.Duration, sought func(evidence.Observation) bool) bool {
	return eventually(ctx, limit, time.Millisecond, a.paced(ctx, p.user, since, time.Now().Add(limit), func() bool {
		l, err := a.look(ctx, p, evidence.ForWatch)
		return err == nil && sought(l)
	}))
}

// paced makes an answer that waits for the next event of the user (any event,
// where there is no user) or the next time to poll, except before it is given
// first. Polls back off to ten times the configured interval; the last one
// comes just before the deadline. An event that arrives while an answer is
// sought counts for the next one.
//
// With since, the time at which something was asked for, the first answer
// waits as well: for the event that tells of the user's state, as long as a
// GET would take. One that is under way when the event comes shows nothing
// yet, and would have to be waited for.
func (a *attempt) paced(ctx context.Context, of *fixtures.User, since, deadline time.Time, ask func() bool) func() bool {
	deadline = deadline.Add(-a.Poll / 10)
	interval := a.Poll
	var asked time.Time
	var hold time.Duration
	if a.Events != nil && !since.IsZero() {
		if hold = min(took(a.participantOr(of).says), 10*a.Poll); hold > 0 {
			asked = since
		}
	}
	return func() bool {
		if !asked.IsZero() {
			pause := interval
			if hold > 0 {
				pause = hold
			}
			if left := time.Until(deadline); left > 0 {
				pause = min(pause, left)
			}
			event, ok := a.await(ctx, pause, func() bool { return a.toldOf(of, asked, hold == 0) })
			if !ok {
				return false
			}
			if !event && hold == 0 {
				interval = min(interval*5/4, 10*a.Poll)
			}
			hold = 0
		}
		asked = time.Now()
		return ask()
	}
}

// await waits until an event tells, at most for the pause, and reports whether
// one did. It is not ok when the context ended.
func (a *attempt) await(ctx context.Context, pause time.Duration, told func() bool) (event, ok bool) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for {
		var wake <-chan struct{}
		if a.Events != nil {
			wake = a.Events.Wake()
		}
		if told() {
			return true, true
		}
		select {
		case <-ctx.Done():
			return false, false
		case <-wake:
		case <-timer.C:
			return false, true
		}
	}
}

// toldOf reports whether there was an event of the user since t, of its calls
// too or of its state alone; any event for nil.
func (a *attempt) toldOf(u *fixtures.User, t time.Time, calls bool) bool {
	if a.Events == nil {
		return false
	}
	return slices.ContainsFunc(a.Events.Since(t), func(e evidence.Event) bool {
		return u == nil || e.Node == userPath(u.ID) || calls && strings.HasPrefix(e.Node, userPath(u.ID)+"/")
	})
}
