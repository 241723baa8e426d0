package judge

import (
	"fmt"
	"iter"
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

// ticks counts the plays of a move with which the time moved forward, and those
// with which it stayed although nothing shows that it had to move.
type ticks struct{ forward, kept int }

// may reports whether a time may be the same after a move, since the clock need
// not have moved since a look first showed it.
func (t *ticks) may(ev *evidence.Evidence, was, l evidence.Observation, first firstSeen) bool {
	switch {
	case coarse(l.ChangeTime) && was.Asked.Sub(first.asked) < 1100*time.Millisecond && l.Asked.Sub(was.Asked) < 1100*time.Millisecond:
		return true
	case l.Asked.Sub(first.asked) < sameTick:
		// A target in this process changes a user twice in a millisecond.
		return true
	case stayed(ev, was, first.at) >= sameTick:
		return false
	}
	// The look is late, as it is where an event told of the change before it,
	// and the change need not be. A time that does not move never does.
	t.kept++
	return t.forward > 0 || t.kept < 3
}

func (s *Invariants) changeTimes(ev *evidence.Evidence) {
	type sighting struct{ user, state, time string }
	last, known := map[string]evidence.Observation{}, map[sighting]bool{}
	for i, l := range ev.Observations {
		if l.Event {
			continue
		}
		if l.ChangeTime != "" {
			if t, err := time.Parse(evidence.ChangeTimeForm, l.ChangeTime); err != nil || t.Format(evidence.ChangeTimeForm) != l.ChangeTime {
				s.breaks(spec.InvariantChangeTime, ev, "User/stateChangeTime", "a time such as 2023-01-13T11:14:47.981Z, or nothing before the first change", fmt.Sprintf("%q", l.ChangeTime))
			}
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
		if s.ticks[moved] == nil {
			s.ticks[moved] = &ticks{}
		}
		switch {
		case l.ChangeTime == "":
			s.breaks(spec.InvariantChangeTime, ev, "User/stateChangeTime", "a time after the change from "+moved, "none")
		case was.ChangeTime == "" || l.ChangeTime > was.ChangeTime:
			s.ticks[moved].forward++
		case l.ChangeTime < was.ChangeTime && evidence.Near(was.ChangeTime, l.ChangeTime):
			s.noted[spec.InvariantChangeTime] = "a step back from " + was.ChangeTime + " to " + l.ChangeTime + " with the change from " + moved
		case l.ChangeTime < was.ChangeTime && byOtherClock(ev.Observations, i):
		case l.ChangeTime < was.ChangeTime:
			s.breaks(spec.InvariantChangeTime, ev, "User/stateChangeTime", "a later time after the change from "+moved, was.ChangeTime+", then "+l.ChangeTime)
		case s.ticks[moved].may(ev, was, l, first):
		case twoClocks(ev.Observations, i):
			s.noted[spec.InvariantChangeTime] = "the time " + l.ChangeTime + " on both sides of the change from " + moved + ", by the clocks of two nodes"
		default:
			s.breaks(spec.InvariantChangeTime, ev, "User/stateChangeTime", "a later time after the change from "+moved, l.ChangeTime+" both before and after")
		}
	}
}

// toldTimes: what holds of two looks holds of an event and a look after it. Two
// changes may come within a millisecond, and the clocks of two nodes may give two
// of them one time; neither comes three times with one move.
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
			moved := fmt.Sprintf("%s than in %s", l.State, e.state)
			if s.same[moved] == nil {
				s.same[moved] = map[clock]bool{}
			}
			if s.same[moved][clock{l.User, l.ChangeTime}] = true; len(s.same[moved]) > 2 {
				s.breaks(spec.InvariantChangeTime, ev, "User/stateChangeTime", "a later time in "+moved, l.ChangeTime+" for both")
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

// twoClocks reports whether the stay that a look begins, or the one before it,
// was seen with times as far apart as the clocks of two nodes may be, or that of
// somebody who was not moved meanwhile: the time of one change by one clock can be
// that of the next by the other.
func twoClocks(list []evidence.Observation, i int) bool {
	user := list[i].User
	if two(slices.All(list[i:]), user) || two(slices.Backward(list[:i]), user) {
		return true
	}
	return slices.ContainsFunc(list, func(l evidence.Observation) bool { return l.User != user && two(slices.All(list), l.User) })
}

// two reports whether the looks at a user begin with a stay that they show with
// the times of two nodes.
func two(looks iter.Seq2[int, evidence.Observation], user string) bool {
	var first *evidence.Observation
	for _, l := range looks {
		switch {
		case l.User != user || l.Event || l.ChangeTime == "":
		case first == nil:
			first = &l
		case l.State != first.State:
			return false
		case l.ChangeTime != first.ChangeTime && evidence.Near(l.ChangeTime, first.ChangeTime):
			return true
		}
	}
	return false
}

// sameTick is within how long after a time of change was first seen another
// change may have the same one.
const sameTick = 10 * time.Millisecond

// stayed is how long a user was at least where it was before a move, since a
// look that was answered: until the last look that showed it there, or the run's
// next request that may have moved it.
func stayed(ev *evidence.Evidence, was evidence.Observation, since time.Time) time.Duration {
	until := was.Asked
	for _, x := range ev.Exchanges {
		if x.Method != "GET" && x.Started.After(was.Asked) {
			until = x.Started
			break
		}
	}
	return until.Sub(since)
}

func coarse(t string) bool { return strings.HasSuffix(t, ".000Z") }
