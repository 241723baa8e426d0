package runner

import (
	"finesse-conformance/reports"
	"finesse-conformance/spec"
	"finesse-conformance/suites"
	"finesse-conformance/suites/evidence"
)

// has reports whether the shard exercises a requirement, given its position in
// the catalogue. It depends on nothing else, so that shards agree who does
// what whatever each of them finds out about the target. What is judged over
// everything that a run saw is judged in every shard.
func (s Shard) has(req *spec.Requirement, position int) bool {
	return s.IsZero() || req.Standing != "" || position%s.Count == s.Index-1
}

// report gives the shard as results have it, nil for a whole run.
func (s Shard) report() *reports.Shard {
	if s.IsZero() {
		return nil
	}
	return &reports.Shard{Index: s.Index, Count: s.Count}
}

// gaps says of which requirements of the catalogue another shard takes care.
func (s Shard) gaps(all []*spec.Requirement) map[string]reports.Gap {
	gaps := map[string]reports.Gap{}
	for n, req := range all {
		if !s.has(req, n) {
			gaps[req.ID] = reports.NewGap(reports.GapShard)
		}
	}
	return gaps
}

// leave takes out of a plan what another shard exercises, and gives the gaps.
// What cannot be exercised here keeps its own reason.
func (s Shard) leave(items []suites.Item) map[string]reports.Gap {
	gaps := map[string]reports.Gap{}
	for n := range items {
		if i := &items[n]; i.Runs() && !s.has(i.Requirement, n) {
			i.Outcome, i.Why, i.Way = evidence.NotExercised, "another shard exercises it", ""
			gaps[i.Requirement.ID] = reports.NewGap(reports.GapShard)
		}
	}
	return gaps
}
