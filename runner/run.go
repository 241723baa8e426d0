package runner

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/internal/exit"
	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/internal/journal"
	"finesse-conformance/runner/internal/preflight"
	"finesse-conformance/runner/internal/progress"
	"finesse-conformance/suites"
	"finesse-conformance/suites/evidence"
)

// Run certifies the target of the configuration, writes the reports and gives
// the exit code. The error carries its own code: it is an *exit.UsageError where
// nothing was sent, else a fault of the program.
func (a *CLI) Run(ctx context.Context, cfg *config.Config) (code int, err error) {
	code, err = a.run(ctx, cfg)
	if err != nil || !cfg.Run.Map || cfg.Run.DryRun || ctx.Err() != nil || len(cfg.Targets) != 1 || code == reports.ExitUncertifiable {
		return code, err
	}
	fmt.Fprintln(a.Out)
	mapped, err := a.Map(ctx, cfg, MapOptions{whole: true})
	if code = reports.Strongest(code, mapped); err != nil {
		return code, err
	}
	return a.end(code, a.addMap(cfg.Run))
}

func (a *CLI) run(ctx context.Context, cfg *config.Config) (code int, err error) {
	if err := selectionOf(cfg.Run).Check(a.Catalogue); err != nil {
		return 0, &exit.UsageError{Err: err}
	}
	if cfg.Run.DryRun && len(cfg.Targets) == 1 {
		return a.dryRun(ctx, cfg)
	}
	with, err := readReportInputs(cfg.Run)
	if err != nil {
		return 0, &exit.UsageError{Err: err}
	}
	if err := writable(cfg); err != nil {
		return 0, &exit.UsageError{Err: err}
	}
	sweep(cfg.Run.Out)
	drawSeed(cfg)
	if cfg.Run.ID == "" {
		cfg.Run.ID = rand.Text()
	}
	ctx, cancel := exit.Limited(ctx, cfg.Run.Timeout)
	defer cancel()
	if len(cfg.Targets) > 1 {
		return a.runTargets(ctx, cfg)
	}
	preflight.FindPort(ctx, cfg.Targets[0])
	s, err := a.configured(cfg, cfg.Targets[0])
	if err != nil {
		return 0, &exit.UsageError{Err: err}
	}
	defer s.shut()
	display := a.progress(cfg)
	if err = s.openJournal(cfg.Run.ID, display); err != nil {
		return 0, err
	}
	if s.embedded == nil {
		if s.spool, err = openSpool(cfg.Run.Out); err != nil {
			display.Say("what is seen is not written to the disk while the run goes on: %v", err)
		}
	}
	result, seen := s.certify(ctx, display)
	if s.journal == nil {
		return a.publish(result, seen, cfg.Run, with)
	}
	closed := s.journal.Close()
	if closed != nil {
		closed = &unwrittenError{closed}
	}
	if code, err = a.publish(result, seen, cfg.Run, with); err == nil {
		code, err = a.end(code, closed, a.sayRestore(cfg, result), s.spool.replaced(filepath.Join(cfg.Run.Out, evidenceName)))
	}
	return code, err
}

// openJournal opens the journal of a session for a run. What is embedded has
// none: it ends with the process, and its users with it.
func (s *session) openJournal(run string, display progress.Display) (err error) {
	if s.embedded != nil {
		return nil
	}
	s.journal, err = journal.Open(s.config.Run.Journal, journal.Run{ID: run, Targets: touchable(s.config.Targets), Say: display.Say})
	if err != nil {
		return &exit.UsageError{Err: err}
	}
	return nil
}

// sayRestore says how those are put back whom the run has left behind. The
// error names those who are back, and of whom that could not be noted.
func (a *CLI) sayRestore(cfg *config.Config, result *reports.Result) error {
	c, err := journal.Read(cfg.Run.Journal)
	if err != nil {
		return &unwrittenError{err}
	}
	var left, back []string
	for _, id := range c.Users() {
		if slices.ContainsFunc(result.Unrestored, func(u reports.Unrestored) bool { return u.User == id }) {
			left = append(left, id)
		} else {
			back = append(back, id)
		}
	}
	command := Name + " restore"
	if cfg.File != "" {
		command += " --config " + cfg.File
	}
	command += " --journal " + cfg.Run.Journal
	if len(left) > 0 {
		fmt.Fprintf(a.Out, "\nnot back: %s %s; once the target answers, this puts them back:\n\n    %s\n",
			text.Plural(len(left), "user"), text.Enumerate(left), command)
	}
	if len(back) > 0 {
		return &unwrittenError{fmt.Errorf("%s: that %s %s %s back; `%s` looks at them again, and the next run wants that",
			cfg.Run.Journal, text.Plural(len(back), "user"), text.Enumerate(back), map[bool]string{true: "is", false: "are"}[len(back) == 1], command)}
	}
	return nil
}

