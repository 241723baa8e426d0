package explore

import (
	"fmt"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// elsewhere is somebody who moved though nobody acted on it. A person at its desk
// may have moved it too, so that one of them counts only where the same walk
// does the same to the same user nearly each time.
type elsewhere struct {
	User     string
	From, To spec.State
}

// moved tells of somebody who takes no part in a walk and is elsewhere after
// it. Who takes part in a call moves with the call, and who asks for something
// for itself is held against the model.
func moved(w Walk, ev *evidence.Evidence) *Deviation {
	if len(ev.Steps) < len(w.Rounds) || ev.Unreached != "" {
		return nil // the others were not looked at when all was over
	}
	acts := map[string]bool{}
	for _, whom := range w.whom() {
		acts[user(ev, whom)] = true
	}
	after := map[string]evidence.Observation{}
	for _, l := range ev.After {
		after[l.User] = l
	}
	for _, was := range ev.Before {
		now, looked := after[was.User]
		if !looked || acts[was.User] || ev.InCall(was.User) || was.Same(now) {
			continue
		}
		n := len(w.Rounds) - 1
		return &Deviation{
			Round: n, Did: w.Rounds[n].Words(), From: string(was.State),
			Expected: "nobody else to move", Seen: fmt.Sprintf("user %s in %s, who was in %s", was.User, observed(now), observed(was)),
			other: &elsewhere{User: was.User, From: was.State, To: now.State},
		}
	}
	return nil
}

func observed(l evidence.Observation) string {
	text := string(l.State)
	if l.Reason() != "" {
		text += " with reason code " + l.Reason()
	}
	if l.Pending != "" {
		text += " with " + l.Pending + " pending"
	}
	return text
}

// explained reports whether something else than a fault could explain a deviation
// that does not show nearly each time: a hand, or a moment in which the target was
// out of order.
func (d Deviation) explained() bool { return d.other != nil || d.broken }

// like reports whether two deviations may be the same one. Of somebody who was
// moved only the same move of the same user is, and of an answer only the same.
func (d Deviation) like(o Deviation) bool {
	if d.broken || o.broken {
		return d.broken == o.broken && d.Seen == o.Seen
	}
	if d.other == nil || o.other == nil {
		return d.other == o.other
	}
	return *d.other == *o.other
}
