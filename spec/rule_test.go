package spec_test

import (
	"fmt"
	"slices"
	"testing"

	"finesse-conformance/internal/contracttest"
	"finesse-conformance/spec"
)

// atOnce is what is seen at once of what a rule defers.
func atOnce(then spec.Then) spec.Then {
	now := slices.Clone(then)
	for i, o := range now {
		if o.Kind == spec.Deferred {
			now[i] = spec.Outcome{Kind: spec.Keeps, Status: []int{2}}
		}
	}
	return now
}

// deferred is what a row demands at the end of the call of what its first step
// asked for; nil where that is not what the row is about, or where another
// wish takes its place.
func deferred(req *spec.Requirement, i int) spec.Then {
	var end spec.Then
	for _, later := range req.Steps[i+1:] {
		if later.When.Put != nil {
			return nil
		}
		for _, o := range later.Then {
			if o.Kind == spec.Reaches {
				end = spec.Then{{Kind: spec.Deferred, States: o.States}}
			}
		}
	}
	return end
}

// after tells whether a user stays where it is after a request, and what pends then.
func after(then spec.Then, pending spec.State) (stays bool, pends spec.State) {
	for _, o := range then {
		switch o.Kind {
		case spec.Refused, spec.Error, spec.Keeps:
		case spec.Deferred:
			pending = o.States[0]
		default:
			return false, ""
		}
	}
	return true, pending
}

// gist is what an outcome comes to, without what it shows on the way.
func gist(then spec.Then, d spec.Deployment) []string {
	var all []string
	for _, o := range then {
		if len(o.Deployments) > 0 && !slices.Contains(o.Deployments, d) {
			continue
		}
		types := slices.Clone(o.Types)
		slices.Sort(types)
		states := o.States
		if len(states) == 0 {
			states = []spec.State{""}
		}
		for _, s := range states {
			all = append(all, fmt.Sprint(o.Kind, " ", s, o.Status, types))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Every row of the catalogue that is a point of the map says what the rules say.
func TestRowsFollowFromTheRules(t *testing.T) {
	catalogue := contracttest.Catalogue()
	rules := contracttest.Rules()
	compared := 0
	for _, req := range catalogue.All() {
		for _, d := range req.Deployments {
			if req.LevelOn(d) == spec.Info {
				continue
			}
			mine := rules.For(d, spec.Release{Major: 15, Minor: 0, Maintenance: 1})
			stays, pending := true, spec.State("")
			for i, step := range req.Steps {
				cell, ok := spec.CellOf(req, step)
				if step.Again {
					stays, pending = true, ""
				}
				if stays = stays && ok; !stays {
					continue // it stands where the earlier ones have led
				}
				if pending != "" {
					cell.Situation.Pending = pending
				}
				compared++
				demand := mine.Demand(cell)
				stays, pending = after(demand.Then.On(d), pending)
				then := demand.Then
				row := step.Then
				if cell.Situation.State.OnCall() && !slices.ContainsFunc(row, func(o spec.Outcome) bool { return o.Kind != spec.Keeps || len(o.Status) == 0 }) {
					if end := deferred(req, i); end != nil {
						row = end
					} else {
						then = atOnce(then)
					}
				}
				want, got := gist(row, d), gist(then, d)
				if !slices.Equal(got, want) {
					t.Errorf("%s on %s, %s asks for %s (reason %s, codes %v) in %+v:\n  the row %v\nthe rules %v", req.ID, d, cell.Who, cell.Ask, cell.Reason, cell.Codes, cell.Situation, want, got)
				}
			}
		}
	}
	t.Logf("%d steps of rows compared", compared)
	if compared < 240 {
		t.Errorf("only %d steps of rows are points of the map", compared)
	}
}
