package client

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"strings"
	"unicode"

	"finesse-conformance/fixtures"
)

// Credentials says what a Call is signed with.
type Credentials int

// The credentials of a Call.
const (
	Own      Credentials = iota // the user's
	None                        // no Authorization header
	Wrong                       // the user's name with a password that is not its own, or a token that nobody issued
	Unissued                    // a token that nobody issued, also of a user with a password
	Expired                     // a token that the user had, see [Call.Token]
	MadeUp                      // the user's name with a password that is made up, also of a user by token
)

// refusable reports whether the target has to refuse them.
func (c Credentials) refusable() bool { return c != Own && c != None }

// Expiring is [Tokens.expiring] of the client's tokens.
func (c *Client) Expiring(u *fixtures.User) (fixtures.IssuedToken, bool) {
	return c.opts.Tokens.expiring(u)
}

// Failing is [Tokens.Failing] of the client's tokens.
func (c *Client) Failing(ctx context.Context, u *fixtures.User) error {
	if !u.ByToken() {
		return nil
	}
	return c.opts.Tokens.Failing(ctx, u)
}

// AwaitToken is [Tokens.await] for as long as a target is waited for that went
// away, see WaitOut.
func (c *Client) AwaitToken(ctx context.Context, u *fixtures.User) error {
	if !u.ByToken() {
		return nil
	}
	return c.opts.Tokens.await(ctx, u, c.LongestHold())
}

// ErrTwiceWrong is the reason why a request with a wrong password is not sent:
// five in a row lock the account (guide 12.5(1), page 29), so there are never
// two.
var ErrTwiceWrong = errors.New("not sent: the user's last request had a wrong password already")

// byToken reports whether a call is signed with an access token, good or not.
func (c Call) byToken() bool {
	return c.As != nil && c.Credentials != None && (c.As.ByToken() && c.Credentials != MadeUp || c.Credentials == Unissued)
}

// resembling are the wrong passwords that prove more than one that is made up: a
// target that compares them without regard to the case of letters takes the first,
// one that compares beginnings the next two, and one that does not look at an empty
// one the last.
var resembling = []func(password string) string{
	inOtherCase,
	func(password string) string { return password + "x" },
	func(password string) string {
		all := []rune(password)
		return string(all[:max(len(all)-1, 0)])
	},
	func(string) string { return "" },
}

// WrongPasswords is how many there are to be tried, see [Call.WrongPassword].
func WrongPasswords() int { return len(resembling) }

// inOtherCase gives a password that is made up where there are no letters.
func inOtherCase(password string) string {
	other := strings.Map(func(r rune) rune {
		if unicode.IsUpper(r) {
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	}, password)
	if other == password {
		return rand.Text()
	}
	return other
}

// sign sets the credentials, which must not be recorded.
func (c *Client) sign(req *http.Request, call Call, token fixtures.Secret) error {
	if call.Credentials == None || call.As == nil {
		return nil
	}
	c.opts.Secrets.Spare(call.As.ID, call.As.Name(), call.As.Extension)
	password := call.As.Password.Reveal()
	if call.Credentials != Own {
		c.mu.Lock()
		twice := c.wrong[call.As.ID]
		c.wrong[call.As.ID] = true
		c.mu.Unlock()
		if twice {
			return ErrTwiceWrong
		}
		password = resembling[call.WrongPassword](password)
	}
	if call.byToken() {
		switch call.Credentials {
		case Own:
		case Expired:
			token = call.Token
		default:
			token = fixtures.Secret(rand.Text())
			c.opts.Secrets.Token(token.Reveal())
		}
		req.Header.Set("Authorization", "Bearer "+token.Reveal())
		return nil
	}
	c.opts.Secrets.Pair(call.As.Name(), password)
	req.SetBasicAuth(call.As.Name(), password)
	return nil
}
