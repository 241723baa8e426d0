package notify_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"finesse-conformance/runner/internal/notify"
)

// A password is sent once, whatever the server makes of it, until it has been accepted once.
func TestPasswordIsNotRepeated(t *testing.T) {
	for name, scene := range map[string]func(*conversation){
		"refused":       saslFailure("not-authorized"),
		"no answer":     func(c *conversation) { c.greets(); c.hears(`</auth>`) },
		"no end":        func(c *conversation) { c.greets(); c.hears(`</auth>`); c.stalls() },
		"broken answer": func(c *conversation) { c.greets(); c.hears(`</auth>`); c.says("<fail") },
	} {
		t.Run(name, func(t *testing.T) {
			th := play(t, scene)
			o := th.options(t)
			if name == "no end" {
				o.ConnectTimeout = 300 * time.Millisecond
			}
			l, err := notify.Connect(t.Context(), o)
			if err == nil {
				t.Fatal("connected")
			}
			time.Sleep(100 * time.Millisecond) // ten times the pause after which it would be tried again
			closeListener(t, l)
			if n := th.shows.Load(); n != 1 {
				t.Errorf("%d connections, want 1", n)
			}
		})
	}
}

// Addresses and certificates, over the transports that have them.
func TestWrongAddress(t *testing.T) {
	w := newWorld(t)
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
	defer busy.Close()
	nobody := listen(t)
	_ = nobody.Close()
	for _, c := range []struct {
		name, url string
		trusted   bool
		reason    notify.Reason
		says      string
	}{
		{"nobody there", "xmpp://" + nobody.Addr().String(), true, notify.Unreachable, "connecting: cannot connect"},
		{"nobody there, WebSocket", "wss://" + nobody.Addr().String() + "/ws/", true, notify.Unreachable, "connecting: cannot connect"},
		{"unknown authority", w.wss, false, notify.WrongCertificate, "certificate is not accepted"},
		{"unknown authority, TCP", w.secure, false, notify.WrongCertificate, "certificate is not accepted"},
		{"another name", strings.Replace(w.wss, "127.0.0.1", "localhost", 1), true, notify.WrongCertificate, "localhost"},
		{"another name, TCP", strings.Replace(w.secure, "127.0.0.1", "localhost", 1), true, notify.WrongCertificate, "localhost"},
		{"no TLS there", strings.Replace(w.plain, "xmpp:", "xmpps:", 1), true, notify.NotXMPP, "no TLS is spoken there"},
		{"another path", strings.Replace(w.wss, "/ws/", "/xmpp", 1), true, notify.NotXMPP, "no WebSocket at /xmpp, but HTTP 404"},
		{"overloaded", strings.Replace(busy.URL, "http", "ws", 1), true, notify.Crowded, "HTTP 503"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := w.options(t, c.url, "1001")
			if !c.trusted {
				o.TLS = nil
			}
			l, err := notify.Connect(t.Context(), o)
			defer closeListener(t, l)
			checkFailure(t, err, c.reason, c.says)
		})
	}
}

func TestUnusableOptions(t *testing.T) {
	good := notify.Options{URL: "wss://127.0.0.1:1/ws/", Domain: domain, Accounts: []notify.Account{{User: "1001", Password: secret}}}
	for _, c := range []struct {
		name   string
		change func(*notify.Options)
		says   string
	}{
		{"scheme", func(o *notify.Options) { o.URL = "https://host/ws/" }, "want wss://, ws://, xmpps:// or xmpp://"},
		{"no host", func(o *notify.Options) { o.URL = "wss:///ws/" }, "has no host"},
		{"no address", func(o *notify.Options) { o.URL = "" }, "want wss://"},
		{"broken address", func(o *notify.Options) { o.URL = "wss://[" }, "notification address"},
		{"password in the address", func(o *notify.Options) { o.URL = "wss://u:" + secret + "@host/ws/" }, "do not belong in it"},
		{"no domain", func(o *notify.Options) { o.Domain = "" }, "domain is not known"},
		{"nobody", func(o *notify.Options) { o.Accounts = nil }, "no account"},
		{"twice", func(o *notify.Options) { o.Accounts = append(o.Accounts, o.Accounts[0]) }, `"1001" is empty or listed twice`},
		{"subscriptions of nobody", func(o *notify.Options) { o.Subscribe = map[string][]string{"1002": {"x"}} }, `subscriptions of "1002"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := good
			c.change(&o)
			l, err := notify.Connect(t.Context(), o)
			if l != nil || err == nil || !strings.Contains(err.Error(), c.says) || exposes(err.Error()) {
				t.Errorf("listener %v, error %q", l, err)
			}
		})
	}
}

func TestAccountHidesPassword(t *testing.T) {
	a := notify.Account{User: "1001", Password: secret}
	o := notify.Options{Accounts: []notify.Account{a}}
	text, err := json.Marshal(o.Accounts)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{fmt.Sprint(a), fmt.Sprintf("%+v %#v %s %q", a, a, a, a), fmt.Sprintf("%+v %#v", o, o), fmt.Sprintf("%+v", &o), string(text)} {
		if exposes(s) || !strings.Contains(s, "1001") {
			t.Errorf("printed as %s", s)
		}
	}
	logTo(t).Info("account", "account", a, "accounts", o.Accounts)
}
