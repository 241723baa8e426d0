package runner

import (
	"bytes"
	"compress/gzip"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"time"
)

func poolOf(pem []byte) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	return pool
}

func resetConn(c net.Conn) {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	_ = c.Close()
}

// certificateFor makes a certificate that something is wrong with.
func certificateFor(name string, until time.Time) *tls.Config {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: until.Add(-time.Hour), NotAfter: until,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	if ip := net.ParseIP(name); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{name}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

// What is wrong before anything of HTTP was said.
func connectionMisbehaviours() []misbehaviour {
	const slow = `no whole answer within [0-9.]+m?s|TLS handshake timeout`
	return []misbehaviour{
		{slow: true, name: "hangs when connected", conn: (*hostile).hang, first: slow},
		{slow: true, name: "drips where TLS begins", conn: func(h *hostile, c net.Conn) { h.drip(c, "", "\x16") }, first: slow + `|TLS`},
		{name: "resets connections", conn: func(_ *hostile, c net.Conn) { resetConn(c) }, first: `reset|closed`},
		{name: "closes connections", conn: func(_ *hostile, c net.Conn) { _ = c.Close() }, first: `closed without an answer|reset`},
		{name: "speaks another protocol", conn: func(_ *hostile, c net.Conn) { _, _ = io.WriteString(c, "220 mail.example.com ESMTP\r\n") },
			first: `speaks no TLS there`, mid: `TLS handshake`},
		{name: "speaks plain HTTP", conn: func(_ *hostile, c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
		}, first: `speaks plain HTTP there|speaks no TLS there`, mid: `gave HTTP response|TLS`},
		{name: "certificate expired", tls: func(*hostile) *tls.Config { return certificateFor("127.0.0.1", time.Now().Add(-time.Hour)) },
			first: `certificate has expired.*has to be renewed`, mid: `certificate has expired`},
		{name: "certificate of nobody known", tls: func(*hostile) *tls.Config { return certificateFor("127.0.0.1", time.Now().Add(time.Hour)) },
			first: `--ca-file`, mid: `unknown authority|not trusted`},
		{name: "certificate of another name", tls: func(*hostile) *tls.Config {
			return certificateFor("finesse.example.com", time.Now().Add(time.Hour))
		}, first: `use the name that stands in its certificate`, mid: `certificate is valid for|cannot validate`},
		{name: "only old TLS", tls: func(h *hostile) *tls.Config {
			return &tls.Config{Certificates: h.good.Certificates, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
		}, first: `too old a version of TLS`, mid: `protocol version`},
		{name: "wants a client certificate", tls: func(h *hostile) *tls.Config {
			return &tls.Config{Certificates: h.good.Certificates, ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12}
		}, first: `client certificate|TLS|tls`, mid: `tls|TLS`},
	}
}

// says writes a text and closes the connection.
func says(text string) func(*hostile, net.Conn) {
	return func(_ *hostile, c net.Conn) { _, _ = io.WriteString(c, text) }
}

// saysAndHangs writes a text and then nothing more.
func saysAndHangs(text string) func(*hostile, net.Conn) {
	return func(h *hostile, c net.Conn) {
		_, _ = io.WriteString(c, text)
		h.hang(c)
	}
}

// endless writes a text and then pieces as fast as they are taken, up to a
// number of bytes.
func endless(start, piece string, most int64) func(*hostile, net.Conn) {
	return func(_ *hostile, c net.Conn) {
		if _, err := io.WriteString(c, start); err != nil {
			return
		}
		for sent := int64(0); sent < most; sent += int64(len(piece)) {
			if _, err := io.WriteString(c, piece); err != nil {
				return
			}
		}
	}
}

const (
	ok200  = "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\n"
	system = "<SystemInfo><status>IN_SERVICE</status><deploymentType>UCCE</deploymentType></SystemInfo>"
)

// bomb is a gigabyte of zeros, packed.
var bomb = sync.OnceValue(func() string {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	zeros := make([]byte, 1<<20)
	for range 256 {
		_, _ = w.Write(zeros)
	}
	_ = w.Close()
	return b.String()
})

// What is wrong with answers as HTTP.
func wireMisbehaviours() []misbehaviour {
	const slow = `no whole answer within [0-9.]+m?s`
	const large = `larger than \d+ bytes`
	kilo := strings.Repeat("x", 1<<10)
	return []misbehaviour{
		{slow: true, name: "hangs before the answer", raw: (*hostile).hang, first: slow},
		{slow: true, name: "hangs in the status line", raw: saysAndHangs("HTTP/1.1 2"), first: slow},
		{slow: true, name: "hangs in the headers", raw: saysAndHangs(ok200), first: slow},
		{slow: true, name: "hangs in the body", raw: saysAndHangs(ok200 + "Content-Length: 500\r\n\r\n<System"), first: slow},
		{slow: true, name: "drips headers", raw: func(h *hostile, c net.Conn) { h.drip(c, ok200, "X-A: b\r\n") }, first: slow},
		{slow: true, name: "drips the body", raw: func(h *hostile, c net.Conn) { h.drip(c, ok200+"Content-Length: 100000\r\n\r\n", "<a>") }, first: slow},
		{slow: true, name: "drips chunks", raw: func(h *hostile, c net.Conn) { h.drip(c, ok200+"Transfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n") }, first: slow},
		{name: "resets instead of an answer", raw: func(_ *hostile, c net.Conn) { resetConn(c) }, first: `reset|closed`},
		{name: "closes instead of an answer", raw: says(""), first: `closed without an answer|closed`},
		{name: "resets in the body", raw: func(_ *hostile, c net.Conn) {
			_, _ = io.WriteString(c, ok200+"Content-Length: 500\r\n\r\n<System")
			time.Sleep(5 * time.Millisecond)
			resetConn(c)
		}, first: `reset|closed`},
		{name: "closes in the body", raw: says(ok200 + "Content-Length: 500\r\n\r\n" + system), first: `closed before the answer was whole`},
		{name: "length too short", raw: says(ok200 + "Content-Length: 20\r\n\r\n" + system), first: `not well-formed`, mid: `no User document|not well-formed`},
		{name: "two lengths", raw: says(ok200 + "Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde"), first: `Content-Length`},
		{name: "length that is none", raw: says(ok200 + "Content-Length: many\r\n\r\n" + system), first: `Content-Length`},
		{name: "negative length", raw: says(ok200 + "Content-Length: -1\r\n\r\n" + system), first: `Content-Length`},
		{name: "huge length", raw: says(ok200 + "Content-Length: 9223372036854775807\r\n\r\n" + system), first: `closed before the answer was whole`},
		{name: "chunks that are none", raw: says(ok200 + "Transfer-Encoding: chunked\r\n\r\nhello\r\n" + system + "\r\n"), first: `chunk`},
		{name: "chunk too large", raw: says(ok200 + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n" + system), first: `chunk`},
		{name: "chunks without an end", raw: says(ok200 + "Transfer-Encoding: chunked\r\n\r\n5\r\n<User\r\n"), first: `closed before the answer was whole`},
		{name: "unknown transfer encoding", raw: says(ok200 + "Transfer-Encoding: rot13\r\n\r\n" + system), first: `transfer encoding`},
		{name: "no HTTP", raw: says("Hello, who is there?\r\n\r\n"), first: `malformed HTTP`},
		{name: "a future HTTP", raw: says("HTTP/9.9 200 OK\r\n\r\n" + system), first: `no User with a state`, mid: `no User document`},
		{name: "a status that is none", raw: says("HTTP/1.1 abc OK\r\n\r\n"), first: `malformed HTTP status`},
		{name: "an impossible status", raw: says("HTTP/1.1 999 Never\r\nContent-Length: 0\r\n\r\n"), first: `999`},
		{heavy: true, name: "headers without an end", raw: endless(ok200, "X-"+kilo+": "+kilo+"\r\n", 64<<20), first: `headers?`},
		{name: "a header with zeros", raw: says("HTTP/1.1 200 OK\r\nX-A: \x00\x00\r\n\r\n"), first: `malformed MIME header|header`},
		{name: "a header without a name", raw: says("HTTP/1.1 200 OK\r\nnonsense\r\n\r\n"), first: `malformed MIME header|header`},
		{slow: true, name: "goes on and on", raw: endless("", "HTTP/1.1 100 Continue\r\n\r\n", 8<<20), first: `1xx|closed|header|` + slow},
		{name: "switches protocols", raw: says("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"), first: `101|closed`},
		{name: "no gzip", raw: says(ok200 + "Content-Encoding: gzip\r\nContent-Length: 20\r\n\r\nhello, hello, hello!"), first: `gzip`},
		{slow: true, heavy: true, name: "gzip bomb", raw: func(_ *hostile, c net.Conn) {
			_, _ = io.WriteString(c, ok200+"Content-Encoding: gzip\r\nConnection: close\r\n\r\n"+bomb())
		}, first: large + `|` + slow},
		{slow: true, name: "100 MB", raw: endless(ok200+"Content-Length: 104857600\r\n\r\n<User>", kilo, 100<<20), first: large + `|` + slow},
		{slow: true, heavy: true, name: "100 MB in chunks", raw: endless(ok200+"Transfer-Encoding: chunked\r\n\r\n", "400\r\n"+kilo+"\r\n", 100<<20), first: large + `|` + slow},
		{slow: true, heavy: true, name: "a body without an end", raw: endless(ok200+"\r\n<User>", kilo, 1<<40), first: large + `|` + slow},
	}
}
