package client

import (
	"context"
	"fmt"
	"time"

	"finesse-conformance/fixtures"
)

// renewal asks for a new token. It goes on when whoever waits for it has
// waited long enough, and ends when nobody waits any more whose run goes on.
type renewal struct {
	done    chan struct{}
	cancel  context.CancelFunc
	enough  time.Time // until when it is waited for while the present token is good; zero where that is not
	began   time.Time
	waiting int
}

// failedPause is how long nothing is asked again that had no token to give.
const failedPause = 3 * time.Second

// renew waits for a new token of a user, or says why there is none. While the
// present one is good, no more than a quarter of the time that it had left is
// waited for. The lock is held, except while this waits.
func (t *Tokens) renew(ctx context.Context, h *heldToken) error {
	r := t.begin(ctx, h)
	if r == nil {
		return h.failed
	}
	for _, other := range t.held {
		if !other.Text.Empty() && other.user.Token.File == "" && !other.fresh() {
			t.begin(ctx, other)
		}
	}
	if err := t.wait(ctx, h, r); err != nil {
		return &TokenError{h.user.ID, err}
	}
	if h.renewal != r {
		return h.failed
	}
	if h.since.IsZero() {
		h.since = r.began
	}
	return fmt.Errorf("user %s cannot sign in any more soon: its access token expires, and %s has given no other for %v", h.user.ID, source(h.user.Token), time.Since(r.began).Round(time.Millisecond))
}

// TokenError is why there is no access token for a user.
type TokenError struct {
	User string // its id
	Err  error
}

func (e *TokenError) Error() string { return "user " + e.User + " cannot sign in: " + e.Err.Error() }
func (e *TokenError) Unwrap() error { return e.Err }

// begin gives the renewal that is under way, or begins one; nil where the last
// was in vain a moment ago. The lock is held.
func (t *Tokens) begin(ctx context.Context, h *heldToken) *renewal {
	if h.renewal != nil {
		return h.renewal
	}
	if h.failed != nil && time.Since(h.tried) < failedPause && h.user.Token.File == "" {
		return nil
	}
	within, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r := &renewal{done: make(chan struct{}), cancel: cancel, began: time.Now()}
	if left := h.left(); left > 0 {
		r.enough = r.began.Add(left / 4)
	}
	h.renewal = r
	u := h.user
	go func() {
		defer cancel()
		issued, err := u.Token.Get(within, t.Environ, t.Limit)
		t.mu.Lock()
		defer t.mu.Unlock()
		defer close(r.done)
		if h.renewal == r {
			h.renewal = nil
		}
		if within.Err() == nil {
			t.take(h, issued, err)
		}
	}()
	return r
}

// take notes what a renewal came to. The lock is held.
func (t *Tokens) take(h *heldToken, issued fixtures.IssuedToken, err error) {
	if t.Secrets != nil {
		t.Secrets.Token(issued.Text.Reveal())
	}
	h.tried = time.Now()
	if err != nil {
		if h.since.IsZero() {
			h.since = h.tried
		}
		h.failed = &TokenError{h.user.ID, err}
		return
	}
	h.failed, h.since = nil, time.Time{}
	if issued.Text != h.Text {
		h.got = h.tried
		if h.former.Text.Empty() && !h.Expires.IsZero() {
			h.former = h.IssuedToken
		}
	}
	h.IssuedToken = issued
}

// wait waits for a renewal, and gives why the one who waits was stopped. The
// lock is held, except while this waits.
func (t *Tokens) wait(ctx context.Context, h *heldToken, r *renewal) error {
	var enough <-chan time.Time
	if !r.enough.IsZero() {
		timer := time.NewTimer(time.Until(r.enough))
		defer timer.Stop()
		enough = timer.C
	}
	r.waiting++
	t.mu.Unlock()
	stopped := false
	select {
	case <-r.done:
	case <-enough:
	case <-ctx.Done():
		stopped = true
	}
	t.mu.Lock()
	if r.waiting--; !stopped {
		return nil
	}
	if r.waiting == 0 {
		r.cancel()
		if h.renewal == r {
			h.renewal = nil
		}
	}
	return context.Cause(ctx)
}

// Close ends what is still asked for.
func (t *Tokens) Close() {
	t.mu.Lock()
	var open []*renewal
	for _, h := range t.held {
		if h.renewal != nil {
			open = append(open, h.renewal)
		}
	}
	t.mu.Unlock()
	for _, r := range open {
		r.cancel()
		<-r.done
	}
}

// source names where tokens come from.
func source(from fixtures.TokenFrom) string {
	switch {
	case len(from.Exec) > 0:
		return "the command " + from.Exec[0]
	case from.File != "":
		return "the file " + from.File
	}
	return "whoever issues them"
}