func (a *CLI) progress(cfg *config.Config) progress.Display {
	mode := cfg.Run.Progress
	if cfg.Run.Quiet && mode != "json" {
		mode = "none"
	}
	return progress.New(mode, a.Err, progress.Screen{Terminal: a.Terminal, Colour: a.Colour && !cfg.Run.NoColor, Width: a.ErrWidth})
}

// shut ends what the session started.
func (s *session) shut() {
	if s.wire != nil {
		s.wire.CloseIdleConnections()
	}
	if s.embedded != nil {
		if err := s.embedded.Close(); err != nil {
			fmt.Fprintf(s.Err, "the embedded reference did not end well: %v\n", err)
		}
	}
}

// toExercise says in words how much of a plan is exercised.
func toExercise(items []suites.Item) string {
	n := 0
	for _, i := range items {
		if i.Runs() {
			n++
		}
	}
	return text.Count(n, "requirement") + " to exercise"
}

// certify is the whole certification of a target.
func (s *session) certify(ctx context.Context, display progress.Display) (*reports.Result, []*evidence.Evidence) {
	if err := s.beginTroupes(ctx, display); err != nil {
		return s.cannot(ctx, s.facts(), err), nil
	}
	run := s.facts()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	items := suites.Plan(s.stage, s.selection())
	run.Gaps = keepShard(s.config.Run.Shard, items)
	begun := run
	s.Secrets.Clean(&begun)
	if err := s.spool.begin(s.Catalogue, begun); err != nil {
		display.Say("%v", err)
	}
	s.arrange(items)
	items = repeated(items, s.config.Run.Repeat)
	display.Begin(progress.Task{Target: s.name(), Does: "certifying", Much: toExercise(items)}, items)
	if seed := s.config.Run.Seed; seed != 0 {
		display.Say("the order of the requirements is drawn with --seed %d", seed)
	}
	for _, note := range s.survey.Notes {
		display.Say("%s", note)
	}
	var h *results
	switch {
	case len(s.troupes) > 1:
		h = s.exerciseSideBySide(ctx, items, s.troupes, display, stop)
	case s.unscheduled:
		h = inOrder(ctx, s.ordered(items), s.exercise(display, stop))
	default:
		h = withGinkgo(ctx, Name, s.ordered(items), s.config.Run.Seed, s.exercise(display, stop))
	}
	display.End()
	run.Unrestored = append(h.unrestored, s.end(ctx, display)...)
	h.afterwards = append(h.afterwards, s.afterwards...)
	run.Settings = s.settings() // whether notifications were listened to is known now
	run.Cast = s.castMembers()  // and who could not sign in
	run.Bound = bound(h, len(s.troupes), items)
	run.PeakMemory = h.peakMemory + peakMemory()
	run.Signal = exit.SignalCode(ctx)
	if ctx.Err() != nil && run.Signal == 0 {
		run.Stopped = context.Cause(ctx).Error()
	}
	run.Finished = time.Now()
	return s.conclude(items, h, run)
}

// facts is what is known of a run so far.
func (s *session) facts() reports.Run {
	run := reports.Run{
		Tool: Tool(), Suite: reports.Suite{Version: s.Version, FaultsDetectable: FaultCount(), Unproven: s.Unproven()}, Started: s.began, Finished: s.began,
		Target: reports.Target{URL: s.address(), Deployment: string(s.target.Deployment), Release: s.target.Release.String()},
		ID:     s.config.Run.ID, Seed: s.config.Run.Seed, Procs: max(len(s.troupes), 1), RequireComplete: s.config.Run.RequireComplete,
		Shard: shardReport(s.config.Run.Shard),
	}
	if s.survey != nil {
		run.Target.Deployment, run.Target.Release = string(s.survey.Deployment), s.survey.Release.String()
		run.Target.OtherNode = otherNode(s.survey.Other)
	}
	if s.stage != nil {
		run.Settings, run.Cast = s.settings(), s.castMembers()
	}
	return run
}

// address is where the target is. A handler in this process is nowhere: it is
// named by its type.
func (s *session) address() string {
	if s.handler != nil {
		return fmt.Sprintf("handler:%T", s.handler)
	}
	return s.target.URL.String()
}

