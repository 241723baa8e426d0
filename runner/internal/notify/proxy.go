package notify

import (
	"bufio"
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/url"
)

// connect opens a TCP connection to an address, through the HTTP proxy that is chosen for it, if there is one.
func connect(ctx context.Context, address string, o Options) (net.Conn, error) {
	proxy, err := o.Proxy(&http.Request{URL: &url.URL{Scheme: "https", Host: address}})
	if err != nil {
		return nil, fmt.Errorf("the proxy for %s: %w", address, err)
	}
	if proxy == nil {
		return o.Dial(ctx, "tcp", address)
	}
	if proxy.Scheme != "http" {
		return nil, &because{Unreachable, fmt.Sprintf("a proxy by %s is not supported for XMPP over TCP; use a WebSocket", proxy.Scheme), nil}
	}
	at := proxy.Host
	if proxy.Port() == "" {
		at = net.JoinHostPort(proxy.Hostname(), "80")
	}
	conn, err := o.Dial(ctx, "tcp", at)
	if err != nil {
		return nil, &because{Unreachable, "cannot connect to the proxy", err}
	}
	if err := tunnel(ctx, conn, proxy, address); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

// tunnel asks the proxy at the other end for a connection to an address (RFC 9110, 9.3.6).
func tunnel(ctx context.Context, conn net.Conn, proxy *url.URL, address string) error {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	request := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: address}, Host: address, Header: http.Header{}}
	if u := proxy.User; u != nil {
		password, _ := u.Password()
		request.Header.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(u.Username()+":"+password)))
	}
	err := request.Write(conn)
	var answer *http.Response
	if err == nil {
		// The server speaks only after the client has: nothing of it is in the buffer.
		answer, err = http.ReadResponse(bufio.NewReader(conn), request)
	}
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return &because{Unreachable, "the proxy did not answer", err}
	case answer.StatusCode != http.StatusOK:
		return &because{Unreachable, "the proxy refuses to connect to " + address + ": HTTP " + answer.Status, nil}
	}
	return nil
}
