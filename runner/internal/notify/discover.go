package notify

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"finesse-conformance/suites/evidence"
)

// Place is an address at which a notification service may be found, and why it is looked for there.
type Place struct {
	URL string
	Why string // such as "documented for 12.5(1)"
}

// System is what is known of a deployment before its notification service is looked for.
type System struct {
	Target *url.URL // where its REST API answers
	// OnRESTPort: since 12.6(1) notifications come over WebSocket on the port of the REST API (DevNet, "FAQ").
	OnRESTPort bool
	// TLSPort is the port of XMPP over TLS that SystemInfo tells (xmppSecurePort), "" where it tells none.
	TLSPort string
}

// The ports that the guide documents (DevNet, "Managing Notifications in Third-Party Applications").
const (
	portREST            = "8445"
	portSecureWebSocket = "7443" // until 12.5(1); deprecated since 12.6(1)
	portSecureXMPP      = "5223"
)

// Places lists where the notification service of a deployment may be, the likeliest first: what SystemInfo tells, then
// what the guide documents for the release. Plain XMPP on 5222 is not among them, since passwords would cross the
// network in the clear; a WebSocket without TLS is, where the REST API itself is served without.
//
// On a loopback address several deployments may stand side by side. There 8445 is looked at only where it is the
// target's own port: what listens there otherwise is somebody else's.
func Places(s System) []Place {
	host, port := s.Target.Hostname(), s.Target.Port()
	var list []Place
	add := func(scheme, port, path, why string) {
		address := url.URL{Scheme: scheme, Host: net.JoinHostPort(host, port), Path: path}
		if !slices.ContainsFunc(list, func(p Place) bool { return p.URL == address.String() }) {
			list = append(list, Place{address.String(), why})
		}
	}
	webSocket := func(scheme, port, why string) {
		add(scheme, port, "/ws/", why)
		add(scheme, port, "/ws", why) // as the guide writes it; the former is what its own clients open
	}
	scheme := "wss"
	if s.Target.Scheme == "http" {
		scheme = "ws"
	}
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[s.Target.Scheme]
	}
	if s.OnRESTPort {
		webSocket(scheme, port, "the port of the REST API, since 12.6(1)")
	}
	if s.TLSPort != "" {
		add("xmpps", s.TLSPort, "", "xmppSecurePort of SystemInfo")
	}
	if s.OnRESTPort && !loopback(host) {
		webSocket("wss", portREST, "documented since 12.6(1)")
	}
	webSocket("wss", portSecureWebSocket, "documented for 12.5(1)")
	add("xmpps", portSecureXMPP, "", "documented for XMPP over TLS")
	if !s.OnRESTPort {
		webSocket(scheme, port, "the port of the REST API, as mocks have it")
	}
	return list
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// Trial is what came of looking for the service at a place. Err is nil where it is there: it speaks XMPP, serves the
// domain, and takes a name and a password over an encrypted connection (or over HTTP as the REST API does).
type Trial struct {
	Place
	Err error
}

// String says in one line what was found.
func (t Trial) String() string {
	if t.Err != nil {
		return fmt.Sprintf("%s (%s): %v", t.URL, t.Why, t.Err)
	}
	return fmt.Sprintf("%s (%s): a notification service answers", t.URL, t.Why)
}

// Discover looks at all places at the same time, without credentials: it opens a stream at each and reads what is
// offered there. The trials are in the order of the places; one takes as long as Options.ConnectTimeout at most. The
// options' URL and accounts do not matter.
func Discover(ctx context.Context, o Options, places []Place) []Trial {
	o = o.withDefaults()
	trials := make([]Trial, len(places))
	var looking sync.WaitGroup
	for i, place := range places {
		looking.Go(func() { trials[i] = Trial{place, probe(ctx, o, place)} })
	}
	looking.Wait()
	return trials
}

// probe opens a stream and leaves before signing in. With a domain that is not the server's own it fails: a run must
// not listen to another deployment than the one that it acts on.
func probe(ctx context.Context, o Options, place Place) error {
	o.URL, o.PingTimeout = place.URL, time.Second
	ctx, cancel := context.WithTimeout(ctx, o.ConnectTimeout)
	defer cancel()
	s := newSession(o, Account{}, func(evidence.Event) {}, func(error) {})
	features, err := s.streamed(ctx)
	if s.link != nil {
		defer s.link.abort()
	}
	if err != nil {
		return explain(err)
	}
	return plainOffered(features)
}
