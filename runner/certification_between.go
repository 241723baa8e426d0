package runner

import (
	"context"

	"finesse-conformance/spec"
	"finesse-conformance/suites"
	"finesse-conformance/suites/behaviour"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/explore"
)

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
