package judge

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// clock is one stateChangeTime of a user.
type clock struct{ user, time string }

// firstSeen is when the first look was asked for and answered.
type firstSeen struct{ asked, at time.Time }

// ticks are how the time went with a move: whether it ever moved on, and where it
// stayed although nothing shows that it had to move. Clocks have their ticks, two
// nodes have two of them, and the look at a second change may come late; but a time
// that does not move never does.
type ticks struct {
	forward bool
	kept    map[keptTime]bool
}

// keptTime is a time that was seen on both sides of a move, once in an attempt.
type keptTime struct {
	attempt string
	clock
}

// manyKept is how often a time stays before that is no coincidence, where it never
// moved on.
const manyKept = 3

// tick gives the ticks of a move, "" for those of all moves of the run.
func (s *Invariants) tick(moved string) *ticks {
	t := s.ticks[moved]
	if t == nil {
		t = &ticks{kept: map[keptTime]bool{}}
		s.ticks[moved] = t
	}
	return t
}

// stands notes that a look shows the time of before a move, and reports whether it
// never moves on: with this move, or with any.
func (s *Invariants) stands(ev *evidence.Evidence, l evidence.Observation, moves ...string) bool {
	stands := false
	for _, moved := range append(moves, "") {
		t := s.tick(moved)
		t.kept[keptTime{attemptOf(ev), clock{l.User, l.ChangeTime}}] = true
		stands = stands || !t.forward && len(t.kept) >= manyKept
	}
	return stands
}

// keeps judges a look that shows the time of before a move. That the user was seen
// where it was for longer than a clock takes to tick shows that it had to move.
func (s *Invariants) keeps(ev *evidence.Evidence, i int, was evidence.Observation, first firstSeen, moved string) {
	l := ev.Observations[i]
	stayed, stands, two := was.Asked.Sub(first.at) >= sameTick, false, false
	switch {
	case coarse(l.ChangeTime) && was.Asked.Sub(first.asked) < 1100*time.Millisecond && l.Asked.Sub(was.Asked) < 1100*time.Millisecond,
		l.Asked.Sub(first.asked) < sameTick: // a target in this process changes a user twice in a millisecond
		stayed, stands = false, s.stands(ev, l)
	default:
		stands, two = s.stands(ev, l, moved), twoClocks(ev.Observations)
	}
	switch {
	case stands || stayed && !two:
		s.breaks(spec.InvariantChangeTime, ev, "User/stateChangeTime", "a later time after the change from "+moved, l.ChangeTime+" both before and after")
	case stayed:
		s.noted[spec.InvariantChangeTime] = "the time " + l.ChangeTime + " on both sides of the change from " + moved + ", by the clocks of two nodes"
	}
}

func (s *Invariants) changeTimes(ev *evidence.Evidence) {
	type sighting struct{ user, state, time string }
	last, known := map[string]evidence.Observation{}, map[sighting]bool{}
	for i, l := range ev.Observations {
		if l.Event {
			continue
		}
		if !asDocumented(l.ChangeTime) {
			s.breaks(spec.InvariantChangeTime, ev, "User/stateChangeTime", "a time such as 2023-01-13T11:14:47.981Z, or nothing before the first change", fmt.Sprintf("%q", l.ChangeTime))
		}
		first, told := s.clocks[clock{l.User, l.ChangeTime}]
		if !told || l.Asked.Before(first.asked) {
			first = firstSeen{l.Asked, l.At}
			s.clocks[clock{l.User, l.ChangeTime}] = first
		}
		this := sighting{l.User, string(l.State), l.ChangeTime}
		was, seen := last[l.User]
		if seen && lagging(known[this], ev.Observations[i+1:], l, was) {
			continue
		}
		last[l.User], known[this] = l, true
		if !seen || was.State == l.State {
			continue
		}
		moved := fmt.Sprintf("%s to %s", was.State, l.State)
		switch {
		case l.ChangeTime == "":
			s.breaks(spec.InvariantChangeTime, ev, "User/stateChangeTime", "a time after the change from "+moved, "none")
		case was.ChangeTime == "":
		case l.ChangeTime > was.ChangeTime && !evidence.Apart(was.ChangeTime, l.ChangeTime) && twoClocks(ev.Observations): // maybe one time by two of them
		case l.ChangeTime > was.ChangeTime:
			s.tick(moved).forward, s.tick("").forward = true, true
		case l.ChangeTime < was.ChangeTime && evidence.Near(was.ChangeTime, l.ChangeTime):
			s.noted[spec.InvariantChangeTime] = "a step back from " + was.ChangeTime + " to " + l.ChangeTime + " with the change from " + moved
		case l.ChangeTime < was.ChangeTime && byOtherClock(ev.Observations, i):
		case l.ChangeTime < was.ChangeTime:
			s.breaks(spec.InvariantChangeTime, ev, "User/stateChangeTime", "a later time after the change from "+moved, was.ChangeTime+", then "+l.ChangeTime)
		default:
			s.keeps(ev, i, was, first, moved)
		}
	}
}

