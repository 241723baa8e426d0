package notify_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"finesse-conformance/runner/internal/notify"
)

const streamErrorStart, streamErrorEnd = `<stream:error><`, ` xmlns="urn:ietf:params:xml:ns:xmpp-streams"/></stream:error></stream:stream>`

func saslFailure(condition string) func(*conversation) {
	return func(c *conversation) {
		c.greets()
		c.hears(`</auth>`)
		c.says(`<failure xmlns="urn:ietf:params:xml:ns:xmpp-sasl"><` + condition + `/></failure>`)
		c.stalls()
	}
}

// What a server may do instead of letting a user in, and what is said about it.
func TestCannotConnect(t *testing.T) {
	for _, c := range []struct {
		name   string
		scene  func(*conversation)
		reason notify.Reason
		says   string
	}{
		{"says nothing", func(c *conversation) { c.stalls() }, notify.TimedOut, "opening the stream: no answer in time"},
		{"hangs up", func(*conversation) {}, notify.Closed, "opening the stream: the"},
		{"speaks HTTP", func(c *conversation) { c.says("HTTP/1.1 400 Bad Request\r\n\r\n<html>") }, notify.NotXMPP, "what answers there does not speak XMPP"},
		{"speaks HTML", func(c *conversation) { c.says("<html></html>"); c.stalls() }, notify.NotXMPP, "the server sent <html> where <open> was expected"},
		{"does not know the domain", func(c *conversation) {
			c.hears(`>`)
			c.says(serverHeader + streamErrorStart + `host-unknown` + streamErrorEnd)
		}, notify.WrongDomain, `the server does not serve the domain "finesse.example.com" (host-unknown)`},
		{"has another domain", func(c *conversation) {
			c.says(strings.Replace(serverHeader, domain, "other.example.com", 1))
			c.stalls()
		},
			notify.WrongDomain, `the server serves the domain "other.example.com", not "finesse.example.com"`},
		{"has no PLAIN", func(c *conversation) {
			c.features(`<mechanisms xmlns="urn:ietf:params:xml:ns:xmpp-sasl"><mechanism>SCRAM-SHA-1</mechanism></mechanisms>`)
			c.stalls()
		}, notify.NotXMPP, `does not offer SASL PLAIN here, only ["SCRAM-SHA-1"]`},
		{"refuses the password", saslFailure("not-authorized"), notify.WrongPassword, "signing in: the server refuses the user name and password (not-authorized)"},
		{"refuses the account", saslFailure("account-disabled"), notify.WrongPassword, "(account-disabled)"},
		{"wants encryption", saslFailure("encryption-required"), notify.NotXMPP, "does not take a password on this connection"},
		{"cannot check passwords", saslFailure("temporary-auth-failure"), notify.Refused, "cannot check passwords at the moment"},
		{"hangs up on the password", func(c *conversation) { c.greets(); c.hears(`</auth>`) }, notify.WrongPassword, "no answer to the user name and password; not tried again"},
		{"never answers the bind", func(c *conversation) { c.accepts(); c.stalls() }, notify.TimedOut, "binding a resource: no answer in time"},
		{"refuses the bind", func(c *conversation) {
			c.accepts()
			c.says(`<iq type="error" id="bind"><error type="cancel"><conflict xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/><text xmlns="urn:ietf:params:xml:ns:xmpp-stanzas">full</text></error></iq>`)
			c.stalls()
		}, notify.Refused, `binding a resource: the server refused it (conflict, "full")`},
		{"binds nothing", func(c *conversation) { c.accepts(); c.says(`<iq type="result" id="bind"/>`); c.stalls() }, notify.Garbage, "the server bound no address"},
		{"binds somebody else", func(c *conversation) { c.accepts(); c.says(strings.Replace(bound, "1001@", "1002@", 1)); c.stalls() },
			notify.Refused, `the server knows the user as "1002@`},
		{"closes in the middle of a stanza", func(c *conversation) { c.accepts(); c.says(`<iq type="result" id="bi`) }, notify.Closed, "in the middle of a stanza"},
		{"sends garbage", func(c *conversation) { c.accepts(); c.says("\x16\x03\x01\x02<&"); c.stalls() }, notify.Garbage, "binding a resource: the server sent what is not XML"},
		{"sends an enormous stanza", func(c *conversation) { c.accepts(); c.says(`<iq a="` + strings.Repeat("a", 100_000)); c.stalls() },
			notify.TooLarge, "the server sent a stanza beyond the limit"},
		{"sends a bottomless stanza", func(c *conversation) { c.accepts(); c.says(strings.Repeat("<a>", 200)); c.stalls() }, notify.Garbage, "elements lie more than 100 deep"},
		{"refers to an entity", func(c *conversation) { c.accepts(); c.says(`<iq>&lol;</iq>`); c.stalls() }, notify.Garbage, "the server sent what is not XML"},
		{"does not answer the ping", func(c *conversation) { c.accepts(); c.says(bound); c.stalls() }, notify.TimedOut, "waiting for the answer to a ping: no answer in time"},
	} {
		t.Run(c.name, func(t *testing.T) {
			th := play(t, c.scene)
			o := th.options(t)
			if c.reason == notify.TimedOut {
				o.ConnectTimeout = 300 * time.Millisecond
			}
			l, err := notify.Connect(t.Context(), o)
			defer closeListener(t, l)
			checkFailure(t, err, c.reason, c.says)
			if status, _ := l.Status("1001"); c.reason.Lasting() && (status.State != notify.GivenUp || status.Reason != c.reason) {
				t.Errorf("status %+v", status)
			}
			if now := time.Now(); l.ConnectedThroughout("1001", now, now) {
				t.Error("said to be connected")
			}
		})
	}
}

