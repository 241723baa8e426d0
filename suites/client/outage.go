package client

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"finesse-conformance/internal/xmlbody"
	"finesse-conformance/suites/evidence"
)

// A target that goes away in the middle of a run, as for the restart of a
// node, is waited for. That it is away is not concluded from one request that
// failed: SystemInfo, which everybody may read, has to be away as well, or to
// say that the target is out of service.

// outage is what is known of a target that went away. The zero value waits for
// none.
type outage struct {
	mu     sync.Mutex
	limit  time.Duration                    // how long one is waited for, 0 for not at all
	over   chan struct{}                    // closed when the one that is waited for is over, nil where none is
	gaveUp bool                             // it was waited for in vain, and has not been seen since
	say    func(format string, args ...any) // to whoever watches the run, nil for nobody
}

// betweenProbes is the time between two looks whether a target is back.
const betweenProbes = 500 * time.Millisecond

// WaitOut has a target that goes away from now on waited for, each time for so
// long at most.
func (c *Client) WaitOut(limit time.Duration) {
	c.outage.mu.Lock()
	defer c.outage.mu.Unlock()
	c.outage.limit = limit
}

// TellOutages has somebody told when the target is waited for.
func (c *Client) TellOutages(say func(format string, args ...any)) {
	c.outage.mu.Lock()
	defer c.outage.mu.Unlock()
	c.outage.say = say
}

// LongestHold is how long a request may be held back because the target is away.
func (c *Client) LongestHold() time.Duration {
	c.outage.mu.Lock()
	defer c.outage.mu.Unlock()
	return c.outage.limit
}

// held waits while the target is known to be away.
func (o *outage) held(ctx context.Context) {
	o.mu.Lock()
	over := o.over
	o.mu.Unlock()
	if over == nil {
		return
	}
	select {
	case <-over:
	case <-ctx.Done():
	}
}

// suspicious reports whether an exchange is such as a target has that is away.
func suspicious(x evidence.Exchange) bool {
	if x.Barred {
		return false
	}
	return x.Err != "" || x.Status == http.StatusBadGateway || x.Status == http.StatusServiceUnavailable || x.Status == http.StatusGatewayTimeout
}

// waitOut waits until a target that is away is back. It reports whether it was
// away.
func (c *Client) waitOut(ctx context.Context, x evidence.Exchange) bool {
	o := &c.outage
	o.mu.Lock()
	if !suspicious(x) {
		o.gaveUp = false
		o.mu.Unlock()
		return false
	}
	if o.limit <= 0 || o.gaveUp || ctx.Err() != nil {
		o.mu.Unlock()
		return false
	}
	if over := o.over; over != nil { // somebody waits already
		o.mu.Unlock()
		o.held(ctx)
		return true
	}
	over := make(chan struct{})
	o.over = over
	limit, say := o.limit, o.say
	o.mu.Unlock()

	began := time.Now()
	there, away := c.inService(ctx), false
	if !there && say != nil {
		say("the target is away, and is waited for (timing.outage %v)", limit)
	}
	for !there && ctx.Err() == nil && time.Since(began) < limit {
		away = true
		t := time.NewTimer(betweenProbes)
		select {
		case <-t.C:
			there = c.inService(ctx)
		case <-ctx.Done():
		}
		t.Stop()
	}
	if away {
		c.patience.forget()
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.over = nil
	close(over)
	o.gaveUp = !there && ctx.Err() == nil
	return away
}

// inService reports whether the target serves: SystemInfo says nothing else. An
// answer in which nothing is said of that is one of a target that is there.
func (c *Client) inService(ctx context.Context) bool {
	x, _ := c.once(ctx, nil, Call{Credentials: None, Method: http.MethodGet, Path: "/finesse/api/SystemInfo", Purpose: evidence.ForLook})
	if x.Err != "" || x.Status >= 500 {
		return false
	}
	doc, err := xmlbody.Parse("", []byte(x.ResponseBody))
	if err != nil {
		return true
	}
	status, told := xmlbody.Text(doc, "SystemInfo/status")
	return !told || strings.TrimSpace(status) == "IN_SERVICE"
}

// mostResent is how often a request is sent again after an outage.
const mostResent = 3

// outlast deals with an exchange that met a target that is away. What is
// under test is not sent again: the scenario is repeated. What else was asked
// for is, where nothing has changed meanwhile.
func (c *Client) outlast(ctx context.Context, rec *Recorder, call Call, x evidence.Exchange) evidence.Exchange {
	before := c.seenOf(subject(call))
	for range mostResent {
		if call.Elsewhere || !c.waitOut(ctx, x) {
			return x
		}
		x.Away = true
		if call.Purpose == evidence.ForAct || call.Credentials.refusable() {
			return x
		}
		why := x.Err
		again, sent := c.again(ctx, rec, call, x, before)
		if !sent {
			// It may have been done: whoever asked looks.
			x.Err, x.Barred = why, false
			if why == "" {
				x.Err = "the target was away"
			}
			return x
		}
		x = again
	}
	return x
}
