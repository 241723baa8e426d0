package runner

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"finesse-conformance/fixtures"
	"finesse-conformance/internal/exit"
	"finesse-conformance/reports"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/internal/journal"
	"finesse-conformance/runner/internal/notify"
	"finesse-conformance/runner/internal/preflight"
	"finesse-conformance/runner/internal/progress"
	"finesse-conformance/spec"
	"finesse-conformance/suites"
	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/judge"
	"finesse-conformance/suites/scenario"
	"finesse-conformance/suites/scenario/retry"
)

// session is the certification of one target in this process.
type session struct {
	*CLI
	config *config.Config
	target *config.Target

	embedded  *Embedded    // nil for a target elsewhere
	handler   http.Handler // the target itself, nil for one at an address
	transport http.RoundTripper
	wire      *http.Transport // at the bottom of transport, nil for a handler
	tls       *tls.Config
	dialer    func(ctx context.Context, network, address string) (net.Conn, error) // nil for the network's
	stimuli   fixtures.Stimuli
	events    *url.URL // of the notification service, nil for none
	limiter   client.Limiter
	journal   *journal.Journal // nil where nothing has to survive this process
	ledger    scenario.Ledger

	client     *client.Client
	survey     *preflight.Survey
	listener   *notify.Listener
	heard      *heard                           // what is heard by it and by guests, nil before they listen
	hearing    *atomic.Pointer[notify.Listener] // the same, for whoever tells of a limit meanwhile
	stage      *scenario.Stage
	shares     int               // among how many processes what is kept of answers is shared, 0 for one
	issued     *client.Tokens    // see issuer
	invariants *judge.Invariants // of what this process saw, nil before it saw anything
	began      time.Time

	troupes []*fixtures.Cast // of the processes of the run
	troupe  *fixtures.Cast   // of this process, nil where it has the whole cast
	guests  *notify.Listener // to the users of other troupes, once they are needed
	// unscheduled: without Ginkgo, which plays once in the life of a process.
	unscheduled bool
	spool       *spool                 // of what is seen, nil for none
	afterwards  []*evidence.Evidence   // of putting users back when the last scenario was over
	listening   bool                   // to notifications, in this process or in those that it started
	refusals    *scenario.Unauthorized // of all troupes, nil where each is asked by itself
	unheard     scenario.Unheard       // why they are not listened to, though they are wanted
	searched    []notify.Trial         // where the notification service was looked for
}

// access is how a session reaches its target, where that is not as the
// configuration says. Everything in it may be left out.
type access struct {
	handler http.Handler   // The target itself, in this process.
	roots   *x509.CertPool // What its certificate is checked against.
	dial    func(ctx context.Context, network, address string) (net.Conn, error)
	stimuli fixtures.Stimuli
	events  *url.URL // Of the notification service.
	limiter client.Limiter
	journal *journal.Journal
	wrap    func(http.RoundTripper) http.RoundTripper // Puts something between the run and the target.
}

// newSession makes the session for a target. An embedded target is started;
// shut ends it. A session is opened by begin, by beginTroupes or as the worker
// that a run has started, ended by end, and shut in any case.
func (a *CLI) newSession(cfg *config.Config, target *config.Target, by access) (*session, error) {
	s := &session{CLI: a, config: cfg, target: target, dialer: by.dial, handler: by.handler, stimuli: by.stimuli, events: by.events, limiter: by.limiter, journal: by.journal, hearing: &atomic.Pointer[notify.Listener]{}}
	if n := cfg.Run.MaxRequestsPerSecond; n > 0 && s.limiter == nil {
		s.limiter = rate.NewLimiter(rate.Limit(n), 1)
	}
	if target.Embedded {
		if err := s.embed(); err != nil {
			return nil, err
		}
		by.roots = s.embedded.CA
	}
	if s.stimuli == nil {
		s.stimuli = cfg.Stimuli(target, a.Environ)
	}
	if s.events == nil {
		s.events = target.Notifications
	}
	if by.wrap == nil {
		by.wrap = func(t http.RoundTripper) http.RoundTripper { return t }
	}
	if by.handler != nil {
		s.transport = by.wrap(client.Handler(by.handler))
		return s, nil
	}
	var err error
	if s.wire, s.tls, err = transportOf(target); err != nil {
		s.shut()
		return nil, err
	}
	if by.dial != nil {
		s.wire.DialContext = by.dial
	}
	if by.roots != nil {
		s.tls.RootCAs = by.roots
	}
	s.transport = by.wrap(s.wire)
	return s, nil
}

