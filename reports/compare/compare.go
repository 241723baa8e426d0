// Package compare holds two results against each other: what became worse or
// better, what is new or gone, and the drift, what changed although it passes
// both times. It owns the comparison as data, text, Markdown, JUnit and page.
// It imports the results, the forms of JUnit and the terminal, the diagram and
// the house style of pages.
//
// No other module is promised anything of it: see docs/stability.md.
package compare

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// comparisonSchema is what the member "schema" of a comparison as JSON says.
const comparisonSchema = "finesse-conformance/comparison/v1"

// Comparison is what differs between two results, such as those of a target
// before and after an upgrade.
type Comparison struct {
	Schema string   `json:"schema"`
	Old    Side     `json:"old"`
	New    Side     `json:"new"`
	Worse  bool     `json:"worse"`           // there is a regression
	Notes  []string `json:"notes,omitempty"` // what a reader should know of the two before trusting the rest

	Regressions []Change `json:"regressions"` // fail now, or are no longer exercised without a reason in the plan
	Repairs     []Change `json:"repairs"`     // failed, and pass now
	Waived      []Change `json:"waived"`      // passed, and fail now under a waiver
	Failing     []Change `json:"failing"`     // failed both times, waived or not
	NewlyRun    []Change `json:"newly_exercised"`
	Added       []Change `json:"added"`               // of requirements that the old result does not know, whatever became of them
	Gone        []Change `json:"no_longer_exercised"` // for a reason in the plan
	Drifts      []Drift  `json:"drifts"`
	// Profiles are those of which something else became, in the contract's
	// order.
	Profiles []ProfileChange `json:"profiles,omitempty"`

	old, new *reports.Result // for the page
	exhibits Exhibits
}

// Side is one of the two results.
type Side struct {
	Tool       reports.Tool    `json:"tool"`
	Target     reports.Target  `json:"target"`
	SpecDigest string          `json:"spec_digest"`
	Started    time.Time       `json:"started"`
	Verdict    reports.Word    `json:"verdict"`
	Summary    reports.Summary `json:"summary"`
}

// Change is a requirement whose outcome is not what it was.
type Change struct {
	ID       string           `json:"id"`
	Title    string           `json:"title"`
	Section  string           `json:"section"`
	Level    string           `json:"level,omitempty"`
	Asked    string           `json:"asked,omitempty"` // what was done, of a failure
	From     evidence.Outcome `json:"from"`            // "" when the old result does not have the requirement
	To       evidence.Outcome `json:"to"`              // "" when the new result does not have it
	Reason   string           `json:"reason,omitempty"`
	Expected string           `json:"expected,omitempty"`
	Seen     string           `json:"seen,omitempty"`
	Page     string           `json:"page,omitempty"`
}

// Results holds a new result against an old one. Results of different
// deployments cannot be compared.
func Results(old, new *reports.Result) (*Comparison, error) {
	if a, b := old.Target.Deployment, new.Target.Deployment; a != b && a != "" && b != "" {
		return nil, fmt.Errorf("the old result is of %s and the new one of %s: they cannot be compared", a, b)
	}
	c := &Comparison{
		Schema: comparisonSchema, old: old, new: new, Old: side(old), New: side(new), Notes: notes(old, new),
		Regressions: []Change{}, Repairs: []Change{}, Waived: []Change{}, Failing: []Change{},
		NewlyRun: []Change{}, Added: []Change{}, Gone: []Change{}, Drifts: []Drift{},
	}
	known := map[string]bool{}
	for i := range new.Requirements {
		row := &new.Requirements[i]
		known[row.ID] = true
		c.row(old, new, old.Row(row.ID), row)
	}
	for i := range old.Requirements {
		if row := &old.Requirements[i]; !known[row.ID] && row.Exercised() {
			c.Gone = append(c.Gone, change(row, nil, "the new catalogue does not have it"))
		}
	}
	c.Drifts = append(c.Drifts, rowDrifts(old, new)...)
	c.Drifts = append(c.Drifts, shapeDrifts(old, new)...)
	c.Drifts = append(c.Drifts, timingDrifts(old, new)...)
	for i := range c.Drifts {
		c.Drifts[i].anchor = strconv.Itoa(i + 1)
		if n := len(c.Drifts[i].Requirements); n > 0 {
			row := new.Row(c.Drifts[i].Requirements[0])
			c.Drifts[i].title = strings.TrimSuffix(row.Title+", asked "+row.Asked, ", asked ")
		}
	}
	c.Profiles = profileChanges(old, new)
	c.Worse = len(c.Regressions) > 0
	if n := len(c.Added); n > 0 {
		failed := 0
		for _, x := range c.Added {
			if x.To == evidence.Failed {
				failed++
			}
		}
		verb := "are"
		if n == 1 {
			verb = "is"
		}
		c.Notes = append(c.Notes, fmt.Sprintf("%s %s new: the old result does not know them; %d of them fail", text.Count(n, "requirement"), verb, failed))
	}
	return c, nil
}

// ExitCode is 1 when there is a regression, or drift where that fails too,
// else 0.
func (c *Comparison) ExitCode(failOnDrift bool) int {
	if c.Worse || failOnDrift && len(c.Drifts) > 0 {
		return reports.ExitNonconformant
	}
	return reports.ExitConformant
}

