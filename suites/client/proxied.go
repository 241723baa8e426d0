package client

import (
	"context"
	"net/http"
	"strings"
	"sync"

	"golang.org/x/time/rate"

	"finesse-conformance/internal/text"
	"finesse-conformance/suites/evidence"
)

// obstacle is what a reverse proxy in front of the target has against a
// request (reverse proxy guide, Release 15.0(1)).
type obstacle int

const (
	noObstacle obstacle = iota
	wrongAgent
	wrongReferer
	blockedClient
	tooMany
	tooManyConnections
	wantsSignIn
)

var obstacles = map[int]obstacle{
	http.StatusPreconditionFailed: wrongAgent, http.StatusExpectationFailed: wrongReferer, http.StatusTeapot: blockedClient,
	http.StatusTooManyRequests: tooMany, http.StatusServiceUnavailable: tooManyConnections,
}

var obstacleText = map[obstacle]string{
	wantsSignIn:        "a page to sign in was answered in place of the API: something before the target wants a sign-in of its own; have this machine let through, or give what it asks for under target.headers or as a client certificate (target.cert_file)",
	wrongAgent:         "a reverse proxy answered HTTP 412: it takes requests of browsers only; set target.user_agent to that of one",
	wrongReferer:       "a reverse proxy answered HTTP 417: it wants a Referer that it knows; set it under target.headers",
	blockedClient:      "a reverse proxy answered HTTP 418: it has blocked this client, as after several failed sign-ins; wait, or have it taken off the list",
	tooMany:            "a reverse proxy answered HTTP 429, also after the run had slowed down: set --max-requests-per-second",
	tooManyConnections: "a reverse proxy answered HTTP 503, also after the run had used fewer connections: lower --procs, or see whether the target behind it runs",
}

// byProxy finds a proxy in what it calls itself.
var byProxy = text.Pattern(`(?i)nginx|openresty|haproxy|envoy|traefik|varnish|squid|cloudflare|akamai|big-?ip`)

// proxied tells what a reverse proxy has against a request, where the answer is
// its own: something in it says so, and it is none of the API's.
func proxied(x evidence.Exchange) obstacle {
	if x.Status == http.StatusOK && signInPage(x) {
		return wantsSignIn
	}
	what := obstacles[x.Status]
	if what == noObstacle || strings.Contains(x.ResponseBody, "ApiError") {
		return noObstacle
	}
	if byProxy().MatchString(x.ResponseHeader["Server"]) || byProxy().MatchString(x.ResponseHeader["Via"]) || byProxy().MatchString(x.ResponseBody[:min(len(x.ResponseBody), keptBody)]) {
		return what
	}
	return noObstacle
}

var (
	htmlPage = text.Pattern(`(?i)^\s*(<!--.*?-->\s*)*<(!doctype html|html)`)
	signsIn  = text.Pattern(`(?is)<form.*(type\s*=\s*["']?password|SAML(Request|Response)|sign[ -]?in|log[ -]?in)`)
)

// signInPage reports whether an answer is a page of HTML with a form to sign
// in, which no API gives.
func signInPage(x evidence.Exchange) bool {
	body := x.ResponseBody[:min(len(x.ResponseBody), 64<<10)]
	return htmlPage().MatchString(body) && signsIn().MatchString(body)
}

// Obstacle says in words what a reverse proxy has against a request, "" where
// the answer is the target's own.
func Obstacle(x evidence.Exchange) string { return obstacleText[proxied(x)] }

// What such a proxy allows a client, with something to spare: 90 requests a
// second and 12 connections.
const (
	allowedRate        = 80
	allowedConnections = 10
)

// limits are kept once they were met. The zero value has none.
type limits struct {
	mu    sync.Mutex
	rate  *rate.Limiter
	slots chan struct{}
}

// met takes note of a limit, of which this process has one share of several.
func (l *limits) met(by obstacle, shares int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	shares = max(shares, 1)
	switch {
	case by == tooMany && l.rate == nil:
		l.rate = rate.NewLimiter(rate.Limit(allowedRate)/rate.Limit(shares), 1)
	case by == tooManyConnections && l.slots == nil:
		l.slots = make(chan struct{}, max(allowedConnections/shares, 1))
	}
}

// enter waits until a request may be sent, and gives what ends it.
func (l *limits) enter(ctx context.Context) (leave func(), err error) {
	l.mu.Lock()
	slots, limiter := l.slots, l.rate
	l.mu.Unlock()
	leave = func() {}
	if slots != nil {
		select {
		case slots <- struct{}{}:
			leave = func() { <-slots }
		case <-ctx.Done():
			return leave, context.Cause(ctx)
		}
	}
	if limiter != nil {
		if err := limiter.Wait(ctx); err != nil {
			leave()
			return func() {}, err
		}
	}
	return leave, nil
}
