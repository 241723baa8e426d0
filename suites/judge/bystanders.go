package judge

import (
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// onlySubject is what a verdict expected when somebody moved whom the
// requirement does not act on.
const onlySubject = "only the subject to move"

// bystanders: whoever the requirement does not act on stays where it was, and
// who plays a part comes to where the outcome that was taken says. A person at
// the desk could have moved it too, so the mismatch is suspect: it counts when
// it happens again. The other party of a call moves with the call.
func (j *Judge) bystanders(ev *evidence.Evidence, led map[spec.Actor]spec.State) *mismatch {
	after := make(map[string]evidence.Observation, len(ev.After))
	for _, l := range ev.After {
		after[l.User] = l
	}
	var unseen *mismatch
	for _, was := range ev.Before {
		now, looked := after[was.User]
		to, moves := leads(ev, led, was.User)
		switch {
		case ev.InCall(was.User):
		case !looked && unseen == nil:
			unseen = &mismatch{exchange: -1, event: -1, suspect: true, unproven: true, gap: evidence.GapPath, seen: "user " + was.User + " could not be looked at afterwards"}
		case looked && moves && now.State != to:
			return movedElsewhere(was, now, "user "+was.User+" in "+string(to))
		case looked && !moves && (!was.Same(now) || otherExtension(was, now)) && !movedBefore(ev, was, now):
			return movedElsewhere(was, now, onlySubject)
		}
	}
	return unseen
}

// otherExtension reports whether somebody who stayed signed in is on another
// extension, or on none.
func otherExtension(was, now evidence.Observation) bool {
	return was.State == now.State && was.State != spec.Logout && was.Extension != "" && was.Extension != now.Extension
}

// movedBefore reports whether the last that an event had told of a user before the
// first step is that it had come to where it was found at the end: what moved it
// there was no request under test. One that was told to have left it again was
// moved there once more.
func movedBefore(ev *evidence.Evidence, was, now evidence.Observation) bool {
	if len(ev.Steps) == 0 || was.State == now.State || now.ChangeTime == "" {
		return false
	}
	there := false
	for i := range ev.Events {
		e := &ev.Events[i]
		if l, ok := evidence.ObservationOfEvent(*e); ok && ev.Steps[0].EventBefore(e) && tellsOf(e, was.User) {
			there = l.State == now.State && !evidence.Apart(l.ChangeTime, now.ChangeTime)
		}
	}
	return there
}

func movedElsewhere(was, now evidence.Observation, expected string) *mismatch {
	return &mismatch{
		what:     evidence.Mismatch{Kind: evidence.MismatchBystander, User: was.User, From: was.State, To: now.State},
		expected: expected, seen: bystanderText(was, now),
		xpath: changedPath(was, now), exchange: observedExchange(now), event: -1, suspect: true,
	}
}

// leads gives the state to which the outcomes that were taken lead a user who
// plays a part.
func leads(ev *evidence.Evidence, led map[spec.Actor]spec.State, user string) (spec.State, bool) {
	for part, state := range led {
		if ev.Cast[string(part)].ID == user {
			return state, true
		}
	}
	return "", false
}