// configured makes the session for a target as the configuration says.
func (a *CLI) configured(cfg *config.Config, target *config.Target) (*session, error) {
	s, err := a.newSession(cfg, target, access{})
	if err == nil && s.events == nil && !target.FindNotifications {
		s.unheard = scenario.Unheard{Why: "they are switched off (notifications: off)", Cause: evidence.CauseOff}
	}
	return s, err
}

// open makes the client and asks the target what a run has to know. What
// changes a user goes through the journal from here on.
func (s *session) open(ctx context.Context) error {
	cast := s.target.Cast()
	s.connect(cast)
	var err error
	if s.survey, err = preflight.Run(ctx, s.client, s.target, cast, preflight.Options{Force: s.config.Run.Force}); err != nil {
		return err
	}
	s.client.WaitOut(s.target.Timing.Outage)
	if s.journal != nil {
		if err := s.journal.Claim(touchable([]*config.Target{s.target})[0], nodesOf(s.survey, s.target)); err != nil {
			return err
		}
	}
	s.findService(ctx, !s.config.Run.DryRun)
	return nil
}

// setStage puts everything in place for acting.
func (s *session) setStage() {
	s.stage = &scenario.Stage{
		Catalogue: s.Catalogue, Judge: s.Judge, Client: s.client, Cast: s.survey.Cast, Stimuli: s.stimuli, Ledger: s.ledger,
		Poll: s.target.Timing.Poll, Dialogs: s.survey.Dialogs, Unheard: s.unheard, OneNode: s.oneNode(), Unauthorized: s.refusals,
		Target: evidence.Target{
			Deployment: s.survey.Deployment, Release: s.survey.Release, Notifications: s.listener != nil,
			Settle: s.target.Timing.Settle, Quiet: s.target.Timing.Quiet, LongestWait: s.target.Timing.LongestWait,
		},
	}
	if s.listener != nil {
		s.stage.Events = s.heard
	}
	s.survey.Cast.SwitchesWrapUp = s.switchesWrapUp()
	for _, u := range s.survey.Cast.Usable() {
		s.stage.Users.SetInitial(evidence.Observation{User: u.ID, State: u.State, Pending: u.Pending, ReasonCodeID: u.ReasonCodeID, Extension: s.survey.Extensions[u.ID], Index: -1})
	}
}

// switchesWrapUp reports whether the stimuli switch wrap-up, so that anybody can
// be had with it and without.
func (s *session) switchesWrapUp() bool {
	return s.stimuli.Supports(spec.WrapUpOn) && s.stimuli.Supports(spec.WrapUpOff)
}

// oneNode says why the other node is not watched, "" where it is or none is
// asked for.
func (s *session) oneNode() string {
	if s.survey.Other == nil || s.survey.Other.Why == "" {
		return ""
	}
	return "needs the other node of the system: " + s.survey.Other.Why
}

// close ends the listening. Sessions end only when the users are back: one
// that ends may sign its user out (DevNet, Desktop Presence and Forced Logout).
func (s *session) close(ctx context.Context) error {
	var errs []error
	for _, l := range []*notify.Listener{s.listener, s.guests} {
		if l != nil {
			errs = append(errs, l.Close(ctx))
		}
	}
	if s.issued != nil {
		s.issued.Close()
	}
	return errors.Join(errs...)
}

// exercise is the Exercise of this session, with progress. A target that
// answers nothing any more stops the run: one reason, not a hundred failures.
func (s *session) exercise(p progress.Display, stop context.CancelCauseFunc) suites.Exercise {
	var silent silence
	s.client.TellOutages(p.Say)
	return func(ctx context.Context, item suites.Item) (evidence.Verdict, []*evidence.Evidence) {
		req := item.Requirement
		p.Start(req.ID)
		s.setCast(ctx, item, p.Say)
		s.stage.Say = p.Say
		verdict, seen := s.play(ctx, item)
		s.note(seen, p.Say)
		p.Done(verdict)
		if silent.after(req.ID, seen) {
			stop(silent.why(s.target))
		}
		return verdict, seen
	}
}

