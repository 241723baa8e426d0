package notify

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"finesse-conformance/suites/evidence"
)

// connection keeps one account connected for as long as the listener lives.
type connection struct {
	options Options
	account Account
	heard   func(evidence.Event)
	first   chan struct{} // closed after the first attempt
	leaving chan struct{} // closed when the listener is being closed
	once    sync.Once

	// proven: the service has accepted the password in this run. It is used by keep alone.
	proven bool

	mu       sync.Mutex
	state    Status
	firstErr error
	current  *session // set while Up
	down     []Outage
	leftAt   time.Time
}

func newConnection(o Options, account Account, heard func(evidence.Event)) *connection {
	now := time.Now()
	return &connection{
		options: o, account: account, heard: heard,
		first: make(chan struct{}), leaving: make(chan struct{}),
		state: Status{User: account.User, State: Connecting, Since: now},
		down:  []Outage{{From: now}},
	}
}

// keep connects, and connects again, until the account is given up or the listener closed.
func (c *connection) keep(life context.Context) {
	defer c.once.Do(func() { close(c.first) })
	pause := c.options.BackoffMin
	for {
		held, err := c.attempt(life)
		if life.Err() != nil || c.isLeaving() {
			return
		}
		// A service that lets everybody in and drops them again is no reason to sign in once a second.
		if held > c.options.BackoffMax {
			pause = c.options.BackoffMin
		}
		if explain(err).reason.Lasting() {
			return
		}
		// Not all accounts at the same moment.
		wait := time.NewTimer(pause/2 + rand.N(pause/2+1))
		select {
		case <-wait.C:
		case <-c.leaving:
			wait.Stop()
			return
		case <-life.Done():
			wait.Stop()
			return
		}
		pause = min(2*pause, c.options.BackoffMax)
	}
}

// attempt connects and stays until the connection ends. It tells for how long it was up, and why it is not any more.
func (c *connection) attempt(life context.Context) (held time.Duration, err error) {
	ctx, cancel := context.WithCancelCause(life)
	defer cancel(nil)
	c.update(func(st *Status) { st.Attempts++ })
	if c.options.Limiter != nil {
		if err := c.options.Limiter.Wait(ctx); err != nil {
			return 0, err // its life is over
		}
	}
	signing, done := context.WithTimeout(ctx, c.options.ConnectTimeout)
	s, err := c.signIn(signing, cancel)
	if s.link != nil {
		defer s.link.abort()
	}
	if err == nil {
		go s.read(ctx)
		defer func() { cancel(nil); s.link.abort(); <-s.finished }()
		err = s.settle(signing)
	}
	done()
	if err != nil {
		return 0, c.failed(s, err)
	}
	defer close(s.gone)
	c.up(s)
	since := time.Now()
	err = c.watch(ctx, s)
	held = time.Since(since)
	if c.isLeaving() || life.Err() != nil {
		return held, err
	}
	return held, c.lost(s, err)
}

// signIn signs the account in, under the name that the service takes: an id that cannot stand in an address goes over
// the wire as it is or as XEP-0106 writes it, and only the answer tells which. What was taken once is used from then on.
func (c *connection) signIn(ctx context.Context, end context.CancelCauseFunc) (s *session, err error) {
	names := c.account.names()
	if c.proven {
		names = []string{c.account.name()}
	}
	for i, name := range names {
		account := c.account
		account.Username = name
		s = newSession(c.options, account, c.heard, end)
		err = s.signIn(ctx)
		if s.token != "" && !s.accepted && err != nil && explain(err).reason == WrongPassword {
			if _, none := account.Token(ctx, s.token); none == nil { // it had expired
				s.link.abort()
				s = newSession(c.options, account, c.heard, end)
				err = s.signIn(ctx)
			}
		}
		if s.accepted {
			c.proven, c.account = true, account
		}
		if i == len(names)-1 || s.accepted || err == nil || explain(err).reason != WrongPassword {
			break
		}
		s.link.abort()
	}
	return s, err
}

// watch pings until the connection ends.
func (c *connection) watch(ctx context.Context, s *session) error {
	tick := time.NewTicker(c.options.PingEvery)
	defer tick.Stop()
	for {
		select {
		case <-s.finished:
			return s.ended
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
			if err := c.ping(ctx, s); err != nil {
				return err
			}
		}
	}
}

// ping asks once whether the server is still there.
func (c *connection) ping(ctx context.Context, s *session) error {
	answer, cancel := context.WithTimeoutCause(ctx, c.options.PingTimeout,
		&because{TimedOut, fmt.Sprintf("the server did not answer a ping for %s", c.options.PingTimeout), nil})
	defer cancel()
	return s.ping(answer)
}

