// Package suites turns the plan of a run into Ginkgo's specs: one It for each
// requirement, registered from data when the plan is known. Ginkgo schedules
// and reports; acting and judging are plain Go below it.
//
// No other module is promised anything of it: see docs/stability.md.
package suites

import (
	"errors"
	"time"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/navigate"
	"finesse-conformance/suites/scenario"
)

// Item is what a run intends with one requirement.
type Item struct {
	Requirement *spec.Requirement
	// Outcome is set when the requirement will not be acted on: it does not
	// apply, was not selected, or cannot be exercised here. Why says so.
	Outcome evidence.Outcome
	Why     string
	Gap     evidence.Gap // the same as data
	// Needs is the piece that is missing for the precondition, whatever the
	// precondition is; "" where it is none of that kind.
	Needs string
	Plan  scenario.Plan // of one that runs

	// Rank says how early a parallel run takes the item: the higher the
	// earlier, equal ranks in the order of the seed.
	Rank int
	// Repetition counts from 1 where the run plays requirements several times; 0
	// where it plays them once.
	Repetition int
	// EstimatedDuration is about how long it takes, for whoever tells how far a run is; 0
	// where nobody asked.
	EstimatedDuration time.Duration
	// Proc is the process of a parallel run that it belongs to, counted from 1; 0
	// where each can take it.
	Proc int
	// Alone: in a parallel run nothing else goes on meanwhile.
	Alone bool
}

// Runs reports whether the item will be acted on.
func (i Item) Runs() bool { return i.Outcome == "" }

// Plan says what a run intends with every requirement of the catalogue, in
// its order.
func Plan(stage *scenario.Stage, selection Selection) []Item {
	var items []Item
	for _, req := range stage.Catalogue.All() {
		item := Item{Requirement: req}
		if why := req.WhyNotApplicable(stage.Target.Deployment, stage.Target.Release); why != "" {
			item.Outcome, item.Why = evidence.NotApplicable, why
		} else if why := selection.Why(req.ID, req.Profiles...); why != "" {
			item.Outcome, item.Why, item.Gap = evidence.NotExercised, why, evidence.Gap{Kind: evidence.GapSelection}
		} else if plan, err := stage.Plan(req); err != nil {
			item.Outcome, item.Why, item.Gap = evidence.NotExercised, err.Error(), scenario.GapOf(err)
			if way := (*navigate.Missing)(nil); errors.As(err, &way) && len(way.Pieces) > 0 {
				item.Needs = way.Needs()
			}
		} else {
			item.Plan = plan
		}
		items = append(items, item)
	}
	return items
}

// Verdict is the verdict of an item that will not be acted on.
func (i Item) Verdict() evidence.Verdict {
	return evidence.Verdict{
		Requirement: i.Requirement.ID, Outcome: i.Outcome, Reason: i.Why, Gap: i.Gap, Step: -1, Exchange: -1, Event: -1,
	}
}
