package runner

import (
	"slices"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/spec"
)

// ReferenceRelease is the release that the reference plays where nothing else
// is said, and for which its faults say what they break.
var ReferenceRelease = spec.Release{Major: 12, Minor: 5, Maintenance: 1}

// BrokenBy are the requirements that must fail of a fault of the reference,
// with notifications or without; of one that lies between the requirements,
// what has to find it.
func (a *CLI) BrokenBy(f reference.Fault, deployment string, heard bool) []string {
	if f.FoundBy != "" && heard { // what is refused by an event tells most
		return []string{string(f.FoundBy)}
	}
	names := f.Breaks
	if heard {
		names = slices.Concat(f.Breaks, f.BreaksWithEvents)
	}
	var list []string
	for _, id := range names {
		req, ok := a.Catalogue.ByID(id)
		if ok && req.Level != spec.Info && req.AppliesTo(spec.Deployment(deployment), ReferenceRelease) && !slices.Contains(list, id) &&
			(heard || !req.Given.Notifications) {
			list = append(list, id)
		}
	}
	return list
}

// FaultCount is how many faults of the reference the suites detect.
func FaultCount() int {
	return len(slices.DeleteFunc(reference.Faults(), func(f reference.Fault) bool { return f.FoundBy != "" }))
}

// Unproven lists the requirements that no fault makes fail, INFO aside: a
// selftest shows that the faults do what they say.
func (a *CLI) Unproven() []string {
	proven := map[string]bool{}
	for _, f := range reference.Faults() {
		for _, deployment := range []string{reference.UCCE, reference.UCCX} {
			if f.AppliesTo(deployment) && !f.Intermittent {
				for _, id := range a.BrokenBy(f, deployment, true) {
					proven[id] = true
				}
			}
		}
	}
	list := []string{}
	for _, req := range a.Catalogue.All() {
		if req.Level != spec.Info && !proven[req.ID] {
			list = append(list, req.ID)
		}
	}
	return list
}
