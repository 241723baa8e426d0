package compare

import (
	"fmt"
	"slices"
	"strings"

	"finesse-conformance/internal/text"
)

// rowDrift is a drift as one requirement shows it.
type rowDrift struct {
	Drift
	requirement string
	wasRaw      string // what differs, without what was put around it for people
	isRaw       string
}

// groupDrifts joins what one change of the target brings about in many
// requirements. Equal changes are one drift; and a text that is reworded in
// the same way everywhere, or that now says the same everywhere, is one
// drift, told by its first example.
func groupDrifts(all []rowDrift) []Drift {
	type group struct {
		of    []rowDrift
		pairs int // different changes
	}
	var groups []*group
	for _, d := range all {
		i := slices.IndexFunc(groups, func(g *group) bool {
			return slices.ContainsFunc(g.of, func(e rowDrift) bool { return oneChange(e, d) })
		})
		if i < 0 {
			groups = append(groups, &group{of: []rowDrift{d}, pairs: 1})
			continue
		}
		g := groups[i]
		if !slices.ContainsFunc(g.of, func(e rowDrift) bool { return e.Old == d.Old && e.New == d.New }) {
			g.pairs++
		}
		g.of = append(g.of, d)
	}
	var out []Drift
	for _, g := range groups {
		d := g.of[0].Drift
		if g.pairs > 1 {
			d.New += fmt.Sprintf(", and %s like it", text.Count(g.pairs-1, "other"))
		}
		for _, e := range g.of {
			d.Requirements = append(d.Requirements, e.requirement)
		}
		out = append(out, d)
	}
	return out
}

func oneChange(a, b rowDrift) bool {
	if a.Kind != b.Kind || a.Class != b.Class {
		return false
	}
	if a.Old == b.Old && a.New == b.New {
		return true
	}
	switch a.Kind {
	case driftErrorMessage, driftErrorData:
		x, y := withoutStates(a.wasRaw), withoutStates(b.wasRaw)
		v, w := withoutStates(a.isRaw), withoutStates(b.isRaw)
		return x == y || v == w || edit(x, v) == edit(y, w)
	case driftAsynchrony:
		return a.wasRaw == b.wasRaw && a.isRaw == b.isRaw // the manners, whatever the error
	}
	return false
}

var stateWords = text.Pattern(`\b(LOGIN|LOGOUT|NOT_READY|READY|RESERVED(_OUTBOUND(_PREVIEW)?)?|TALKING|HOLD|WORK(_READY)?|UNKNOWN)\b`)

func withoutStates(said string) string { return stateWords().ReplaceAllLiteralString(said, "…") }

// edit is what has to be taken out and put in to make one text of another,
// apart from what both begin and end with.
func edit(from, to string) [2]string {
	for len(from) > 0 && len(to) > 0 && from[0] == to[0] {
		from, to = from[1:], to[1:]
	}
	for len(from) > 0 && len(to) > 0 && from[len(from)-1] == to[len(to)-1] {
		from, to = from[:len(from)-1], to[:len(to)-1]
	}
	return [2]string{strings.TrimSpace(from), strings.TrimSpace(to)}
}
