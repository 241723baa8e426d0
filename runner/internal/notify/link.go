package notify

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"html"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/coder/websocket"
)

// link carries elements to and from the service. One goroutine reads; writing is safe from several.
type link interface {
	// begin asks for a stream, or for a new one after signing in. What the server answers comes with receive, as an
	// element named "open".
	begin(ctx context.Context, domain string) error
	// receive returns the next element; io.EOF is the orderly end of the stream. When ctx ends the link is dead.
	receive(ctx context.Context) (*element, error)
	send(ctx context.Context, data string) error
	// finish ends our side of the stream.
	finish(ctx context.Context) error
	// secure makes TLS of it, for STARTTLS.
	secure(ctx context.Context) error
	// encrypted tells whether what is sent can be read on the way.
	encrypted() bool
	abort()
}

// errTooLarge is a stanza beyond Options.MaxStanza.
var errTooLarge = errors.New("stanza too large")

// dial connects to the service at the address of the options.
func dial(ctx context.Context, o Options) (link, error) {
	u, err := url.Parse(o.URL)
	if err != nil {
		return nil, err
	}
	if u.Scheme == "ws" || u.Scheme == "wss" {
		return dialWebSocket(ctx, u, o)
	}
	return dialTCP(ctx, u, o)
}

func clientTLS(o Options, host string) *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if o.TLS != nil {
		c = o.TLS.Clone()
	}
	c.ServerName = cmp.Or(c.ServerName, host)
	return c
}

// webSocketLink is RFC 7395: every message is one element.
type webSocketLink struct {
	conn      *websocket.Conn
	transport *http.Transport
	tls       bool
}

func dialWebSocket(ctx context.Context, u *url.URL, o Options) (link, error) {
	config := clientTLS(o, u.Hostname())
	config.NextProtos = []string{"http/1.1"} // the handshake needs a connection of its own, which HTTP/2 has not
	transport := &http.Transport{Proxy: o.Proxy, DialContext: o.Dial, TLSClientConfig: config, DisableKeepAlives: true}
	if u.Scheme == "ws" { // a handshake that is forwarded as a request does not upgrade
		transport.Proxy = nil
		transport.DialContext = func(ctx context.Context, _, address string) (net.Conn, error) { return connect(ctx, address, o) }
	}
	header := o.Headers.Clone()
	if header == nil {
		header = http.Header{}
	}
	if o.UserAgent != "" {
		header.Set("User-Agent", o.UserAgent)
	}
	conn, response, err := websocket.Dial(ctx, u.String(), &websocket.DialOptions{
		HTTPClient:   &http.Client{Transport: transport},
		HTTPHeader:   header,
		Subprotocols: append([]string{"xmpp"}, o.Subprotocols...),
	})
	if err != nil {
		transport.CloseIdleConnections()
		if response != nil && response.StatusCode != http.StatusSwitchingProtocols {
			reason := NotXMPP
			switch {
			case response.StatusCode == http.StatusServiceUnavailable, response.StatusCode == http.StatusTooManyRequests:
				reason = Crowded
			case response.StatusCode >= 500:
				reason = Unreachable
			}
			return nil, &because{reason, fmt.Sprintf("no WebSocket at %s, but HTTP %s", u.Path, response.Status), nil}
		}
		return nil, err
	}
	conn.SetReadLimit(int64(o.MaxStanza))
	return &webSocketLink{conn: conn, transport: transport, tls: u.Scheme == "wss"}, nil
}

func (l *webSocketLink) begin(ctx context.Context, domain string) error {
	return l.send(ctx, `<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="`+escape(domain)+`" version="1.0"/>`)
}

func (l *webSocketLink) receive(ctx context.Context) (*element, error) {
	kind, data, err := l.conn.Read(ctx)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.Is(err, websocket.ErrMessageTooBig):
		return nil, errTooLarge
	case websocket.CloseStatus(err) != -1:
		return nil, &because{Closed, "the server closed the WebSocket", err}
	case err != nil:
		return nil, err
	case kind != websocket.MessageText:
		return nil, &because{Garbage, "the server sent a binary message", nil}
	}
	e, err := parse(data)
	if err != nil {
		return nil, &because{Garbage, "the server sent a message that is not one XML element", err}
	}
	if e.name.Local == "close" {
		return nil, &because{Closed, "the server ended the session", nil}
	}
	return e, nil
}

func (l *webSocketLink) send(ctx context.Context, data string) error {
	return l.conn.Write(ctx, websocket.MessageText, []byte(data))
}

func (l *webSocketLink) finish(ctx context.Context) error {
	return l.send(ctx, `<close xmlns="urn:ietf:params:xml:ns:xmpp-framing"/>`)
}

func (l *webSocketLink) secure(context.Context) error {
	return errors.New("a WebSocket is encrypted from the start or not at all")
}

func (l *webSocketLink) encrypted() bool { return l.tls }

func (l *webSocketLink) abort() {
	_ = l.conn.CloseNow() // nothing more is expected of it
	l.transport.CloseIdleConnections()
}

// escape makes text fit for attribute values and element content.
func escape(text string) string { return html.EscapeString(strings.ToValidUTF8(text, "\uFFFD")) }

// hostPort adds the standard port of the scheme where the address has none.
func hostPort(u *url.URL) string {
	port := u.Port()
	switch {
	case port != "":
	case u.Scheme == "xmpps":
		port = "5223"
	default:
		port = "5222"
	}
	return net.JoinHostPort(u.Hostname(), port)
}
