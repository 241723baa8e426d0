package runner

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/onsi/ginkgo/v2"

	"finesse-conformance/fixtures"
	"finesse-conformance/reports"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/internal/journal"
	"finesse-conformance/spec"
	"finesse-conformance/suites"
	"finesse-conformance/suites/evidence"
)

// Subject is a deployment as a Go test has it: at an address, or as a handler
// in the same process.
type Subject struct {
	URL     string       // where it is; or
	Handler http.Handler // what it is

	Users      []*fixtures.User // id, password, extension; the rest is read from the target
	Deployment spec.Deployment  // "" to ask SystemInfo
	Release    string           // "" to ask SystemInfo
	Timing     Timing           // zero fields: DefaultTiming for an address, quick ones for a handler
	Stimuli    fixtures.Stimuli // nil for none
	Events     string           // address of the notification service, "off" for none, "" to look for it at URL
	Insecure   bool             // do not check the certificate
	RootCAs    *x509.CertPool   // what the certificate is verified with, nil for the system's
	// Dial makes the connections to URL and Events, such as through a tunnel
	// or in memory; nil for those of the network.
	Dial       func(ctx context.Context, network, address string) (net.Conn, error)
	Only, Skip []string    // patterns of requirement ids
	Headers    http.Header // sent with every request, as a reverse proxy wants them
	UserAgent  string      // "" for the program's own
	// OtherNode is the address of the other node of a system of two, which is
	// watched and not acted on; "auto" takes it from SystemInfo, "" is none.
	OtherNode string

	// Journal notes whom the certification changes before it does, so that
	// Restore puts them back should the process end before it has; nil where
	// the users end with the process. OpenJournal makes one.
	Journal *journal.Journal
	// Wrap is given what requests are sent through, and gives what takes its
	// place, such as to watch or to fail them; nil for nothing.
	Wrap func(http.RoundTripper) http.RoundTripper
}

// Timing is how long things may take.
type Timing = config.Timing

// DefaultTiming is the timing of a run that is told none.
func DefaultTiming() Timing { return config.DefaultTiming() }

// handlerTiming suits a mock in the same process.
var handlerTiming = config.Timing{
	Request: 10 * time.Second, Settle: 2 * time.Second, Quiet: 100 * time.Millisecond,
	Poll: 5 * time.Millisecond, LongestWait: 10 * time.Second,
}

// Certify certifies a deployment in a Go test: each requirement is a subtest
// with its id for a name, that fails or is skipped with the reason of the
// verdict. What Only and Skip leave out is no subtest. It gives the whole
// result, nil when the target cannot be certified.
func Certify(t *testing.T, subject Subject) *reports.Result {
	t.Helper()
	c, err := Open(t.Context(), subject)
	if err != nil {
		t.Fatalf("the target cannot be certified: %v", err)
	}
	for _, item := range standingLast(c.selected(), func(i suites.Item) *spec.Requirement { return i.Requirement }) {
		t.Run(item.Requirement.ID, func(t *testing.T) {
			t.Helper()
			verdict, _ := c.Play(t.Context(), item)
			tell(t, verdict)
		})
	}
	result, _ := c.Finish(t.Context())
	for _, why := range c.afterthoughts(result) {
		t.Error(why)
	}
	return result
}

// selected leaves out what Only and Skip do, also where it does not apply.
func (c *Certification) selected() []suites.Item {
	selection := c.session.selection()
	return slices.DeleteFunc(slices.Clone(c.items), func(i suites.Item) bool {
		return selection.Why(i.Requirement.ID, i.Requirement.Profiles...) != ""
	})
}

// Verdicts certifies a deployment without a test, for callers who look at the
// result themselves. The error is of a target that cannot be certified.
func Verdicts(ctx context.Context, subject Subject) (*reports.Result, error) {
	c, err := Open(ctx, subject)
	if err != nil {
		return nil, err
	}
	for _, item := range c.Items() {
		c.Play(ctx, item)
	}
	result, _ := c.Finish(ctx)
	return result, nil
}

// standingLast puts those last that stand for everything a run sees, each
// part in its order: what they say is whole then.
func standingLast[T any](all []T, of func(T) *spec.Requirement) []T {
	stands := func(item T) bool { return of(item).Invariant != "" }
	return append(slices.DeleteFunc(slices.Clone(all), stands), slices.DeleteFunc(slices.Clone(all), func(item T) bool { return !stands(item) })...)
}

