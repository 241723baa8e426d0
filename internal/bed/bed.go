// Package bed is where scenarios are tested: a reference deployment behind
// connections in memory, certified as a run does it, with its preflight, its
// cast and its own notification service, but below Ginkgo. In a bubble of
// testing/synctest its time is virtual: the whole catalogue with the default
// timing, minutes of waiting, takes about a second.
//
//	synctest.Test(t, func(t *testing.T) {
//		played := bed.Play(t, bed.Deployment{Kind: reference.UCCX, Faults: []string{"login-ignored"}}, "SIG-01")
//		if v := played.Verdict("SIG-01"); v.Outcome != evidence.Failed {
//			t.Error(v.Reason)
//		}
//	})
//
// [Play] is one certification from its beginning to its end; [Open] gives
// the stage for tests that act themselves. Everything a bubble has to be
// left with, connections and timers, is ended when the test ends.
//
// In a bubble t.Run is forbidden: make the subtest first and the bubble in
// it. The clock there starts at midnight UTC 2000-01-01.
package bed

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"testing"
	"time"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/memnet"
	"finesse-conformance/reports"
	"finesse-conformance/runner"
	"finesse-conformance/suites"
	"finesse-conformance/suites/evidence"
)

// A test binary that plays suites keeps little and throws much away. Where it
// may keep four times what is in use, collecting costs a sixth less of its time.
func init() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
}

// Deployment says what is certified and how. The zero value is the reference
// on UCCE 12.5(1), without notifications, with the timing of a run that is
// told none.
type Deployment struct {
	Kind    string // reference.UCCE or reference.UCCX
	Release string // one of reference.Releases
	// Notifications are listened to over WebSocket.
	Notifications bool
	// TLS protects the connections; that costs a third of the time more.
	TLS bool

	// Faults and Behaviour are those of the reference.
	Faults    []string
	Behaviour reference.Behaviour
	// Configure has the last word on the deployment.
	Configure func(*reference.Config)
	// Second is the other node of the deployment, nil for none. The run watches
	// it unless Subject says otherwise.
	Second *reference.SecondNode
	// AroundSecond stands before the other node.
	AroundSecond func(http.Handler) http.Handler
	// Started is told of the deployment before the run begins.
	Started func(*reference.Deployment)
	// Around stands before the deployment, its notification service included,
	// as a proxy would.
	Around func(http.Handler) http.Handler
	// Latency is drawn for everything that is written to a connection; nil
	// is a millisecond.
	Latency func() time.Duration

	// Timing of the run; a field that is zero is runner.DefaultTiming's.
	Timing runner.Timing
	// Subject has the last word on what is certified and how.
	Subject func(*runner.Subject)
}

// Bed is a certification that is under way.
type Bed struct {
	*runner.Certification
	Reference *reference.Deployment

	t        testing.TB
	items    map[string]suites.Item
	finished bool
}

// The delay between an answer and its change, and the wrap-up timer: those
// of a deployment that is neither fast nor slow, and longer than the default
// quiet time.
const (
	delay       = 30 * time.Millisecond
	wrapUpTimer = 5 * time.Second
)

// Open starts the deployment and begins its certification. A target that
// cannot be certified ends the test.
func Open(t testing.TB, d Deployment) *Bed {
	t.Helper()
	b, err := TryOpen(t, d)
	if err != nil {
		t.Fatalf("the deployment cannot be certified: %v", err)
	}
	return b
}

// TryOpen is [Open] for tests that expect a target that cannot be certified.
func TryOpen(t testing.TB, d Deployment) (*Bed, error) {
	t.Helper()
	embedded, subject := Serve(t, d)
	c, err := runner.Open(t.Context(), subject)
	if err != nil {
		return nil, err
	}
	b := &Bed{Certification: c, Reference: embedded.Deployment, t: t, items: map[string]suites.Item{}}
	for _, i := range c.Items() {
		b.items[i.Requirement.ID] = i
	}
	t.Cleanup(func() { b.Finish() })
	return b, nil
}

