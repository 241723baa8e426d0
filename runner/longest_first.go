package runner

import (
	"cmp"
	"math/bits"
	"slices"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/runner/internal/parallel"
	"finesse-conformance/suites"
	"finesse-conformance/suites/scenario"
)

// ranked gives the items that are exercised with their ranks: one repetition
// after the other, and in each first what takes longest, so that none of it is
// what is waited for in the end. Without a seed, of equally long ones those come
// together that begin alike, since a user may stay for the next one, else they
// are in the catalogue's order. With one, those of about the same length are in
// its order.
func (p *processes) ranked(items []suites.Item) []parallel.Item {
	seeded := p.config.Run.Seed != 0
	place := shuffled(items, p.config.Run.Seed)
	type ranking struct {
		suites.Item
		lasts  int64
		begins string
	}
	var list []ranking
	for _, i := range items {
		if !i.Runs() {
			continue
		}
		r := ranking{i, i.EstimatedDuration.Nanoseconds(), beginning(i.Requirement)}
		if seeded {
			r.lasts, r.begins = int64(bits.Len64(uint64(r.lasts/1e6))), ""
		}
		list = append(list, r)
	}
	slices.SortStableFunc(list, func(a, b ranking) int {
		order := cmp.Or(cmp.Compare(round(a.Item), round(b.Item)), cmp.Compare(b.lasts, a.lasts), cmp.Compare(a.begins, b.begins))
		if order == 0 && seeded {
			order = cmp.Compare(place[keyOf(a.Item)], place[keyOf(b.Item)])
		}
		return order
	})
	rank := map[itemKey]int{}
	for n, i := range list {
		rank[keyOf(i.Item)] = len(list) - n
	}
	var job []parallel.Item
	for _, i := range items {
		if i.Runs() {
			job = append(job, parallel.Item{ID: i.Requirement.ID, Repetition: i.Repetition, Rank: rank[keyOf(i)], Proc: i.Proc, Alone: i.Alone})
		}
	}
	return job
}

// planStage is a stage on which nothing is acted, only planned.
func (s *session) planStage(cast *fixtures.Cast) *scenario.Stage {
	return &scenario.Stage{
		Client: s.client, Cast: cast, Catalogue: s.Catalogue, Judge: s.Judge, Stimuli: s.stimuli, Target: s.stage.Target, Poll: s.stage.Poll,
		Dialogs: s.stage.Dialogs, Expected: s.events != nil,
	}
}

// bound is the waiting on the critical path: what has to be done alone, and
// of the rest the longest, what belongs to one process, or an equal part for each.
func bound(h *results, procs int, items []suites.Item) time.Duration {
	of := map[string]suites.Item{}
	for _, i := range items {
		of[i.Requirement.ID] = i
	}
	var serial, sum, longest time.Duration
	own := map[int]time.Duration{}
	for _, o := range h.outcomes {
		var waited time.Duration
		for _, e := range o.Evidence {
			waited += e.Waited
		}
		i := of[o.Verdict.Requirement]
		if i.Alone {
			serial += waited
			continue
		}
		sum += waited
		longest = max(longest, waited)
		if i.Proc > 0 {
			own[i.Proc] += waited
			longest = max(longest, own[i.Proc])
		}
	}
	home := time.Duration(0) // of each process when it is done
	for _, e := range h.afterwards {
		home = max(home, e.Waited)
	}
	return serial + max(longest, sum/time.Duration(max(procs, 1))) + home
}
