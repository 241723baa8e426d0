package suites

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// Exercise brings the requirement of an item about and judges it.
type Exercise func(ctx context.Context, item Item) (evidence.Verdict, []*evidence.Evidence)

// Outcome is what a spec hands to whoever reports: it travels from a parallel
// process in a report entry.
type Outcome struct {
	Verdict  evidence.Verdict     `json:"verdict"`
	Evidence []*evidence.Evidence `json:"evidence,omitempty"`
	// Found is what the checks over a whole run have found since the outcome
	// before of the same process.
	Found evidence.InvariantFindings `json:"standing,omitzero"`
}

// String is what Ginkgo would print of it: the verdict's one line.
func (o *Outcome) String() string { return o.Verdict.Reason }

// entryName names the report entry that holds an Outcome.
const entryName = "finesse-conformance"

// Specs registers one It for each item that runs. Those of one requirement that
// is played several times differ in their names by the repetition. It must be called while
// Ginkgo builds its tree. All stand in one container, so that they run in the
// catalogue's order.
func Specs(name string, items []Item, exercise Exercise) bool {
	return ginkgo.Describe(name, func() {
		for _, item := range items {
			if item.Runs() {
				it(item, exercise)
			}
		}
	})
}

func it(item Item, exercise Exercise) {
	req := item.Requirement
	// The place of a spec is its line in the catalogue: that is where a reader
	// of a report wants to go, and it gives Ginkgo the catalogue's order.
	place := types.CodeLocation{FileName: "spec/" + req.File, LineNumber: req.Line}
	decorators := []any{place, Labels(req), ginkgo.SpecPriority(item.Rank)}
	if item.Alone {
		decorators = append(decorators, ginkgo.Serial)
	}
	name := req.ID + " " + req.Title
	if item.Repetition > 1 {
		name += fmt.Sprintf(" (%d)", item.Repetition)
	}
	ginkgo.It(name, append(decorators, func(ctx ginkgo.SpecContext) {
		verdict, seen := exercise(ctx, item)
		Report(verdict, seen)
	})...)
}

// Labels are a requirement's: its section, level and deployments.
func Labels(req *spec.Requirement) ginkgo.Labels {
	return ginkgo.Label(append([]string{req.Section, string(req.Level)}, deployments(req)...)...)
}

func deployments(req *spec.Requirement) []string {
	var names []string
	for _, d := range req.Deployments {
		names = append(names, string(d))
	}
	return names
}

// Report hands a verdict to the reporting process and gives it to Ginkgo in
// its own terms: a failure, a skip, or nothing.
func Report(v evidence.Verdict, seen []*evidence.Evidence) {
	ginkgo.AddReportEntry(entryName, &Outcome{Verdict: v, Evidence: seen}, ginkgo.ReportEntryVisibilityNever)
	//exhaustive:enforce
	switch v.Outcome {
	case evidence.Passed, evidence.Waived, evidence.Info:
	case evidence.Failed:
		text := v.Reason
		if v.Clause != "" {
			text += " [" + v.Clause + "]"
		}
		ginkgo.Fail(text)
	case evidence.NotExercised, evidence.NotApplicable:
		ginkgo.Skip(v.Reason)
	}
}

// OutcomeOf takes the outcome out of a spec's report. It reports false for a
// spec that ended before it had one: its process crashed, or was stopped.
func OutcomeOf(report types.SpecReport) (Outcome, bool, error) {
	for _, e := range report.ReportEntries {
		if e.Name != entryName {
			continue
		}
		if o, ok := e.GetRawValue().(*Outcome); ok {
			return *o, true, nil
		}
		// In the process that reports, a value from another one is JSON.
		var o Outcome
		if err := json.Unmarshal([]byte(e.Value.AsJSON), &o); err != nil {
			return Outcome{}, false, fmt.Errorf("%s: %w", report.LeafNodeText, err)
		}
		return o, true, nil
	}
	return Outcome{}, false, nil
}

// RequirementOf gives the id of the requirement that a spec's report is about.
func RequirementOf(report types.SpecReport) string {
	id, _, _ := strings.Cut(report.LeafNodeText, " ")
	return id
}
