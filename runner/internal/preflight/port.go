package preflight

import (
	"context"
	"net"
	"slices"
	"time"

	"finesse-conformance/runner/config"
)

// usualPorts are those on which Finesse serves its API, in the order in which they are tried
// where an address names none: since 11.0 HTTPS is on 8445, and before 12.5
// HTTP was on 8082 too (DevNet, FAQ). The scheme's own port stands for
// whatever is put before it.
func usualPorts(scheme string) []string {
	if scheme == "http" {
		return []string{"80", "8082"}
	}
	return []string{"8445", "443"}
}

// FindPort puts into the target's address the first usual port on which
// somebody listens, where the address names none. Where nobody does it is the
// most usual one, so that the error of the first request names it. With a
// proxy between, the scheme's own port stays.
func FindPort(ctx context.Context, t *config.Target) { findPort(ctx, t, usualPorts) }

func findPort(ctx context.Context, t *config.Target, usual func(scheme string) []string) {
	if t.URL == nil || t.URL.Port() != "" || t.Proxy != nil {
		return
	}
	ports := usual(t.URL.Scheme)
	host := t.URL.Hostname()
	i := slices.IndexFunc(ports, func(port string) bool {
		d := net.Dialer{Timeout: min(t.Timing.Request, 3*time.Second)}
		conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(host, port))
		if err != nil {
			return false
		}
		return conn.Close() == nil
	})
	u := *t.URL
	u.Host = net.JoinHostPort(host, ports[max(i, 0)])
	t.URL = &u
}
