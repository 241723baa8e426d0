package overview

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
)

// profile is what became of a profile on the targets that it applies to.
type profile struct {
	Name string
	of   map[string][]string // the names of the targets, by what became of it
	n    int                 // how many targets it applies to
	some bool                // it was exercised on one of them
}

// profiles looks at each profile over all targets, in the contract's order,
// without those that were exercised on none.
func (o *Overview) profiles() []profile {
	var all []profile
	for _, t := range o.Targets {
		for _, p := range t.Profiles {
			if !p.Applies() {
				continue
			}
			i := slices.IndexFunc(all, func(x profile) bool { return x.Name == p.Name })
			if i < 0 {
				i, all = len(all), append(all, profile{Name: p.Name, of: map[string][]string{}})
			}
			all[i].of[p.Outcome] = append(all[i].of[p.Outcome], t.Name)
			all[i].n++
			all[i].some = all[i].some || p.Exercised()
		}
	}
	return slices.DeleteFunc(all, func(p profile) bool { return !p.some })
}

// said counts the targets by what became of the profile: those that conform as
// a number, the others by their names.
func (p *profile) said() string {
	conformant := reports.Conformant.Words()
	parts := []string{fmt.Sprintf("%s on %d of %d", conformant, len(p.of[conformant]), p.n)}
	for _, outcome := range slices.Sorted(maps.Keys(p.of)) {
		if outcome != conformant {
			parts = append(parts, outcome+" on "+text.Few(p.of[outcome], 6))
		}
	}
	return strings.Join(parts, "; ")
}

// profileCell is what became of a profile on the target.
func (t *Target) profileCell(name string) cell {
	for _, p := range t.Profiles {
		if p.Name == name && p.Applies() {
			return cell{Outcome: p.Alike(), Words: p.Outcome}
		}
	}
	return cell{Words: "does not apply"}
}
