package runner

import (
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/fixtures/reference"
	"finesse-conformance/runner/config"
	"finesse-conformance/spec"
)

// Embedded is the reference deployment, served on a loopback address with a
// certificate of its own and its notification service beside the API.
type Embedded struct {
	Deployment *reference.Deployment
	URL        *url.URL       // of the API
	Events     *url.URL       // of the notification service
	CA         *x509.CertPool // what its certificate is verified with
	CAFile     []byte         // the same, PEM

	server        *http.Server
	notifications *reference.Notifications
	served        chan error
	certificate   *tls.Certificate // nil where it is served without TLS
	second        *http.Server     // of the other node, nil for none
}

// StartEmbedded serves a reference deployment. The address is a host and port
// to listen on; port 0 picks a free one. Plain serves HTTP instead of HTTPS.
func StartEmbedded(config reference.Config, address string, plain bool) (*Embedded, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	return ServeEmbedded(config, listener, plain, nil)
}

// placeOf gives the host and the port of a listener.
func placeOf(l net.Listener) (host string, port int, err error) {
	host, service, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return "", 0, err
	}
	port, err = net.LookupPort("tcp", service)
	return host, port, err
}

// ServeEmbedded serves a reference deployment on a listener, whose address
// has to be a host and a port. What around makes of the handler is served in
// its place; nil serves it as it is.
func ServeEmbedded(config reference.Config, listener net.Listener, plain bool, around func(http.Handler) http.Handler) (*Embedded, error) {
	host, port, err := placeOf(listener)
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	config.Node.Host, config.Node.HTTPSPort, config.Node.XMPPDomain = host, port, "finesse.localdomain"
	d, err := reference.New(config)
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	e := &Embedded{
		Deployment: d, served: make(chan error, 1), notifications: d.Notifications(nil),
		URL:    &url.URL{Scheme: "https", Host: listener.Addr().String()},
		Events: &url.URL{Scheme: "wss", Host: listener.Addr().String(), Path: "/ws/"},
	}
	mux := http.NewServeMux()
	mux.Handle("/", d)
	mux.Handle(tokenPath, d.Tokens())
	mux.Handle("/ws", e.notifications)
	mux.Handle("/ws/", e.notifications)
	var handler http.Handler = mux
	if around != nil {
		handler = around(mux)
	}
	// A client that does not trust the certificate is the client's affair: it
	// says so itself.
	e.server = &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	if plain {
		e.URL.Scheme, e.Events.Scheme = "http", "ws"
		go func() { e.served <- e.server.Serve(listener) }()
		return e, nil
	}
	certificate, pemText, err := selfSigned(host)
	if err != nil {
		return nil, errors.Join(err, listener.Close(), e.Close())
	}
	e.CAFile = pemText
	e.CA = x509.NewCertPool()
	e.CA.AppendCertsFromPEM(pemText)
	e.certificate = &certificate
	e.server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	go func() { e.served <- e.server.ServeTLS(listener, "", "") }()
	return e, nil
}

// ServeSecond serves the other node of the deployment on a listener, as a
// system of two has it, and gives its address. SystemInfo names it from then
// on. It is called once.
func (e *Embedded) ServeSecond(n reference.SecondNode, listener net.Listener, around func(http.Handler) http.Handler) (*url.URL, error) {
	host, port, err := placeOf(listener)
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	handler := e.Deployment.Second(n)
	if around != nil {
		handler = around(handler)
	}
	e.second = &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	at := &url.URL{Scheme: e.URL.Scheme, Host: listener.Addr().String()}
	node := e.Deployment.Node()
	node.SecondHost, node.SecondPort = host, port
	e.Deployment.SetNode(node)
	// Both end with Close.
	if e.certificate == nil {
		go func() { _ = e.second.Serve(listener) }()
		return at, nil
	}
	e.second.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*e.certificate}, MinVersion: tls.VersionTLS12}
	go func() { _ = e.second.ServeTLS(listener, "", "") }()
	return at, nil
}

// tokenPath is where the small identity service of a deployment is, see
// [reference.Deployment.Tokens].
const tokenPath = "/token"

// Close ends the deployment and everything that it serves.
func (e *Embedded) Close() error {
	err := errors.Join(e.notifications.Close(), e.server.Close())
	if e.second != nil {
		err = errors.Join(err, e.second.Close())
	}
	e.Deployment.Close()
	return err
}