// note keeps what was seen on the disk.
func (s *session) note(seen []*evidence.Evidence, say func(string, ...any)) {
	if err := s.spool.add(seen); err != nil {
		say("%v", err)
	}
}

// play exercises the requirement of an item. What was seen is judged as it came, also by the
// checks over the whole run, and given without secrets.
func (s *session) play(ctx context.Context, item suites.Item) (evidence.Verdict, []*evidence.Evidence) {
	verdict, seen := s.stage.Exercise(ctx, item.Requirement)
	verdict.Repetition = item.Repetition
	if s.invariants == nil {
		s.invariants = s.Judge.Invariants()
	}
	cut := false
	for _, ev := range seen {
		ev.Repetition = item.Repetition
		s.invariants.Add(ev)
		cut = cut || slices.ContainsFunc(ev.Exchanges, func(x evidence.Exchange) bool { return x.ResponseDigest != "" })
	}
	if cut && verdict.Outcome == evidence.Failed {
		verdict.Outcome = evidence.NotExercised
		verdict.Reason = "the answers were too long to be kept until they were judged; what was kept: " + verdict.Reason
	}
	if why := barred(seen, verdict.Attempts); why != "" && verdict.Outcome == evidence.Failed {
		verdict.Outcome, verdict.Reason = evidence.NotExercised, why
	}
	s.client.Record(&verdict, seen...)
	return verdict, seen
}

// barred says why a request of an attempt never reached the API: nothing that
// the attempt lacked then is the API's.
func barred(seen []*evidence.Evidence, attempt int) string {
	for _, ev := range seen {
		for _, x := range ev.Exchanges {
			if x.Barred && (ev.Attempt == attempt || len(seen) == 1) {
				return x.Err
			}
		}
	}
	return ""
}

// verdicts are those on all items. What can only be judged over the whole run
// is judged here, and nowhere else.
func (s *session) verdicts(items []suites.Item, h *results) []evidence.Verdict {
	var verdicts []evidence.Verdict
	invariants := s.invariants
	if invariants == nil {
		invariants = s.Judge.Invariants()
	}
	for _, o := range h.outcomes {
		invariants.Merge(o.Found)
	}
	for _, ev := range h.afterwards {
		invariants.Add(ev)
	}
	for _, o := range h.outcomes {
		verdicts = append(verdicts, o.Verdict)
	}
	verdicts = retry.Repeated(verdicts)
	for _, i := range items {
		if !i.Runs() {
			verdicts = append(verdicts, i.Verdict())
		}
	}
	verdicts = invariants.Conclude(verdicts)
	s.Secrets.Clean(&verdicts) // what a check of the whole run saw is as it came
	return verdicts
}

// conclude makes the result of a run, with the evidence that it rests on.
func (s *session) conclude(items []suites.Item, h *results, run reports.Run) (*reports.Result, []*evidence.Evidence) {
	verdicts := s.verdicts(items, h)
	s.Secrets.Clean(&run)
	for _, o := range h.outcomes {
		run.Evidence = append(run.Evidence, o.Evidence...)
	}
	run.Evidence = append(run.Evidence, h.afterwards...)
	s.Secrets.Clean(&h.faults)
	run.HarnessFaults = append(run.HarnessFaults, h.faults...)
	return reports.Build(s.Catalogue, run, verdicts), run.Evidence
}

func (s *session) selection() suites.Selection {
	return selectionOf(s.config.Run)
}

func selectionOf(run config.Run) suites.Selection {
	return suites.Selection{Profiles: run.Profiles, Only: run.Only, Skip: run.Skip}
}

// begin asks the target what has to be known and sets the stage.
func (s *session) begin(ctx context.Context, display progress.Display) error {
	s.began = time.Now()
	if err := s.open(ctx); err != nil {
		return err
	}
	s.listen(ctx, display.Say)
	s.setStage()
	return nil
}

// end puts back who is not yet and stops listening.
func (s *session) end(ctx context.Context, display progress.Display) []reports.Unrestored {
	left := s.putBack(ctx, display.Say)
	closing, cancel := exit.Leave(ctx, min(10*time.Second, s.target.Timing.Request))
	defer cancel()
	if err := s.close(closing); err != nil {
		display.Say("the notification service was not left in order: %v", err)
	}
	return left
}
