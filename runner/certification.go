package runner

import (
	"context"
	"fmt"
	"io"
	"time"

	"finesse-conformance/reports"
	"finesse-conformance/runner/internal/preflight"
	"finesse-conformance/runner/internal/progress"
	"finesse-conformance/spec"
	"finesse-conformance/suites"
	"finesse-conformance/suites/behaviour"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/explore"
	"finesse-conformance/suites/scenario"
)

// Certification is one that its caller takes through its life step by step:
// [Open] asks the target what has to be known, Play exercises what the caller
// picks, Finish puts everybody back and concludes.
type Certification struct {
	session  *session
	display  progress.Display
	items    []suites.Item
	results  *results
	exercise suites.Exercise
	running  context.Context // ends when there is no sense in going on
	stop     context.CancelCauseFunc
}

// Open begins the certification of a subject. The error is of a target that
// cannot be certified: an [*preflight.Unable] or an [*preflight.OutOfService], or what is wrong
// with the subject.
func Open(ctx context.Context, subject Subject) (*Certification, error) {
	app, err := NewCLI(io.Discard, io.Discard)
	if err != nil {
		return nil, err
	}
	return app.Open(ctx, subject)
}

// Open is [Open] for a program that has loaded the contract already.
func (a *CLI) Open(ctx context.Context, subject Subject) (*Certification, error) {
	s, err := a.sessionOf(subject)
	if err != nil {
		return nil, err
	}
	return s.rehearse(ctx, progress.None{})
}

// rehearse opens the session and plans. Where it fails the session is shut.
func (s *session) rehearse(ctx context.Context, display progress.Display) (*Certification, error) {
	if err := s.begin(ctx, display); err != nil {
		s.shut()
		return nil, err
	}
	c := &Certification{session: s, display: display, items: suites.Plan(s.stage, s.selection()), results: &results{}}
	c.running, c.stop = context.WithCancelCause(context.WithoutCancel(ctx))
	c.exercise = s.exercise(display, c.stop)
	return c, nil
}

// Items are all requirements of the catalogue, with what the plan says of
// each.
func (c *Certification) Items() []suites.Item { return c.items }

// Stage is where the requirements are exercised.
func (c *Certification) Stage() *scenario.Stage { return c.session.stage }

// Survey is what was asked before.
func (c *Certification) Survey() *preflight.Survey { return c.session.survey }

// Play exercises the requirement of an item, and gives the plan's verdict
// where it does not run. Of a requirement that stands for everything a run
// sees it is what was seen so far: play those last.
func (c *Certification) Play(ctx context.Context, item suites.Item) (evidence.Verdict, []*evidence.Evidence) {
	if !item.Runs() {
		return item.Verdict(), nil
	}
	both, cancel := either(ctx, c.running)
	defer cancel()
	verdict, seen := c.exercise(both, item)
	if c.session.invariants != nil {
		verdict = c.session.invariants.Apply(item.Requirement, verdict)
		c.session.Secrets.Clean(&verdict)
	}
	c.results.add(suites.Outcome{Verdict: verdict, Evidence: seen})
	return verdict, seen
}

// Finish puts back who is not yet, and gives the result with the evidence
// that it rests on. It ends the certification.
func (c *Certification) Finish(ctx context.Context) (*reports.Result, []*evidence.Evidence) {
	s := c.session
	defer s.shut()
	run := s.facts()
	run.Unrestored = s.end(ctx, c.display)
	c.results.afterwards = s.afterwards
	if c.running.Err() != nil {
		run.Stopped = context.Cause(c.running).Error()
	}
	c.stop(nil)
	run.Finished = time.Now()
	return s.conclude(c.items, c.results, run)
}

// Verdicts are those on what was played and on what does not run, with what
// only shows over everything that was played.
func (c *Certification) Verdicts() []evidence.Verdict {
	return c.session.verdicts(c.items, c.results)
}

// Abandon ends the certification of a deployment that nobody needs any more:
// nobody is put back.
func (c *Certification) Abandon(ctx context.Context) {
	defer c.session.shut()
	c.stop(nil)
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	_ = c.session.close(closing) // what is abandoned need not be left in order
}

// afterthoughts are what is wrong and no requirement said when it was played:
// users who are not back, and what only shows over the whole run.
func (c *Certification) afterthoughts(result *reports.Result) []string {
	var list []string
	for _, u := range result.Unrestored {
		list = append(list, fmt.Sprintf("user %s was in %s and was left in %s: %s", u.User, u.Was, u.Is, u.Why))
	}
	for _, o := range c.results.outcomes {
		if row := result.Row(o.Verdict.Requirement); row != nil && row.Outcome == evidence.Failed && o.Verdict.Outcome != evidence.Failed {
			list = append(list, row.ID+" "+row.Reason)
		}
	}
	return list
}

// Explored walks at random over the subject until something is found that is
// not possible by the guide, at most for a number of steps, and tells it in a
// sentence; "" where everything was possible.
func (c *Certification) Explored(ctx context.Context, seed uint64, steps int) (string, error) {
	rules, err := spec.LoadRules()
	if err != nil {
		return "", err
	}
	s := c.session
	defer func() { s.stage.Explains = nil }()
	found, enough := context.WithCancel(ctx)
	defer enough()
	sentence := ""
	walks := s.generator(rules, seed)
	walks.Wanted = nil // the selection is of requirements
	search := &explore.Search{Generator: walks, Steps: steps}
	search.Found = func(f explore.Finding) {
		if f.Certainty != explore.Once {
			sentence = f.Sentence()
			enough()
		}
	}
	search.Work(found, func(ctx context.Context, req *spec.Requirement, e explore.Explainer) []*evidence.Evidence {
		s.stage.Explains = e
		_, seen := s.stage.Exercise(ctx, req)
		return seen
	})
	return sentence, nil
}

// Mapped asks of users in one situation of each state what they may ask for,
// until an answer is against the guide, and gives why; "" where none is.
func (c *Certification) Mapped(ctx context.Context) (string, error) {
	rules, err := spec.LoadRules()
	if err != nil {
		return "", err
	}
	s := c.session
	plan := behaviour.Plan{Deployment: s.survey.Deployment, Release: s.survey.Release, Codes: codesOf(s.survey.Cast)}
	first := map[spec.State]spec.Situation{}
	for _, row := range plan.Rows(rules, s.Catalogue.Moves(s.survey.Deployment, s.survey.Release)) {
		state := row.Situation.State
		if _, ok := first[state]; !ok {
			first[state] = row.Situation
		}
		if row.Who != spec.Self || first[state] != row.Situation || ctx.Err() != nil {
			continue
		}
		verdict, _ := row.Play(ctx, s.Judge, func(ctx context.Context, req *spec.Requirement) (evidence.Verdict, []*evidence.Evidence) {
			return s.play(ctx, suites.Item{Requirement: req})
		})
		if verdict.Outcome == evidence.Failed {
			return verdict.Reason, nil
		}
	}
	return "", nil
}
