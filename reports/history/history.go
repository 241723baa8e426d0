// Package history puts any number of results of the same targets in a row: what
// became of each requirement from run to run, since when it is so, which ones
// are flaky, and how latency and convergence went. It owns the history as data,
// text and page; it imports the results, the comparison of two and the house
// style.
//
// No other module is promised anything of it: see docs/stability.md.
package history

import (
	"cmp"
	"io"
	"slices"
	"time"

	"finesse-conformance/reports"
	"finesse-conformance/reports/compare"
	"finesse-conformance/suites/evidence"
)

// SchemaID is what the member "schema" of a history as JSON says.
const SchemaID = "finesse-conformance/history/v1"

// Input is a result with where it came from.
type Input struct {
	Result *reports.Result
	File   string
	Report string // the address of its page, "" for none
}

// History is that of all targets of which there are results.
type History struct {
	Schema  string   `json:"schema"`
	Worse   bool     `json:"worse"`              // something turned worse since the run before
	Targets []Target `json:"targets"`            // sorted by address and deployment
	LeftOut []string `json:"left_out,omitempty"` // files that are no results, and why
}

// Target is the history of one target.
type Target struct {
	URL        string `json:"url"`
	Deployment string `json:"deployment"`
	Runs       []Run  `json:"runs"` // the oldest first
	// Worse are the requirements that turned worse between the last two runs
	// that came to their end.
	Worse []string `json:"worse"`
	Flaky []string `json:"flaky"`
	// Requirements of the last catalogue, in its order, and then those that it
	// does not have any more.
	Requirements []Requirement `json:"requirements"`
}

// Run is one of the results.
type Run struct {
	Started  time.Time                `json:"started"`
	File     string                   `json:"file"`
	Release  string                   `json:"release"`
	Version  string                   `json:"version"` // of the suite
	Contract string                   `json:"spec_digest"`
	Verdict  reports.Word             `json:"verdict"`
	Scope    reports.Scope            `json:"scope,omitempty"`
	Summary  reports.Summary          `json:"summary"`
	Profiles []reports.ProfileOutcome `json:"profiles,omitempty"`
	// Ended says why the run did not come to its end: nothing is concluded
	// from such a one.
	Ended string `json:"ended,omitempty"`
	// NewRelease: the run before was of another release, NewContract: it was
	// judged by another contract.
	NewRelease  bool    `json:"new_release,omitempty"`
	NewContract bool    `json:"new_contract,omitempty"`
	LatencyP50  float64 `json:"latency_p50_ms"`
	LatencyP95  float64 `json:"latency_p95_ms"`
	MarginP50   float64 `json:"convergence_p50_ms"`
	MarginP95   float64 `json:"convergence_p95_ms"`
	MarginMax   float64 `json:"convergence_max_ms"`
	AllowedMS   int64   `json:"allowed_ms"`

	report string
	result *reports.Result
}

// Requirement is what became of one from run to run.
type Requirement struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	Section string `json:"section"`
	Level   string `json:"level"`
	// Outcomes has one for each run, "" where the catalogue did not have it or
	// the run did not come to its end.
	Outcomes []evidence.Outcome `json:"outcomes"`
	Now      evidence.Outcome   `json:"now"`
	Since    time.Time          `json:"since,omitzero"` // the first run in a row with the outcome of now
	Release  string             `json:"since_release,omitempty"`
	Runs     int                `json:"runs_since"` // how many runs that is
	Changes  int                `json:"changes"`    // from holding to failing and back, over all runs
	// Flaky: it changed and changed back while release and contract were the
	// same.
	Flaky  bool   `json:"flaky,omitempty"`
	Reason string `json:"reason,omitempty"` // of now, where it does not hold
}

// Build makes the history of results, in any order.
func Build(all []Input) *History {
	h := &History{Schema: SchemaID, Targets: []Target{}}
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b Input) int { return a.Result.Started.Compare(b.Result.Started) })
	type key struct{ url, deployment string }
	at := map[key]int{}
	for _, in := range all {
		r := in.Result
		k := key{r.Target.URL, r.Target.Deployment}
		n, known := at[k]
		if !known {
			n = len(h.Targets)
			at[k], h.Targets = n, append(h.Targets, Target{URL: k.url, Deployment: k.deployment, Worse: []string{}, Flaky: []string{}, Requirements: []Requirement{}})
		}
		h.Targets[n].add(in)
	}
	for i := range h.Targets {
		h.Targets[i].conclude()
		h.Worse = h.Worse || len(h.Targets[i].Worse) > 0
	}
	slices.SortStableFunc(h.Targets, func(a, b Target) int {
		return cmp.Or(cmp.Compare(a.URL, b.URL), cmp.Compare(a.Deployment, b.Deployment))
	})
	return h
}

