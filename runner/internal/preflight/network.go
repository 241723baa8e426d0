package preflight

import (
	"cmp"
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

	"finesse-conformance/fixtures"
	"finesse-conformance/runner/config"
	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
)

// Network looks at the way to a target, a layer after the other, with what its
// certificate is checked against. It reports whether there is one.
func Network(ctx context.Context, t *config.Target, trust *tls.Config) (checks []Check, there bool) {
	d := &network{target: t, tls: trust}
	there = d.look(ctx)
	return d.checks, there
}

// Reach looks at name, TCP and TLS of another address that belongs to a
// target. Without it a run is possible and shows less. Label goes before the
// names of the checks.
func Reach(ctx context.Context, label string, u *url.URL, t *config.Target, trust *tls.Config) (checks []Check, there bool) {
	d := &network{target: t, tls: trust}
	there = d.reach(ctx, label, u)
	return d.checks, there
}

// network is a look at the network under way.
type network struct {
	target *config.Target
	tls    *tls.Config
	checks []Check
}

func (d *network) add(name string, f Finding, advice, seen string, args ...any) {
	d.checks = append(d.checks, Check{Name: name, Finding: f, Seen: fmt.Sprintf(seen, args...), Advice: advice})
}

func (d *network) look(ctx context.Context) bool {
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

func (d *network) reach(ctx context.Context, label string, u *url.URL) bool {
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
			d.add(label+"name", broken, "check the host name and the name server", "%s", explain(err.Error()))
			return false
		}
		d.add(label+"name", Fine, "", "%s is %s", host, strings.Join(addresses, ", "))
	}
	started := time.Now()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(host, portOf(u)))
	if err != nil {
		d.add(label+"TCP", broken, "check host, port and what stands between", "%s", explain(err.Error()))
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
func (d *network) secure(ctx context.Context, label string, broken Finding, conn net.Conn, host string) bool {
	cfg := d.tls.Clone()
	roots := cfg.RootCAs
	cfg.ServerName, cfg.InsecureSkipVerify = host, true
	t := tls.Client(conn, cfg)
	if err := t.HandshakeContext(ctx); err != nil {
		d.add(label+"TLS", broken, "", "%s", explain(err.Error()))
		return false
	}
	state := t.ConnectionState()
	leaf := state.PeerCertificates[0]
	seen := fmt.Sprintf("%s; certificate of %s, issued by %s, valid until %s", tls.VersionName(state.Version),
		cmp.Or(strings.Join(leaf.DNSNames, ", "), leaf.Subject.CommonName), cmp.Or(leaf.Issuer.CommonName, leaf.Issuer.String()), leaf.NotAfter.UTC().Format("2006-01-02"))
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
		d.add(label+"TLS", broken, "", "%s; %s", seen, explain(err.Error()))
		return false
	case left < 14*24*time.Hour && !d.target.Embedded:
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

// Hook looks whether there is something that makes calls happen. It makes
// nothing happen.
func Hook(ctx context.Context, t *config.Target, stimuli fixtures.Stimuli) []Check {
	d := &network{target: t}
	d.hook(ctx, stimuli)
	return d.checks
}

func (d *network) hook(ctx context.Context, stimuli fixtures.Stimuli) {
	const name = "stimuli"
	t := d.target
	switch {
	case t.Embedded:
		d.add(name, Fine, "", "%s", stimuli.Describe())
	case t.StimulusHTTP != nil:
		address := net.JoinHostPort(t.StimulusHTTP.Hostname(), portOf(t.StimulusHTTP))
		ctx, cancel := context.WithTimeout(ctx, t.Timing.Request)
		defer cancel()
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err != nil {
			d.add(name, Lacking, "start the hook, or correct stimuli.http", "%s: %s", stimuli.Describe(), explain(err.Error()))
			return
		}
		conn.Close()
		d.add(name, Fine, "", "%s: somebody listens; which ones it knows shows when they are needed", stimuli.Describe())
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

// Finding is how one thing stands that has to hold before a run.
type Finding string

// The findings.
const (
	Fine    Finding = "fine"    // as it should be
	Lacking Finding = "lacking" // a run is possible and shows less
	Broken  Finding = "broken"  // no run is possible
)

// Check is one thing that was looked at.
type Check struct {
	Name    string
	Finding Finding
	Seen    string
	Advice  string // What to do; "" where nothing is to be done.
}

// Browser is a User-Agent that the reverse proxy of 15.0(1) takes (reverse
// proxy guide, environment file properties).
const Browser = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

// WantsBrowser reports whether something before the target takes requests of
// browsers alone.
func WantsBrowser(ctx context.Context, c *client.Client) bool {
	x := c.Do(ctx, nil, client.Call{Credentials: client.None, Method: http.MethodGet, Path: "/finesse/api/SystemInfo", Purpose: evidence.ForPrepare})
	return x.Status == http.StatusPreconditionFailed
}