// servedLife is longer than anybody serves a reference.
const servedLife = 90 * 24 * time.Hour

// selfSigned makes a certificate for a loopback host that lasts as long as anybody serves it.
func selfSigned(host string) (tls.Certificate, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("make a key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("make a serial number: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "finesse-conformance reference deployment"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(servedLife),
		DNSNames: []string{"localhost"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = []net.IP{ip, net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("make a certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), nil
}

// Users gives the users of the deployment as a configuration would.
func (e *Embedded) Users() []*fixtures.User {
	var users []*fixtures.User
	for _, u := range e.Deployment.Config().Users {
		user := &fixtures.User{ID: u.ID, Password: fixtures.Secret(u.Password), Extension: u.Extension}
		if u.MobileAgent {
			user.Mobile = &fixtures.Mobile{Extension: u.Extension, DialNumber: u.DialNumber}
		}
		if u.SSO {
			user.Password, user.Token = "", e.tokens(u.ID)
		}
		users = append(users, user)
	}
	return users
}

// tokens are where a user by token has them from: one that outlasts every run,
// or new ones where the deployment's expire.
func (e *Embedded) tokens(id string) fixtures.TokenFrom {
	life := e.Deployment.Config().TokenLife
	issue := func(context.Context) (fixtures.IssuedToken, error) {
		text, err := e.Deployment.IssueToken(id, life)
		return fixtures.IssuedToken{Text: fixtures.Secret(text), Expires: time.Now().Add(life)}, err
	}
	if life < servedLife {
		return fixtures.TokenFrom{Ask: issue}
	}
	// The user exists and signs in by token: nothing else is an error here.
	token, err := issue(context.Background())
	if err != nil {
		panic(err)
	}
	return fixtures.TokenFrom{Fixed: token.Text}
}

// Stimuli makes the deployment's stimuli happen without a detour over HTTP.
func (e *Embedded) Stimuli() fixtures.Stimuli { return direct{e.Deployment} }

// direct is the stimuli of a reference deployment in this process.
type direct struct{ d *reference.Deployment }

func (s direct) Do(ctx context.Context, name spec.Stimulus, user, extension string) error {
	err := s.d.Stimulate(ctx, string(name), user, extension)
	if errors.Is(err, reference.ErrNotSupported) {
		return fixtures.ErrNotSupported
	}
	return err
}

func (s direct) Supports(spec.Stimulus) bool { return true }

func (s direct) Describe() string { return "the embedded reference deployment" }

// The timing of a run on the embedded reference, whose changes take
// milliseconds.
var embeddedTiming = config.Timing{
	Request: 5 * time.Second, Settle: 2 * time.Second, Quiet: 80 * time.Millisecond,
	Poll: 5 * time.Millisecond, LongestWait: 10 * time.Second,
}

// embeddedDelay is the time between the answer and the change there.
const embeddedDelay = 5 * time.Millisecond

// embed starts the embedded reference and makes it the session's target.
func (s *session) embed() error {
	deployment, release := s.target.Deployment, s.target.Release
	deployment = cmp.Or(deployment, spec.UCCE)
	if release.IsZero() {
		release = ReferenceRelease
	}
	cfg, err := reference.Default(string(deployment), release.String(), embeddedTroupes(s.config))
	if err != nil {
		return err
	}
	cfg = cfg.WithTokenUsers()
	cfg.Delay = embeddedDelay
	if s.embedded, err = StartEmbedded(cfg, "127.0.0.1:0", false); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return errors.Join(err, s.embedded.Close())
	}
	other, err := s.embedded.ServeSecond(reference.SecondNode{Lag: embeddedDelay}, listener, nil)
	if err != nil {
		return errors.Join(err, s.embedded.Close())
	}
	s.target.Nodes = []*url.URL{s.embedded.URL, other}
	s.target.URL, s.target.Users, s.target.Release = s.embedded.URL, s.embedded.Users(), release
	s.target.Timing = s.target.Timing.Or(embeddedTiming, config.DefaultTiming())
	s.stimuli, s.events = s.embedded.Stimuli(), s.embedded.Events
	return nil
}
