package runner

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"

	"finesse-conformance/fixtures"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/internal/journal"
	"finesse-conformance/runner/internal/notify"
	"finesse-conformance/runner/internal/parallel"
	"finesse-conformance/runner/internal/preflight"
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

// transportOf makes the round tripper for a target.
func transportOf(t *config.Target) (*http.Transport, *tls.Config, error) {
	cfg, err := t.TLSConfig()
	if err != nil {
		return nil, nil, err
	}
	return client.Transport(cfg, t.Proxy, t.Timing.Request), cfg, nil
}

// nodesOf gives the addresses of a target's API on all nodes that SystemInfo
// names, where the target is at one of them: behind another name they may be
// anybody's. What the configuration names as the other node is it in any case.
func nodesOf(s *preflight.Survey, target *config.Target) []*url.URL {
	var named []*url.URL
	among := false
	for host := range s.XMPPPorts {
		n := *target.URL
		n.Host = host
		if port := target.URL.Port(); port != "" {
			n.Host = net.JoinHostPort(host, port)
		}
		among = among || journal.Key(&n) == journal.Key(target.URL)
		named = append(named, &n)
	}
	if !among {
		named = nil
	}
	return append(named, target.Nodes...)
}

// connect makes the client. The journal is told of whom in the cast a request
// changes.
func (s *session) connect(cast *fixtures.Cast) {
	if s.journal != nil {
		s.journal.Clean = s.Secrets.Text
		ledger := s.journal.Ledger(s.target.URL, cast)
		s.transport, s.stimuli, s.ledger = ledger.Transport(s.transport), ledger.Stimuli(s.stimuli), ledger
	}
	options := s.clientFor(s.target, s.transport, s.issuer())
	options.Limiter, options.Dial = s.limiter, s.dialer
	options.Share, options.Seats, options.Keep = s.shares, parallel.MostSeats, client.DefaultKeep/int64(max(s.shares, 1))
	s.client = client.New(options)
	s.client.OnLimit(func(l client.Limit) { s.keepTo(context.Background(), l) })
	if s.survey != nil { // of the process that asked
		s.watchOther()
		s.client.WaitOut(s.target.Timing.Outage)
	}
}

// watchOther has the other node watched that the survey has found.
func (s *session) watchOther() {
	if other := s.survey.Other; other != nil && other.URL != "" && other.Why == "" {
		if u, err := url.Parse(other.URL); err == nil {
			s.client.SetOther(u)
		}
	}
}
