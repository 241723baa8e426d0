package notify_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"encoding/xml"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"text/template"
	"time"

	"mellium.im/sasl"
	"mellium.im/xmlstream"
	mellium "mellium.im/xmpp"
	"mellium.im/xmpp/jid"
	"mellium.im/xmpp/pubsub"
	"mellium.im/xmpp/stanza"

	"finesse-conformance/runner/internal/notify"
)

// prosody is an XMPP server that nobody here wrote, with publish-subscribe, on ports of its own.
type prosody struct {
	t                        *testing.T
	Dir                      string
	TCP, TLS, HTTP, HTTPS    int
	Domain, Certificate, Key string
	trust                    *tls.Config
	process                  *exec.Cmd
	output                   *synced
}

// What differs from a server's defaults: everything on loopback, nodes made by whoever subscribes, and, because Finesse
// servers have that too, passwords in plain text on unencrypted connections.
var prosodyConfig = template.Must(template.New("prosody").Parse(`
run_as_root = true
pidfile = "{{.Dir}}/prosody.pid"
data_path = "{{.Dir}}"
certificates = "{{.Dir}}"
interfaces = { "127.0.0.1" }
local_interfaces = { "127.0.0.1" }
c2s_ports = { {{.TCP}} }
c2s_direct_tls_ports = { {{.TLS}} }
http_ports = { {{.HTTP}} }
https_ports = { {{.HTTPS}} }
s2s_ports = { }
ssl = { certificate = "{{.Certificate}}"; key = "{{.Key}}" }
c2s_direct_tls_ssl = ssl
https_ssl = ssl
modules_enabled = { "roster", "saslauth", "tls", "disco", "ping", "websocket" }
modules_disabled = { "s2s" }
authentication = "internal_plain"
storage = "internal"
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
http_default_host = "{{.Domain}}"
http_paths = { websocket = "/ws" }
log = { { levels = { min = "warn" }, to = "console" } }
VirtualHost "{{.Domain}}"
Component "pubsub.{{.Domain}}" "pubsub"
	admins = { "publisher@{{.Domain}}" }
	autocreate_on_subscribe = true
`))

// synced is a buffer that a process may write to while a test reads it.
type synced struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *synced) Write(p []byte) (int, error) { s.mu.Lock(); defer s.mu.Unlock(); return s.b.Write(p) }
func (s *synced) String() string              { s.mu.Lock(); defer s.mu.Unlock(); return s.b.String() }

func newProsody(t *testing.T, users ...string) *prosody {
	t.Helper()
	for _, program := range []string{"prosody", "prosodyctl"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed (Debian: apt-get install prosody)", program)
		}
	}
	p := &prosody{t: t, Dir: t.TempDir(), Domain: domain, output: &synced{}}
	p.certify()
	for _, port := range []*int{&p.TCP, &p.TLS, &p.HTTP, &p.HTTPS} {
		l := listen(t)
		defer l.Close() // kept until all are chosen, so that they differ
		*port = l.Addr().(*net.TCPAddr).Port
	}
	var config bytes.Buffer
	if err := prosodyConfig.Execute(&config, p); err != nil {
		t.Fatal(err)
	}
	p.write("prosody.cfg.lua", config.Bytes())
	for _, user := range append(users, "publisher") {
		register := exec.CommandContext(t.Context(), "prosodyctl", "--config", p.path("prosody.cfg.lua"), "register", user, p.Domain, secret)
		if out, err := register.CombinedOutput(); err != nil {
			t.Fatalf("registering %s: %v\n%s", user, err, out)
		}
	}
	t.Cleanup(p.stop)
	return p
}

func (p *prosody) path(name string) string { return filepath.Join(p.Dir, name) }

func (p *prosody) write(name string, data []byte) {
	p.t.Helper()
	if err := os.WriteFile(p.path(name), data, 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// certify makes the server a certificate for its domain that vouches for itself.
func (p *prosody) certify() {
	p.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		p.t.Fatal(err)
	}
	about := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: p.Domain}, DNSNames: []string{p.Domain},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, about, about, key.Public(), key)
	if err != nil {
		p.t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		p.t.Fatal(err)
	}
	p.Certificate, p.Key = p.path(p.Domain+".crt"), p.path(p.Domain+".key")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	p.write(p.Domain+".crt", certificate)
	p.write(p.Domain+".key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(certificate)
	p.trust = &tls.Config{RootCAs: pool, ServerName: p.Domain, MinVersion: tls.VersionTLS12}
}

