package runner

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/suites"
	"finesse-conformance/suites/scenario"
)

// ranked gives the items that are exercised with their ranks: those that take
// longest come first, so that none of them is what is waited for in the end.
// Without a seed, of equal ones those come together that begin alike, since a
// user may stay for the next one, else they are in the catalogue's order. With
// one, those of about the same length are in the order that Ginkgo makes of
// it. What not every troupe can play has to wait for the whole cast.
func (p *processes) ranked(items []suites.Item) []jobItem {
	var list []jobItem
	lasts, begins := map[string]time.Duration{}, map[string]string{}
	for _, i := range items {
		if !i.Runs() {
			continue
		}
		id := i.Requirement.ID
		given := i.Requirement.Given
		lasts[id], begins[id] = p.stage.Lasts(i.Requirement), fmt.Sprint(given.State, given.Reason, given.Fresh)
		list = append(list, jobItem{ID: id, Alone: p.alone[id]})
	}
	if p.config.Run.Seed != 0 {
		for n := range list {
			list[n].Rank = bits.Len64(uint64(lasts[list[n].ID].Milliseconds()))
		}
		return list
	}
	longest := slices.Clone(list)
	slices.SortStableFunc(longest, func(a, b jobItem) int {
		return cmp.Or(cmp.Compare(lasts[b.ID], lasts[a.ID]), cmp.Compare(begins[a.ID], begins[b.ID]))
	})
	rank := map[string]int{}
	for n, i := range longest {
		rank[i.ID] = len(longest) - n
	}
	for n := range list {
		list[n].Rank = rank[list[n].ID]
	}
	return list
}

// planStage is a stage on which nothing is acted, only planned.
func (s *session) planStage(cast *fixtures.Cast) *scenario.Stage {
	return &scenario.Stage{
		Cast: cast, Catalogue: s.Catalogue, Judge: s.Judge, Stimuli: s.stimuli, Target: s.stage.Target, Poll: s.stage.Poll,
		Dialogs: s.stage.Dialogs, Expected: s.events != nil,
	}
}

// bound is the waiting on the critical path: what has to be done alone, and
// of the rest the longest, or an equal part for each process.
func bound(h *results, procs int, alone map[string]bool) time.Duration {
	var serial, sum, longest time.Duration
	for _, o := range h.outcomes {
		var waited time.Duration
		for _, e := range o.Evidence {
			waited += e.Waited
		}
		if alone[o.Verdict.Requirement] {
			serial += waited
			continue
		}
		sum += waited
		longest = max(longest, waited)
	}
	home := time.Duration(0) // of each process when it is done
	for _, e := range h.afterwards {
		home = max(home, e.Waited)
	}
	return serial + max(longest, sum/time.Duration(max(procs, 1))) + home
}
