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
func (a *attempt) until(ctx context.Context, p *player, limit time.Duration, sought func(evidence.Look) bool) bool {
	return eventually(ctx, limit, time.Millisecond, a.paced(ctx, p.user, time.Now().Add(limit), func() bool {
		l, err := a.look(ctx, p, evidence.ForWatch)
		return err == nil && sought(l)
	}))
}

// paced makes an answer that waits for the next event of the user (any event,
// where there is no user) or the next time to poll, except before it is given
// first. Polls back off to ten times the configured interval; the last one
// comes just before the deadline. An event that arrives while an answer is
// sought counts for the next one.
func (a *attempt) paced(ctx context.Context, of *fixtures.User, deadline time.Time, ask func() bool) func() bool {
	deadline = deadline.Add(-a.Poll / 10)
	interval := a.Poll
	var asked time.Time
	return func() bool {
		if !asked.IsZero() {
			pause := interval
			if left := time.Until(deadline); left > 0 {
				pause = min(pause, left)
			}
			timer := time.NewTimer(pause)
			defer timer.Stop()
			for told := false; !told; {
				var wake <-chan struct{}
				if a.Events != nil {
					wake = a.Events.Wake()
				}
				if told = a.toldOf(of, asked); told {
					break
				}
				select {
				case <-ctx.Done():
					return false
				case <-wake:
				case <-timer.C:
					told, interval = true, min(interval*5/4, 10*a.Poll)
				}
			}
		}
		asked = time.Now()
		return ask()
	}
}

// toldOf reports whether there was an event of the user since t, or any event
// for nil.
func (a *attempt) toldOf(u *fixtures.User, t time.Time) bool {
	if a.Events == nil {
		return false
	}
	return slices.ContainsFunc(a.Events.Since(t), func(e evidence.Event) bool {
		return u == nil || e.Node == userPath(u.ID) || strings.HasPrefix(e.Node, userPath(u.ID)+"/")
	})
}
