package client

import (
	"context"
	"fmt"
	"net/http"
	"path"
	"strings"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/internal/text"
	"finesse-conformance/suites/evidence"
)

// What the target or something before it refused without looking at it is
// asked for again: with a new access token, or when a reverse proxy has room.
// A request that changes something goes again only where nobody has changed
// since it was last seen.

const userPath = "/finesse/api/User/"

// isOwn reports whether a call reads its user's own User, which nothing but
// the credentials can be wrong with.
func isOwn(call Call) bool {
	return call.Method == http.MethodGet && call.Path == userPath+call.As.ID
}

// renewed deals with a 401 that met a user of single sign-on. Whether it comes
// of the token is seen from the user's own User.
func (c *Client) renewed(ctx context.Context, rec *Recorder, call Call, x evidence.Exchange, token fixtures.Secret) evidence.Exchange {
	before := c.seenOf(subject(call))
	if !isOwn(call) {
		look, with := c.once(ctx, rec, ownUser(call.As))
		rec.add(look, c.opts.Secrets)
		switch {
		case look.Status == http.StatusUnauthorized:
			token = with
		case with == token:
			return x // the token is good: the answer is about the request
		default: // there was a new one already
			x, _ = c.again(ctx, rec, call, x, before)
			return x
		}
	}
	if _, err := c.opts.Tokens.Renew(ctx, call.As, token); err != nil {
		x.Barred = true
		x.Err = fmt.Sprintf("the access token of user %s is refused, and %v", call.As.ID, err)
		return x
	}
	again, sent := c.again(ctx, rec, call, x, before)
	if sent && again.Status == http.StatusUnauthorized && isOwn(call) {
		again.Barred = true
		again.Err = fmt.Sprintf("the access token of user %s is refused, and so is a new one: it may be another user's, or the target does not know its issuer", call.As.ID)
	}
	return again
}

func ownUser(u *fixtures.User) Call {
	return Call{As: u, Method: http.MethodGet, Path: userPath + u.ID, Purpose: evidence.ForLook}
}

// again sends a call once more, after x was recorded, where nothing has changed;
// else it says in x why it did not.
func (c *Client) again(ctx context.Context, rec *Recorder, call Call, x evidence.Exchange, before string) (evidence.Exchange, bool) {
	if call.Method != http.MethodGet {
		id := subject(call)
		u := c.userOf(id)
		if u == nil {
			u = call.As
		}
		look, _ := c.once(ctx, rec, ownUser(u))
		rec.add(look, c.opts.Secrets)
		switch now := c.seenOf(u.ID); {
		case look.Status != http.StatusOK || look.Err != "":
			x.Barred = true
			x.Err = fmt.Sprintf("it did not reach the API, and was not sent again, since user %s could not be looked at", u.ID)
			return x, false
		case u.ID != id || before == "" || changes(now) != changes(before):
			x.Barred = true
			x.Err = fmt.Sprintf("it did not reach the API, and was not sent again, since user %s may have changed meanwhile", id)
			return x, false
		}
	}
	x.Purpose = evidence.ForAgain
	rec.add(x, c.opts.Secrets)
	x, _ = c.once(ctx, rec, call)
	return x, true
}

// subject is the id of the user whom a call may change.
func subject(call Call) string {
	if rest, ok := strings.CutPrefix(call.Path, userPath); ok {
		id, _, _ := strings.Cut(rest, "/")
		return id
	}
	if call.As != nil {
		return call.As.ID
	}
	return ""
}

var changing = text.Pattern(`<(state|pendingState|reasonCodeId|stateChangeTime|extension)>([^<]*)</`)

// longestSeen is how long a User may be to be kept as it is, in bytes. What can
// change of it is looked for when somebody asks, which is seldom.
const longestSeen = 8 << 10

// note keeps how a user was last seen, and by whose credentials it is read.
func (c *Client) note(call Call, x evidence.Exchange) {
	if call.As == nil || call.Credentials != Own || call.Elsewhere {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.users[call.As.ID] = call.As
	if x.Status == http.StatusOK && x.Err == "" && call.Method == http.MethodGet && path.Dir(call.Path)+"/" == userPath {
		seen := x.ResponseBody
		if len(seen) > longestSeen {
			seen = changes(seen)
		}
		c.seen[path.Base(call.Path)] = seen
	}
}

// seenOf is a user as it was last seen, or empty.
func (c *Client) seenOf(id string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen[id]
}

// changes is what can change of a user.
func changes(seen string) string { return strings.Join(changing().FindAllString(seen, 8), "") }

func (c *Client) userOf(id string) *fixtures.User {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.users[id]
}

// Patience with a proxy that has no room.
const (
	mostTries = 4
	firstWait = 500 * time.Millisecond
)

// crowded deals with a reverse proxy that takes no more requests for now: from
// here on fewer are sent.
func (c *Client) crowded(ctx context.Context, rec *Recorder, call Call, x evidence.Exchange) evidence.Exchange {
	before := c.seenOf(subject(call))
	for n := range mostTries {
		if by := proxied(x); by != tooMany && by != tooManyConnections {
			return x
		} else {
			c.Met(limitOf[by])
		}
		t := time.NewTimer(firstWait << n)
		select {
		case <-ctx.Done():
			t.Stop()
			return x
		case <-t.C:
		}
		var sent bool
		if x, sent = c.again(ctx, rec, call, x, before); !sent {
			return x
		}
	}
	return x
}