// equal reports whether nothing differs.
func (c *Comparison) equal() bool {
	return len(c.Regressions)+len(c.Repairs)+len(c.Waived)+len(c.NewlyRun)+len(c.Added)+len(c.Gone)+len(c.Drifts) == 0
}

func side(r *reports.Result) Side {
	return Side{Tool: r.Tool, Target: r.Target, SpecDigest: r.Spec.Digest, Started: r.Started, Verdict: r.Verdict, Summary: r.Summary}
}

func notes(old, new *reports.Result) []string {
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if old.Spec.Digest != new.Spec.Digest {
		add("the two were judged by different contracts: judge the old evidence again with recheck to tell the target's changes from the contract's")
	}
	if a, b := old.Settings, new.Settings; a.SettleMS != b.SettleMS || a.QuietMS != b.QuietMS {
		add("settle and quiet times differ: %d and %d ms, now %d and %d ms", a.SettleMS, a.QuietMS, b.SettleMS, b.QuietMS)
	}
	if old.Settings.Notifications != new.Settings.Notifications {
		add("only one of the two listened to notifications: what only events show is not compared")
	}
	for _, s := range []struct {
		name string
		r    *reports.Result
	}{{"old", old}, {"new", new}} {
		switch {
		case s.r.Shard != nil:
			add("the %s result is one shard of %d", s.name, s.r.Shard.Count)
		case s.r.Stopped != "":
			add("the %s run was stopped: %s", s.name, s.r.Stopped)
		case s.r.Signal != 0:
			add("the %s run was interrupted", s.name)
		}
	}
	return out
}

// row sorts one requirement of the new result; before is nil when the old one
// does not have it.
func (c *Comparison) row(old, new *reports.Result, before, row *reports.Row) {
	was := before != nil && before.Exercised()
	failed := before != nil && (before.Outcome == evidence.Failed || before.Outcome == evidence.Waived)
	switch {
	case before == nil && row.Outcome == evidence.NotApplicable:
	case before == nil:
		c.Added = append(c.Added, change(nil, row, row.Reason))
	case row.Outcome == evidence.Failed && failed, row.Outcome == evidence.Waived && failed:
		c.Failing = append(c.Failing, change(before, row, row.Reason))
	case row.Outcome == evidence.Failed:
		reason := row.Reason
		if !was {
			reason = "was not exercised before, and fails: " + reason
		}
		c.Regressions = append(c.Regressions, change(before, row, reason))
	case row.Outcome == evidence.Waived:
		c.Waived = append(c.Waived, change(before, row, row.Reason+reports.WaivedWords(row)))
	case row.Exercised() && failed:
		c.Repairs = append(c.Repairs, change(before, row, "failed before: "+before.Reason))
	case row.Exercised() && !was:
		c.NewlyRun = append(c.NewlyRun, change(before, row, "before: "+before.Reason))
	case !row.Exercised() && was:
		if planned(old, new, row) {
			c.Gone = append(c.Gone, change(before, row, row.Reason))
		} else {
			c.Regressions = append(c.Regressions, change(before, row, "no longer exercised: "+row.Reason))
		}
	}
}

// planned reports whether what was chosen for the new run explains that a
// requirement is no longer exercised: a selection, a shard, another release,
// or a smaller configuration. The target losing something does not.
func planned(old, new *reports.Result, row *reports.Row) bool {
	if row.Outcome == evidence.NotApplicable {
		return true
	}
	if row.Gap == nil {
		return false
	}
	switch row.Gap.Kind {
	case evidence.GapSelection, evidence.GapShard, evidence.GapNever:
		return true
	case evidence.GapStimulus, evidence.GapWrapUp:
		return old.Settings.Stimuli && !new.Settings.Stimuli
	case evidence.GapNotifications:
		return old.Settings.Notifications && !new.Settings.Notifications
	case evidence.GapCast, evidence.GapReasonCodes:
		return len(new.Cast) > 0 && len(new.Cast) < len(old.Cast)
	case evidence.GapTime:
		return new.Settings.LongestWaitMS < old.Settings.LongestWaitMS
	}
	return false
}

func change(before, row *reports.Row, reason string) Change {
	c := Change{Reason: strings.TrimSuffix(reason, ": ")}
	if before != nil {
		c.ID, c.Title, c.Section, c.Level, c.From, c.Page = before.ID, before.Title, before.Section, before.Level, before.Outcome, reports.Page(before)
		c.Asked = before.Asked
	}
	if row != nil {
		c.ID, c.Title, c.Section, c.Level, c.To, c.Page = row.ID, row.Title, row.Section, row.Level, row.Outcome, reports.Page(row)
		c.Asked = cmp.Or(row.Asked, c.Asked)
		c.Expected, c.Seen = row.Expected, row.Seen
	}
	return c
}

// settled reports whether the row tells of behaviour that passed, or was
// recorded: only such can drift.
func settled(row *reports.Row) bool {
	return row.Outcome == evidence.Passed || row.Outcome == evidence.Info && row.Level == string(spec.Info)
}
