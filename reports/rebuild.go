package reports

import (
	"time"

	"finesse-conformance/suites/evidence"
)

// Run gives back the facts of the run that a result was built from, so that
// Build can make it again with other verdicts over the same evidence.
func (r *Result) Run(all []*evidence.Evidence) Run {
	run := Run{
		Tool: r.Tool, Suite: r.Suite, Target: r.Target, Settings: r.Settings, Environment: r.Environment,
		ID: r.RunID, Seed: r.Seed, Procs: r.Procs, Shard: r.Shard, Started: r.Started, Finished: r.Finished,
		Stopped: r.Stopped, CutOff: r.CutOff, Signal: r.Signal, HarnessFaults: r.HarnessFaults, Unrestored: r.Unrestored,
		RequireComplete: r.RequireComplete, Gaps: map[string]Gap{}, Cast: r.Cast,
		Bound: time.Duration(r.Timings.Bound * float64(time.Millisecond)), PeakMemory: r.Timings.PeakMemory,
		Evidence: all,
	}
	for i := range r.Requirements {
		if row := &r.Requirements[i]; row.Gap != nil {
			run.Gaps[row.ID] = *row.Gap
		}
	}
	return run
}

// Verdict gives back the verdict that the row was made from, as far as the
// row tells. It serves for requirements that cannot be judged again, because
// nothing was seen for them.
func (r *Row) Verdict() evidence.Verdict {
	v := evidence.Verdict{
		Requirement: r.ID, Outcome: r.Outcome, Reason: r.Reason, Step: r.Step - 1, Exchange: -1, Event: -1,
		XPath: r.XPath, Intermittent: r.Intermittent, Asked: r.Asked, Expected: r.Expected, Seen: r.Seen, Clause: r.Clause, Attempts: r.Attempts, Repetition: r.Repetition, Rates: r.Rates,
		Duration: time.Duration(r.Duration) * time.Millisecond,
	}
	if r.Unwaived != "" {
		v.Outcome = r.Unwaived
	}
	if r.Gap != nil {
		v.Gap.Kind = r.Gap.Kind
	}
	if r.Mismatch != nil {
		v.Mismatch = *r.Mismatch
	}
	if r.Observed != nil {
		v.Observed = *r.Observed
	}
	if r.Exchange != nil {
		v.Exchange = r.Exchange.Index
	}
	if r.Event != nil {
		v.Event = r.Event.Index
	}
	return v
}
