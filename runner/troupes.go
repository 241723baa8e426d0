package runner

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/internal/notify"
	"finesse-conformance/runner/internal/progress"
	"finesse-conformance/spec"
	"finesse-conformance/suites"
	"finesse-conformance/suites/scenario"
)

// mostEmbedded is how many processes certify the embedded reference where the
// run does not say: with more, starting them takes longer than they save.
const mostEmbedded = 8

// embeddedTroupes is for how many processes the embedded reference has to
// bring a cast.
func embeddedTroupes(c *config.Config) int {
	if c.Run.Procs == 0 {
		return mostEmbedded
	}
	return c.Run.Procs
}

// beginTroupes is begin for a run of as many processes as the configuration
// says and the cast has troupes for.
func (s *session) beginTroupes(ctx context.Context, display progress.Display) error {
	s.began = time.Now()
	if err := s.open(ctx); err != nil {
		return err
	}
	s.split(s.rows())
	if len(s.troupes) == 1 {
		s.troupe = s.troupes[0]
		s.listen(ctx, display.Say)
	}
	s.setStage()
	s.stage.Expected = len(s.troupes) > 1 && s.events != nil
	s.stage.Stays = true
	return nil
}

// rows is how many requirements the run may exercise, repetitions counted.
func (s *session) rows() int {
	n := 0
	for _, req := range s.Catalogue.All() {
		if req.WhyNotApplicable(s.survey.Deployment, s.survey.Release) == "" && s.selection().Why(req.ID, req.Profiles...) == "" {
			n++
		}
	}
	return n * max(s.config.Run.Repeat, 1)
}

// split splits the cast into the troupes of the processes. They are as small
// as can be as long as each can play everything, also where there are few
// processes: who is not needed is not looked at time and again, and a
// requirement meets the same kind of cast however many processes there are.
// Where the run has as many processes as the cast allows, it has no more than
// there is to do.
func (s *session) split(work int) {
	split, wanted := s.survey.Cast.Split(), s.config.Run.Procs
	most := split.Most()
	if wanted > most {
		s.survey.Notes = append(s.survey.Notes, fmt.Sprintf(
			"the run has %d of the %d processes that were asked for: each needs users of its own for every role", most, wanted))
	}
	if wanted == 0 {
		wanted = max(min(work, most), 1)
		if s.embedded != nil {
			wanted = min(wanted, mostEmbedded)
		}
	}
	if wanted >= most {
		s.troupes = split.Troupes(most)
		return
	}
	playable := slices.DeleteFunc(slices.Clone(s.Catalogue.All()), func(req *spec.Requirement) bool {
		return req.WhyNotApplicable(s.survey.Deployment, s.survey.Release) != "" || !s.survey.Cast.Playable(req)
	})
	for n := most; n >= wanted; n-- {
		if s.troupes = split.Troupes(n)[:wanted]; n == wanted || allPlay(s.troupes, playable) {
			return
		}
	}
}

// allPlay reports whether each troupe can play all of some requirements.
func allPlay(troupes []*fixtures.Cast, requirements []*spec.Requirement) bool {
	return !slices.ContainsFunc(requirements, func(req *spec.Requirement) bool {
		return slices.ContainsFunc(troupes, func(t *fixtures.Cast) bool { return !t.Playable(req) })
	})
}

// players are the users of this process.
func (s *session) players() *fixtures.Cast {
	if s.troupe != nil {
		return s.troupe
	}
	return s.survey.Cast
}

// arrange finds out which requirements not every troupe can play: one of those
// that can does, the one with the least of this kind to do, and what is beyond
// each of them is exercised alone, with the whole cast.
func (s *session) arrange(items []suites.Item) {
	var stages []*scenario.Stage
	for _, t := range s.troupes {
		stages = append(stages, s.planStage(s.survey.Cast.With(t.Users)))
	}
	longest := make([]*suites.Item, 0, len(items))
	for n := range items {
		if i := &items[n]; i.Runs() {
			i.EstimatedDuration = s.stage.EstimateDuration(i.Requirement, i.Plan)
			longest = append(longest, i)
		}
	}
	slices.SortStableFunc(longest, func(a, b *suites.Item) int { return cmp.Compare(b.EstimatedDuration, a.EstimatedDuration) })
	busy := make([]time.Duration, len(stages))
	for _, i := range longest {
		var able []int
		for n, stage := range stages {
			if _, err := stage.Plan(i.Requirement); err == nil {
				able = append(able, n)
			}
		}
		switch {
		case len(able) == 0:
			i.Alone = true
		case len(able) < len(stages):
			least := slices.MinFunc(able, func(a, b int) int { return cmp.Compare(busy[a], busy[b]) })
			i.Proc = least + 1
			busy[least] += i.EstimatedDuration
		}
	}
}

// setCast sets the stage for a requirement: with the troupe of this process,
// or with everybody. In a parallel run all other processes have ended by then,
// and their users are back.
func (s *session) setCast(ctx context.Context, item suites.Item, say func(string, ...any)) {
	if s.troupe == nil || !item.Alone {
		s.stage.Cast = s.players()
		return
	}
	s.stage.Cast = s.survey.Cast
	if s.stage.Events == nil || s.guests != nil || len(s.troupe.Users) == len(s.survey.Cast.Users) {
		return
	}
	rest := &fixtures.Cast{Users: slices.DeleteFunc(slices.Clone(s.survey.Cast.Users), func(u *fixtures.User) bool {
		return s.troupe.ByID(u.ID) != nil
	})}
	guest := *s
	guest.troupe, guest.listener, guest.hearing, guest.shares = rest, nil, &atomic.Pointer[notify.Listener]{}, 1
	guest.listen(ctx, say)
	s.guests = guest.listener
}
