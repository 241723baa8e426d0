package runner

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/extent"
	"finesse-conformance/internal/memnet"
	"finesse-conformance/reports"
	"finesse-conformance/reports/console"
	"finesse-conformance/reports/har"
	"finesse-conformance/reports/html"
	"finesse-conformance/reports/junit"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/internal/played"
	"finesse-conformance/runner/internal/progress"
	"finesse-conformance/suites/evidence"
)

// misbehaviour is one way in which a target misbehaves.
type misbehaviour struct {
	name string
	// One of these is set. conn has the connection before anything was said
	// on it; raw has it when the request was read, and writes what it likes;
	// answer answers as handlers do; tls changes what TLS says.
	conn   func(*hostile, net.Conn)
	raw    func(*hostile, net.Conn)
	answer func(h *hostile, w http.ResponseWriter, r *http.Request)
	tls    func(*hostile) *tls.Config

	first string // what the one reason says where it is like this from the start
	mid   string // what some reason says where it begins in the middle, first if ""
	slow  bool   // it lets wait
	heavy bool   // it has a lot to say
	busy  bool   // it asks to be asked again
	// fine: it is no reason to refuse the target, though rows may fail.
	fine bool
	// locks: after it a user is left alone, lest its account be locked.
	locks bool
}

// hostile is the reference deployment, until it begins to misbehave.
type hostile struct {
	*reference.Deployment
	config  reference.Config
	wrong   misbehaviour
	address string
	stop    chan struct{} // closed when the test is over: nothing hangs for longer
	good    *tls.Config
	other   *http.Server // a host of its own, at which nobody has any business
	strayed atomic.Int64 // requests there

	onPut int64  // the number of the PUT with which it begins, 0 for at once
	times int64  // for how many requests, 0 for ever
	only  string // the method that it is about, "" for all

	puts, done, bad atomic.Int64
	mu              sync.Mutex
	conns           map[net.Conn]bool
	last            map[string]string // the last PUT on a path, until the next GET
	blindly         []string          // PUTs that were repeated without a look
}

// misbehaves reports whether a request, or for nil a connection, has it now.
func (h *hostile) misbehaves(r *http.Request) bool {
	if r != nil && r.Method == http.MethodPut && h.puts.Add(1) == h.onPut && (h.wrong.conn != nil || h.wrong.tls != nil) {
		h.drop() // what is open already would go on as it was
	}
	if h.puts.Load() < h.onPut || r != nil && h.only != "" && r.Method != h.only {
		return false
	}
	n := h.done.Add(1)
	if h.times > 0 && n > h.times {
		return false
	}
	h.bad.Add(1)
	return true
}

func (h *hostile) drop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.conns {
		_ = c.Close()
	}
	clear(h.conns)
}

// Accept takes the next connection with which nothing is wrong.
func (l *hostileListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		l.h.mu.Lock()
		l.h.conns[c] = true
		l.h.mu.Unlock()
		if l.h.wrong.conn != nil && l.h.misbehaves(nil) {
			l.held.Go(func() { defer c.Close(); l.h.wrong.conn(l.h, c) })
			continue
		}
		return c, nil
	}
}

type hostileListener struct {
	net.Listener
	h    *hostile
	held sync.WaitGroup
}

// watch notes PUTs that are sent once more though nobody has looked at the
// user since.
func (h *hostile) watch(r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.Method != http.MethodPut {
		delete(h.last, r.URL.Path)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	name, _, _ := r.BasicAuth()
	this := name + " " + string(body)
	if h.last[r.URL.Path] == this && !h.wrong.busy {
		h.blindly = append(h.blindly, r.URL.Path+" "+this)
	}
	h.last[r.URL.Path] = this
}

func (h *hostile) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.watch(r)
	if h.wrong.conn != nil || h.wrong.tls != nil {
		if r.Method == http.MethodPut && h.misbehaves(r) {
			panic(http.ErrAbortHandler)
		}
	} else if h.misbehaves(r) {
		_, _ = io.Copy(io.Discard, r.Body)
		if h.wrong.answer != nil {
			h.wrong.answer(h, w, r)
			return
		}
		c, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		defer c.Close()
		h.wrong.raw(h, c)
		return
	}
	h.Deployment.ServeHTTP(w, r)
}

// hang waits until the test is over, or the other side has gone.
func (h *hostile) hang(c net.Conn) {
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_, _ = io.Copy(io.Discard, c)
	}()
	select {
	case <-h.stop:
	case <-gone:
	}
	_ = c.Close()
	<-gone
}

// drip writes a text a piece at a time until the other side is tired of it.
func (h *hostile) drip(c net.Conn, start, piece string) {
	if _, err := io.WriteString(c, start); err != nil {
		return
	}
	for {
		select {
		case <-h.stop:
			return
		case <-time.After(15 * time.Millisecond):
		}
		if _, err := io.WriteString(c, piece); err != nil {
			return
		}
	}
}

// The times of a hostile run. A target that lets wait is not waited for long.
const hostileRequestLimit = 300 * time.Millisecond

var hostileTiming = config.Timing{
	Request: 5 * time.Second, Settle: 250 * time.Millisecond, Quiet: 20 * time.Millisecond, Poll: 10 * time.Millisecond, LongestWait: time.Second,
}

// outcome is what became of a hostile run.
type hostileOutcome struct {
	result   *reports.Result
	panicked any
	took     time.Duration
	moved    []string // users who are not as they were
	strayed  int64
	bad      int64
	blindly  []string
	said     string
}

// hostileNetwork has two hosts: the target, and one at which nobody has any
// business.
type hostileNetwork struct{ target, stray *memnet.Listener }

