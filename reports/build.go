package reports

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"time"

	"finesse-conformance/internal/text"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// Catalogue is what a result has to know of the requirements; *spec.Catalogue
// is one.
type Catalogue interface {
	All() []*spec.Requirement // in the order of the reports
	Profiles() []spec.Profile
	Digest() string // changes with anything that could change a verdict
}

// Run is what happened in a run beside its verdicts.
type Run struct {
	ID          string // "" where nobody gathers the result
	Tool        Tool
	Suite       Suite
	Target      Target // user information in the URL is left out
	Settings    Settings
	Environment Environment // of this process where it is zero
	Seed        int64
	Procs       int
	Shard       *Shard // nil for a whole run
	Started     time.Time
	Finished    time.Time

	// Stopped is why the target cannot be certified (exit 3), in one line.
	Stopped string
	CutOff  bool // the run was killed
	// Signal is 130 or 143 when the run was interrupted.
	Signal          int
	HarnessFaults   []HarnessFault
	Unrestored      []Unrestored
	RequireComplete bool

	// Gaps say why requirements were not acted on, by id, where the plan
	// knows the kind better than the reason's words tell.
	Gaps map[string]Gap
	Cast []CastMember
	// Bound is the waiting that the requirements demand on the critical path;
	// where it is 0 it is worked out from the evidence.
	Bound time.Duration
	// PeakMemory of all processes together, in bytes.
	PeakMemory int64
	// Evidence of every attempt, in any order. Exchanges, margins, timings,
	// transitions and observations are computed from it.
	Evidence []*evidence.Evidence
}

// Build makes the result of a run. Every requirement of the catalogue has a
// row, in the catalogue's order: one without a verdict was not exercised,
// because the run ended before it. In a run that came to its end that is a
// fault of the harness, and so is a verdict on a requirement that the
// catalogue does not have.
func Build(catalogue Catalogue, run Run, verdicts []evidence.Verdict) *Result {
	all := catalogue.All()
	r := &Result{
		Schema: SchemaID, Tool: run.Tool, Suite: run.Suite,
		Spec:   SpecInfo{Digest: catalogue.Digest(), Requirements: len(all)},
		Target: run.Target, Settings: run.Settings, Environment: run.Environment,
		RunID: run.ID, Seed: run.Seed, Procs: max(run.Procs, 1), Shard: run.Shard,
		Started: Stamp(run.Started), Finished: Stamp(run.Finished),
		Stopped: text.OneLine(run.Stopped), CutOff: run.CutOff, Signal: run.Signal,
		HarnessFaults: slices.Clone(run.HarnessFaults), Unrestored: run.Unrestored,
		RequireComplete: run.RequireComplete,
		Cast:            append([]CastMember{}, run.Cast...),
	}
	for _, p := range catalogue.Profiles() {
		r.Profiles = append(r.Profiles, Profile{Name: p.Name, Title: p.Title})
	}
	r.Target.URL = text.WithoutCredentials(r.Target.URL)
	if r.Environment == (Environment{}) {
		r.Environment = here()
	}
	if r.Suite.Unproven == nil {
		r.Suite.Unproven = []string{}
	}

	b := builder{run: run, result: r, evidence: ByRequirement(run.Evidence)}
	b.release, _ = spec.ParseRelease(run.Target.Release) // one that cannot be read is one that is not known
	b.sort(all, verdicts)
	for _, req := range all {
		r.Requirements = append(r.Requirements, b.row(req))
	}
	if with, ok := catalogue.(interface{ Guides() []spec.Guide }); ok {
		for _, g := range with.Guides() {
			r.Guides = append(r.Guides, Guide{g.Key, g.Title, g.Release, g.Mirror})
		}
	}
	r.Timings = timings(run, r.Procs)
	if o := r.Target.OtherNode; o != nil {
		r.Target.OtherNode = o.watched(run.Evidence)
	}
	r.Observations = Observe(run.Evidence)
	r.Transitions = coverage(all, spec.Deployment(run.Target.Deployment), r, run.Evidence)
	r.Conclude()
	return r
}

// here describes the machine and the program that run.
func here() Environment {
	return Environment{OS: runtime.GOOS, Arch: runtime.GOARCH, Go: runtime.Version(), Cores: runtime.NumCPU()}
}

