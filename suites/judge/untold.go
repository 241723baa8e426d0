package judge

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"finesse-conformance/internal/text"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// enoughSilent is in how many attempts no event has to tell of a state before
// that is the target's failure: one event may be late or lost.
const enoughSilent = 2

// events looks for states that a user comes to without an event, though events of
// it were heard before and after: a session listened, and what is told of a
// user is told in order. What leads out of a preview reservation is left out: a
// change that is asked for there sends none ("Change Agent State").
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
		if known && was.State != l.State && was.State != spec.ReservedOutboundPreview && l.State != spec.Login && silent(ev, l) {
			misses(s.found.Silent, l.State, attemptOf(ev), evidence.SilentAt{Requirement: ev.Requirement, User: l.User})
		}
	}
	s.teamEvents(ev)
}

// attemptOf names an attempt among all of a run.
func attemptOf(ev *evidence.Evidence) string {
	return fmt.Sprintf("%s/%d/%d", ev.Requirement, ev.Repetition, ev.Attempt)
}

func misses(silent map[spec.State]map[string]evidence.SilentAt, state spec.State, attempt string, at evidence.SilentAt) {
	if silent[state] == nil {
		silent[state] = map[string]evidence.SilentAt{}
	}
	silent[state][attempt] = at
}

// toldState is a state that an event told of, and since when.
type toldState struct {
	state   spec.State
	at      time.Time
	changed string
}

// teamEvents looks for states of which the node of a user's team does not tell,
// though the user's own node does, and the team's told of the user before and after.
func (s *Invariants) teamEvents(ev *evidence.Evidence) {
	own, team := map[string][]toldState{}, map[string][]toldState{}
	for _, e := range ev.Events {
		l, ok := evidence.ObservationOfEvent(e)
		user, isOwn := strings.CutPrefix(e.Node, api+"User/")
		switch {
		case !ok || l.State == spec.Login:
		case isOwn && e.Session == user:
			own[user] = append(own[user], toldState{l.State, e.Received, l.ChangeTime})
		case strings.HasPrefix(e.Node, api+"Team/") && strings.Contains(e.Source, "/User/"):
			id := path.Base(e.Source)
			team[id] = append(team[id], toldState{l.State, e.Received, l.ChangeTime})
			s.found.TeamHeard[l.State] = true
		}
	}
	for user, list := range own {
		for _, o := range list {
			s.toldToTeam(ev, user, o, list, team[user])
		}
	}
}

// toldToTeam compares one state of which a user's own node told with what its
// team's did.
func (s *Invariants) toldToTeam(ev *evidence.Evidence, user string, o toldState, own, team []toldState) {
	before, after, same := false, false, false
	for _, of := range team {
		same = same || of.state == o.state
		before = before || of.at.Before(o.at)
		after = after || of.at.After(o.at)
		itself := func(o toldState) bool { return o.changed == of.changed && o.state == of.state }
		if of.changed != "" && of.changed == o.changed && !slices.ContainsFunc(own, itself) {
			s.breaks(spec.InvariantEventTeam, ev, "Update/data/user/state", fmt.Sprintf("user %s in %s since %s, as on its own node", user, o.state, of.changed), string(of.state))
		}
	}
	if before && after && !same {
		misses(s.found.TeamSilent, o.state, attemptOf(ev), evidence.SilentAt{Requirement: ev.Requirement, User: user})
	}
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
	return s.unheard(s.found.Heard, s.found.Silent, "a User event for each state that a user comes to", "none that tells of")
}

func (s *Invariants) unheard(heard map[spec.State]bool, silent map[spec.State]map[string]evidence.SilentAt, expected, missed string) (evidence.Verdict, bool) {
	var states []string
	var at []evidence.SilentAt
	for _, state := range slices.Sorted(maps.Keys(silent)) {
		if where := silent[state]; !heard[state] && len(where) >= enoughSilent {
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
	return ofRun(first.Requirement, evidence.Mismatch{Kind: evidence.MismatchEvent}, expected,
		fmt.Sprintf("%s %s, in %s (the first is %s, user %s)", missed, text.Enumerate(states), text.Count(len(at), "attempt"), first.Requirement, first.User)), true
}

// ofRun is a failure that no single attempt shows.
func ofRun(requirement string, m evidence.Mismatch, expected, seen string) evidence.Verdict {
	v := evidence.Verdict{Requirement: requirement, Mismatch: m, Asked: "the run as a whole", Expected: expected, Seen: seen}
	v.Reason = fmt.Sprintf("%s: expected %s; saw %s", v.Asked, v.Expected, v.Seen)
	return v
}
