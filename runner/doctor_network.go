package runner

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"time"

	"finesse-conformance/runner/config"
)

// network looks at the way to the target, a layer after the other. It reports
// whether there is one.
func (d *doctor) network(ctx context.Context) bool {
	if proxy := proxyFor(d.target); proxy != nil {
		d.add("network", Fine, "", "through the proxy %s: name, TCP and TLS are its affair", proxy.Redacted())
		return true
	}
	return d.reach(ctx, "", d.target.URL)
}

func proxyFor(t *config.Target) *url.URL {
	if t.Proxy != nil {
		return t.Proxy
	}
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: t.URL})
	if err != nil {
		return nil
	}
	return proxy
}

// reach looks at name, TCP and TLS of an address. Label goes before the names
// of the checks.
func (d *doctor) reach(ctx context.Context, label string, u *url.URL) bool {
	ctx, cancel := context.WithTimeout(ctx, d.target.Timing.Request)
	defer cancel()
	broken := Broken
	if label != "" {
		broken = Lacking
	}
	host := u.Hostname()
	if net.ParseIP(host) == nil {
		addresses, err := net.DefaultResolver.LookupHost(ctx, host)
		if err != nil {
			d.add(label+"name", broken, "check the host name and the name server", "%s", explain(err.Error(), d.target))
			return false
		}
		d.add(label+"name", Fine, "", "%s is %s", host, strings.Join(addresses, ", "))
	}
	started := time.Now()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(host, portOf(u)))
	if err != nil {
		d.add(label+"TCP", broken, "check host, port and what stands between", "%s", explain(err.Error(), d.target))
		return false
	}
	defer conn.Close()
	d.add(label+"TCP", Fine, "", "%s answers in %v", conn.RemoteAddr(), time.Since(started).Round(time.Millisecond))
	switch u.Scheme {
	case "https", "wss", "xmpps":
		return d.secure(ctx, label, broken, conn, host)
	}
	d.add(label+"TLS", Lacking, "use the address that begins with "+map[string]string{"http": "https", "ws": "wss", "xmpp": "xmpps"}[u.Scheme], "none: passwords cross the network in the clear")
	return true
}

// secure shakes hands, and checks the certificate itself so that it can be
// shown also when it is bad.
func (d *doctor) secure(ctx context.Context, label string, broken Finding, conn net.Conn, host string) bool {
	cfg := d.tls.Clone()
	roots := cfg.RootCAs
	cfg.ServerName, cfg.InsecureSkipVerify = host, true
	t := tls.Client(conn, cfg)
	if err := t.HandshakeContext(ctx); err != nil {
		d.add(label+"TLS", broken, "", "%s", explain(err.Error(), d.target))
		return false
	}
	state := t.ConnectionState()
	leaf := state.PeerCertificates[0]
	seen := fmt.Sprintf("%s; certificate of %s, issued by %s, valid until %s", tls.VersionName(state.Version),
		orWord(strings.Join(leaf.DNSNames, ", "), leaf.Subject.CommonName), orWord(leaf.Issuer.CommonName, leaf.Issuer.String()), leaf.NotAfter.UTC().Format("2006-01-02"))
	options := x509.VerifyOptions{Roots: roots, DNSName: host, Intermediates: x509.NewCertPool()}
	for _, c := range state.PeerCertificates[1:] {
		options.Intermediates.AddCert(c)
	}
	_, err := leaf.Verify(options)
	left := time.Until(leaf.NotAfter)
	switch {
	case err != nil && d.target.Insecure:
		d.add(label+"TLS", Lacking, "", "%s; not trusted, which --insecure overlooks: %v", seen, err)
	case err != nil:
		d.add(label+"TLS", broken, "", "%s; %s", seen, explain(err.Error(), d.target))
		return false
	case left < 14*24*time.Hour && d.embedded == nil:
		d.add(label+"TLS", Lacking, "renew the certificate", "%s, in %d days", seen, int(left.Hours()/24))
	default:
		d.add(label+"TLS", Fine, "", "%s", seen)
	}
	return true
}

func portOf(u *url.URL) string {
	if u.Port() != "" {
		return u.Port()
	}
	return map[string]string{"https": "443", "http": "80", "wss": "443", "ws": "80", "xmpps": "5223", "xmpp": "5222"}[u.Scheme]
}

// notifications looks whether there is a notification service. Only with
// signIn somebody signs in to it, since the end of such a session may sign an
// agent out (guide 12.5(1), page 379). What it finds is what the count of
// requirements goes by.
func (d *doctor) notifications(ctx context.Context) {
	const name = "notifications"
	if d.events == nil && !d.target.FindNotifications {
		d.add(name, Lacking, "leave notifications out to have the service looked for, or say where it is with notifications.url",
			"switched off: refusals that come later are not seen")
		return
	}
	if d.events == nil {
		d.findService(ctx, d.signIn)
		for _, trial := range d.searched {
			d.add(name+" tried", Fine, "", "%s", bounded(trial.String()))
		}
		if d.events == nil {
			d.add(name, Lacking, "say where the service is with notifications.url", "%s", bounded(d.unheard))
			return
		}
		d.add(name, Fine, "", "found at %s%s", d.events, map[bool]string{false: "; --sign-in signs somebody in to it"}[d.signIn])
		return
	}
	at := d.survey.serviceAt(d.events)
	if !d.reach(ctx, name+" ", at) {
		d.events, d.unheard = nil, at.Redacted()+" cannot be reached"
		return
	}
	users := d.listeners()
	if !d.signIn || len(users) == 0 {
		d.add(name, Fine, "", "nobody signed in to it; --sign-in does")
		return
	}
	if err := d.tryService(ctx, at.String(), users[0]); err != nil {
		d.add(name, Lacking, "", "user %s cannot sign in to it: %s", users[0].ID, bounded(err.Error()))
		d.events, d.unheard = nil, err.Error()
		return
	}
	d.add(name, Fine, "", "user %s signed in to it", users[0].ID)
}

// hook looks whether there is something that makes calls happen. It makes
// nothing happen.
func (d *doctor) hook(ctx context.Context) {
	const name = "stimuli"
	t := d.target
	switch {
	case d.embedded != nil:
		d.add(name, Fine, "", "%s", d.stimuli.Describe())
	case t.StimulusHTTP != nil:
		address := net.JoinHostPort(t.StimulusHTTP.Hostname(), portOf(t.StimulusHTTP))
		ctx, cancel := context.WithTimeout(ctx, t.Timing.Request)
		defer cancel()
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err != nil {
			d.add(name, Lacking, "start the hook, or correct stimuli.http", "%s: %s", d.stimuli.Describe(), explain(err.Error(), t))
			return
		}
		conn.Close()
		d.add(name, Fine, "", "%s: somebody listens; which ones it knows shows when they are needed", d.stimuli.Describe())
	case len(t.StimulusExec) > 0:
		if _, err := exec.LookPath(t.StimulusExec[0]); err != nil {
			d.add(name, Lacking, "correct stimuli.exec", "%s cannot be run: %v", t.StimulusExec[0], err)
			return
		}
		d.add(name, Fine, "", "%s is there; which ones it knows shows when they are needed", t.StimulusExec[0])
	default:
		d.add(name, Lacking, "set stimuli.http or stimuli.exec", "none: no routed or outbound call can be made to happen")
	}
}
