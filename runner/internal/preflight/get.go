package preflight

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/antchfx/xmlquery"

	"finesse-conformance/fixtures"
	"finesse-conformance/internal/xmlbody"
	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
)

// How often a GET is sent that got no answer, or only that of somebody on the
// way, or was asked to come back, and the longest time that it comes back after.
const (
	maxGets         = 3
	betweenGets     = 300 * time.Millisecond
	longestComeBack = 15 * time.Second
)

// get reads something, as nobody where the user is nil. A GET that got no
// answer of the target, or one that was cut off, is sent again. One that got
// any other is not, above all not one whose credentials were refused.
func (p *preflight) get(ctx context.Context, u *fixtures.User, path, query string) evidence.Exchange {
	call := client.Call{As: u, Method: http.MethodGet, Path: path, Query: query, Purpose: evidence.ForPrepare}
	if u == nil {
		call.Credentials = client.None
	}
	for n := 1; ; n++ {
		x := p.client.Do(ctx, p.rec, call)
		wait, again := comeBack(x)
		if n == 1 && strings.Contains(x.Err, "no whole answer within") {
			again = true // one may get lost; it is not waited for more often
		}
		if !again || n == maxGets || !pause(ctx, wait) {
			return x
		}
	}
}

func comeBack(x evidence.Exchange) (time.Duration, bool) {
	after := x.ResponseHeader["Retry-After"]
	switch {
	case x.Err != "" && (x.Status == 0 || x.Status/100 == 2): // none, or not a whole one
		return betweenGets, transient(x.Err)
	case x.Status == http.StatusTooManyRequests || x.Status == http.StatusServiceUnavailable && after != "":
		n, err := strconv.Atoi(after)
		if err != nil {
			n = 1
		}
		wait := time.Duration(n) * time.Second
		return wait, wait >= 0 && wait <= longestComeBack
	case x.Status == http.StatusBadGateway || x.Status == http.StatusServiceUnavailable || x.Status == http.StatusGatewayTimeout:
		return betweenGets, true
	}
	return 0, false
}

// transient reports whether an error may be gone the next time: not a name
// that does not exist, a port on which nobody listens, a certificate, or a
// time limit that is over.
func transient(err string) bool {
	for _, lasting := range []string{"no such host", "refused", "x509:", "tls:", "certificate", "server gave HTTP response", "no whole answer within", "timeout", "deadline", "malformed HTTP"} {
		if strings.Contains(err, lasting) {
			return false
		}
	}
	return true
}

// explain adds to an error of the transport what to do about it.
func explain(err string) string {
	for _, known := range []struct{ sign, advice string }{
		{"no such host", "the host name is not known; check it and the name server"},
		{"connection refused", "nothing listens there; check host and port"},
		{"first record does not look like a TLS handshake", "it speaks no TLS there; use http:// or another port"},
		{"server gave HTTP response to HTTPS client", "it speaks plain HTTP there; use http:// or another port"},
		{"malformed HTTP response", "it does not speak plain HTTP there; use https:// or another port"},
		{"certificate signed by unknown authority", "name its authority with --ca-file, or use --insecure"},
		{"certificate is not trusted", "name its authority with --ca-file, or use --insecure"},
		{"certificate has expired", "its certificate has to be renewed; --insecure goes on without checking it"},
		{"x509: certificate is valid for", "use the name that stands in its certificate; --insecure goes on without checking it"},
		{"x509: cannot validate certificate", "use the name that stands in its certificate; --insecure goes on without checking it"},
		{"x509:", "see --ca-file and --insecure"},
		{"certificate required", "the target wants a client certificate: name it with target.cert_file and its key with target.key_file"},
		{"protocol version not supported", "it speaks too old a version of TLS"},
		{"TLS handshake timeout", "the target, or what stands before it, does not answer in time; see timing.request"},
		{"no whole answer within", "the target, or what stands before it, does not answer in time; see timing.request"},
		{"i/o timeout", "a firewall may be in the way; check host and port"},
		{"network is unreachable", "check the network"},
		{"proxyconnect", "the proxy could not be reached; see target.proxy and HTTPS_PROXY"},
	} {
		if strings.Contains(err, known.sign) {
			return bounded(err) + ": " + known.advice
		}
	}
	return bounded(err)
}

// parseRoot gives the root element of a body, whatever its name: what the
// root should be is for the judge.
func parseRoot(body string) (*xmlquery.Node, error) {
	doc, err := xmlbody.Parse("", []byte(body))
	if err != nil {
		return nil, errors.New(bounded(err.Error()))
	}
	for n := doc.FirstChild; n != nil; n = n.NextSibling {
		if n.Type == xmlquery.ElementNode {
			return n, nil
		}
	}
	return nil, fmt.Errorf("without a root element")
}

// textAt gives the text of the first element at a path, without the space
// around it, "" where there is none.
func textAt(from *xmlquery.Node, path string) string {
	t, _ := xmlbody.Text(from, path)
	return strings.TrimSpace(t)
}

// pause waits, and reports whether it was for the whole time.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
