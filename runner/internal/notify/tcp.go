package notify

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/xml"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"
)

// tcpLink is RFC 6120: the server's side of the stream is one long document, and stanzas are its children. The stream
// that begins anew after signing in is to the decoder an element inside the first, which does no harm: nobody waits
// for more than one end.
type tcpLink struct {
	config  *tls.Config
	limit   int
	patient time.Duration // for a server that does not read what is sent
	writing sync.Mutex

	mu   sync.Mutex
	conn net.Conn

	record *recorder
	source source
}

func dialTCP(ctx context.Context, u *url.URL, o Options) (link, error) {
	conn, err := connect(ctx, hostPort(u), o)
	if err != nil {
		return nil, err
	}
	l := &tcpLink{config: clientTLS(o, u.Hostname()), limit: o.MaxStanza, patient: o.PingTimeout, conn: conn}
	l.attach()
	if u.Scheme == "xmpps" {
		if err := l.secure(ctx); err != nil {
			l.abort()
			return nil, err
		}
	}
	return l, nil
}

// attach reads from the present connection, forgetting what was read before.
func (l *tcpLink) attach() {
	l.record = &recorder{r: bufio.NewReader(l.conn), limit: l.limit}
	l.source = source{xml.NewDecoder(l.record), l.record.slice}
}

func (l *tcpLink) secure(ctx context.Context) error {
	conn := tls.Client(l.conn, l.config)
	if err := conn.HandshakeContext(ctx); err != nil {
		return err
	}
	l.mu.Lock()
	l.conn = conn
	l.mu.Unlock()
	l.attach()
	return nil
}

func (l *tcpLink) encrypted() bool { _, ok := l.conn.(*tls.Conn); return ok }

func (l *tcpLink) begin(ctx context.Context, domain string) error {
	return l.send(ctx, `<?xml version="1.0"?><stream:stream xmlns="jabber:client" xmlns:stream="http://etherx.jabber.org/streams" to="`+
		escape(domain)+`" version="1.0">`)
}

func (l *tcpLink) receive(ctx context.Context) (*element, error) {
	stop := context.AfterFunc(ctx, l.abort)
	defer stop()
	e, err := l.next()
	if err != nil && ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return e, err
}

func (l *tcpLink) next() (*element, error) {
	for {
		at := l.source.decoder.InputOffset()
		l.record.discard(at)
		token, err := l.source.decoder.Token()
		if err != nil {
			if len(bytes.TrimSpace(l.record.kept)) == 0 && strings.Contains(err.Error(), "unexpected EOF") {
				return nil, io.EOF // between stanzas; only the stream itself was left open
			}
			return nil, err
		}
		switch token := token.(type) {
		case xml.EndElement:
			return nil, &because{Closed, "the server ended the session", nil}
		case xml.StartElement:
			if token.Name.Local == "stream" {
				return &element{name: xml.Name{Space: token.Name.Space, Local: "open"}, attrs: token.Copy().Attr}, nil
			}
			return l.source.element(token)
		case xml.CharData:
			if len(bytes.TrimSpace(token)) > 0 {
				return nil, &because{Garbage, "the server sent text between stanzas", nil}
			}
		}
	}
}

func (l *tcpLink) send(ctx context.Context, data string) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	// Never without one: who waits for the lock waits for as long as well.
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(l.patient)
	}
	if err := l.conn.SetWriteDeadline(deadline); err != nil {
		return err
	}
	_, err := io.WriteString(l.conn, data)
	return err
}

func (l *tcpLink) finish(ctx context.Context) error { return l.send(ctx, `</stream:stream>`) }

func (l *tcpLink) abort() {
	l.mu.Lock()
	conn := l.conn
	l.mu.Unlock()
	// A TLS connection would first wait to say goodbye to a server that may have stopped reading.
	if secure, ok := conn.(*tls.Conn); ok {
		_ = secure.SetWriteDeadline(time.Now().Add(time.Second))
	}
	_ = conn.Close()
}

// recorder keeps the bytes of the stanza that is being read and bounds how many there may be. It hands out single
// bytes, so that the decoder never reads ahead of what it has understood.
type recorder struct {
	r     *bufio.Reader
	limit int
	start int64 // offset of kept[0] in the stream
	kept  []byte
}

func (r *recorder) ReadByte() (byte, error) {
	if len(r.kept) >= r.limit {
		return 0, errTooLarge
	}
	b, err := r.r.ReadByte()
	if err == nil {
		r.kept = append(r.kept, b)
	}
	return b, err
}

// Read makes an io.Reader of it for the decoder, which uses ReadByte.
func (r *recorder) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	b, err := r.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = b
	return 1, nil
}

// discard forgets what lies before an offset.
func (r *recorder) discard(before int64) {
	n := min(int(before-r.start), len(r.kept))
	r.kept = append(r.kept[:0], r.kept[n:]...)
	r.start += int64(n)
}

func (r *recorder) slice(from, to int64) []byte {
	return bytes.Clone(r.kept[from-r.start : to-r.start])
}