// Serve starts the deployment until the test ends, and gives what certifies
// it.
func Serve(t testing.TB, d Deployment) (*runner.Embedded, runner.Subject) {
	t.Helper()
	kind, release := d.Kind, d.Release
	kind = cmp.Or(kind, reference.UCCE)
	release = cmp.Or(release, "12.5(1)")
	config, err := reference.Default(kind, release, 1)
	if err != nil {
		t.Fatal(err)
	}
	config = config.WithTokenUsers()
	timing := d.Timing.Or(runner.DefaultTiming(), runner.Timing{})
	config.Delay, config.WrapUpTimer = delay, wrapUpTimer
	config.Settle, config.Quiet = timing.Settle, timing.Quiet
	config.Behaviour, config.Faults = d.Behaviour, d.Faults
	if d.Configure != nil {
		d.Configure(&config)
	}
	latency := d.Latency
	if latency == nil {
		latency = memnet.Constant(time.Millisecond)
	}
	listener := memnet.Listen("127.0.0.1:8445", latency)
	embedded, err := runner.ServeEmbedded(config, listener, !d.TLS, d.Around)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := embedded.Close(); err != nil {
			t.Logf("the deployment did not end well: %v", err)
		}
	})
	if d.Started != nil {
		d.Started(embedded.Deployment)
	}
	subject := runner.Subject{
		URL: embedded.URL.String(), Dial: listener.Dial, RootCAs: embedded.CA,
		Users: embedded.Users(), Release: release, Timing: timing, Stimuli: embedded.Stimuli(), Events: "off",
	}
	if d.Second != nil {
		beside := memnet.Listen("127.0.0.2:8445", latency)
		other, err := embedded.ServeSecond(*d.Second, beside, d.AroundSecond)
		if err != nil {
			t.Fatal(err)
		}
		subject.OtherNode = other.String()
		subject.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			if address == beside.Addr().String() {
				return beside.Dial(ctx, network, address)
			}
			return listener.Dial(ctx, network, address)
		}
	}
	if d.Notifications {
		subject.Events = embedded.Events.String()
	}
	if d.Subject != nil {
		d.Subject(&subject)
	}
	return embedded, subject
}

// item gives a requirement as the plan has it; an id that the catalogue does
// not have ends the test.
func (b *Bed) item(id string) suites.Item {
	b.t.Helper()
	item, ok := b.items[id]
	if !ok {
		b.t.Fatalf("the catalogue has no requirement %s", id)
	}
	return item
}

// Exercise plays one requirement.
func (b *Bed) Exercise(id string) (evidence.Verdict, []*evidence.Evidence) {
	b.t.Helper()
	return b.Play(b.t.Context(), b.item(id))
}

// Finish ends the certification and gives its result, once: nil afterwards.
func (b *Bed) Finish() *Played {
	if b.finished {
		return nil
	}
	b.finished = true
	p := &Played{}
	// When the test is over, so is its context; users are put back nevertheless.
	p.Result, p.Evidence = b.Certification.Finish(context.WithoutCancel(b.t.Context()))
	for _, u := range b.Reference.Snapshot().Users {
		if u.State != reference.Logout {
			p.Left = append(p.Left, u.ID)
		}
	}
	return p
}

// Played is what came of a certification.
type Played struct {
	*reports.Result
	Evidence []*evidence.Evidence // of all attempts, in order
	Left     []string             // the users who are not signed out, as they were before, by the deployment's own account
}

// Verdict gives the verdict on a requirement, of the whole run.
func (p *Played) Verdict(id string) evidence.Verdict {
	if row := p.Row(id); row != nil {
		return row.Verdict()
	}
	return evidence.Verdict{}
}

// Failed lists the requirements that failed.
func (p *Played) Failed() []string {
	var list []string
	for _, row := range p.Requirements {
		if row.Outcome == evidence.Failed {
			list = append(list, row.ID)
		}
	}
	return list
}

// Play certifies a deployment: the whole catalogue, or the requirements with
// the ids, in their order.
func Play(t testing.TB, d Deployment, ids ...string) *Played {
	t.Helper()
	b := Open(t, d)
	for _, id := range ids {
		b.Exercise(id)
	}
	if len(ids) == 0 {
		for _, item := range b.Items() {
			b.Play(t.Context(), item)
		}
	}
	return b.Finish()
}
