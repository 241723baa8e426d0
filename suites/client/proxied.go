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
	wantsCertificate
	forbidden
)

var obstacles = map[int]obstacle{
	http.StatusPreconditionFailed: wrongAgent, http.StatusExpectationFailed: wrongReferer, http.StatusTeapot: blockedClient,
	http.StatusTooManyRequests: tooMany, http.StatusServiceUnavailable: tooManyConnections,
}

var obstacleText = map[obstacle]string{
	wantsSignIn:        "a page to sign in was answered in place of the API: something before the target wants a sign-in of its own; have this machine let through, or give what it asks for under target.headers or as a client certificate (target.cert_file)",
	wantsCertificate:   "a reverse proxy wants a client certificate, or another one: name it with target.cert_file and its key with target.key_file",
	forbidden:          "a reverse proxy answered HTTP 403: it wants something that tells who comes, such as a header (target.headers) or a client certificate (target.cert_file), or lets other machines through alone",
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
	// Who sends no credentials, or wrong ones, is answered with it in place of
	// the API's 401: that is for the judge. SystemInfo asks nobody for any.
	if strings.HasSuffix(x.Path, "/SystemInfo") || x.As != "" && !x.WrongPassword {
		if what := refusedAtTheDoor(x); what != noObstacle {
			return what
		}
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

// refusedAtTheDoor tells what a reverse proxy has against whoever comes, where
// the page is its own. That it named itself in the header proves nothing there:
// it passes the target's own 400 and 403 on under its name.
func refusedAtTheDoor(x evidence.Exchange) obstacle {
	page := x.ResponseBody[:min(len(x.ResponseBody), keptBody)]
	switch {
	case x.Status == http.StatusOK && signInPage(x):
		return wantsSignIn
	case x.Status != http.StatusBadRequest && x.Status != http.StatusForbidden:
		return noObstacle
	case !htmlPage().MatchString(page) || !byProxy().MatchString(page):
		return noObstacle
	case aboutCertificate().MatchString(page):
		return wantsCertificate
	case x.Status == http.StatusForbidden:
		return forbidden
	}
	return noObstacle
}

var (
	aboutCertificate = text.Pattern(`(?i)(SSL|client) certificate`)

	htmlPage = text.Pattern(`(?i)^\s*(<!--.*?-->\s*)*<(!doctype html|html)`)
	signsIn  = text.Pattern(`(?is)<form.*(type\s*=\s*["']?password|SAML(Request|Response)|sign[ -]?in|log[ -]?in)`)
)

// signInPage reports whether an answer is a page of HTML with a form to sign
// in, which no API gives.
func signInPage(x evidence.Exchange) bool {
	body := x.ResponseBody[:min(len(x.ResponseBody), 64<<10)]
	return htmlPage().MatchString(body) && signsIn().MatchString(body)
}

// obstacleIn says in words what a reverse proxy has against a request, "" where
// the answer is the target's own.
func obstacleIn(x evidence.Exchange) string { return obstacleText[proxied(x)] }

// What such a proxy allows a client, with something to spare: 90 requests a
// second and 12 connections.
const (
	allowedRate        = 80
	allowedConnections = 10
)

// Limit is one that a reverse proxy sets.
type Limit string

// The limits of a reverse proxy.
const (
	LimitRate        Limit = "rate"        // so many requests in a second
	LimitConnections Limit = "connections" // so many connections at the same time
)

// limitOf are the limits that answers tell of.
var limitOf = map[obstacle]Limit{tooMany: LimitRate, tooManyConnections: LimitConnections}

// Within gives how many requests at the same time, and how many sessions of the
// notification service, each of several processes may have below the limit of
// connections.
func Within(processes int) (requests, sessions int) {
	each := max(allowedConnections/max(processes, 1), 1)
	requests = max(each/3, 1)
	return requests, each - requests
}

// limits are kept once they were met, here or in another process. The zero
// value has none.
type limits struct {
	mu        sync.Mutex
	rate      *rate.Limiter
	slots     chan struct{}
	listening bool        // sessions of the notification service take connections too
	told      func(Limit) // of each limit once, nil for nobody
}

// OnLimit has somebody told when a limit is met that was not known yet.
func (c *Client) OnLimit(told func(Limit)) {
	c.limits.mu.Lock()
	defer c.limits.mu.Unlock()
	c.limits.told = told
}

// Listening says that connections go to sessions of the notification service
// as well.
func (c *Client) Listening() {
	c.limits.mu.Lock()
	defer c.limits.mu.Unlock()
	c.limits.listening = true
}

// Heed keeps to a limit from here on. It reports whether it was not known yet.
func (c *Client) Heed(l Limit) bool {
	known := &c.limits
	known.mu.Lock()
	defer known.mu.Unlock()
	switch {
	case l == LimitRate && known.rate == nil:
		known.rate = rate.NewLimiter(c.ratePart(known.slots != nil), 1)
	case l == LimitConnections && known.slots == nil:
		requests, sessions := Within(c.sharers(true))
		if !known.listening {
			requests += sessions
		}
		known.slots = make(chan struct{}, requests)
		if known.rate != nil { // those who wait for a seat send nothing
			known.rate.SetLimit(c.ratePart(true))
		}
	default:
		return false
	}
	return true
}

// sharers is among how many processes a limit is shared.
func (c *Client) sharers(seated bool) int {
	n := max(c.opts.Share, 1)
	if seated && c.opts.Seats > 0 {
		n = min(n, c.opts.Seats)
	}
	return n
}

// ratePart is how many requests a second this process may send.
func (c *Client) ratePart(seated bool) rate.Limit {
	return rate.Limit(allowedRate) / rate.Limit(c.sharers(seated))
}

// Limits are those that are known.
func (c *Client) Limits() (list []Limit) {
	c.limits.mu.Lock()
	defer c.limits.mu.Unlock()
	if c.limits.rate != nil {
		list = append(list, LimitRate)
	}
	if c.limits.slots != nil {
		list = append(list, LimitConnections)
	}
	return list
}

// Met takes note of a limit that was met: it is kept to, and told of.
func (c *Client) Met(l Limit) {
	if !c.Heed(l) {
		return
	}
	c.limits.mu.Lock()
	told := c.limits.told
	c.limits.mu.Unlock()
	if told != nil {
		told(l)
	}
}

// enter waits until a request may be sent, and gives what ends it.
func (l *limits) enter(ctx context.Context) (release func(), err error) {
	l.mu.Lock()
	slots, limiter := l.slots, l.rate
	l.mu.Unlock()
	release = func() {}
	if slots != nil {
		select {
		case slots <- struct{}{}:
			release = func() { <-slots }
		case <-ctx.Done():
			return release, context.Cause(ctx)
		}
	}
	if limiter != nil {
		if err := limiter.Wait(ctx); err != nil {
			release()
			return func() {}, err
		}
	}
	return release, nil
}