func tell(t *testing.T, v evidence.Verdict) {
	t.Helper()
	//exhaustive:enforce
	switch v.Outcome {
	case evidence.Passed, evidence.Waived, evidence.Info:
	case evidence.Failed:
		t.Errorf("%s [%s]", v.Reason, v.Clause)
	case evidence.NotExercised, evidence.NotApplicable:
		t.Skip(v.Reason)
	}
}

// Describe registers the certification of a deployment in a Ginkgo suite, one
// It for each requirement, or for those whose ids match one of the patterns,
// where there are any. Call it while the tree is built; the target is first
// asked when the suite runs. The specs run in order in one process, also in a
// parallel suite: they share the users.
func Describe(text string, subject func() Subject, only ...string) bool {
	selected := suites.Selection{Only: only}
	return ginkgo.Describe(text, ginkgo.Serial, ginkgo.Ordered, ginkgo.ContinueOnFailure, func() {
		catalogue, err := spec.Load()
		if err != nil {
			ginkgo.Fail("the contract in the program is broken: " + err.Error())
		}
		if err := selected.Check(catalogue); err != nil {
			ginkgo.Fail(err.Error())
		}
		var c *Certification
		plan := map[string]suites.Item{}
		ginkgo.BeforeAll(func(ctx ginkgo.SpecContext) {
			// What is opened here is played in other nodes: it outlives this one.
			s := subject()
			s.Only = append(s.Only, only...)
			if c, err = Open(context.WithoutCancel(ctx), s); err != nil {
				ginkgo.Fail("the target cannot be certified: " + err.Error())
			}
			for _, item := range c.Items() {
				plan[item.Requirement.ID] = item
			}
		})
		ginkgo.AfterAll(func(ctx ginkgo.SpecContext) {
			if c == nil {
				return
			}
			result, _ := c.Finish(ctx)
			for _, why := range c.afterthoughts(result) {
				ginkgo.Fail(why)
			}
		})
		for _, req := range standingLast(catalogue.All(), func(r *spec.Requirement) *spec.Requirement { return r }) {
			if selected.Why(req.ID) != "" {
				continue
			}
			ginkgo.It(req.ID+" "+req.Title, suites.Labels(req), func(ctx ginkgo.SpecContext) {
				verdict, seen := c.Play(ctx, plan[req.ID])
				suites.Report(verdict, seen)
			})
		}
	})
}

// session makes the session of a subject.
func (a *CLI) sessionOf(u Subject) (*session, error) {
	release, err := spec.ParseRelease(u.Release)
	if err != nil {
		return nil, err
	}
	if err := selectionOf(config.Run{Only: u.Only, Skip: u.Skip}).Check(a.Catalogue); err != nil {
		return nil, err
	}
	target := &config.Target{
		Name: "target", Deployment: u.Deployment, Release: release, Users: u.Users, Timing: u.Timing, Insecure: u.Insecure,
		Headers: u.Headers, UserAgent: u.UserAgent,
	}
	by := access{handler: u.Handler, roots: u.RootCAs, dial: u.Dial, stimuli: u.Stimuli, journal: u.Journal, wrap: u.Wrap}
	switch {
	case u.Handler != nil:
		target.URL = &url.URL{Scheme: "http", Host: "handler.invalid"}
		target.Timing = u.Timing.Or(handlerTiming, config.Timing{})
	case u.URL != "":
		if target.URL, err = url.Parse(u.URL); err != nil {
			return nil, err
		}
		target.Timing, target.FindNotifications = u.Timing.Or(config.DefaultTiming(), config.Timing{}), u.Events == ""
	default:
		return nil, errors.New("a subject needs a URL or a Handler")
	}
	switch {
	case u.OtherNode == "auto":
		target.FindNodes = true
	case u.OtherNode != "":
		other, err := url.Parse(u.OtherNode)
		if err != nil {
			return nil, err
		}
		target.Nodes = []*url.URL{target.URL, other}
	}
	if u.Events != "" && u.Events != "off" {
		if by.events, err = url.Parse(u.Events); err != nil {
			return nil, err
		}
	}
	cfg := &config.Config{Targets: []*config.Target{target}, Run: config.Run{Only: u.Only, Skip: u.Skip, Procs: 1}}
	return a.newSession(cfg, target, by)
}
