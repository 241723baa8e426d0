package history

import (
	"fmt"

	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
)

// profileNames are those that were ever exercised, in the order of the last contract
// that knew them.
func (t *Target) profileNames() []string {
	var names []string
	known := map[string]bool{}
	for i := len(t.Runs) - 1; i >= 0; i-- {
		for _, p := range t.Runs[i].Profiles {
			if p.Exercised() && !known[p.Name] {
				known[p.Name] = true
				names = append(names, p.Name)
			}
		}
	}
	return names
}

// profile is what became of one in a run, nothing where the run did not come to
// its end or did not know it.
func (r *Run) profile(name string) reports.ProfileOutcome {
	if r.Ended == "" {
		for _, p := range r.Profiles {
			if p.Name == name {
				return p
			}
		}
	}
	return reports.ProfileOutcome{}
}

// profilesChanged says of each profile that the last two runs that came to
// their end had differently how it went.
func (t *Target) profilesChanged() []string {
	whole := t.whole()
	if len(whole) < 2 {
		return nil
	}
	var said []string
	for _, name := range t.profileNames() {
		if was, now := whole[len(whole)-2].profile(name).Outcome, whole[len(whole)-1].profile(name).Outcome; was != now && was != "" && now != "" {
			said = append(said, fmt.Sprintf("%s: %s, now %s", name, was, now))
		}
	}
	return said
}

// profileRow draws what became of a profile from run to run as a strip.
func (t *Target) profileRow(name string) rowPart {
	row := rowPart{ID: text.ShownLine(name, 80), Of: len(t.Runs)}
	before := reports.ProfileOutcome{Outcome: "\x00"}
	for i := range t.Runs {
		p := t.Runs[i].profile(name)
		if p.Outcome == before.Outcome {
			row.Strip[len(row.Strip)-1].W++
			continue
		}
		b := block{X: i, W: 1, Said: "not known"}
		if p.Outcome != "" {
			b.Outcome, b.Said, row.Now = p.Alike(), p.Outcome, p.Alike()
			row.Said = text.ShownLine(p.Outcome, 40) + " since " + t.Runs[i].Started.UTC().Format("2006-01-02")
		}
		b.Said += " from " + t.Runs[i].Started.UTC().Format("2006-01-02")
		before, row.Strip = p, append(row.Strip, b)
	}
	for i, run := range t.Runs {
		if run.NewRelease {
			row.Marks = append(row.Marks, i)
		}
	}
	return row
}
