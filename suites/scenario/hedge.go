package scenario

import (
	"context"
	"slices"
	"sync"
	"time"

	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
)

// A look that takes far longer than looks do on this target is asked for once
// more, and the first answer counts: on a target that is slow now and then a
// run would spend most of its time with waiting for what the next request
// tells at once. Only what changes nothing is asked for twice.

// hedges keep how long looks take. They are safe for concurrent use; the zero
// value is ready.
type hedges struct {
	mu     sync.Mutex
	recent []time.Duration // of the last looks, in a ring
	next   int
}

const (
	looksKnown   = 32 // looks of which the usual time is taken
	looksEnough  = 8  // looks before there is a usual time
	farLonger    = 10 // times the usual time
	pollsAtLeast = 2  // intervals of polling that are no long time
)

// took notes how long a look took.
func (h *hedges) took(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.recent) < looksKnown {
		h.recent = append(h.recent, d)
		return
	}
	h.recent[h.next] = d
	h.next = (h.next + 1) % looksKnown
}

// after gives how long a look takes before it is asked for once more, false
// where that is not known yet.
func (h *hedges) after(poll time.Duration) (time.Duration, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.recent) < looksEnough {
		return 0, false
	}
	sorted := slices.Sorted(slices.Values(h.recent))
	return max(farLonger*sorted[len(sorted)/2], pollsAtLeast*poll), true
}

// sendLook sends a GET, and once more where the answer is long in coming. The
// answer that is not needed is in the evidence if it comes while the attempt
// lasts.
func (a *attempt) sendLook(ctx context.Context, call client.Call) evidence.Exchange {
	patience, known := a.hedges.after(a.Poll)
	if !known {
		x := a.send(ctx, call)
		a.hedges.took(x.Duration)
		return x
	}
	within, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(a.lasting, cancel)
	answers := make(chan evidence.Exchange, 2)
	ask := func() { a.stragglers.Go(func() { answers <- a.send(within, call) }) }
	ask()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	asked := 1
	for answered := 0; ; {
		select {
		case <-timer.C:
			ask()
			asked++
		case x := <-answers:
			if answered++; x.Err != "" && answered < asked {
				continue // the other one may do better
			}
			if answered == asked {
				stop()
				cancel()
			}
			a.hedges.took(x.Duration)
			return x
		}
	}
}
