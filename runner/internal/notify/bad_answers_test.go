package notify_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"finesse-conformance/runner/internal/notify"
	"finesse-conformance/suites/evidence"
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
			l, err := hear(t.Context(), o)
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
	l, err := hear(t.Context(), th.options(t))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	defer closeListener(t, l)
	if !<-answered {
		t.Error("the server's requests were not answered")
	}
	if _, err := l.Wait(ctx, 0, func(e evidence.Event) bool { return e.Problem == "the Update has no data" }); err != nil {
		t.Fatal(err)
	}
	var strays []string
	for _, e := range l.Since(0) {
		strays = append(strays, e.Problem)
	}
	want := `it comes from "someone@finesse.example.com", not from "pubsub.finesse.example.com"|` +
		`it is addressed to "1002@finesse.example.com", not to "1001@finesse.example.com"|` +
		`it is addressed to "1001@finesse.example.com/other", not to "1001@finesse.example.com"|the message is of type error|the Update has no data`
	if got := strings.Join(strays, "|"); got != want {
		t.Errorf("strays %s", got)
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
			l, err := hear(t.Context(), notify.Options{URL: strings.Replace(server.URL, "http", "ws", 1), Domain: domain,
				Accounts: []notify.Account{{User: "1001", Password: secret}}, ConnectTimeout: time.Minute, BackoffMin: time.Hour, Log: logTo(t)})
			defer closeListener(t, l)
			checkFailure(t, err, c.reason, c.says)
		})
	}
}
