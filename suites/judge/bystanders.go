package judge

import (
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// OnlySubject is what a verdict expected when somebody moved whom the
// requirement does not act on.
const OnlySubject = "only the subject to move"

// bystanders: whoever the requirement does not act on stays as he was. A
// person at the desk could have moved him too, so the miss is suspect: it
// counts when it happens again.
func (j *Judge) bystanders(req *spec.Requirement, ev *evidence.Evidence) *mismatch {
	after := make(map[string]evidence.Observation, len(ev.After))
	for _, l := range ev.After {
		after[l.User] = l
	}
	var unseen *mismatch
	for _, was := range ev.Before {
		now, looked := after[was.User]
		switch {
		case !looked && unseen == nil:
			unseen = &mismatch{exchange: -1, event: -1, suspect: true, unproven: true, seen: "user " + was.User + " could not be looked at afterwards"}
		case looked && !was.Same(now):
			return &mismatch{
				what:     evidence.Mismatch{Kind: evidence.MismatchBystander, User: was.User, From: was.State, To: now.State},
				expected: OnlySubject, seen: bystanderText(was, now),
				xpath: changedPath(was, now), exchange: observedExchange(now), event: -1, suspect: true,
			}
		}
	}
	return unseen
}
