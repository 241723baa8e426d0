package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"finesse-conformance/internal/exit"
	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/reports/exploration"
	"finesse-conformance/reports/junit"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/internal/progress"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/explore"
)

// The reports of an exploration in the folder of the reports.
const (
	exploreName      = "explore.json"
	exploreJUnitName = "explore-junit.xml"
)

// ExploreOptions say how a target is explored.
type ExploreOptions struct {
	Steps  int  // after how many things done it ends
	Resume bool // go on where the exploration in the folder of the reports ended
}

// Explore walks at random over the target of the configuration and writes
// what is not possible by the guide, shrunk, into the folder of the reports.
// It acts with the care of a run. The exit code is that of a run in which
// every class of rounds is a requirement.
func (a *CLI) Explore(ctx context.Context, cfg *config.Config, o ExploreOptions) (int, error) {
	if o.Steps < 1 {
		return 0, &exit.UsageError{Err: fmt.Errorf("--steps is %d: say at least 1", o.Steps)}
	}
	cfg.Run.Profiles = nil // they are of requirements
	selection := selectionOf(cfg.Run)
	if err := selection.CheckIDs(explore.IDs(), "no class of walks", "their ids are EXP-<state>-alone, -row and -together, such as EXP-TALKING-together"); err != nil {
		return 0, &exit.UsageError{Err: err}
	}
	if !slices.ContainsFunc(explore.IDs(), func(id string) bool { return selection.Why(id) == "" }) {
		return 0, &exit.UsageError{Err: errors.New("--skip leaves no class of walks")}
	}
	rules, err := spec.LoadRules()
	if err != nil {
		return 0, err
	}
	var waivers []reports.Waiver
	if cfg.Run.Waivers != "" {
		if waivers, err = reports.LoadWaivers(cfg.Run.Waivers); err != nil {
			return 0, &exit.UsageError{Err: err}
		}
	}
	report := &exploration.Report{}
	if o.Resume {
		if report, err = readFrom(filepath.Join(cfg.Run.Out, exploreName), exploration.Read); err != nil {
			return 0, &exit.UsageError{Err: fmt.Errorf("--resume: %w", err)}
		}
		cfg.Run.Seed = int64(report.Seed)
	} else if drawSeed(cfg); cfg.Run.Seed == 0 {
		cfg.Run.Seed = 1
	}
	report.Seed, report.Wanted = uint64(cfg.Run.Seed), o.Steps
	return a.beside(ctx, cfg, "exploration", func(ctx context.Context, s *session, display progress.Display) (int, error) {
		return s.explore(ctx, rules, report, waivers, display)
	})
}

func (s *session) explore(ctx context.Context, rules *spec.Rules, report *exploration.Report, waivers []reports.Waiver, display progress.Display) (int, error) {
	if !s.wasExplored(report) {
		return 0, &exit.UsageError{Err: fmt.Errorf("--resume: the exploration there is of %s", report.Target.URL)}
	}
	g := s.generator(rules, report.Seed)
	ids := slices.DeleteFunc(g.Model.IDs(), func(id string) bool { return s.selection().Why(id) != "" })
	if s.config.Run.DryRun {
		return 0, s.planExploration(g, report, ids)
	}
	search := &explore.Search{Generator: g, Steps: report.Wanted}
	search.Resume(report.Walks, max(report.Played, report.Walks), classesOf(report), report.Steps)
	display.Say("exploring %s: %s, seed %d", s.name(), text.Count(report.Wanted, "step"), report.Seed)
	for _, note := range s.survey.Notes {
		display.Say("%s", note)
	}
	var archive archived
	told := &progressOf{search: search, display: display, wanted: report.Wanted}
	search.Ended = told.ended
	ended, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	report.Unrestored = s.eachTroupe(ended, display, func(ctx context.Context, mine *session, display progress.Display, stop context.CancelCauseFunc) {
		var silent silence
		search.Work(ctx, func(ctx context.Context, req *spec.Requirement, e explore.Explainer) []*evidence.Evidence {
			mine.stage.Explains = e
			_, seen := mine.stage.Exercise(ctx, req)
			if s.config.Run.HAR != "" {
				archive.add(seen)
			}
			if silent.after(req.ID, seen) {
				why := silent.why(s.target)
				stop(why)
				cancel(why)
			}
			return seen
		})
	})
	facts := s.facts()
	report.Tool, report.Target, report.Embedded = facts.Tool, facts.Target, s.target.Embedded
	report.Spec = reports.SpecInfo{Digest: s.Catalogue.Digest(), Requirements: len(s.Catalogue.All())}
	report.Started, report.Finished = s.began, time.Now()
	if report.Stopped = ""; ended.Err() != nil {
		report.Stopped = context.Cause(ended).Error()
	}
	report.Add(g.Model, search.Result(), s.target.URL.String(), s.Catalogue.Cite)
	s.Secrets.Clean(report)
	report.ApplyWaivers(waivers, time.Now())
	s.Secrets.Clean(&archive.all)
	return s.publishExploration(ctx, report, ids, archive.all)
}

