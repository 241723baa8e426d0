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

// heldToken is the token that a user has. Its lock is held while one is got,
// so that one that several requests wait for is got once.
type heldToken struct {
	mu sync.Mutex
	fixtures.IssuedToken
	got    time.Time
	former fixtures.IssuedToken // the first of those that it had before and that tell when they expire
}

// ahead is how long before a token expires a new one is asked for: a fifth of
// its life, and no more than half a minute.
func (h *heldToken) ahead() time.Duration {
	return min(h.Expires.Sub(h.got)/5, 30*time.Second)
}

func (t *Tokens) of(u *fixtures.User) *heldToken {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.held == nil {
		t.held = map[string]*heldToken{}
	}
	h := t.held[u.Name()]
	if h == nil {
		h = &heldToken{}
		t.held[u.Name()] = h
	}
	return h
}

// Token gives the user's token. A file is read each time, since something
// else renews it; a command is asked at first and before its token expires.
func (t *Tokens) Token(ctx context.Context, u *fixtures.User) (fixtures.Secret, error) {
	h := t.of(u)
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.Text.Empty() && u.Token.File == "" && (h.Expires.IsZero() || time.Until(h.Expires) > h.ahead()) {
		return h.Text, nil
	}
	if err := t.get(ctx, u, h); err != nil {
		return "", err
	}
	return h.Text, nil
}

func (t *Tokens) get(ctx context.Context, u *fixtures.User, h *heldToken) error {
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
func (t *Tokens) Expiring(u *fixtures.User) (fixtures.IssuedToken, bool) {
	h := t.of(u)
	h.mu.Lock()
	defer h.mu.Unlock()
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
	h.mu.Lock()
	defer h.mu.Unlock()
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