// otherNode is the node of a system of two that is watched, as a result has it.
func otherNode(o *preflight.OtherNode) *reports.OtherNode {
	if o == nil {
		return nil
	}
	const ms = float64(time.Millisecond)
	return &reports.OtherNode{URL: o.URL, Unwatched: o.Why, SkewMS: float64(o.Skew) / ms, WithinMS: float64(o.Within) / ms}
}

// cannot is the result of a run that could not begin: one reason.
func (s *session) cannot(ctx context.Context, run reports.Run, err error) *reports.Result {
	run.Finished = time.Now()
	run.Signal = exit.SignalCode(ctx)
	if run.Signal == 0 {
		run.Stopped = err.Error()
	}
	run.Gaps = shardGaps(s.config.Run.Shard, s.Catalogue.All())
	var verdicts []evidence.Verdict
	var out *preflight.OutOfService
	if _, elsewhere := run.Gaps["USR-07"]; errors.As(err, &out) && !elsewhere {
		// Not in service is what USR-07 is about: it failed, and is why nothing else ran.
		verdicts = append(verdicts, evidence.Verdict{
			Requirement: "USR-07", Outcome: evidence.Failed, Reason: err.Error(), Step: -1, Exchange: -1, Event: -1,
			Expected: "status IN_SERVICE", Seen: out.Status, Attempts: 1,
		})
	}
	s.Secrets.Clean(&run)
	s.Secrets.Clean(&verdicts)
	return reports.Build(s.Catalogue, run, verdicts)
}

func (s *session) settings() reports.Settings {
	t := s.target.Timing
	_, none := s.stimuli.(fixtures.NoStimuli)
	return reports.Settings{
		SettleMS: t.Settle.Milliseconds(), QuietMS: t.Quiet.Milliseconds(), LongestWaitMS: t.LongestWait.Milliseconds(),
		Notifications: s.listening, Stimuli: !none, Profiles: s.config.Run.Profiles, Only: s.config.Run.Only, Skip: s.config.Run.Skip, Insecure: s.target.Insecure,
		Repeat: repeats(s.config.Run),
	}
}

func (s *session) castMembers() []reports.CastMember {
	var list []reports.CastMember
	for _, u := range s.survey.Cast.Users {
		troupe := slices.IndexFunc(s.troupes, func(c *fixtures.Cast) bool { return c.ByID(u.ID) != nil })
		list = append(list, reports.CastMember{
			ID: u.ID, Role: string(u.Role), Team: u.Team, Supervises: u.Supervises, Extension: u.Extension, Troupe: troupe + 1, LeftAlone: u.Barred,
		})
	}
	return list
}

// name says what is being certified.
func (s *session) name() string {
	text := text.WithoutCredentials(s.target.URL.String())
	if s.embedded != nil {
		text = "the embedded reference deployment"
	}
	text += fmt.Sprintf(" (%s", s.survey.Deployment)
	if r := s.survey.Release.String(); r != "" {
		text += " " + r
	}
	return text + ")"
}

// putBack puts back who stayed signed in between scenarios, tries once more
// with who is unrestored, and names who still is.
func (s *session) putBack(ctx context.Context, say func(string, ...any)) []reports.Unrestored {
	longer, cancel := exit.PutBack(ctx, time.Minute+24*s.target.Timing.Settle, context.DeadlineExceeded)
	defer cancel()
	seen, err := s.stage.PutBack(longer)
	if err != nil {
		say("%v", err)
	}
	if seen != nil {
		s.client.Record(nil, seen)
		s.afterwards = append(s.afterwards, seen)
	}
	var list []reports.Unrestored
	for id, why := range s.stage.Users.Unrestored() {
		was, is := s.stage.Users.Whereabouts(id)
		list = append(list, reports.Unrestored{User: id, Was: string(was.State), Is: string(is.State), Why: why})
	}
	return list
}

// Plan looks at the target of a configuration and says what a run would do
// with each requirement. It signs nobody in and changes nothing.
func (a *CLI) Plan(ctx context.Context, cfg *config.Config) ([]suites.Item, error) {
	preflight.FindPort(ctx, cfg.Targets[0])
	s, err := a.configured(cfg, cfg.Targets[0])
	if err != nil {
		return nil, &exit.UsageError{Err: err}
	}
	defer s.shut()
	if err := s.open(ctx); err != nil {
		return nil, err
	}
	s.setStage()
	s.stage.Expected = s.events != nil
	return suites.Plan(s.stage, s.selection()), nil
}