// ExitCode is 1 where something turned worse since the run before.
func (h *History) ExitCode() int {
	if h.Worse {
		return reports.ExitNonconformant
	}
	return reports.ExitConformant
}

// WriteJSON writes the history for programs.
func (h *History) WriteJSON(w io.Writer) error {
	return reports.WriteJSON(w, "the history", h, "  ")
}

// add takes a run that is not there yet.
func (t *Target) add(in Input) {
	r := in.Result
	if slices.ContainsFunc(t.Runs, func(o Run) bool { return o.Started.Equal(r.Started) && o.result.RunID == r.RunID }) {
		return // the same result, found twice
	}
	run := Run{
		Started: r.Started, File: in.File, Release: r.Target.Release, Version: cmp.Or(r.Suite.Version, r.Tool.Version), Contract: r.Spec.Digest,
		Verdict: r.Verdict, Scope: r.Scope, Summary: r.Summary, Profiles: r.ProfileOutcomes(), LatencyP50: r.Timings.P50, LatencyP95: r.Timings.P95,
		MarginP50: r.Timings.Margins.P50, MarginP95: r.Timings.Margins.P95, MarginMax: r.Timings.Margins.Max, AllowedMS: r.Timings.Margins.AllowedMS,
		report: in.Report, result: r,
	}
	switch {
	case r.Stopped != "":
		run.Ended = r.Stopped
	case r.Signal != 0:
		run.Ended = "interrupted"
	case r.Shard != nil:
		run.Ended = "one shard alone"
	}
	if n := len(t.Runs); n > 0 {
		run.NewRelease, run.NewContract = run.Release != t.Runs[n-1].Release, run.Contract != t.Runs[n-1].Contract
	}
	t.Runs = append(t.Runs, run)
}

// whole gives the runs that came to their end.
func (t *Target) whole() []*Run {
	var list []*Run
	for i := range t.Runs {
		if t.Runs[i].Ended == "" {
			list = append(list, &t.Runs[i])
		}
	}
	return list
}

func (t *Target) conclude() {
	whole := t.whole()
	if n := len(whole); n > 1 {
		// The two are of one deployment: they can be compared.
		if c, err := compare.Results(whole[n-2].result, whole[n-1].result); err == nil {
			for _, x := range c.Regressions {
				t.Worse = append(t.Worse, x.ID)
			}
		}
	}
	known := map[string]bool{}
	for i := len(t.Runs) - 1; i >= 0; i-- {
		for n := range t.Runs[i].result.Requirements {
			row := &t.Runs[i].result.Requirements[n]
			if !known[row.ID] {
				known[row.ID] = true
				t.Requirements = append(t.Requirements, t.requirement(row))
			}
		}
	}
	for _, q := range t.Requirements {
		if q.Flaky {
			t.Flaky = append(t.Flaky, q.ID)
		}
	}
}

// requirement looks at one through all runs.
func (t *Target) requirement(row *reports.Row) Requirement {
	q := Requirement{ID: row.ID, Title: row.Title, Section: row.Section, Level: row.Level, Outcomes: make([]evidence.Outcome, len(t.Runs))}
	var held, before bool // what the last run that exercised it came to, where one did
	changed := 0          // since the release or the contract changed
	for i := range t.Runs {
		run := &t.Runs[i]
		if run.NewRelease || run.NewContract {
			changed = 0
		}
		r := run.result.Row(row.ID)
		if r == nil || run.Ended != "" {
			continue
		}
		q.Outcomes[i] = r.Outcome
		if r.Outcome != q.Now {
			q.Now, q.Since, q.Release, q.Runs, q.Reason = r.Outcome, run.Started, run.Release, 0, ""
		}
		q.Runs++
		if r.Outcome != evidence.Passed && r.Outcome != evidence.Info && r.Outcome != evidence.NotApplicable {
			q.Reason = r.Reason
		}
		if !r.Exercised() {
			continue
		}
		holds := r.Outcome == evidence.Passed || r.Outcome == evidence.Info
		if before && holds != held {
			q.Changes++
			if changed++; changed > 1 {
				q.Flaky = true
			}
		}
		held, before = holds, true
	}
	return q
}