// failed records an attempt that came to nothing. A connection that breaks on the password, before it was ever
// accepted, counts as a refusal of it: the next attempt would be another failure towards a lock-out.
func (c *connection) failed(s *session, err error) error {
	why := explain(err)
	if s.offered && !s.accepted && !c.proven && why.reason != WrongPassword {
		why = &because{WrongPassword, "no answer to the user name and password; not tried again", why}
	}
	failure := &AccountError{c.account.User, why.reason, s.doing, why}
	c.fall(time.Now(), why, failure)
	return failure
}

// lost records the end of a connection that was up. Of one that just stopped answering it is not known when it broke:
// the outage then begins with the last sign of life.
func (c *connection) lost(s *session, err error) error {
	why := explain(err)
	since := time.Now()
	if last := s.last.Load(); why.reason == TimedOut && last != 0 {
		since = time.Unix(0, last)
	}
	c.fall(since, why, nil)
	return why
}

func (c *connection) fall(since time.Time, why *because, failure error) {
	state := Down
	if why.reason.Lasting() {
		state = GivenUp
	}
	if c.isLeaving() {
		return
	}
	c.options.Log.Warn("notifications: not connected", "user", c.account.User, "state", string(state), "reason", string(why.reason), "detail", why.Error())
	c.update(func(st *Status) {
		if st.State == Up {
			c.down = append(c.down, Outage{From: since})
			st.Since = since
		}
		last := &c.down[len(c.down)-1]
		last.Reason, last.Detail = why.reason, why.Error()
		st.State, st.Reason, st.Detail, st.Subscribed, st.Refused = state, why.reason, why.Error(), nil, nil
		c.current = nil
		c.firstErr = failure
	})
	c.once.Do(func() { close(c.first) })
}

func (c *connection) up(s *session) {
	if !s.link.encrypted() {
		c.options.Log.Warn("notifications: the password crossed the network unencrypted", "user", c.account.User)
	}
	c.options.Log.Info("notifications: connected", "user", c.account.User, "address", s.address)
	refused := errors.Join(s.refused...)
	if refused != nil {
		c.options.Log.Warn("notifications: not subscribed to everything", "user", c.account.User, "detail", refused.Error())
	}
	c.update(func(st *Status) {
		now := time.Now()
		c.down[len(c.down)-1].To = now
		st.State, st.Since, st.Reason, st.Detail = Up, now, "", ""
		st.Subscribed, st.Refused = s.subscriptions, s.refusals
		c.current = s
		c.firstErr = refused
	})
	c.once.Do(func() { close(c.first) })
}

// update changes the status and tells of it, in order. Left is the end: what goes on in the background after that is
// only the connection being taken apart.
func (c *connection) update(change func(*Status)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := c.state.State
	if before == Left {
		return
	}
	change(&c.state)
	if c.options.OnStatus != nil && c.state.State != before {
		c.options.OnStatus(c.state)
	}
}

// firstAttempt waits for the first attempt to connect and returns how it failed.
func (c *connection) firstAttempt(ctx context.Context) error {
	select {
	case <-c.first:
	case <-ctx.Done():
		why := explain(context.Cause(ctx))
		return &AccountError{c.account.User, why.reason, "connecting", why}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.firstErr
}

func (c *connection) isLeaving() bool {
	select {
	case <-c.leaving:
		return true
	default:
		return false
	}
}

// leave ends the connection for good.
func (c *connection) leave(ctx context.Context) error {
	c.mu.Lock()
	s := c.current
	already := c.isLeaving()
	if !already {
		close(c.leaving)
	}
	c.mu.Unlock()
	if already {
		return nil
	}
	var err error
	if s != nil {
		err = s.signOff(ctx)
	}
	c.update(func(st *Status) {
		st.State, st.Since = Left, time.Now()
		c.leftAt = st.Since
		c.current = nil
	})
	return err
}

// confirm pings on the connection that stands now. One that does not answer is ended, and its outage is on record when
// confirm returns.
func (c *connection) confirm(ctx context.Context) error {
	c.mu.Lock()
	s := c.current
	c.mu.Unlock()
	if s == nil {
		st := c.status()
		return &AccountError{c.account.User, st.Reason, "confirming", fmt.Errorf("not connected (%s)", st.State)}
	}
	err := c.ping(ctx, s)
	if err == nil {
		return nil
	}
	if ctx.Err() == nil {
		s.end(explain(err))
		select {
		case <-s.gone:
		case <-ctx.Done():
		}
	}
	why := explain(err)
	return &AccountError{c.account.User, why.reason, "confirming", why}
}

func (c *connection) status() Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

func (c *connection) outages() []Outage {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.down)
}

func (c *connection) upThroughout(from, to time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.leftAt.IsZero() && to.After(c.leftAt) {
		return false
	}
	for _, o := range c.down {
		if !o.From.After(to) && (o.To.IsZero() || !o.To.Before(from)) {
			return false
		}
	}
	return !from.Before(c.down[0].From)
}