type builder struct {
	run      Run
	result   *Result
	release  spec.Release
	verdicts map[string]evidence.Verdict
	faults   map[string]string
	evidence map[string][]*evidence.Evidence
}

// sort puts verdicts and harness faults to their requirements. Of several
// verdicts on one requirement the worst counts.
func (b *builder) sort(all []*spec.Requirement, verdicts []evidence.Verdict) {
	known := map[string]bool{}
	for _, req := range all {
		known[req.ID] = true
	}
	b.verdicts, b.faults = map[string]evidence.Verdict{}, map[string]string{}
	for _, v := range verdicts {
		if !known[v.Requirement] {
			b.fault("", fmt.Sprintf("there is a verdict on %q, which the catalogue does not have", v.Requirement))
			continue
		}
		if before, double := b.verdicts[v.Requirement]; !double || severity(v.Outcome) > severity(before.Outcome) {
			b.verdicts[v.Requirement] = v
		}
	}
	for _, f := range b.run.HarnessFaults {
		if f.Requirement != "" && b.faults[f.Requirement] == "" {
			b.faults[f.Requirement] = f.Message
		}
	}
}

func (b *builder) fault(requirement, message string) {
	b.result.HarnessFaults = append(b.result.HarnessFaults, HarnessFault{Requirement: requirement, Message: message})
}

// severity orders outcomes by how much they say, the worst last.
func severity(o evidence.Outcome) int {
	return slices.Index([]evidence.Outcome{evidence.NotApplicable, evidence.NotExercised, evidence.Info,
		evidence.Passed, evidence.Waived, evidence.Failed}, o)
}

func (b *builder) row(req *spec.Requirement) Row {
	row := Row{
		ID: req.ID, Title: req.Title, Section: req.Section, Profiles: req.Profiles, Level: string(req.LevelOn(spec.Deployment(b.run.Target.Deployment))),
		Source: []string{}, Deployments: []string{}, Releases: req.Releases.String(),
		Standing: req.Invariant != "",
	}
	for _, d := range req.Deployments {
		row.Deployments = append(row.Deployments, string(d))
	}
	for _, s := range req.Sources {
		if s.Guide == "" {
			continue // the fact sheet is no place that a reader can open
		}
		row.Source, row.Links = append(row.Source, s.Cite()), append(row.Links, s.URL)
	}
	if len(row.Source) > 0 {
		row.Clause = row.Source[0]
	}

	v, judged := b.verdicts[req.ID]
	foreign := ""
	if d := b.run.Target.Deployment; d != "" {
		foreign = req.WhyNotApplicable(spec.Deployment(d), b.release)
	}
	switch message, faulty := b.faults[req.ID]; {
	case foreign != "":
		row.Outcome, row.Reason = evidence.NotApplicable, foreign
		return row
	case faulty:
		row.Outcome, row.Reason = evidence.NotExercised, "fault of the harness: "+text.OneLine(message)
		row.HarnessFault = message
		row.Gap = &Gap{Kind: evidence.GapHarness, Remedy: remedies[evidence.GapHarness]}
	case !judged:
		b.unjudged(req, &row)
	default:
		b.judged(req, &row, v)
	}
	return row
}

// unjudged fills the row of a requirement that the run never got to.
func (b *builder) unjudged(req *spec.Requirement, row *Row) {
	row.Outcome = evidence.NotExercised
	gap, planned := b.run.Gaps[req.ID]
	switch {
	case req.Never != "":
		row.Reason, gap = text.OneLine(req.Never), NewGap(evidence.Gap{Kind: evidence.GapNever})
	case planned && gap.Kind == evidence.GapShard:
		row.Reason = "another shard exercises it"
	case b.run.Signal != 0:
		row.Reason, gap = "the run ended before it: it was interrupted", NewGap(evidence.Gap{Kind: evidence.GapEnded})
	case b.run.Stopped != "":
		row.Reason, gap = "the run ended before it: "+text.OneLine(b.run.Stopped), NewGap(evidence.Gap{Kind: evidence.GapEnded})
	case len(b.run.HarnessFaults) > 0:
		row.Reason, gap = "the run ended before it: "+text.OneLine(b.run.HarnessFaults[0].Message), NewGap(evidence.Gap{Kind: evidence.GapHarness})
	default:
		row.Reason, gap = "the run ended before it: nobody knows why", NewGap(evidence.Gap{Kind: evidence.GapHarness})
		row.HarnessFault = "the run came to its end without a verdict on it"
		b.fault(req.ID, row.HarnessFault)
	}
	row.Gap = &gap
}

