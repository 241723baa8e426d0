// Package notify listens to the notification service of a Finesse deployment: it signs in with the users' own
// credentials, stays signed in for the length of a run, and tells what it hears, so that the answer to a state change
// is seen as the event that it is and not guessed from the state that follows.
//
// The connection is XMPP over WebSocket (RFC 7395), over TLS, or over plain TCP; notifications are publish-subscribe
// events (XEP-0060). Users are subscribed to their own nodes by the server and explicitly to those of teams (DevNet,
// "Subscription Management").
//
// A listener never makes a verdict worse than it would be without it: when a connection is lost it reports since when,
// comes back with growing pauses, and [Listener.ConnectedThroughout] says for which time the absence of an event means
// anything. It reads everything that a server may send as something that may be wrong: sizes are bounded, and what
// cannot be understood, or is not for this user, is marked.
package notify

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"finesse-conformance/suites/evidence"
)

// Options say where to listen and for whom. Zero durations and sizes stand for the defaults named with them.
type Options struct {
	// URL is where the service listens: wss://host:port/ws/, ws://host:port/ws/, xmpps://host[:5223] or
	// xmpp://host[:5222]. With ws and xmpp the passwords cross the network in the clear, unless an xmpp server offers
	// STARTTLS, which is then used.
	URL string
	// Domain is the XMPP domain of the users (xmppDomain of SystemInfo).
	Domain string
	// PubSub is the address of the publish-subscribe service (xmppPubSubDomain); default "pubsub." + Domain.
	PubSub string
	// TLS is the configuration for TLS connections; the server name comes from the URL unless it is set.
	TLS *tls.Config
	// Proxy chooses an HTTP proxy, for WebSocket connections and for those of XMPP over TCP, which go through it with
	// CONNECT; default http.ProxyFromEnvironment.
	Proxy func(*http.Request) (*url.URL, error)
	// Dial makes connections; default that of a [net.Dialer].
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Limiter is waited for before every attempt to connect, which is a request to the target; nil for none.
	Limiter interface{ Wait(context.Context) error }
	// UserAgent is sent with the WebSocket handshake.
	UserAgent string
	// Headers are sent with the WebSocket handshake as well, for a reverse proxy that wants them. They may be secret
	// and are never logged.
	Headers http.Header
	// Subprotocols are offered with the WebSocket handshake beside "xmpp": a reverse proxy of 15.0(1) takes credentials
	// there. They may be secret and are never logged.
	Subprotocols []string

	// Accounts are the users to sign in, each on a connection of their own.
	Accounts []Account
	// Subscribe lists, by user, the nodes to subscribe to explicitly, such as /finesse/api/Team/5000/Users.
	Subscribe map[string][]string

	// PingEvery is the time between pings; default 20 s, what the notification service expects (DevNet, "Managing
	// Notifications in Third-Party Applications").
	PingEvery time.Duration
	// PingTimeout is how long the answer to a ping may take, also to one of [Listener.Confirm], before it is an outage;
	// default PingEvery.
	PingTimeout time.Duration
	// ConnectTimeout bounds signing in: from dialling to the last subscription; default 15 s.
	ConnectTimeout time.Duration
	// BackoffMin and BackoffMax bound the growing pause before connecting again; defaults 500 ms and 10 s, so
	// that a lost session is back within the minute after which the target would sign its user out (guide 12.5(1),
	// page 379). It begins anew after a connection that held for longer than BackoffMax.
	BackoffMin, BackoffMax time.Duration
	// MaxStanza is the size in bytes up to which a stanza is read; default 1 MiB. A larger one ends the connection.
	MaxStanza int

	// OnEvent is told every event, those of an account in order. It must not block: it holds up the connection that the
	// event came on.
	OnEvent func(evidence.Event)
	// OnStatus is told every change of an account's connection, in order for each account. It must not block, nor ask
	// the listener anything: what there is to know is in the Status.
	OnStatus func(Status)
	// Log receives what happens to the connections; default: nothing. It never sees a password or a stanza.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	o.PubSub = cmp.Or(o.PubSub, "pubsub."+o.Domain)
	o.PingEvery = cmp.Or(o.PingEvery, 20*time.Second)
	o.PingTimeout = cmp.Or(o.PingTimeout, o.PingEvery)
	o.ConnectTimeout = cmp.Or(o.ConnectTimeout, 15*time.Second)
	o.BackoffMin = cmp.Or(o.BackoffMin, 500*time.Millisecond)
	o.BackoffMax = max(cmp.Or(o.BackoffMax, 10*time.Second), o.BackoffMin)
	o.MaxStanza = cmp.Or(o.MaxStanza, 1<<20)
	if o.Proxy == nil {
		o.Proxy = http.ProxyFromEnvironment
	}
	if o.Dial == nil {
		o.Dial = new(net.Dialer).DialContext
	}
	if o.OnEvent == nil {
		o.OnEvent = func(evidence.Event) {}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// check refuses options with which nothing could work.
func (o Options) check() error {
	u, err := url.Parse(o.URL)
	switch {
	case err != nil:
		return fmt.Errorf("notification address: %w", err)
	case !slices.Contains([]string{"ws", "wss", "xmpp", "xmpps"}, u.Scheme):
		return fmt.Errorf("notification address %q: want wss://, ws://, xmpps:// or xmpp://", u.Redacted())
	case u.Hostname() == "":
		return fmt.Errorf("notification address %q has no host", u.Redacted())
	case u.User != nil:
		return errors.New("notification address: users and passwords do not belong in it")
	case o.Domain == "":
		return errors.New("notifications: the XMPP domain is not known: SystemInfo has no xmppDomain, and notifications.domain is not configured")
	case len(o.Accounts) == 0:
		return errors.New("notifications: no account to listen with")
	}
	seen := make(map[string]bool)
	for _, a := range o.Accounts {
		if a.User == "" || seen[a.User] {
			return fmt.Errorf("notifications: account %q is empty or listed twice", a.User)
		}
		seen[a.User] = true
	}
	for user := range o.Subscribe {
		if !seen[user] {
			return fmt.Errorf("notifications: subscriptions of %q, who has no account", user)
		}
	}
	return nil
}

// Listener keeps the connections of a run. It is safe for concurrent use.
type Listener struct {
	accounts map[string]*connection
	cancel   context.CancelFunc
	running  sync.WaitGroup
}

// Connect signs all accounts in at the same time and waits until each has succeeded or failed once.
//
// When options are unusable it returns nil and the reason. Otherwise it returns a listener, which the caller has to
// close, and with it one [*AccountError] for every account that could not sign in, joined: those users have no
// notifications, and the run has to look at them by GET. A subscription that is refused is an error of the same kind,
// but the account listens to the rest. Accounts whose reason may pass (see [Reason.Lasting]) are
// tried again in the background; a wrong password never is, because repeating it locks accounts.
func Connect(ctx context.Context, options Options) (*Listener, error) {
	if err := options.check(); err != nil {
		return nil, err
	}
	o := options.withDefaults()
	// The listener outlives ctx, which bounds the connecting alone.
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	l := &Listener{accounts: make(map[string]*connection), cancel: cancel}
	var started []*connection
	for _, account := range o.Accounts {
		c := newConnection(o, account, o.OnEvent)
		l.accounts[account.User] = c
		started = append(started, c)
		l.running.Go(func() { c.keep(life) })
	}
	var failed accountErrors
	for _, c := range started {
		if err := c.firstAttempt(ctx); err != nil {
			failed = append(failed, err)
		}
	}
	if failed == nil {
		return l, nil
	}
	return l, failed
}

// Status tells how an account is connected. ok is false for a user who has none.
func (l *Listener) Status(user string) (status Status, ok bool) {
	c, ok := l.accounts[user]
	if !ok {
		return Status{}, false
	}
	return c.status(), true
}

// ConnectedThroughout tells whether a user's connection stood during the whole of a period, its ends included: only
// then does it mean anything that no event came.
func (l *Listener) ConnectedThroughout(user string, from, to time.Time) bool {
	c, ok := l.accounts[user]
	return ok && c.upThroughout(from, to)
}

// Outages lists the periods during which a user's connection was down, the first attempt to connect included.
func (l *Listener) Outages(user string) []Outage {
	c, ok := l.accounts[user]
	if !ok {
		return nil
	}
	return c.outages()
}

// Keep ends the sessions of everybody but some users, for whom they are waited for as long as ctx lasts.
func (l *Listener) Keep(ctx context.Context, users []string) {
	var leaving sync.WaitGroup
	for user, c := range l.accounts {
		if !slices.Contains(users, user) {
			leaving.Go(func() { _ = c.leave(ctx) }) // it is wanted no more, however it ends
		}
	}
	leaving.Wait()
	for _, user := range users {
		for c := l.accounts[user]; c != nil && c.status().State != Up && !c.status().Reason.Lasting(); {
			t := time.NewTimer(100 * time.Millisecond)
			select {
			case <-t.C:
			case <-ctx.Done():
				t.Stop()
				return
			}
		}
	}
}

// Confirm makes sure that everything the server had sent to a user before the call has been heard: it waits for the
// answer to a ping sent now, which comes behind it. With it the absence of an event can be shown, also on a connection
// that broke without anybody noticing: one without an answer is an outage from its last sign of life on, and is made
// anew.
func (l *Listener) Confirm(ctx context.Context, user string) error {
	c, ok := l.accounts[user]
	if !ok {
		return fmt.Errorf("notifications: no account for user %s", user)
	}
	return c.confirm(ctx)
}

// Close unsubscribes what was subscribed explicitly, takes the users' presence back and ends the sessions, as far as
// ctx leaves time for it, and always ends all connections.
//
// A deployment signs a user out whose XMPP session is gone for a minute (Web Services Developer Guide 12.5(1),
// p. 379). Close is therefore the last thing to be done with users, after they have been put back.
func (l *Listener) Close(ctx context.Context) error {
	var leaving sync.WaitGroup
	errs := make([]error, 0, len(l.accounts))
	var mu sync.Mutex
	for _, c := range l.accounts {
		leaving.Go(func() {
			if err := c.leave(ctx); err != nil {
				mu.Lock()
				errs = append(errs, err)
				mu.Unlock()
			}
		})
	}
	leaving.Wait()
	l.cancel()
	l.running.Wait()
	return errors.Join(errs...)
}
