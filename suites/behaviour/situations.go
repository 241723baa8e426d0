package behaviour

import (
	"cmp"
	"slices"

	"finesse-conformance/spec"
)

// Situations lists the situations into which the moves of a deployment bring a
// user, those of the fewest moves first: with them a map that ends early has
// seen the most telling ones. Whether wrap-up follows a call is told apart on
// the call alone, and nothing of a call is left once the user rests.
func Situations(moves []*spec.Move) []spec.Situation {
	start := spec.Situation{State: spec.Logout}
	found := []spec.Situation{start}
	seen := map[spec.Situation]bool{start: true}
	shown := map[spec.Situation]bool{}
	var list []spec.Situation
	for len(found) > 0 {
		s := found[0]
		found = found[1:]
		// A Preview reservation that was accepted lasts for a moment, until its call
		// arrives, and no Given describes it.
		if told := tell(s); !shown[told] && told.Call != spec.CallAccepted {
			shown[told] = true
			list = append(list, told)
		}
		for _, m := range moves {
			if !m.From.Matches(s) {
				continue
			}
			next := m.To.Apply(s)
			if !seen[next] {
				seen[next] = true
				found = append(found, next)
			}
			if other := m.To.Or; other != "" {
				next.State = other
				if next = (spec.Effect{State: other}).Apply(next); !seen[next] {
					seen[next] = true
					found = append(found, next)
				}
			}
		}
	}
	order := map[spec.State]int{}
	for i, s := range list {
		if _, ok := order[s.State]; !ok {
			order[s.State] = i
		}
	}
	// One situation of each state before the second of any.
	rank := map[spec.State]int{}
	ranks := make(map[spec.Situation]int, len(list))
	for _, s := range list {
		ranks[s] = rank[s.State]
		rank[s.State]++
	}
	slices.SortStableFunc(list, func(a, b spec.Situation) int { return cmp.Compare(ranks[a], ranks[b]) })
	return list
}

// tell leaves of a situation what can make a difference to a request.
func tell(s spec.Situation) spec.Situation {
	if s.Call == "" {
		s.WrapUp, s.Was = "", ""
		return s
	}
	s.WrapUp = cmp.Or(s.WrapUp, spec.Off)
	if s.State == spec.NotReady || s.State == spec.Reserved || s.State == spec.ReservedOutbound || s.State == spec.ReservedOutboundPreview {
		s.WrapUp = spec.Off // not before there is something to wrap up
	}
	return s
}
