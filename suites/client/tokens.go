package client

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/internal/redact"
)

// Tokens keeps the access tokens of the users of single sign-on and gets new
// ones. It is safe for concurrent use.
type Tokens struct {
	Environ []string      // of commands that print a token
	Limit   time.Duration // for such a command, 0 for half a minute
	Secrets *redact.Set   // is told each token

	mu   sync.Mutex
	held map[string]*heldToken // by the user's name
}

// heldToken is the token that a user has. It is locked while one is got, so
// that one that several requests wait for is got once.
type heldToken struct {
	free chan struct{} // holds an element while nobody has the lock: waiting for it ends with a context
	fixtures.IssuedToken
	got    time.Time
	failed error                // why there was no new one when it was last asked for, nil where there was
	tried  time.Time            // when that was
	since  time.Time            // since when there has been none
	former fixtures.IssuedToken // the first of those that it had before and that tell when they expire
}

func (h *heldToken) lock(ctx context.Context) error {
	select {
	case <-h.free:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (h *heldToken) unlock() { h.free <- struct{}{} }

// ahead is how long before a token expires a new one is asked for: a third of
// its life, and no more than a minute. Where there is none to be had, whoever
// has it can be put back in that time.
func (h *heldToken) ahead() time.Duration {
	return min(h.Expires.Sub(h.got)/3, time.Minute)
}

// left is how long the token is good yet, as far as that is known.
func (h *heldToken) left() time.Duration {
	if h.Text.Empty() || h.Expires.IsZero() {
		return 0
	}
	return max(time.Until(h.Expires), 0)
}

// failedPause is how long nothing is asked again that had no token to give.
const failedPause = 3 * time.Second

func (t *Tokens) of(u *fixtures.User) *heldToken {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.held == nil {
		t.held = map[string]*heldToken{}
	}
	h := t.held[u.Name()]
	if h == nil {
		h = &heldToken{free: make(chan struct{}, 1)}
		h.unlock()
		t.held[u.Name()] = h
	}
	return h
}

// Token gives the user's token. A file is read each time, since something
// else renews it; a command is asked at first and before its token expires.
func (t *Tokens) Token(ctx context.Context, u *fixtures.User) (fixtures.Secret, error) {
	h := t.of(u)
	if err := h.lock(ctx); err != nil {
		return "", err
	}
	defer h.unlock()
	if !h.Text.Empty() && u.Token.File == "" && (h.Expires.IsZero() || time.Until(h.Expires) > h.ahead()) {
		return h.Text, nil
	}
	if err := t.get(ctx, u, h); err != nil && h.left() == 0 {
		return "", err
	}
	return h.Text, nil
}

// Failing says why there is no new token for a user whose token is about to
// expire or has; nil where nothing is wrong.
func (t *Tokens) Failing(ctx context.Context, u *fixtures.User) error {
	if _, err := t.Token(ctx, u); err != nil {
		return err
	}
	h := t.of(u)
	if err := h.lock(ctx); err != nil {
		return err
	}
	defer h.unlock()
	return h.failed
}

// await waits until there are new tokens for the user, no longer than the limit
// from when there were none, or says why there are not.
func (t *Tokens) await(ctx context.Context, u *fixtures.User, limit time.Duration) error {
	for {
		err := t.Failing(ctx, u)
		if err == nil {
			return nil
		}
		h := t.of(u)
		if h.lock(ctx) != nil {
			return err
		}
		over := time.Since(h.since) > limit
		h.unlock()
		if over {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(failedPause):
		}
	}
}

// get gets another token. While the present one is good, no more than a quarter of
// the time that it has left is waited for.
func (t *Tokens) get(ctx context.Context, u *fixtures.User, h *heldToken) error {
	if h.failed != nil && time.Since(h.tried) < failedPause && u.Token.File == "" {
		return h.failed
	}
	within := ctx
	if left := h.left() / 4; left > 0 {
		var cancel context.CancelFunc
		within, cancel = context.WithTimeoutCause(ctx, left, fmt.Errorf("it did not end within %v, and the present token expires", left.Round(time.Millisecond)))
		defer cancel()
	}
	err := t.ask(within, u, h)
	if ctx.Err() == nil {
		if h.failed == nil {
			h.since = time.Now()
		}
		h.failed, h.tried = err, time.Now()
	}
	return err
}

func (t *Tokens) ask(ctx context.Context, u *fixtures.User, h *heldToken) error {
	issued, err := u.Token.Get(ctx, t.Environ, t.Limit)
	if t.Secrets != nil {
		t.Secrets.Token(issued.Text.Reveal())
	}
	if err != nil {
		return fmt.Errorf("user %s cannot sign in: %w", u.ID, err)
	}
	if issued.Text != h.Text {
		h.got = time.Now()
		if h.former.Text.Empty() && !h.Expires.IsZero() {
			h.former = h.IssuedToken
		}
	}
	h.IssuedToken = issued
	return nil
}

// Expiring gives the token of the user that expires first, or has, among those
// it had and still has; false where none is known to, or nothing renews it.
func (t *Tokens) Expiring(ctx context.Context, u *fixtures.User) (fixtures.IssuedToken, bool) {
	h := t.of(u)
	if h.lock(ctx) != nil {
		return fixtures.IssuedToken{}, false
	}
	defer h.unlock()
	if !h.former.Text.Empty() {
		return h.former, true
	}
	return h.IssuedToken, !h.Text.Empty() && !h.Expires.IsZero() && u.Token.Renews()
}

// Patience with a file that something else renews.
const (
	fileWait = 5 * time.Second
	filePoll = 100 * time.Millisecond
)

// errNotRenewed is why there is no other token than the refused one.
var errNotRenewed = errors.New("there is no other")

// Renew gives another token than the one that was refused. The error says why
// there is none.
func (t *Tokens) Renew(ctx context.Context, u *fixtures.User, refused fixtures.Secret) (fixtures.Secret, error) {
	h := t.of(u)
	if err := h.lock(ctx); err != nil {
		return "", err
	}
	defer h.unlock()
	if !h.Text.Empty() && h.Text != refused {
		return h.Text, nil // got by another request meanwhile
	}
	if !u.Token.Renews() {
		return "", fmt.Errorf("%w: access_token gives one that cannot be renewed, access_token_file and access_token_exec can", errNotRenewed)
	}
	for end := time.Now().Add(fileWait); ; {
		if err := t.get(ctx, u, h); err != nil {
			return "", err
		}
		if h.Text != refused {
			return h.Text, nil
		}
		if u.Token.File == "" {
			return "", fmt.Errorf("%w: the command gives the same one again", errNotRenewed)
		}
		if time.Now().After(end) {
			return "", fmt.Errorf("%w: the file %s still has it after %v", errNotRenewed, u.Token.File, fileWait)
		}
		select {
		case <-ctx.Done():
			return "", context.Cause(ctx)
		case <-time.After(filePoll):
		}
	}
}
