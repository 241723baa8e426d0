package notify_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"finesse-conformance/runner/internal/notify"
)

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
	l, err := hear(t.Context(), o)
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
			l, err := hear(t.Context(), o)
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
	l, err := hear(t.Context(), o)
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
	l, err := hear(t.Context(), o)
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

// Connect keeps to the caller's patience, and Close ends what goes on behind.
func TestConnectIsBounded(t *testing.T) {
	th := play(t, func(c *conversation) { c.stalls() })
	o := th.options(t)
	o.ConnectTimeout = time.Minute
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	l, err := hear(ctx, o)
	checkFailure(t, err, notify.TimedOut, "no answer in time")
	closeListener(t, l)
	if s, _ := l.Status("1001"); s.State != notify.Left {
		t.Errorf("status %+v", s)
	}
}
