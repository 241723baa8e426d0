// Package client is the only way from a run to its target. It sends requests
// and records each of them with what came back; credentials go into the
// request and nowhere else.
//
// No other module is promised anything of it: see docs/stability.md.
package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/internal/redact"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// defaultMaxBody is the number of bytes of an answer that are read at most.
const defaultMaxBody = 1 << 20

// DefaultKeep is how much of long answers a run keeps.
const DefaultKeep = 24 << 20

// Options say how a Client reaches its target.
type Options struct {
	Base      *url.URL          // scheme, host, port and, where the API does not stand at the root, a path
	Transport http.RoundTripper // see Transport and Handler; required
	Timeout   time.Duration     // of one exchange, body included
	MaxBody   int64             // bytes of an answer at most, DefaultMaxBody if 0
	Version   string            // of this program, for User-Agent
	Limiter   Limiter           // nil for none
	Keep      int64             // bytes of answers that Record keeps whole at most, DefaultKeep if 0
	Tokens    *Tokens           // of users of single sign-on; nil for ones of the client's own
	Header    http.Header       // of every request, secret
	UserAgent string            // in place of the program's own, which then has a header to itself
	Share     int               // among how many processes the limits of a proxy are shared, 0 for one
	Seats     int               // how many of them go on under a limit of connections, 0 for all
	Secrets   *redact.Set       // is told all that must not be recorded; nil for one of the client's own
	// Dial makes connections beside those of Transport, nil for the network's.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Client sends requests to one target and is safe for concurrent use.
type Client struct {
	opts Options

	mu    sync.Mutex
	wrong map[string]bool // users whose last sign-in was sent with a wrong password

	other atomic.Pointer[url.URL] // the other node of a system of two, nil for none

	users map[string]*fixtures.User // who signed a request, by id
	seen  map[string]string         // the User of each as it was last read

	limits   limits
	patience patience
	outage   outage
	bodies   bodies
	keep     evidence.Keep
}

// New makes a Client.
func New(opts Options) *Client {
	if opts.MaxBody <= 0 {
		opts.MaxBody = defaultMaxBody
	}
	// Credentials in the address would be sent with every request, also with
	// those that must have none.
	base := *opts.Base
	base.User = nil
	opts.Base = &base
	if opts.Secrets == nil {
		opts.Secrets = redact.New(spec.Words)
	}
	if opts.Keep <= 0 {
		opts.Keep = DefaultKeep
	}
	if opts.Tokens == nil {
		opts.Tokens = &Tokens{Secrets: opts.Secrets}
	}
	for _, values := range opts.Header {
		for _, value := range values {
			opts.Secrets.Token(value)
		}
	}
	return &Client{opts: opts, wrong: map[string]bool{}, users: map[string]*fixtures.User{}, seen: map[string]string{}, keep: evidence.Keep{Left: opts.Keep}}
}

// Base is the address that all paths are relative to.
func (c *Client) Base() *url.URL { u := *c.opts.Base; return &u }

// SetOther names the other node of a system of two, to which a Call may go.
func (c *Client) SetOther(u *url.URL) { c.other.Store(u) }

// Other is the address of the other node of a system of two, nil for none.
func (c *Client) Other() *url.URL { return c.other.Load() }

// base is where a call goes.
func (c *Client) base(call Call) *url.URL {
	if other := c.other.Load(); call.Elsewhere && other != nil {
		return other
	}
	return c.opts.Base
}

// Dial connects to an address near the target, for a look at what lies
// beneath the API.
func (c *Client) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	if c.opts.Dial != nil {
		return c.opts.Dial(ctx, network, address)
	}
	return new(net.Dialer).DialContext(ctx, network, address)
}

// InProcess reports whether the target is a handler of this process, without
// a port.
func (c *Client) InProcess() bool {
	_, ok := c.opts.Transport.(handlerTransport)
	return ok
}

// Call is one request.
type Call struct {
	As          *fixtures.User // may be nil with None
	Credentials Credentials
	Token       fixtures.Secret // with Expired
	// WrongPassword is which one is sent with Wrong, less than WrongPasswords.
	WrongPassword int
	Method        string
	Path          string // below the base, such as /finesse/api/SystemInfo
	Elsewhere     bool   // sent to the other node, see SetOther
	Query         string
	ContentType   string
	Body          string
	RequestID     string
	Purpose       evidence.Purpose
	// Keep gives what may be known of the body of the answer, nil for all.
	Keep func(body string) string
}

// keptBody is how much of a request's body evidence keeps.
const keptBody = 4 << 10

// Do sends the call and records it. It never fails: an exchange without a
// whole answer says why in Err. Redirects are not followed.
//
// What was refused before it reached the API, for an access token that had
// expired or by a reverse proxy without room, is sent again where nothing has
// changed since.
// A target that is away is waited for, see WaitOut.
func (c *Client) Do(ctx context.Context, rec *Recorder, call Call) evidence.Exchange {
	c.outage.held(ctx)
	x, token := c.once(ctx, rec, call)
	if !token.Empty() && x.Status == http.StatusUnauthorized && x.Err == "" {
		x = c.renewed(ctx, rec, call, x, token)
	}
	if proxied(x) != noObstacle && x.Err == "" {
		if x = c.crowded(ctx, rec, call, x); x.Err == "" {
			x.Err, x.Barred = obstacleIn(x), proxied(x) != noObstacle
		}
	}
	x = c.outlast(ctx, rec, call, x)
	if call.Keep != nil {
		x.ResponseBody = call.Keep(x.ResponseBody)
	}
	return rec.add(x, c.opts.Secrets)
}

