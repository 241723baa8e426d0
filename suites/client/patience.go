package client

import (
	"context"
	"fmt"
	"sync"
	"time"

	"finesse-conformance/suites/evidence"
)

// A target that leaves requests without an answer would have a run wait for the
// whole time that an exchange may take, for each of them: what is one cause is waited
// for a few times. From then on the answers that did come say how long one takes. A
// request that is given up before its time goes on for so long, and an answer that
// comes after all is one of those that say so.
const (
	enoughUnanswered = 3  // requests that were waited for as long as may be
	timesLongest     = 4  // as long as the longest answer
	leastPatience    = 50 // the part of the time for an exchange that is waited for at least
)

// patience is how long answers are waited for. The zero value waits for as long
// as may be.
type patience struct {
	mu         sync.Mutex
	unanswered int
	longest    time.Duration // that an answer took
}

// unanswered is the error of a request that was waited for in vain.
type unanswered struct {
	within time.Duration
	before int // how many were, for longer
}

func (u unanswered) Error() string {
	if u.before == 0 {
		return fmt.Sprintf("no whole answer within %v", u.within)
	}
	return fmt.Sprintf("no whole answer within %v, far longer than answers take here; %d requests had none in their whole time", u.within, u.before)
}

// limit gives how long an answer is waited for, of the time for an exchange.
func (p *patience) limit(timeout time.Duration) unanswered {
	p.mu.Lock()
	defer p.mu.Unlock()
	if shorter := max(timesLongest*p.longest, timeout/leastPatience); p.unanswered >= enoughUnanswered && shorter < timeout {
		return unanswered{shorter, p.unanswered}
	}
	return unanswered{within: timeout}
}

func (p *patience) answered(after time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.longest = max(p.longest, after)
}

func (p *patience) missed() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unanswered++
}

// forget has answers waited for as long as may be again: what had none has a cause of
// its own, which is over.
func (p *patience) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unanswered = 0
}

// within makes an exchange in the time that there is for it.
func (c *Client) within(ctx context.Context, x *evidence.Exchange, exchange func(context.Context, *evidence.Exchange) error) error {
	if c.opts.Timeout <= 0 {
		return exchange(ctx, x)
	}
	whole := func(ctx context.Context, x *evidence.Exchange) error {
		began := time.Now()
		ctx, cancel := context.WithTimeoutCause(ctx, c.opts.Timeout, unanswered{within: c.opts.Timeout})
		defer cancel()
		err := exchange(ctx, x)
		switch {
		case err == nil:
			c.patience.answered(time.Since(began))
		case context.Cause(ctx) == unanswered{within: c.opts.Timeout}:
			c.patience.missed()
		}
		return err
	}
	limit := c.patience.limit(c.opts.Timeout)
	if limit.before == 0 {
		return whole(ctx, x)
	}
	of, done := *x, make(chan error, 1)
	go func() { done <- whole(ctx, &of) }()
	timer := time.NewTimer(limit.within)
	defer timer.Stop()
	select {
	case err := <-done:
		*x = of
		return err
	case <-timer.C:
		return limit
	}
}