func checkFailure(t *testing.T, err error, reason notify.Reason, says string) {
	t.Helper()
	var account *notify.AccountError
	if !errors.As(err, &account) || account.Reason != reason || account.User != "1001" || !strings.Contains(err.Error(), says) {
		t.Errorf("error %q, want %s: %q", err, reason, says)
	}
	if exposes(fmt.Sprintf("%v %+v %#v", err, err, err)) {
		t.Error("the error has the password in it")
	}
}

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

// A reason that may pass is tried again.
func TestTriesAgain(t *testing.T) {
	th := play(t, func(c *conversation) {
		if c.show > 2 {
			c.welcomes()
			c.stalls()
		}
	})
	up := make(chan struct{}, 1)
	o := th.options(t)
	o.OnStatus = func(s notify.Status) {
		if s.State == notify.Up {
			up <- struct{}{}
		}
	}
	l, err := notify.Connect(t.Context(), o)
	if err == nil {
		t.Error("connected the first time")
	}
	defer closeListener(t, l)
	select {
	case <-up:
	case <-time.After(time.Minute):
		t.Fatal("never connected")
	}
	if s, _ := l.Status("1001"); s.Attempts != 3 {
		t.Errorf("status %+v", s)
	}
}

// How a connection that was up is lost.
func TestLosesConnection(t *testing.T) {
	for _, c := range []struct {
		name   string
		scene  func(*conversation)
		reason notify.Reason
		says   string
	}{
		{"hangs up", func(*conversation) {}, notify.Closed, "the server closed the connection"},
		{"closes in the middle of a stanza", func(c *conversation) { c.says(`<message from="pubsub.` + domain + `"><event`) }, notify.Closed, "in the middle of a stanza"},
		{"ends the session", func(c *conversation) { c.says(`</stream:stream>`); c.stalls() }, notify.Closed, "the server ended the session"},
		{"shuts down", func(c *conversation) { c.says(streamErrorStart + "system-shutdown" + streamErrorEnd); c.stalls() }, notify.Closed, "the server ended the stream: system-shutdown"},
		{"sends garbage", func(c *conversation) { c.says("<message></iq>"); c.stalls() }, notify.Garbage, "the server sent what is not XML"},
		{"sends text", func(c *conversation) { c.says("hello <message/>"); c.stalls() }, notify.Garbage, "the server sent text between stanzas"},
		{"sends an enormous stanza", func(c *conversation) { c.says("<message><body>" + strings.Repeat("a", 100_000)); c.stalls() }, notify.TooLarge, "the server sent a stanza beyond the limit"},
		{"stops answering", func(c *conversation) { c.stalls() }, notify.TimedOut, "the server did not answer a ping for 50ms"},
	} {
		t.Run(c.name, func(t *testing.T) {
			th := play(t, func(conv *conversation) {
				if conv.show == 1 {
					conv.welcomes()
					c.scene(conv)
				}
			})
			lost := make(chan notify.Status, 100)
			o := th.options(t)
			if c.reason == notify.TimedOut {
				o.PingEvery = 50 * time.Millisecond
			}
			o.OnStatus = func(s notify.Status) {
				if s.State == notify.Down {
					lost <- s
				}
			}
			start := time.Now()
			l, err := notify.Connect(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			defer closeListener(t, l)
			select {
			case s := <-lost:
				if s.Reason != c.reason || !strings.Contains(s.Detail, c.says) || s.Since.After(time.Now()) || s.Since.Before(start) {
					t.Errorf("lost: %+v", s)
				}
				// Silence began with the last that was heard: a ping was due after 50 ms, and waited for for 50 ms.
				if silent := time.Since(s.Since); c.reason == notify.TimedOut && silent < 90*time.Millisecond {
					t.Errorf("lost only %s ago", silent)
				}
			case <-time.After(time.Minute):
				t.Fatal("never lost")
			}
			if l.ConnectedThroughout("1001", start, time.Now()) {
				t.Error("said to have been connected")
			}
			if events := l.Since(0); len(events) > 0 {
				t.Errorf("heard %+v", events)
			}
		})
	}
}

// A server that asks and asks and reads no answer holds up who answers, and with it whoever else writes: that ends too.
func TestServerReadsNothing(t *testing.T) {
	th := play(t, func(c *conversation) {
		if c.show == 1 {
			_ = c.conn.(*net.TCPConn).SetReadBuffer(4 << 10)
			c.welcomes()
			for range 4000 {
				c.says(`<iq type="get" id="` + strings.Repeat("a", 50_000) + `"><ping xmlns="urn:xmpp:ping"/></iq>`)
			}
		}
	})
	lost := make(chan notify.Status, 100)
	o := th.options(t)
	o.PingEvery, o.PingTimeout = 500*time.Millisecond, 50*time.Millisecond
	o.OnStatus = func(s notify.Status) {
		if s.State == notify.Down {
			lost <- s
		}
	}
	l, err := notify.Connect(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer closeListener(t, l)
	select {
	case <-lost:
	case <-time.After(time.Minute):
		t.Fatal("never lost")
	}
}

// Leaving takes back what was asked for, in this order.
func TestLeaves(t *testing.T) {
	left := make(chan bool, 1)
	const node = "/finesse/api/Team/5000/Users"
	th := play(t, func(c *conversation) {
		c.accepts()
		c.says(bound)
		c.hears(`<subscribe node="` + node + `" jid="1001@` + domain + `/r"/></pubsub></iq>`)
		c.says(`<iq type="result" id="n1"/>`)
		c.hears(`<ping xmlns="urn:xmpp:ping"/></iq>`)
		c.says(`<iq type="result" id="n2"/>`)
		ok := c.hears(`<iq xmlns="jabber:client" type="set" id="n3" to="pubsub.` + domain + `"><pubsub xmlns="http://jabber.org/protocol/pubsub"><unsubscribe node="` + node + `" jid="1001@` + domain + `/r"/></pubsub></iq>`)
		c.says(`<iq type="result" id="n3"/>`)
		left <- ok && c.hears(`<presence xmlns="jabber:client" type="unavailable"/></stream:stream>`)
		c.says(`</stream:stream>`)
	})
	o := th.options(t)
	o.Subscribe = map[string][]string{"1001": {node}}
	l, err := notify.Connect(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	up := time.Now()
	closeListener(t, l)
	if !<-left {
		t.Error("left without a word")
	}
	if l.ConnectedThroughout("1001", up, time.Now()) || l.ConnectedThroughout("1001", up.Add(-2*time.Hour), up.Add(-time.Hour)) {
		t.Error("said to have been connected before it came or after it left")
	}
	closeListener(t, l) // a second time does nothing
}

// Stanzas that are not for this user, or not from the service, are kept but marked; other requests are answered.
func TestStrangers(t *testing.T) {
	const event = `<event xmlns="http://jabber.org/protocol/pubsub#event"><items node="/finesse/api/User/1001"><item><notification xmlns="urn:xmpp:push:0">&lt;Update/&gt;</notification></item></items></event></message>`
	answered := make(chan bool, 1)
	th := play(t, func(c *conversation) {
		c.welcomes()
		c.says(`<message from="someone@` + domain + `" to="1001@` + domain + `">` + event)
		c.says(`<message from="pubsub.` + domain + `" to="1002@` + domain + `">` + event)
		c.says(`<message from="pubsub.` + domain + `" to="1001@` + domain + `/other">` + event)
		c.says(`<message type="error" from="pubsub.` + domain + `" to="1001@` + domain + `">` + event)
		c.says(`<message from="pubsub.` + domain + `" to="1001@` + domain + `/r">` + event)
		c.says(`<message from="pubsub.` + domain + `"><body>hello</body></message><presence/><surprise/>`)
		c.says(`<iq type="result" id="n99"/><iq type="error" id="n1"/>`)
		c.says(`<iq type="get" id="a" from="` + domain + `"><ping xmlns="urn:xmpp:ping"/></iq>`)
		ok := c.hears(`<iq xmlns="jabber:client" type="result" id="a" to="` + domain + `"/>`)
		c.says(`<iq type="get" id="b"><query xmlns="jabber:iq:version"/></iq>`)
		answered <- ok && c.hears(`type="error" id="b"><error type="cancel"><service-unavailable xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error></iq>`)
		c.stalls()
	})
	l, err := notify.Connect(t.Context(), th.options(t))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	defer closeListener(t, l)
	if !<-answered {
		t.Error("the server's requests were not answered")
	}
	bounced := func(e notify.Event) bool { return slices.Contains(e.Problems, "the message is of type error") }
	if _, err := l.Wait(ctx, 0, func(e notify.Event) bool { return e.Stray == "" && !bounced(e) }); err != nil {
		t.Fatal(err)
	}
	var strays []string
	for i, e := range l.Since(0) {
		strays = append(strays, e.Stray)
		if bounced(e) != (i == 3) {
			t.Errorf("problems of message %d: %q", i, e.Problems)
		}
	}
	want := `it comes from "someone@finesse.example.com", not from "pubsub.finesse.example.com"|` +
		`it is addressed to "1002@finesse.example.com", not to "1001@finesse.example.com"|` +
		`it is addressed to "1001@finesse.example.com/other", not to "1001@finesse.example.com"||`
	if got := strings.Join(strays, "|"); got != want {
		t.Errorf("strays %s", got)
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

// What may come in a WebSocket message besides one element.
func TestWebSocketMessages(t *testing.T) {
	for _, c := range []struct {
		name   string
		act    func(context.Context, *websocket.Conn)
		reason notify.Reason
		says   string
	}{
		{"two elements", func(ctx context.Context, c *websocket.Conn) {
			_ = c.Write(ctx, websocket.MessageText, []byte("<open/><features/>"))
		}, notify.NotXMPP, "not one XML element: a second element, features"},
		{"part of one", func(ctx context.Context, c *websocket.Conn) {
			_ = c.Write(ctx, websocket.MessageText, []byte("<open>"))
		}, notify.NotXMPP, "not one XML element"},
		{"text", func(ctx context.Context, c *websocket.Conn) { _ = c.Write(ctx, websocket.MessageText, []byte("open")) }, notify.NotXMPP, "not one XML element"},
		{"bytes", func(ctx context.Context, c *websocket.Conn) {
			_ = c.Write(ctx, websocket.MessageBinary, []byte("<open/>"))
		}, notify.NotXMPP, "binary message"},
		{"too much", func(ctx context.Context, c *websocket.Conn) {
			_ = c.Write(ctx, websocket.MessageText, make([]byte, 2<<20))
		}, notify.TooLarge, "beyond the limit"},
		{"goodbye", func(_ context.Context, c *websocket.Conn) { _ = c.Close(websocket.StatusGoingAway, "restart") }, notify.Closed, "restart"},
		{"end of the stream", func(ctx context.Context, c *websocket.Conn) {
			_ = c.Write(ctx, websocket.MessageText, []byte(`<close xmlns="urn:ietf:params:xml:ns:xmpp-framing"/>`))
		}, notify.Closed, "ended the session"},
		{"nothing", func(_ context.Context, c *websocket.Conn) { _ = c.CloseNow() }, notify.Closed, "the server closed the connection"},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"xmpp"}})
				if err != nil {
					return
				}
				defer conn.CloseNow()
				conn.SetReadLimit(-1)
				_, _, _ = conn.Read(r.Context())
				c.act(r.Context(), conn)
				_, _, _ = conn.Read(r.Context()) // until the client has gone
			}))
			defer server.Close()
			l, err := notify.Connect(t.Context(), notify.Options{URL: strings.Replace(server.URL, "http", "ws", 1), Domain: domain,
				Accounts: []notify.Account{{User: "1001", Password: secret}}, ConnectTimeout: time.Minute, BackoffMin: time.Hour, Log: logTo(t)})
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

// Connect keeps to the caller's patience, and Close ends what goes on behind.
func TestConnectIsBounded(t *testing.T) {
	th := play(t, func(c *conversation) { c.stalls() })
	o := th.options(t)
	o.ConnectTimeout = time.Minute
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	l, err := notify.Connect(ctx, o)
	checkFailure(t, err, notify.TimedOut, "no answer in time")
	closeListener(t, l)
	if s, _ := l.Status("1001"); s.State != notify.Left {
		t.Errorf("status %+v", s)
	}
}
