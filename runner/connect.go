package runner

import (
	"context"
	"net/http"

	"finesse-conformance/fixtures"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/internal/notify"
	"finesse-conformance/suites/client"
)

// clientFor gives what every client of a target has in common: its address and
// doors, and how its users sign in.
func (a *CLI) clientFor(t *config.Target, transport http.RoundTripper, tokens *client.Tokens) client.Options {
	return client.Options{
		Base: t.URL, Transport: transport, Timeout: t.Timing.Request, Version: a.Version, Secrets: a.Secrets,
		Header: t.Headers, UserAgent: t.UserAgent, Tokens: tokens,
	}
}

// tokens makes what gets access tokens for the users of a configuration.
func (a *CLI) tokens(environ []string) *client.Tokens {
	return &client.Tokens{Environ: environ, Secrets: a.Secrets}
}

// issuer gives what gets the access tokens of the session's users, for the API
// and for notifications.
func (s *session) issuer() *client.Tokens {
	if s.issued == nil {
		s.issued = s.CLI.tokens(s.config.HookEnviron(s.Environ))
	}
	return s.issued
}

// account says how a user signs in to the notification service: with its
// password, or with its access token in the password's place.
func (s *session) account(u *fixtures.User) notify.Account {
	account := notify.Account{User: u.ID, Username: u.Username, Password: u.Password.Reveal()}
	if u.ByToken() {
		tokens := s.issuer()
		account.Token = func(ctx context.Context, refused string) (string, error) {
			get := tokens.Token
			if refused != "" {
				get = func(ctx context.Context, u *fixtures.User) (fixtures.Secret, error) {
					return tokens.Renew(ctx, u, fixtures.Secret(refused))
				}
			}
			token, err := get(ctx, u)
			return token.Reveal(), err
		}
	}
	return account
}