// once sends the call once, and gives the access token that it was signed
// with, if any.
func (c *Client) once(ctx context.Context, rec *Recorder, call Call) (evidence.Exchange, fixtures.Secret) {
	x := evidence.Exchange{
		Purpose: call.Purpose, Method: call.Method, Path: call.Path, Started: time.Now(),
		RequestBody: call.Body, RequestHeader: map[string]string{},
		WrongPassword: call.Credentials.refusable(), ByToken: call.byToken(),
	}
	if call.Query != "" {
		x.Path += "?" + call.Query
	}
	if call.Elsewhere {
		x.Path = strings.TrimSuffix(c.base(call).String(), "/") + x.Path
	}
	if len(x.RequestBody) > keptBody {
		x.RequestBytes = len(x.RequestBody)
		x.RequestBody = x.RequestBody[:keptBody]
	}
	if call.As != nil && call.Credentials != None {
		x.As = call.As.ID
	}
	var token fixtures.Secret
	if call.As != nil && call.Credentials == Own && call.As.ByToken() {
		var err error // a command may take longer than a request
		if token, err = c.opts.Tokens.Token(ctx, call.As); err != nil {
			x.Err, x.Barred = err.Error(), true
			return x, ""
		}
		x.Started = time.Now()
	}
	if err := c.exchange(ctx, rec, call, token, &x); err != nil {
		x.Err = plain(err)
	}
	x.Duration = time.Since(x.Started)
	c.note(call, x)
	return x, token
}

// exchange makes the request.
func (c *Client) exchange(ctx context.Context, rec *Recorder, call Call, token fixtures.Secret, x *evidence.Exchange) error {
	if c.opts.Limiter != nil {
		if err := c.opts.Limiter.Wait(ctx); err != nil {
			return fmt.Errorf("waiting for the request limit: %w", err)
		}
		x.Started = time.Now()
	}
	leave, err := c.limits.enter(ctx)
	if err != nil {
		return fmt.Errorf("waiting for the limit that a reverse proxy sets: %w", err)
	}
	req, err := c.request(ctx, rec, call, x)
	if err == nil {
		err = c.sign(req, call, token)
	}
	if err != nil {
		leave()
		return err
	}
	return c.within(ctx, x, func(ctx context.Context, x *evidence.Exchange) error {
		defer leave()
		resp, err := c.opts.Transport.RoundTrip(req.WithContext(ctx))
		if err != nil {
			if cause := context.Cause(ctx); cause != nil && ctx.Err() != nil {
				return cause
			}
			return err
		}
		defer resp.Body.Close()
		return c.answer(ctx, call, resp, x)
	})
}

// request makes the request of a call, without its credentials.
func (c *Client) request(ctx context.Context, rec *Recorder, call Call, x *evidence.Exchange) (*http.Request, error) {
	u := *c.base(call)
	u.Path = strings.TrimSuffix(u.Path, "/") + call.Path
	u.RawQuery = call.Query
	var body io.Reader
	if call.Body != "" || call.Method == http.MethodPut || call.Method == http.MethodPost {
		body = bytes.NewReader([]byte(call.Body))
	}
	req, err := http.NewRequestWithContext(ctx, call.Method, u.String(), body)
	if err != nil {
		return nil, err
	}
	if c.opts.UserAgent == "" {
		req.Header.Set("User-Agent", "finesse-conformance/"+c.opts.Version+" ("+rec.label()+")")
	} else {
		req.Header.Set("User-Agent", c.opts.UserAgent)
		req.Header.Set(requirementHeader, rec.label())
	}
	req.Header.Set("Accept", "application/xml, text/xml;q=0.9, */*;q=0.1")
	if call.ContentType != "" {
		req.Header.Set("Content-Type", call.ContentType)
	}
	if call.RequestID != "" {
		req.Header["requestId"] = []string{call.RequestID} // the guide's spelling
	}
	for name, values := range req.Header {
		x.RequestHeader[name] = strings.Join(values, ", ")
	}
	for name, values := range c.opts.Header {
		if strings.EqualFold(name, "Host") {
			req.Host = values[0]
			continue
		}
		req.Header[http.CanonicalHeaderKey(name)] = values
		x.RequestHeader[http.CanonicalHeaderKey(name)] = redact.Mask
	}
	return req, nil
}

// requirementHeader names the requirement where User-Agent is somebody else's.
const requirementHeader = "X-Conformance-Requirement"

const closedWithoutAnswer = "the connection was closed without an answer"

// plain says what went wrong without the address that every message repeats.
func plain(err error) string {
	var ue *url.Error
	if errors.As(err, &ue) {
		err = ue.Err
	}
	var op *net.OpError
	switch {
	case errors.Is(err, syscall.EPIPE): // closed while the request was still written
		return closedWithoutAnswer
	case errors.As(err, &op) && op.Source != nil:
		return op.Op + ": " + op.Err.Error() // without ports that are others each time
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was closed before the answer was whole"
	case errors.Is(err, io.EOF):
		return closedWithoutAnswer
	}
	return err.Error()
}

// Limiter holds requests back: Wait returns when one may be sent, or with the
// reason why none may any more. A *rate.Limiter is one.
type Limiter interface {
	Wait(ctx context.Context) error
}