// asDocumented reports whether a stateChangeTime has the documented form, or is
// empty.
func asDocumented(changed string) bool {
	t, err := time.Parse(evidence.ChangeTimeForm, changed)
	return changed == "" || err == nil && t.Format(evidence.ChangeTimeForm) == changed
}

// toldTimes: what holds of two looks holds of an event and a look after it.
func (s *Invariants) toldTimes(ev *evidence.Evidence) {
	type stay struct {
		user, time string
		state      spec.State
	}
	told := map[stay]time.Time{}
	for _, o := range ev.Observations {
		if o.Event && ofUser(ev, o) && o.State != spec.Login && o.ChangeTime != "" {
			told[stay{o.User, o.ChangeTime, o.State}] = o.At
		}
	}
	for _, l := range ev.Observations {
		_, itself := told[stay{l.User, l.ChangeTime, l.State}]
		if l.Event || itself || l.ChangeTime == "" || coarse(l.ChangeTime) {
			continue
		}
		for e, at := range told {
			otherwise := func(o stay) bool {
				return o.user == l.User && o.state == l.State && o.time > l.ChangeTime && told[o].Before(l.At)
			}
			if e.user != l.User || e.time != l.ChangeTime || l.Asked.Sub(at) < sameTick && !slices.ContainsFunc(slices.Collect(maps.Keys(told)), otherwise) {
				continue
			}
			if moved := fmt.Sprintf("%s to %s", e.state, l.State); s.stands(ev, l, moved) {
				s.breaks(spec.InvariantChangeTime, ev, "User/stateChangeTime", "a later time after the change from "+moved, l.ChangeTime+" both before and after")
			}
		}
	}
}

// lagging reports whether a look shows an older change once more, as a node that
// lags does, maybe by a clock of its own.
func lagging(known bool, then []evidence.Observation, l, was evidence.Observation) bool {
	return known && l.ChangeTime != was.ChangeTime || was.State != l.State && l.ChangeTime < was.ChangeTime && goneAgain(then, l, was)
}

// goneAgain reports whether the next look shows the user where it was before this
// one: that one lagged.
func goneAgain(then []evidence.Observation, l, was evidence.Observation) bool {
	for _, next := range then {
		if !next.Event && next.User == l.User {
			return next.State == was.State
		}
	}
	return false
}

// byOtherClock reports whether a look may show, by the clock of another node and
// late, a stay that was seen before: the look after it shows something else.
func byOtherClock(list []evidence.Observation, i int) bool {
	l := list[i]
	then := slices.IndexFunc(list[i+1:], func(next evidence.Observation) bool { return !next.Event && next.User == l.User })
	if then < 0 || visitOf(list[i+1+then]) == visitOf(l) {
		return false
	}
	return slices.ContainsFunc(list[:i], func(old evidence.Observation) bool {
		return !old.Event && old.User == l.User && old.State == l.State && old.ChangeTime != l.ChangeTime && evidence.Near(old.ChangeTime, l.ChangeTime)
	})
}

// twoClocks reports whether looks at one stay show times as far apart as the clocks
// of two nodes may be: then times of two looks cannot be compared, since that of one
// change by one clock can be that of the next by the other.
func twoClocks(list []evidence.Observation) bool {
	last := map[string]evidence.Observation{}
	for _, l := range list {
		if l.Event || l.ChangeTime == "" {
			continue
		}
		if was := last[l.User]; l.State == was.State && l.Reason() == was.Reason() && l.ChangeTime != was.ChangeTime && evidence.Near(was.ChangeTime, l.ChangeTime) {
			return true
		}
		last[l.User] = l
	}
	return false
}

// sameTick is within how long after a time of change was first seen another
// change may have the same one.
const sameTick = 10 * time.Millisecond

func coarse(t string) bool { return strings.HasSuffix(t, ".000Z") }