// wasExplored reports whether an exploration is of the target of this session,
// or only begins. The embedded reference has another port each time, and is the
// same where its deployment and release are.
func (s *session) wasExplored(r *exploration.Report) bool {
	was := r.Target
	if r.Embedded || s.target.Embedded {
		return was.URL == "" || r.Embedded && s.target.Embedded && was.Deployment == string(s.survey.Deployment) && was.Release == s.survey.Release.String()
	}
	return was.URL == "" || was.URL == s.target.URL.String()
}

// archived keeps what several troupes saw, for an HTTP archive.
type archived struct {
	mu  sync.Mutex
	all []*evidence.Evidence
}

func (a *archived) add(seen []*evidence.Evidence) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all = append(a.all, seen...)
}

// generator makes walks of what the target lets be done.
func (s *session) generator(rules *spec.Rules, seed uint64) *explore.Generator {
	switches := s.switchesWrapUp()
	model := explore.NewModel(rules, s.Catalogue, s.survey.Deployment, s.survey.Release, codesOf(s.survey.Cast), switches)
	g := &explore.Generator{
		Model: model, Seed: seed, Dialogs: s.survey.Dialogs, Peer: true, Supervisor: true, Colleague: true, Stimulus: s.stimuli.Supports,
		Wanted: func(id string) bool { return s.selection().Why(id) == "" },
	}
	for _, troupe := range s.troupes { // all have to be able to play the same walks
		g.Peer = g.Peer && len(troupe.Usable()) > 1
		plays := func(as ...spec.Actor) bool {
			req := &spec.Requirement{Given: spec.Given{Subject: spec.RoleAgent}}
			for _, by := range as {
				req.Steps = append(req.Steps, spec.Step{When: spec.When{By: by, Put: &spec.Put{State: string(spec.Ready)}}})
			}
			return troupe.Playable(req)
		}
		g.Supervisor = g.Supervisor && plays(spec.Supervisor)
		g.Colleague = g.Colleague && plays(spec.Supervisor, spec.Colleague, spec.Peer)
	}
	return g
}

func classesOf(r *exploration.Report) []explore.Class {
	var list []explore.Class
	for _, c := range r.Classes {
		list = append(list, explore.Class(c))
	}
	return list
}

// progressOf tells of every tenth part of an exploration, and of what is found.
type progressOf struct {
	search  *explore.Search
	display progress.Display
	wanted  int

	mu     sync.Mutex
	tenths int
	found  int
}

func (p *progressOf) ended(explore.Walk, explore.Seen) {
	r := p.search.Result()
	p.mu.Lock()
	defer p.mu.Unlock()
	for ; p.found < len(r.Findings); p.found++ {
		p.display.Say("found: %s", r.Findings[p.found].Sentence())
	}
	if tenths := 10 * r.Steps / p.wanted; tenths > p.tenths {
		p.tenths = tenths
		p.display.Say("%d of %d steps", min(r.Steps, p.wanted), p.wanted)
	}
}

// planExploration says what an exploration would do, and how long its quiet
// times alone take.
func (s *session) planExploration(g *explore.Generator, report *exploration.Report, ids []string) error {
	walks, steps, rounds := 0, 0, 0
	came := map[string]bool{}
	for n := report.Walks; steps < report.Wanted && walks < report.Wanted; n++ {
		w := g.Walk(n)
		walks++
		steps += w.Steps()
		for _, r := range w.Rounds {
			rounds++
			came[r.ID()] = true
		}
	}
	var missed []string
	for _, id := range ids {
		if !came[id] {
			missed = append(missed, id)
		}
	}
	each := s.target.Timing.Quiet / time.Duration(len(s.troupes))
	return s.print(func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "seed %d: %s of %s in %s; with %s at least %v of quiet times, and about as long again for the ways\n",
			report.Seed, text.Count(walks, "walk"), text.Count(steps, "step"), text.Count(rounds, "round"), text.Count(len(s.troupes), "troupe"),
			(time.Duration(rounds) * each).Round(time.Second))
		if err == nil && len(missed) > 0 {
			_, err = fmt.Fprintf(w, "no walk of these comes by %s\n", text.Few(missed, 12))
		}
		return err
	})
}

// publishExploration writes and prints what was found, and gives the exit code.
func (s *session) publishExploration(ctx context.Context, r *exploration.Report, ids []string, seen []*evidence.Evidence) (int, error) {
	out := s.config.Run.Out
	files := []report{
		{filepath.Join(out, exploreName), r.Write},
		{filepath.Join(out, exploreJUnitName), func(w io.Writer) error {
			return junit.Encode(w, junit.Suites{Suites: []junit.Suite{r.Suite(ids)}})
		}},
	}
	files = append(files, s.archive(r.Tool, r.Target, seen))
	for _, f := range r.Findings {
		for ending, content := range map[string]string{".yaml": f.Scenario, ".sh": f.Script} {
			files = append(files, report{filepath.Join(out, f.ID+ending), func(w io.Writer) error {
				_, err := io.WriteString(w, content)
				return err
			}})
		}
	}
	errs := append(writeFiles(files), s.print(func(w io.Writer) error { return r.WriteText(text.Wrapping(w, s.Width), out) }))
	for _, u := range r.Unrestored {
		fmt.Fprintf(s.Err, "user %s was in %s and was left in %s: %s\n", u.User, u.Was, u.Is, u.Why)
	}
	code := reports.Strongest(exit.SignalCode(ctx), r.ExitCode())
	return s.CLI.end(code, errs...)
}
