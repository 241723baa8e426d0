package notify_test

import (
	"bufio"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"finesse-conformance/runner/internal/notify"
)

// conversation is a server's end of one connection, in the hands of a test.
type conversation struct {
	conn net.Conn
	r    *bufio.Reader
	show int32 // the how manieth connection it is, from 1
}

// hears reads until the words have come. It tells whether they have.
func (c *conversation) hears(words string) bool {
	var got strings.Builder
	for !strings.HasSuffix(got.String(), words) {
		b, err := c.r.ReadByte()
		if err != nil {
			return false
		}
		got.WriteByte(b)
	}
	return true
}

func (c *conversation) says(text string) { _, _ = c.conn.Write([]byte(text)) }

// stalls keeps the connection open, silent, until the client hangs up.
func (c *conversation) stalls() { c.hears("\x00") }

const serverHeader = `<?xml version="1.0"?><stream:stream xmlns="jabber:client" xmlns:stream="http://etherx.jabber.org/streams" from="` + domain + `" id="1" version="1.0">`

func (c *conversation) features(inside string) {
	c.hears(`version="1.0">`)
	c.says(serverHeader + `<stream:features>` + inside + `</stream:features>`)
}

func (c *conversation) greets() {
	c.features(`<mechanisms xmlns="urn:ietf:params:xml:ns:xmpp-sasl"><mechanism>PLAIN</mechanism></mechanisms>`)
}

// accepts lets the client in as far as the offer to bind.
func (c *conversation) accepts() {
	c.greets()
	c.hears(`</auth>`)
	c.says(`<success xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/>`)
	c.features(`<bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/>`)
	c.hears(`</iq>`)
}

const bound = `<iq type="result" id="bind"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"><jid>1001@` + domain + `/r</jid></bind></iq>`

// welcomes goes all the way, the answer to the first ping included.
func (c *conversation) welcomes() {
	c.accepts()
	c.says(bound)
	c.hears(`</iq>`)
	c.says(`<iq type="result" id="n1" from="` + domain + `"/>`)
}

// theatre is a plain TCP server that plays the same scene for every connection. It counts them.
type theatre struct {
	url   string
	shows atomic.Int32
}

func play(t *testing.T, scene func(*conversation)) *theatre {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	th := &theatre{url: "xmpp://" + l.Addr().String()}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			show := th.shows.Add(1)
			running.Go(func() {
				defer conn.Close()
				_ = conn.SetDeadline(time.Now().Add(time.Minute))
				scene(&conversation{conn, bufio.NewReader(conn), show})
			})
		}
	})
	t.Cleanup(func() { _ = l.Close(); running.Wait() })
	return th
}

// options are those for the user 1001 at the theatre.
func (th *theatre) options(t *testing.T) notify.Options {
	return notify.Options{
		URL: th.url, Domain: domain, Accounts: []notify.Account{{User: "1001", Password: secret}}, Log: logTo(t),
		ConnectTimeout: time.Minute, BackoffMin: 10 * time.Millisecond, BackoffMax: 20 * time.Millisecond, MaxStanza: 64 << 10,
	}
}
