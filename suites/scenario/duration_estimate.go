package scenario

import (
	"slices"
	"time"

	"finesse-conformance/spec"
	"finesse-conformance/suites/navigate"
)

// EstimateDuration estimates how long a scenario takes on this stage: the quiet times and
// timers that the requirement demands, and something for each move on the way
// there and back. It is for putting scenarios into an order, no promise.
func (s *Stage) EstimateDuration(req *spec.Requirement, plan Plan) time.Duration {
	move := 2*s.Poll + s.Target.Quiet/20
	var timer time.Duration
	ways := 1         // to the precondition
	total := 3 * move // the looks before and after, and the way back
	if subject := plan.Parts[spec.Self]; subject != nil {
		timer = subject.WrapUpTimer
	}
	for _, st := range req.Steps {
		if st.Again {
			ways++
		}
		total += move
		if quietAfter(st) {
			total += s.Target.Quiet
		}
		if st.When.Timer != "" {
			total += timer
		}
	}
	return total + time.Duration(ways)*pathDuration(plan.Path, move, timer)
}

func pathDuration(way navigate.Path, move, timer time.Duration) time.Duration {
	var total time.Duration
	for _, m := range way.Moves {
		total += move
		if m.Action.Timer != "" {
			total += timer
		}
	}
	return total
}

// quietAfter reports whether a step is followed by a quiet time.
func quietAfter(st spec.Step) bool {
	if st.When.Get != nil || st.When.Probe != "" {
		return false
	}
	return st.When.Dialog == "" || slices.ContainsFunc(st.Then, func(out spec.Outcome) bool { return out.Kind != spec.Answer })
}
