package notify_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"finesse-conformance/internal/xmpp"
	"finesse-conformance/runner/internal/notify"
	"finesse-conformance/suites/evidence"
)

const domain = "finesse.example.com"

// secret is every password in these tests: it must not show up anywhere.
const secret = "s3cr3t-Pa55word"

// world is a notification service on loopback, on every transport.
type world struct {
	service                *xmpp.Service
	wss, ws, secure, plain string
	trust                  *tls.Config
	mu                     sync.Mutex
	presence               []string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{}
	w.service = xmpp.New(xmpp.Config{
		Domain:       domain,
		Authenticate: func(user, password string) bool { return strings.HasPrefix(user, "100") && password == secret },
		MaySubscribe: func(user, node string) bool { return user == "1003" && node == "/finesse/api/Team/5000/Users" },
		OnPresence: func(user string, available bool) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.presence = append(w.presence, fmt.Sprint(user, " ", available))
		},
	})
	secured := httptest.NewTLSServer(w.service)
	open := httptest.NewServer(w.service)
	pool := x509.NewCertPool()
	pool.AddCert(secured.Certificate())
	w.trust = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	w.wss = strings.Replace(secured.URL, "https", "wss", 1) + "/ws/"
	w.ws = strings.Replace(open.URL, "http", "ws", 1) + "/ws"

	var serving sync.WaitGroup
	plain := listen(t)
	w.plain = "xmpp://" + plain.Addr().String()
	serving.Go(func() { _ = w.service.ServeTCP(plain) })
	direct := listen(t)
	w.secure = "xmpps://" + direct.Addr().String()
	serving.Go(func() {
		_ = w.service.ServeTCP(tls.NewListener(direct, &tls.Config{Certificates: secured.TLS.Certificates, MinVersion: tls.VersionTLS12}))
	})
	t.Cleanup(func() {
		_ = w.service.Close()
		serving.Wait()
		secured.Close()
		open.Close()
	})
	return w
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// options are those for a listener of this world's users.
func (w *world) options(t *testing.T, url string, users ...string) notify.Options {
	o := notify.Options{URL: url, Domain: domain, TLS: w.trust, ConnectTimeout: time.Minute, BackoffMin: 10 * time.Millisecond, BackoffMax: 50 * time.Millisecond, Log: logTo(t)}
	for _, u := range users {
		o.Accounts = append(o.Accounts, notify.Account{User: u, Password: secret})
	}
	return o
}

// logTo logs everything to the test, and fails it when a password gets there.
func logTo(t *testing.T) *slog.Logger {
	return slog.New(slog.NewTextHandler(watchful{t}, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

type watchful struct{ t *testing.T }

func (w watchful) Write(line []byte) (int, error) {
	if exposes(string(line)) {
		w.t.Error("a password was logged")
	}
	return w.t.Output().Write(line)
}

// exposes tells whether a text has the password in it, as it is or as it goes over the wire.
func exposes(text string) bool {
	if strings.Contains(text, secret) {
		return true
	}
	for _, user := range []string{"1001", "1002", "1003"} {
		if strings.Contains(text, base64.StdEncoding.EncodeToString([]byte("\x00"+user+"\x00"+secret))) {
			return true
		}
	}
	return false
}

// hearing is a listener and all that it has heard.
type hearing struct {
	*notify.Listener
	mu     sync.Mutex
	events []evidence.Event
	more   chan struct{} // closed with the next
}

// hear connects as the options say.
func hear(ctx context.Context, o notify.Options) (*hearing, error) {
	h := &hearing{more: make(chan struct{})}
	o.OnEvent = func(e evidence.Event) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.events = append(h.events, e)
		close(h.more)
		h.more = make(chan struct{})
	}
	var err error
	h.Listener, err = notify.Connect(ctx, o)
	return h, err
}

// Mark is a place in the sequence of events, Since what was heard after it.
func (h *hearing) Mark() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.events)
}

func (h *hearing) Since(mark int) []evidence.Event {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.events[mark:])
}

// Wait gives the first event after a mark that matches.
func (h *hearing) Wait(ctx context.Context, mark int, match func(evidence.Event) bool) (evidence.Event, error) {
	for {
		h.mu.Lock()
		events, more := h.events[mark:], h.more
		h.mu.Unlock()
		if i := slices.IndexFunc(events, match); i >= 0 {
			return events[i], nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return evidence.Event{}, context.Cause(ctx)
		}
	}
}

func connect(t *testing.T, o notify.Options) *hearing {
	t.Helper()
	l, err := hear(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeListener(t, l) })
	return l
}

func closeListener(t *testing.T, l interface{ Close(context.Context) error }) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := l.Close(ctx); err != nil {
		t.Error(err)
	}
}

func wait(t *testing.T, l *hearing, mark int, match func(evidence.Event) bool) evidence.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	e, err := l.Wait(ctx, mark, match)
	if err != nil {
		t.Fatalf("no such event: %v; heard %+v", err, l.Since(mark))
	}
	return e
}

// userUpdate is an Update as servers send it for a change of state.
func userUpdate(id, state, requestID string) string {
	return `<Update>
  <data>
    <user>
      <loginId>` + id + `</loginId>
      <state>` + state + `</state>
      <uri>/finesse/api/User/` + id + `</uri>
    </user>
  </data>
  <event>PUT</event>
  <requestId>` + requestID + `</requestId>
  <source>/finesse/api/User/` + id + `</source>
</Update>`
}

func userNode(id string) string { return "/finesse/api/User/" + id }

func on(node string) func(evidence.Event) bool {
	return func(e evidence.Event) bool { return e.Node == node }
}