// judged fills the row from the verdict and its evidence.
func (b *builder) judged(req *spec.Requirement, row *Row, v evidence.Verdict) {
	row.Outcome, row.Reason = v.Outcome, text.OneLine(v.Reason)
	row.Duration, row.Attempts = v.Duration.Milliseconds(), v.Attempts
	row.Repetition, row.Rates = v.Repetition, v.Rates
	row.Asked, row.Expected, row.Seen, row.XPath, row.Intermittent = v.Asked, v.Expected, v.Seen, v.XPath, v.Intermittent
	if v.Mismatch != (evidence.Mismatch{}) && v.Outcome == evidence.Failed {
		mismatch := v.Mismatch
		row.Mismatch = &mismatch
	}
	if v.Clause != "" {
		row.Clause = v.Clause
	}
	if spec.Level(row.Level) == spec.Info {
		row.Rates = recorded(v.Rates)
		if v.Outcome == evidence.Passed || v.Outcome == evidence.Failed {
			row.Outcome = evidence.Info
		}
	}
	if v.Observed != (Observed{}) {
		observed := v.Observed
		row.Observed = &observed
	}
	if row.Outcome == evidence.NotExercised {
		gap, planned := b.run.Gaps[req.ID]
		switch {
		case req.Never != "": // whatever else kept it from running: nothing would change that
			row.Reason, gap = text.OneLine(req.Never), NewGap(evidence.Gap{Kind: evidence.GapNever})
		case !planned:
			gap = NewGap(v.Gap)
		}
		row.Reason = cmp.Or(row.Reason, "no reason was given")
		row.Gap = &gap
		return
	}
	if v.Step >= 0 {
		row.Step = v.Step + 1
	}
	failed := row.Outcome == evidence.Failed
	mine := b.evidence[req.ID]
	if e := Attempt(mine, v.Repetition, v.Attempts); e != nil {
		row.Exchange, row.Event = NewExchangeRef(e, v.Exchange, failed), eventRef(e, v.Event, failed)
		row.Margin, row.Values = margin(e), values(e)
		row.Events = eventOrder(e)
		if failed {
			row.Path = e.Path
		}
	}
}

// recorded are the rates of a row that fails no run: what was seen, and how
// often.
func recorded(rates *Rates) *Rates {
	if rates == nil {
		return nil
	}
	r := Rates{Exercised: rates.Exercised, NotExercised: rates.NotExercised, Seen: slices.Clone(rates.Seen)}
	for i := range r.Seen {
		if r.Seen[i].Outcome != evidence.NotExercised {
			r.Seen[i].Outcome = evidence.Info
		}
	}
	return &r
}

// ByRequirement sorts evidence by requirement, repetition and attempt.
func ByRequirement(all []*evidence.Evidence) map[string][]*evidence.Evidence {
	by := map[string][]*evidence.Evidence{}
	for _, e := range all {
		by[e.Requirement] = append(by[e.Requirement], e)
	}
	for _, list := range by {
		slices.SortStableFunc(list, func(a, b *evidence.Evidence) int {
			return cmp.Or(a.Repetition-b.Repetition, a.Attempt-b.Attempt)
		})
	}
	return by
}

// Attempt loads the evidence of the n-th attempt of a repetition, else the last.
func Attempt(list []*evidence.Evidence, repetition, n int) *evidence.Evidence {
	if len(list) == 0 {
		return nil
	}
	for _, e := range list {
		if e.Attempt == n && e.Repetition == repetition {
			return e.Load()
		}
	}
	return list[len(list)-1].Load()
}

// values joins what the placeholders stood for in the steps.
func values(e *evidence.Evidence) map[string]string {
	var out map[string]string
	for _, s := range e.Steps {
		for k, v := range s.Values {
			if out == nil {
				out = map[string]string{}
			}
			out[k] = v
		}
	}
	return out
}
