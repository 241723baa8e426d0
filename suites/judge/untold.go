package judge

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"finesse-conformance/internal/text"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// enoughSilent is in how many attempts no event has to tell of a state before
// that is the target's failure: one event may be late or lost.
const enoughSilent = 2

// events looks for states that a user comes to without an event, though events of
// it were heard before and after: a session listened, and what is told of a
// user is told in order. What leads into and out of a preview reservation is
// left out: there a change that is asked for sends none ("Change Agent
// State"). So are the states of signing in and out, which begin and end what
// is heard.
func (s *Invariants) events(ev *evidence.Evidence) {
	if !ev.Target.Notifications || slices.ContainsFunc(ev.Steps, func(step evidence.Step) bool { return step.Channel == evidence.ChannelLost }) {
		return
	}
	for _, l := range ev.Observations {
		if ofUser(ev, l) {
			s.found.Heard[l.State] = true
		}
	}
	last := map[string]evidence.Observation{}
	for _, l := range ev.Observations {
		if l.Event {
			continue
		}
		was, known := last[l.User]
		last[l.User] = l
		if known && was.State != l.State && tellable(was.State) && tellable(l.State) && silent(ev, l) {
			s.misses(l.State, fmt.Sprintf("%s/%d/%d", ev.Requirement, ev.Repetition, ev.Attempt), evidence.SilentAt{Requirement: ev.Requirement, User: l.User})
		}
	}
}

func (s *Invariants) misses(state spec.State, attempt string, at evidence.SilentAt) {
	if s.found.Silent[state] == nil {
		s.found.Silent[state] = map[string]evidence.SilentAt{}
	}
	s.found.Silent[state][attempt] = at
}

func tellable(s spec.State) bool {
	return s != spec.Login && s != spec.Logout && s != spec.ReservedOutboundPreview
}

// silent reports whether no event told of the state in which a look shows a
// user, though others told of other states of it before and after.
func silent(ev *evidence.Evidence, l evidence.Observation) bool {
	before, after := false, false
	for _, o := range ev.Observations {
		switch {
		case o.User != l.User || !ofUser(ev, o):
		case o.State == l.State:
			return false
		case o.At.Before(l.Asked):
			before = true
		case o.At.After(l.At):
			after = true
		}
	}
	return before && after
}

// ofUser reports whether a sighting is an event on the user's own node: a Team
// tells of its members too.
func ofUser(ev *evidence.Evidence, o evidence.Observation) bool {
	return o.Event && o.Index >= 0 && o.Index < len(ev.Events) && strings.HasPrefix(ev.Events[o.Index].Node, api+"User/")
}

// untold is the failure of a target that tells of a state never, however often
// users came to it.
func (s *Invariants) untold() (evidence.Verdict, bool) {
	var states []string
	var at []evidence.SilentAt
	for _, state := range slices.Sorted(maps.Keys(s.found.Silent)) {
		if where := s.found.Silent[state]; !s.found.Heard[state] && len(where) >= enoughSilent {
			states = append(states, string(state))
			at = slices.AppendSeq(at, maps.Values(where))
		}
	}
	if len(states) == 0 {
		return evidence.Verdict{}, false
	}
	first := slices.MinFunc(at, func(a, b evidence.SilentAt) int {
		return cmp.Or(s.rank(a.Requirement)-s.rank(b.Requirement), strings.Compare(a.User, b.User))
	})
	v := evidence.Verdict{
		Requirement: first.Requirement, Mismatch: evidence.Mismatch{Kind: evidence.MismatchEvent},
		Asked:    "the run as a whole",
		Expected: "a User event for each state that a user comes to",
		Seen:     fmt.Sprintf("none that tells of %s, in %s (the first is %s, user %s)", text.Enumerate(states), text.Count(len(at), "attempt"), first.Requirement, first.User),
	}
	v.Reason = fmt.Sprintf("%s: expected %s; saw %s", v.Asked, v.Expected, v.Seen)
	return v, true
}
