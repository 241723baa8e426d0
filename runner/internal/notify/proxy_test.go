package notify_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"finesse-conformance/runner/internal/notify"
)

// proxy forwards CONNECT for who has the right name and password.
func proxy(t *testing.T, uses *atomic.Int32) *url.URL {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			http.Error(w, "only CONNECT", http.StatusMethodNotAllowed)
			return
		}
		if r.Header.Get("Proxy-Authorization") != "Basic bWU6cHJveHlwYXNz" { // me:proxypass
			http.Error(w, "who are you?", http.StatusProxyAuthRequired)
			return
		}
		uses.Add(1)
		there, err := net.Dial("tcp", r.Host)
		if err != nil {
			http.Error(w, "nobody there", http.StatusBadGateway)
			return
		}
		here, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(here, "HTTP/1.1 200 Connection established\r\n\r\n")
		var both sync.WaitGroup
		both.Go(func() { _, _ = io.Copy(there, here); _ = there.Close() })
		both.Go(func() { _, _ = io.Copy(here, there); _ = here.Close() })
		both.Wait()
	}))
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("me", "proxypass")
	return u
}

// The proxy of the configuration serves every transport.
func TestThroughAProxy(t *testing.T) {
	w := newWorld(t)
	var uses atomic.Int32
	through := proxy(t, &uses)
	for _, address := range []string{w.wss, w.ws, w.secure, w.plain} {
		before := uses.Load()
		l, err := notify.Connect(t.Context(), notify.Options{
			URL: address, Domain: domain, TLS: w.trust, Proxy: http.ProxyURL(through), ConnectTimeout: time.Minute,
			Accounts: []notify.Account{{User: "1001", Password: secret}},
		})
		if err != nil {
			t.Errorf("%s: %v", address, err)
		}
		_ = l.Close(context.WithoutCancel(t.Context()))
		if uses.Load() == before {
			t.Errorf("%s: the proxy was passed by", address)
		}
	}
	wrong := *through
	wrong.User = nil
	l, err := notify.Connect(t.Context(), notify.Options{
		URL: w.secure, Domain: domain, TLS: w.trust, Proxy: http.ProxyURL(&wrong), ConnectTimeout: time.Minute,
		Accounts: []notify.Account{{User: "1001", Password: secret}},
	})
	_ = l.Close(context.WithoutCancel(t.Context()))
	if err == nil || !strings.Contains(err.Error(), "the proxy refuses to connect") || !strings.Contains(err.Error(), "407") {
		t.Errorf("a refusal of the proxy is told as %v", err)
	}
}

// What a reverse proxy wants with the handshake goes along, and shows up nowhere else.
func TestHandshake(t *testing.T) {
	w := newWorld(t)
	var seen http.Header
	front := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		seen = r.Header.Clone()
		if !strings.Contains(r.Header.Get("Sec-WebSocket-Protocol"), "token-of-mine") || r.Header.Get("X-Key") != "key-of-mine" {
			http.Error(rw, "no", http.StatusUnauthorized)
			return
		}
		w.service.ServeHTTP(rw, r)
	}))
	defer front.Close()
	o := notify.Options{
		URL: strings.Replace(front.URL, "http", "ws", 1) + "/ws/", Domain: domain, UserAgent: "Mozilla/5.0 (X) Firefox/1",
		Headers: http.Header{"X-Key": {"key-of-mine"}}, Subprotocols: []string{"token-of-mine"}, ConnectTimeout: time.Minute,
		Accounts: []notify.Account{{User: "1001", Password: secret}},
	}
	l, err := notify.Connect(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close(t.Context())
	if seen.Get("User-Agent") != o.UserAgent {
		t.Errorf("User-Agent is %q", seen.Get("User-Agent"))
	}
	o.Subprotocols = []string{"another"}
	l, err = notify.Connect(t.Context(), o)
	_ = l.Close(t.Context())
	if err == nil || !strings.Contains(err.Error(), "401") || strings.Contains(err.Error(), "key-of-mine") || strings.Contains(err.Error(), "another") {
		t.Errorf("the refusal is told as %v", err)
	}
}
