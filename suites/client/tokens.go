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
//
// A new token is asked for once, however many requests need it, and for all
// users at once whose tokens are about to expire: a command that hangs costs
// everybody together what it costs one.
type Tokens struct {
	Environ []string      // of commands that print a token
	Limit   time.Duration // for such a command, 0 for half a minute
	Secrets *redact.Set   // is told each token

	mu   sync.Mutex
	held map[string]*heldToken // by the user's name
}

// heldToken is the token that a user has. All of it is guarded by the lock of
// the Tokens, which nobody holds while it waits.
type heldToken struct {
	fixtures.IssuedToken
	user    *fixtures.User
	got     time.Time
	renewal *renewal             // that is under way, nil where none is
	refused fixtures.Secret      // is not good, whatever it says of itself
	failed  error                // why there was no new one when it was last asked for, nil where there was
	tried   time.Time            // when that was
	since   time.Time            // since when there has been none
	former  fixtures.IssuedToken // the first of those that it had before and that tell when they expire
}

// ahead is how long before a token expires a new one is asked for: a third of
// its life, and no more than a minute. Where there is none to be had, whoever
// has it can be put back in that time.
func (h *heldToken) ahead() time.Duration {
	return min(h.Expires.Sub(h.got)/3, time.Minute)
}

// left is how long the token is good yet, as far as that is known.
func (h *heldToken) left() time.Duration {
	if h.Text.Empty() || h.Expires.IsZero() || h.Text == h.refused {
		return 0
	}
	return max(time.Until(h.Expires), 0)
}

// fresh reports whether nobody has to ask for another token.
func (h *heldToken) fresh() bool {
	return !h.Text.Empty() && h.Text != h.refused && h.user.Token.File == "" && (h.Expires.IsZero() || time.Until(h.Expires) > h.ahead())
}

// of gives the token of a user. The lock is held.
func (t *Tokens) of(u *fixtures.User) *heldToken {
	if t.held == nil {
		t.held = map[string]*heldToken{}
	}
	h := t.held[u.Name()]
	if h == nil {
		h = &heldToken{}
		t.held[u.Name()] = h
	}
	h.user = u
	return h
}

// Token gives the user's token. A file is read each time, since something
// else renews it; a command is asked at first and before its token expires.
func (t *Tokens) Token(ctx context.Context, u *fixtures.User) (fixtures.Secret, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := t.of(u)
	if h.fresh() {
		return h.Text, nil
	}
	err := t.renew(ctx, h)
	switch {
	case err != nil && h.left() == 0:
		return "", err
	case h.Text.Empty():
		return "", &TokenError{u.ID, errors.New("no access token is asked for any more")}
	}
	return h.Text, nil
}

// Failing says why there is no new token for a user whose token is about to
// expire or has; nil where nothing is wrong.
func (t *Tokens) Failing(ctx context.Context, u *fixtures.User) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failing(ctx, t.of(u))
}

func (t *Tokens) failing(ctx context.Context, h *heldToken) error {
	if h.fresh() {
		return nil
	}
	return t.renew(ctx, h)
}

// await waits until there are new tokens for the user, no longer than the limit
// from when there were none, or says why there are not.
func (t *Tokens) await(ctx context.Context, u *fixtures.User, limit time.Duration) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := t.of(u)
	for {
		err := t.failing(ctx, h)
		if err == nil || time.Since(h.since) > limit {
			return err
		}
		t.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-time.After(failedPause):
		}
		t.mu.Lock()
		if ctx.Err() != nil {
			return err
		}
	}
}

// expiring gives the token of the user that expires first, or has, among those
// it had and still has; false where none is known to, or nothing renews it.
func (t *Tokens) expiring(u *fixtures.User) (fixtures.IssuedToken, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := t.of(u)
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
	t.mu.Lock()
	defer t.mu.Unlock()
	h := t.of(u)
	if !h.Text.Empty() && h.Text != refused {
		return h.Text, nil // got by another request meanwhile
	}
	if !u.Token.Renews() {
		return "", fmt.Errorf("%w: access_token gives one that cannot be renewed, access_token_file and access_token_exec can", errNotRenewed)
	}
	h.refused = refused
	for end := time.Now().Add(fileWait); ; {
		if err := t.renew(ctx, h); err != nil {
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
		t.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-time.After(filePoll):
		}
		t.mu.Lock()
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
	}
}
