package runner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/internal/exit"
	"finesse-conformance/runner/internal/notify"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/scenario"
)

// mostSearched bounds looking for the notification service at one place: a
// firewall that drops what is sent there must not hold the run up.
const mostSearched = 5 * time.Second

// notificationsOnRESTPort is the release since which notifications come on
// the port of the REST API (DevNet, "FAQ").
var notificationsOnRESTPort = spec.Release{Major: 12, Minor: 6, Maintenance: 1}

// findService looks for the notification service of a target whose
// configuration leaves that to the run. Without credentials it tells the
// places apart; only then one user signs in, who was found signed out, so that
// the end of its session signs nobody out. The first refused sign-in ends the
// search: it counts towards the lock of an account.
//
// What was tried is kept for people, and why there is no service as well: that
// there is none is no failure.
func (s *session) findService(ctx context.Context, signIn bool) {
	if s.events != nil || !s.target.FindNotifications {
		return
	}
	if s.survey.XMPPDomain == "" {
		s.unheard.Why = "SystemInfo tells no xmppDomain; set notifications.url and notifications.domain where the target has a notification service"
		return
	}
	s.searched = notify.Discover(ctx, s.listenerOptions(min(mostSearched, s.target.Timing.Request)), notify.Places(notify.System{
		Target:     s.target.URL,
		OnRESTPort: s.survey.Release.IsZero() || !s.survey.Release.Before(notificationsOnRESTPort),
		TLSPort:    s.survey.PortAt(s.target.URL.Hostname(), "xmpps"),
	}))
	var user *fixtures.User
	for _, u := range s.survey.Cast.Usable() {
		if u.State == spec.Logout {
			user = u
			break
		}
	}
	if user == nil {
		s.unheard = scenario.Unheard{Cause: evidence.CauseNoSession,
			Why: "every user was found signed in, and the end of a session of the run's could sign it out; sign users out before the run, or set notifications.url"}
		return
	}
	var why []string
	for i := range s.searched {
		trial := &s.searched[i]
		if trial.Err == nil && signIn {
			trial.Err = s.tryService(ctx, trial.URL, user)
		}
		if trial.Err == nil {
			if u, err := url.Parse(trial.URL); err == nil {
				s.events = u
				return
			}
		}
		said := fmt.Sprintf("%s: %v", trial.URL, trial.Err)
		why = append(why, said)
		var refused *notify.AccountError
		if errors.As(trial.Err, &refused) && refused.Reason == notify.WrongPassword {
			why = []string{said} // that is the reason, wherever else was looked
			break
		}
	}
	s.unheard.Why = "no notification service was found; " + why[0]
	if len(why) > 1 {
		s.unheard.Why += fmt.Sprintf(" (and %d more places, which `doctor` shows)", len(why)-1)
	}
}

// tryService signs one user in to the service and out of it again.
func (s *session) tryService(ctx context.Context, at string, u *fixtures.User) error {
	o := s.listenerOptions(s.target.Timing.Request)
	o.URL, o.Accounts = at, []notify.Account{s.account(u)}
	listener, err := notify.Connect(ctx, o)
	if listener == nil {
		return err
	}
	closing, cancel := exit.Leave(ctx, s.target.Timing.Request)
	defer cancel()
	_ = listener.Close(closing) // the session is given up in any case
	return err
}

// listenerOptions are those of every connection to the notification service,
// without the address and the users.
func (s *session) listenerOptions(limit time.Duration) notify.Options {
	options := notify.Options{
		Domain: s.survey.XMPPDomain, PubSub: s.survey.XMPPPubSubDomain, TLS: s.tls.Clone(), UserAgent: cmp.Or(s.target.UserAgent, Name+"/"+s.Version), Dial: s.dialer,
		ConnectTimeout: limit, PingTimeout: limit, Headers: http.Header{}, Subprotocols: s.target.Subprotocols,
	}
	if s.limiter != nil {
		options.Limiter = s.limiter
	}
	for _, headers := range []http.Header{s.target.Headers, s.target.NotificationHeaders} {
		maps.Copy(options.Headers, headers)
		for _, values := range headers {
			for _, value := range values {
				s.Secrets.Token(value)
			}
		}
	}
	for _, name := range s.target.Subprotocols {
		s.Secrets.Token(name)
	}
	if s.target.Proxy != nil {
		options.Proxy = http.ProxyURL(s.target.Proxy)
	}
	return options
}

// listeners are the users for whom a session is opened. Where the run looked
// for the service by itself nobody is among them who was found signed in: a
// deployment signs a user out a minute after its last session ended (guide
// 12.5(1), page 379).
func (s *session) listeners() []*fixtures.User {
	users := s.players().Usable()
	if !s.target.FindNotifications {
		return users
	}
	var mine []*fixtures.User
	for _, u := range users {
		if u.State == spec.Logout {
			mine = append(mine, u)
		}
	}
	return mine
}
