package scenario

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
)

// probeTimeout is the time limit of one look at the transport.
const probeTimeout = 5 * time.Second

// probe looks at the transport beneath the API, beside the run's own
// connections.
func (a *attempt) probe(ctx context.Context, what string, step *evidence.Step) error {
	base := a.Client.Base()
	if base.Scheme != "https" || a.Client.InProcess() {
		return &unreached{why: "needs a target that is reached over HTTPS", gap: evidence.Gap{Kind: evidence.GapTarget, Cause: evidence.CausePlain}}
	}
	if what == "tls" {
		return a.probeTLS(ctx, base, step)
	}
	return a.probePlain(ctx, base, step)
}

// plainPorts are where releases up to 12.0 answered plain HTTP (DevNet,
// FAQ). They are only asked beside the documented ports of the API: what
// listens beside another port may be anybody's.
var plainPorts = map[string][]string{"8445": {"80", "8082"}, "8443": {"80", "8082"}, "443": {"80"}, "": {"80"}}

func (a *attempt) probePlain(ctx context.Context, base *url.URL, step *evidence.Step) error {
	ports := plainPorts[base.Port()]
	if len(ports) == 0 {
		ports = []string{base.Port()}
	}
	var tried []string
	for _, port := range ports {
		status, location, err := plainGet(ctx, a.Client, net.JoinHostPort(base.Hostname(), port))
		if err != nil {
			tried = append(tried, port)
			continue
		}
		fact(step, "plain HTTP", fmt.Sprintf("port %s answered %d", port, status))
		if location != "" {
			fact(step, "location", location)
		}
		return nil
	}
	return &unreached{why: "no plain HTTP port answers (tried " + strings.Join(tried, ", ") + ")", gap: evidence.Gap{Kind: evidence.GapTarget}}
}

func plainGet(ctx context.Context, c *client.Client, address string) (status int, location string, err error) {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/finesse/api/SystemInfo", nil)
	if err != nil {
		return 0, "", err
	}
	transport := &http.Transport{DisableKeepAlives: true, DialContext: c.Dial}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, 1<<10)
	return resp.StatusCode, resp.Header.Get("Location"), nil
}

// probeTLS finds out which versions of TLS the target speaks.
func (a *attempt) probeTLS(ctx context.Context, base *url.URL, step *evidence.Step) error {
	port := base.Port()
	port = cmp.Or(port, "443")
	address := net.JoinHostPort(base.Hostname(), port)
	var spoken []string
	for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12, tls.VersionTLS13} {
		if speaks(ctx, a.Client, address, base.Hostname(), version) {
			spoken = append(spoken, tls.VersionName(version))
		}
	}
	if len(spoken) == 0 {
		return &unreached{why: "no TLS handshake with " + address + " came about", gap: evidence.Gap{Kind: evidence.GapTarget}, again: true}
	}
	fact(step, "TLS", strings.Join(spoken, ", "))
	return nil
}

func speaks(ctx context.Context, c *client.Client, address, name string, version uint16) bool {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	conn, err := c.Dial(ctx, "tcp", address)
	if err != nil {
		return false
	}
	defer conn.Close()
	return tls.Client(conn, &tls.Config{
		ServerName: name, MinVersion: version, MaxVersion: version,
		InsecureSkipVerify: true, // only the version is looked at, and nothing is sent
	}).HandshakeContext(ctx) == nil
}