func (n hostileNetwork) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if address == n.stray.Addr().String() {
		return n.stray.Dial(ctx, network, address)
	}
	return n.target.Dial(ctx, network, address)
}

// run certifies the hostile target.
func (h *hostile) run(app *CLI) (o hostileOutcome, err error) {
	const host = "127.0.0.1"
	network := hostileNetwork{target: memnet.Listen(host+":8445", memnet.Constant(time.Millisecond)), stray: memnet.Listen(host+":8080", nil)}
	certificate, pem, err := selfSigned(host)
	if err != nil {
		return o, err
	}
	h.stop, h.conns, h.address = make(chan struct{}), map[net.Conn]bool{}, network.target.Addr().String()
	h.last = map[string]string{}
	h.good = &tls.Config{Certificates: []tls.Certificate{certificate}}
	h.other = &http.Server{Addr: "http://" + network.stray.Addr().String(), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.strayed.Add(1) })}
	var serving sync.WaitGroup
	serving.Go(func() { _ = h.other.Serve(network.stray) })
	l := &hostileListener{Listener: network.target, h: h}
	server := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0), TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){}}
	server.TLSConfig = &tls.Config{Certificates: h.good.Certificates, GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		if h.wrong.tls != nil && h.misbehaves(nil) {
			return h.wrong.tls(h), nil
		}
		return h.good, nil
	}}
	serving.Go(func() { _ = server.ServeTLS(l, "", "") })
	defer func() {
		close(h.stop)
		_ = server.Close()
		_ = h.other.Close()
		h.drop()
		serving.Wait()
		l.held.Wait()
		h.Deployment.Close()
	}()
	before := h.Snapshot()
	var said bytes.Buffer
	s, err := h.session(app, pem, network.dial)
	if err != nil {
		return o, err
	}
	defer s.shut()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // no run may come near it
	defer cancel()
	began := time.Now()
	func() {
		defer func() {
			if p := recover(); p != nil {
				o.panicked = fmt.Sprint(p, string(debug.Stack()))
			}
		}()
		result, seen := s.certify(ctx, progress.New("plain", &said, progress.Screen{Terminal: false, Colour: false}))
		o.result = result
		if h.onPut == 0 || h.wrong.heavy || extent.Long() { // later on there is no more to write, and nothing else
			err = writeAll(app, result, seen)
		}
	}()
	o.took, o.said = time.Since(began), said.String()
	settled(h.Deployment)
	after := h.Snapshot()
	for _, u := range before.Users {
		if now, _ := after.User(u.ID); now.State != u.State || now.Extension != u.Extension {
			o.moved = append(o.moved, u.ID)
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	o.strayed, o.bad, o.blindly = h.strayed.Load(), h.bad.Load(), h.blindly
	return o, err
}

// writeAll writes every report, of which none may be too much for a program
// either.
func writeAll(app *CLI, result *reports.Result, seen []*evidence.Evidence) error {
	return errors.Join(
		reports.Write(io.Discard, result), junit.Write(io.Discard, result), console.WriteMarkdown(io.Discard, result),
		html.Write(io.Discard, html.Input{Result: result, Catalogue: app.Catalogue, Evidence: seen}),
		reports.WriteEvidence(io.Discard, result, seen), har.Write(io.Discard, result, seen),
		console.WriteSummary(io.Discard, result, console.Style{}),
	)
}

// settled waits until what was asked for last has happened.
func settled(d *reference.Deployment) { time.Sleep(10 * d.Config().Delay) }

func (h *hostile) session(app *CLI, pem []byte, dial func(context.Context, string, string) (net.Conn, error)) (*session, error) {
	target := (&played.Server{Config: h.config}).Target()
	target.URL = &url.URL{Scheme: "https", Host: h.address}
	target.Timing = hostileTiming
	if h.wrong.slow {
		target.Timing.Request = hostileRequestLimit
	}
	cfg := &config.Config{Targets: []*config.Target{target}, Run: config.Run{Procs: 1, Only: []string{"TRN-UCCE-04", "TRN-UCCE-06", "ERR-13", "USR-01", "USR-09"}}}
	s, err := app.newSession(cfg, target, access{dial: dial, roots: poolOf(pem)})
	if err != nil {
		return nil, err
	}
	s.unscheduled, s.unheard.Why = true, "they are switched off"
	return s, nil
}

// newHostile is a hostile target with three users, one of whom is READY.
func newHostile(wrong misbehaviour) (*hostile, error) {
	cfg, err := reference.Default("UCCE", "12.5(1)", 1)
	if err != nil {
		return nil, err
	}
	cfg.Delay = time.Millisecond
	cfg.Users = cfg.Users[:4]
	d, err := reference.New(cfg)
	if err != nil {
		return nil, err
	}
	h := &hostile{Deployment: d, config: cfg, wrong: wrong}
	u := cfg.Users[1]
	for _, step := range []struct {
		body string
		to   reference.State
	}{
		{"<User><state>LOGIN</state><extension>" + u.Extension + "</extension></User>", reference.NotReady},
		{"<User><state>READY</state></User>", reference.Ready},
	} {
		r := httptest.NewRequest(http.MethodPut, "/finesse/api/User/"+u.ID, strings.NewReader(step.body))
		r.SetBasicAuth(u.ID, u.Password)
		r.Header.Set("Content-Type", "application/xml")
		d.ServeHTTP(httptest.NewRecorder(), r)
		for n := 0; n < 1000; n++ {
			if now, _ := d.Snapshot().User(u.ID); now.State == step.to {
				break
			}
			time.Sleep(time.Millisecond)
		}
	}
	return h, nil
}
