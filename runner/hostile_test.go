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
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"finesse-conformance/fixtures/reference"
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

// misdeed is one way in which a target misbehaves.
type misdeed struct {
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
	deed    misdeed
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
	if r != nil && r.Method == http.MethodPut && h.puts.Add(1) == h.onPut && (h.deed.conn != nil || h.deed.tls != nil) {
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
		if l.h.deed.conn != nil && l.h.misbehaves(nil) {
			l.held.Go(func() { defer c.Close(); l.h.deed.conn(l.h, c) })
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
	if h.last[r.URL.Path] == this && !h.deed.busy {
		h.blindly = append(h.blindly, r.URL.Path+" "+this)
	}
	h.last[r.URL.Path] = this
}

func (h *hostile) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.watch(r)
	if h.deed.conn != nil || h.deed.tls != nil {
		if r.Method == http.MethodPut && h.misbehaves(r) {
			panic(http.ErrAbortHandler)
		}
	} else if h.misbehaves(r) {
		_, _ = io.Copy(io.Discard, r.Body)
		if h.deed.answer != nil {
			h.deed.answer(h, w, r)
			return
		}
		c, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		defer c.Close()
		h.deed.raw(h, c)
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
const hostilePatience = 300 * time.Millisecond

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
		if h.deed.tls != nil && h.misbehaves(nil) {
			return h.deed.tls(h), nil
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
		o.result, err = result, writeAll(app, result, seen)
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
	if h.deed.slow {
		target.Timing.Request = hostilePatience
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
func newHostile(deed misdeed) (*hostile, error) {
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
	h := &hostile{Deployment: d, config: cfg, deed: deed}
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

// hostileRun is one of the runs that the suite makes.
type hostileRun struct {
	name  string
	deed  misdeed
	onPut int64
	times int64
	only  string
	took  time.Duration
}

// hostileRuns: each misdeed from the very first request, and beginning in the
// middle: for ever, for a while, and only in the answers to PUTs.
func hostileRuns() []*hostileRun {
	var all []*hostileRun
	for i, deed := range chosen(slices.Concat(connectionMisdeeds(), wireMisdeeds(), bodyMisdeeds(), statusMisdeeds())) {
		add := func(when string, onPut, times int64, only string) {
			all = append(all, &hostileRun{name: deed.name + ", " + when, deed: deed, onPut: onPut, times: times, only: only})
		}
		add("from the start", 0, 0, "")
		if long() || i%3 == 0 {
			add("from the middle on", 4, 0, "")
		}
		if long() || i%3 == 1 {
			add("for three requests", 4, 3, "")
		}
		if (long() || i%3 == 2) && deed.conn == nil && deed.tls == nil {
			add("in answers to PUTs", 4, 0, http.MethodPut)
		}
	}
	return all
}

// make makes the run, in virtual time.
func (r *hostileRun) make(t *testing.T, app *CLI) {
	synctest.Test(t, func(t *testing.T) {
		h, err := newHostile(r.deed)
		if err != nil {
			t.Fatal(err)
		}
		h.onPut, h.times, h.only = r.onPut, r.times, r.only
		outcome, err := h.run(app)
		if err != nil {
			t.Fatal(err)
		}
		r.check(t, outcome)
		r.took = outcome.took
	})
}

// memory is what this process has in use, in bytes.
func memory() uint64 {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64() - samples[1].Value.Uint64()
}

// Over everything that a target can do wrong: the run ends within its time
// limits, keeps its memory, panics nowhere, gives a verdict with a true
// reason, and its users are put back or named.
func TestHostileTargets(t *testing.T) {
	app, err := NewCLI(io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	// What is heavy comes alone, so that it can be said what one run takes up.
	var heavy, light []*hostileRun
	for _, r := range hostileRuns() {
		if r.deed.heavy {
			heavy = append(heavy, r)
		} else {
			light = append(light, r)
		}
	}
	const bound = 200 << 20
	if most := inUse(func() {
		for _, r := range heavy {
			t.Run(r.name, func(t *testing.T) { r.make(t, app) })
		}
	}); most > bound {
		t.Errorf("%d MB of memory were in use by one run, server included", most>>20)
	} else {
		t.Logf("at most %d MB of memory were in use by one run, server included", most>>20)
	}
	t.Run("light", func(t *testing.T) {
		for _, r := range light {
			t.Run(r.name, func(t *testing.T) {
				t.Parallel()
				r.make(t, app)
			})
		}
	})
	var longest time.Duration
	for _, r := range slices.Concat(heavy, light) {
		longest = max(longest, r.took)
	}
	t.Logf("%d hostile runs, the longest %v of virtual time", len(heavy)+len(light), longest)
}

// inUse does something and gives the most memory that was in use meanwhile.
func inUse(do func()) uint64 {
	var most uint64
	over := make(chan struct{})
	var watching sync.WaitGroup
	runtime.GC()
	debug.FreeOSMemory()
	watching.Go(func() {
		for {
			most = max(most, memory())
			select {
			case <-over:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	})
	do()
	close(over)
	watching.Wait()
	return most
}

// longestHostile is more than the times of a hostile run add up to, those that
// the target asks for included.
const longestHostile = 50 * time.Second

func (r *hostileRun) check(t *testing.T, o hostileOutcome) {
	switch {
	case o.panicked != nil:
		t.Fatalf("panic: %v", o.panicked)
	case o.result == nil:
		t.Fatal("no result")
	}
	if o.took > longestHostile {
		t.Errorf("took %v", o.took)
	}
	if o.strayed > 0 {
		t.Errorf("%d requests went to another host", o.strayed)
	}
	if len(o.blindly) > 0 {
		t.Errorf("sent again without a look: %v", o.blindly)
	}
	if o.bad == 0 {
		t.Error("it never misbehaved")
	}
	var reasons, named []string
	for _, cause := range o.result.Exit.All {
		reasons = append(reasons, cause.Because)
	}
	for _, row := range o.result.Requirements {
		if row.Outcome != evidence.Passed && row.Reason != "" && row.Outcome != evidence.NotApplicable && !strings.HasPrefix(row.Reason, "not selected") {
			reasons = append(reasons, row.ID+" "+string(row.Outcome)+": "+row.Reason)
		}
		if (row.Outcome == evidence.Failed || row.Outcome == evidence.NotExercised) && row.Reason == "" {
			t.Errorf("%s is %s without a reason", row.ID, row.Outcome)
		}
	}
	for _, u := range o.result.Unrestored {
		named = append(named, u.User)
	}
	for _, id := range o.moved {
		if !slices.Contains(named, id) {
			t.Errorf("user %s was neither put back nor named", id)
		}
	}
	text := strings.Join(reasons, "\n")
	code := o.result.Exit.Code
	want := r.deed.first
	if r.onPut > 0 && r.deed.mid != "" {
		want = r.deed.mid
	}
	switch {
	case r.deed.fine:
	case r.onPut == 0:
		if code != reports.ExitUncertifiable && !strings.Contains(text, "USR-07 failed") || len(o.moved) > 0 {
			t.Errorf("exit code %d, moved %v", code, o.moved)
		}
	case r.times > 0 && len(o.result.Unrestored) > 0 && !r.deed.locks:
		t.Errorf("it was for a while only, and yet: %+v", o.result.Unrestored)
	}
	if r.only != "" {
		want += `|was answered|did not come about` // what the users show is what counts
	}
	if ok := regexp.MustCompile(want).MatchString(text + notes(o)); !ok && r.times == 0 {
		t.Errorf("no reason says %q, exit code %d:\n%s", want, code, text)
	}
	for _, reason := range reasons {
		if len(reason) > 2000 || strings.ContainsAny(reason, "\x00\x1b\a") {
			t.Errorf("a reason of %d bytes, or with control characters: %.300q", len(reason), reason)
		}
	}
	if testing.Verbose() {
		t.Logf("%v, exit code %d, unrestored %v\n%.600s", o.took.Round(time.Millisecond), code, named, text)
	}
}

// notes is what was recorded of requirements that passed.
func notes(o hostileOutcome) string {
	var b strings.Builder
	for _, row := range o.result.Requirements {
		if row.Observed != nil {
			fmt.Fprintln(&b, row.Observed.Note)
		}
	}
	return b.String()
}

// chosen are the misdeeds that HOSTILE_ONLY names, all without it.
func chosen(all []misdeed) []misdeed {
	only := os.Getenv("HOSTILE_ONLY")
	return slices.DeleteFunc(all, func(m misdeed) bool { return only != "" && !strings.Contains(m.name, only) })
}
