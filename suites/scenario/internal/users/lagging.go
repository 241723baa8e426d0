package users

import (
	"time"

	"finesse-conformance/suites/evidence"
)

// maxWaits is how often a run waits in vain for a node that lags.
const maxWaits = 3

// maxLagged is the same for what was shown once and lagged: each costs a settle time.
const maxLagged = 4 * maxWaits

// Outdated reports whether a look shows once more a stay that was seen before
// something else was. The target's time of change tells visits apart, and
// orders none, unless a node was seen to lag: then an earlier time than that
// of the stay seen last is one that the node has not come over yet. Where nodes
// have clocks of their own, that holds of a time near to that of a stay that was
// seen, and of any that is from it as far as the clocks are apart.
func (r *Records) Outdated(l evidence.Observation) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	u := r.get(l.User)
	this := visit{l.State, l.ChangeTime}
	_, was := u.visits[this]
	timed := l.ChangeTime != "" || !r.untimed
	other := timed && l.ChangeTime != u.newest.ChangeTime && (l.State != u.newest.State || l.ReasonCodeID != u.newest.ReasonCodeID)
	if l.State == u.newest.State && l.ChangeTime != u.newest.ChangeTime && was { // they take turns
		r.clocks = true
		r.apart.learn(l, u.newest)
	}
	by, timely := evidence.Later(u.newest.ChangeTime, l.ChangeTime)
	older := timely && by < 0
	otherClock := func() bool {
		return older && u.byOtherClock(this, func(s visit, apart time.Duration) bool { return apart <= evidence.NodesApart }) ||
			r.apart.sure && u.byOtherClock(this, func(s visit, apart time.Duration) bool {
				return s.change != u.newest.ChangeTime && u.visits[s] == l.Reason() && (apart-r.apart.by).Abs() <= clockJitter
			})
	}
	if other && r.waits < maxWaits && (was || older && r.lags || r.clocks && otherClock()) {
		u.doubted = true
		return true
	}
	r.lags = r.lags || u.doubted && l.ChangeTime == u.newest.ChangeTime
	u.doubted = false
	u.once = visit{u.newest.State, u.newest.ChangeTime} != this
	u.visits[this], u.newest = l.Reason(), l
	return false
}

// Told notes what an event told that is not the late news of an earlier stay: the
// events of a node come in the order of the changes, whatever its clock says, and
// what a look shows of before is older.
func (r *Records) Told(l evidence.Observation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	u := r.get(l.User)
	u.visits[visit{l.State, l.ChangeTime}], u.newest, u.doubted, u.once = l.Reason(), l, false, false
}

// Over notes visits of a user of which events told before they told of another.
func (r *Records) Over(user string, told []evidence.Observation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	u := r.get(user)
	for _, l := range told {
		u.visits[visit{l.State, l.ChangeTime}] = l.Reason()
	}
}

// clockJitter is how exactly two nodes note the time of the same change, but
// for their clocks.
const clockJitter = 20 * time.Millisecond

// apart is how far the clocks of two nodes are apart, as far as that is known. One
// stay that is shown with two times may as well be two, of which a node that lags
// shows the earlier one once more: no two of these are as far apart as others.
type apart struct {
	by   time.Duration
	of   string // by whose stay, and the later of its two times
	sure bool
}

// learn takes note of two times that a user's visit in a state was shown with by
// turns.
func (a *apart) learn(one, other evidence.Observation) {
	by, ok := evidence.Later(one.ChangeTime, other.ChangeTime)
	if by = by.Abs(); !ok || by > evidence.NodesApart || a.sure {
		return
	}
	of := one.User + " " + max(one.ChangeTime, other.ChangeTime)
	a.sure = a.of != "" && a.of != of && (by-a.by).Abs() <= clockJitter
	a.by, a.of = by, of
}

// byOtherClock reports whether a stay may be one that was seen with the time of
// another node: so far from it.
func (u *record) byOtherClock(this visit, may func(s visit, apart time.Duration) bool) bool {
	for s := range u.visits {
		if s.state != this.state {
			continue
		}
		if apart, ok := evidence.Later(s.change, this.change); ok && may(s, apart.Abs()) {
			return true
		}
	}
	return false
}

// WaitedInVain notes that a user still is shown so when the settle time is
// over: it is there, whatever its time of change says. Where what was taken for
// newer was shown once and never since, that was what lagged, and the wait was not in
// vain; what has an earlier time, too, is known by it from then on.
func (r *Records) WaitedInVain(l evidence.Observation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	u := r.get(l.User)
	if by, timed := evidence.Later(u.newest.ChangeTime, l.ChangeTime); timed && u.once && r.lagged < maxLagged {
		r.lagged++
		r.lags = r.lags || by > 0
	} else {
		r.waits++
	}
	r.untimed = r.untimed || l.ChangeTime == ""
	u.doubted, u.once = false, false
	u.newest, u.visits = l, map[visit]string{{l.State, l.ChangeTime}: l.Reason()}
}

// Seen reports whether a user was seen so before, in the same stay.
func (r *Records) Seen(l evidence.Observation) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, was := r.get(l.User).visits[visit{l.State, l.ChangeTime}]
	return was
}