// start returns once all ports answer.
func (p *prosody) start() {
	p.t.Helper()
	p.process = exec.Command("prosody", "-F", "--config", p.path("prosody.cfg.lua"))
	p.process.Stdout, p.process.Stderr = p.output, p.output
	if err := p.process.Start(); err != nil {
		p.t.Fatal(err)
	}
	deadline := time.Now().Add(time.Minute)
	for _, port := range []int{p.TCP, p.TLS, p.HTTP, p.HTTPS} {
		for {
			conn, err := net.Dial("tcp", fmt.Sprint("127.0.0.1:", port))
			if err == nil {
				_ = conn.Close()
				break
			}
			if time.Now().After(deadline) {
				p.t.Fatalf("prosody does not start: %v\n%s", err, p.output)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}

func (p *prosody) stop() {
	if p.process == nil {
		return
	}
	_ = p.process.Process.Signal(syscall.SIGTERM)
	_ = p.process.Wait() // it was told to end; how it did is no matter
	p.process = nil
}

// publisher signs in as the administrator of the publish-subscribe service.
func (p *prosody) publisher(ctx context.Context) (publish func(node string, notification xml.TokenReader), leave func()) {
	p.t.Helper()
	conn, err := (&tls.Dialer{Config: p.trust}).DialContext(ctx, "tcp", fmt.Sprint("127.0.0.1:", p.TLS))
	if err != nil {
		p.t.Fatal(err)
	}
	session, err := mellium.NewClientSession(ctx, jid.MustParse("publisher@"+p.Domain), conn, mellium.SASL("", secret, sasl.Plain), mellium.BindResource())
	if err != nil {
		p.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = session.Serve(nil) }()
	service := stanza.IQ{To: jid.MustParse("pubsub." + p.Domain)}
	publish = func(node string, notification xml.TokenReader) {
		p.t.Helper()
		if _, err := pubsub.PublishIQ(ctx, session, service, node, "", notification); err != nil {
			p.t.Fatalf("publishing to %s: %v", node, err)
		}
	}
	return publish, func() { _ = session.Close(); _ = conn.Close(); <-ended }
}

// notification wraps what a server publishes: text for an escaped payload, or elements.
func notification(payload xml.TokenReader) xml.TokenReader {
	return xmlstream.Wrap(payload, xml.StartElement{Name: xml.Name{Space: "urn:xmpp:push:0", Local: "notification"}})
}

// The listener against a server from a distribution, on every transport.
func TestProsody(t *testing.T) {
	p := newProsody(t, "1001", "1002")
	p.start()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	const team = "/finesse/api/Team/5000/Users"
	options := func(t *testing.T, url string) notify.Options {
		return notify.Options{
			URL: url, Domain: domain, TLS: p.trust, Log: logTo(t), ConnectTimeout: time.Minute,
			PingEvery: 30 * time.Millisecond, PingTimeout: 5 * time.Second, BackoffMin: 10 * time.Millisecond, BackoffMax: 100 * time.Millisecond,
			Accounts:  []notify.Account{{User: "1001", Password: secret}, {User: "1002", Password: secret}},
			Subscribe: map[string][]string{"1001": {userNode("1001")}, "1002": {team, userNode("1002")}},
		}
	}
	for _, url := range []string{
		fmt.Sprintf("xmpps://127.0.0.1:%d", p.TLS),
		fmt.Sprintf("wss://127.0.0.1:%d/ws", p.HTTPS),
		fmt.Sprintf("xmpp://127.0.0.1:%d", p.TCP), // STARTTLS
		fmt.Sprintf("ws://127.0.0.1:%d/ws", p.HTTP),
	} {
		scheme, _, _ := strings.Cut(url, ":")
		t.Run(scheme, func(t *testing.T) {
			l, err := hear(ctx, options(t, url))
			if err != nil {
				closeListener(t, l)
				t.Fatalf("%v\n%s", err, p.output)
			}
			defer closeListener(t, l)
			publish, leave := p.publisher(ctx)
			defer leave()

			mark := l.Mark()
			publish(userNode("1001"), notification(xmlstream.Token(xml.CharData(userUpdate("1001", "READY", "a&amp;b")))))
			e := wait(t, l, mark, on(userNode("1001")))
			if e.Session != "1001" || e.RequestID != "a&b" || e.Problem != "" {
				t.Errorf("heard %+v", e)
			}
			publish(team, notification(xmlstream.Token(xml.CharData(userUpdate("1001", "READY", "")))))
			if e = wait(t, l, mark, on(team)); e.Session != "1002" || e.Source != userNode("1001") || e.Problem != "" {
				t.Errorf("heard %+v", e)
			}
			publish(userNode("1002"), notification(xml.NewDecoder(strings.NewReader(userUpdate("1002", "NOT_READY", "")))))
			if e = wait(t, l, mark, on(userNode("1002"))); e.Problem != "the payload is not escaped" || !strings.Contains(e.Payload, "NOT_READY") {
				t.Errorf("heard %+v", e)
			}
			// Some pings later nothing has changed and nothing more has come.
			for range 3 {
				time.Sleep(30 * time.Millisecond)
				for _, user := range []string{"1001", "1002"} {
					if err := l.Confirm(ctx, user); err != nil {
						t.Error(err)
					}
				}
			}
			if n := len(l.Outages("1001")) + len(l.Outages("1002")); n != 2 {
				t.Errorf("%d outages, want those before connecting", n)
			}
			if events := l.Since(mark); len(events) != 3 {
				t.Errorf("%d events, want 3: %+v", len(events), events)
			}
		})
	}

	t.Run("refusals", func(t *testing.T) {
		for _, c := range []struct {
			name   string
			change func(*notify.Options)
			reason notify.Reason
		}{
			{"password", func(o *notify.Options) { o.Accounts[0].Password = "wrong" }, notify.WrongPassword},
			{"domain", func(o *notify.Options) { o.Domain = "example.com" }, notify.WrongDomain},
			{"certificate", func(o *notify.Options) { o.TLS = &tls.Config{ServerName: domain, MinVersion: tls.VersionTLS12} }, notify.WrongCertificate},
			{"path", func(o *notify.Options) { o.URL = strings.Replace(o.URL, "/ws", "/http-bind", 1) }, notify.NotXMPP},
		} {
			t.Run(c.name, func(t *testing.T) {
				o := options(t, fmt.Sprintf("wss://127.0.0.1:%d/ws", p.HTTPS))
				o.Accounts, o.Subscribe = o.Accounts[:1], nil
				c.change(&o)
				l, err := hear(ctx, o)
				defer closeListener(t, l)
				checkFailure(t, err, c.reason, "")
			})
		}
	})

	t.Run("restart", func(t *testing.T) {
		l, err := hear(ctx, options(t, fmt.Sprintf("wss://127.0.0.1:%d/ws", p.HTTPS)))
		if err != nil {
			closeListener(t, l)
			t.Fatal(err)
		}
		defer closeListener(t, l)
		start := time.Now()
		p.stop()
		p.start()
		for _, user := range []string{"1001", "1002"} {
			for { // until the last outage is over
				outages := l.Outages(user)
				if last := outages[len(outages)-1]; len(outages) > 1 && !last.To.IsZero() {
					break
				}
				if ctx.Err() != nil {
					t.Fatalf("%s never came back: %+v\n%s", user, outages, p.output)
				}
				time.Sleep(5 * time.Millisecond)
			}
			if l.ConnectedThroughout(user, start, time.Now()) {
				t.Errorf("%s is said to have been connected", user)
			}
		}
		publish, leave := p.publisher(ctx)
		defer leave()
		mark := l.Mark()
		publish(userNode("1001"), notification(xmlstream.Token(xml.CharData(userUpdate("1001", "READY", "")))))
		wait(t, l, mark, on(userNode("1001")))
	})
}
