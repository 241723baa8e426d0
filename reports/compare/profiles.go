package compare

import "finesse-conformance/reports"

// ProfileChange is a profile of which something else became, in the words of
// reports.ProfileOutcome.
type ProfileChange struct {
	Name string `json:"name"`
	From string `json:"from"`
	To   string `json:"to"`
}

// profileChanges looks at the profiles that both results know.
func profileChanges(old, new *reports.Result) []ProfileChange {
	was := map[string]string{}
	for _, p := range old.ProfileOutcomes() {
		was[p.Name] = p.Outcome
	}
	var all []ProfileChange
	for _, p := range new.ProfileOutcomes() {
		if from, known := was[p.Name]; known && from != p.Outcome {
			all = append(all, ProfileChange{p.Name, from, p.Outcome})
		}
	}
	return all
}

// text is the change in a line.
func (p ProfileChange) text() string { return p.From + ", now " + p.To }
