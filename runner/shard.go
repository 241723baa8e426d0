package runner

import (
	"finesse-conformance/reports"
	"finesse-conformance/runner/config"
	"finesse-conformance/spec"
	"finesse-conformance/suites"
	"finesse-conformance/suites/evidence"
)

// shardReport gives the shard as results have it, nil for a whole run.
func shardReport(s config.Shard) *reports.Shard {
	if s.IsZero() {
		return nil
	}
	return &reports.Shard{Index: s.Index, Count: s.Count}
}

// shardGaps says of which requirements of the catalogue another shard takes care.
func shardGaps(s config.Shard, all []*spec.Requirement) map[string]reports.Gap {
	gaps := map[string]reports.Gap{}
	for n, req := range all {
		if !s.Has(req, n) {
			gaps[req.ID] = reports.NewGap(evidence.Gap{Kind: evidence.GapShard})
		}
	}
	return gaps
}

// keepShard takes out of a plan what another shard exercises, and gives the gaps.
// What cannot be exercised here keeps its own reason.
func keepShard(s config.Shard, items []suites.Item) map[string]reports.Gap {
	gaps := map[string]reports.Gap{}
	for n := range items {
		if i := &items[n]; i.Runs() && !s.Has(i.Requirement, n) {
			i.Outcome, i.Why, i.Gap = evidence.NotExercised, "another shard exercises it", evidence.Gap{Kind: evidence.GapShard}
			gaps[i.Requirement.ID] = reports.NewGap(evidence.Gap{Kind: evidence.GapShard})
		}
	}
	return gaps
}
