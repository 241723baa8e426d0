package judge

import (
	"fmt"
	"slices"
	"strings"

	"finesse-conformance/suites/evidence"
)

// The target's clock orders nothing: what came first is what was asked for, or
// heard, first. A stateChangeTime is only a name, by which one stay of a user
// in a state is told from another.

// visit is one stay of a user in a state.
type visit struct{ state, since string }

func visitOf(l evidence.Observation) visit { return visit{string(l.State), l.ChangeTime} }

// stale reports whether a sighting since the request shows an earlier change:
// its event belongs to another request or comes late, or a node of a cluster
// that lags shows once more what was seen before what the user was in.
func stale(ev *evidence.Evidence, step evidence.Step, l evidence.Observation) bool {
	if l.Event && l.Index >= 0 && l.Index < len(ev.Events) {
		e := &ev.Events[l.Index]
		return ofAnother(ev, step, e) || lateNews(ev, step, e) || seenExactly(ev, step, l) || behind(ev, step, e)
	}
	// What is as the step found it may be the same stay by another node's clock,
	// whatever is pending since.
	same := l
	if evidence.Near(l.ChangeTime, step.Baseline.ChangeTime) {
		same.Pending = step.Baseline.Pending
	}
	return !same.Same(step.Baseline) && (passed(ev, step, visitOf(l)) || wasOver(ev, step, l))
}

// wasOver reports whether a look shows a stay that was over when the step began,
// though nobody saw it so before: it has an earlier time than what the step found, or
// one by the clock of another node, and in the end looks show just that once more.
// Who had moved, and come back, would have another time.
func wasOver(ev *evidence.Evidence, step evidence.Step, l evidence.Observation) bool {
	by, ok := evidence.Later(step.Baseline.ChangeTime, l.ChangeTime)
	if !ok || by == 0 || by > 0 && (by > evidence.NodesApart || !twoClocks(ev.Observations)) {
		return false
	}
	for _, then := range slices.Backward(ev.Observations) {
		switch {
		case then.Event || then.User != l.User || !then.Asked.After(l.At):
		case visitOf(then) == visitOf(l):
			return false
		case visitOf(then) == visitOf(step.Baseline):
			return true
		}
	}
	return false
}

// behind reports whether the events of a node had not come as far as the state
// that the step found when one of them came: they come in the order of what they
// tell. Nodes note one change each by its own clock, so that a time near that of
// the state counts for it. Of a state that was there before the attempt no event
// can be expected; then a look that shows the same stay after the event as
// before the step tells that nothing had changed.
func behind(ev *evidence.Evidence, step evidence.Step, e *evidence.Event) bool {
	if ofRequest(step, e) || step.Baseline.ChangeTime == "" {
		return false
	}
	l, ok := evidence.ObservationOfEvent(*e)
	apart := evidence.Apart(l.ChangeTime, step.Baseline.ChangeTime)
	if !ok || l.Same(step.Baseline) && !apart || visitOf(l) == visitOf(step.Baseline) || apart && l.ChangeTime > step.Baseline.ChangeTime {
		return false
	}
	for i := range ev.Events[:e.Index] {
		old, ok := evidence.ObservationOfEvent(ev.Events[i])
		if ok && ev.Events[i].Node == e.Node && old.Same(step.Baseline) && !evidence.Apart(old.ChangeTime, step.Baseline.ChangeTime) {
			return false
		}
	}
	if apart && unmoved(ev, step) {
		return true // it is older by whatever clock
	}
	for _, old := range ev.Observations {
		switch {
		case old.User != step.Baseline.User || old.Event:
		case step.Before(old) && !old.Same(step.Baseline):
			return true // and since then it came to where the step found it
		case step.Before(old) || !was(ev, step, old):
		case !old.Asked.Before(e.Received.Add(step.Until.Sub(e.Received) / 2)):
			return true
		}
	}
	return false
}

// unmoved reports whether every look since the request shows what the step found.
func unmoved(ev *evidence.Evidence, step evidence.Step) bool {
	return !slices.ContainsFunc(ev.Observations, func(l evidence.Observation) bool {
		return !l.Event && l.User == step.Baseline.User && step.During(l) && !l.Same(step.Baseline)
	})
}

// was reports whether a look shows a stay that a look before the step did.
func was(ev *evidence.Evidence, step evidence.Step, l evidence.Observation) bool {
	return slices.ContainsFunc(ev.Observations, func(old evidence.Observation) bool {
		return !old.Event && old.User == l.User && step.Before(old) && l.ChangeTime != "" && visitOf(old) == visitOf(l)
	})
}

// ofAnother reports whether an event carries the requestId of another request.
// Where the step sent none, that is the refusal of one that this program sent and
// this attempt did not: late news of an attempt before.
func ofAnother(ev *evidence.Evidence, step evidence.Step, e *evidence.Event) bool {
	if mine := step.Values["request_id"]; mine != "" {
		return e.RequestID != "" && e.RequestID != mine
	}
	return e.IsError() && strings.HasPrefix(e.RequestID, evidence.RequestIDPrefix) && !slices.ContainsFunc(ev.Exchanges, func(x evidence.Exchange) bool {
		return x.RequestHeader["requestId"] == e.RequestID
	})
}

// ofRequest reports whether an event carries the requestId of the request under
// test.
func ofRequest(step evidence.Step, e *evidence.Event) bool {
	return e.RequestID != "" && e.RequestID == step.Values["request_id"]
}

// Belongs reports whether an event is of what a step did, as far as can be told
// yet: it does not carry the requestId of another request, nor tell of what was so
// before, nor name another time than that which the target shows for the change.
// As long as a node has not told of the state that the step found, only what names
// just that time is sure not to be older.
func Belongs(ev *evidence.Evidence, step evidence.Step, e *evidence.Event) bool {
	if ofRequest(step, e) {
		return true
	}
	seen := sightings(ev, step)
	return !ofAnother(ev, step, e) && !lateNews(ev, step, e) && !ofAnotherChange(step, seen, e) && (toldOfBaseline(ev, step, e) || shownExactly(seen, e))
}

// toldOfBaseline reports whether the state that a step found was told of before an
// event, or was there before anybody listened.
func toldOfBaseline(ev *evidence.Evidence, step evidence.Step, e *evidence.Event) bool {
	found := step.Baseline
	for i := range ev.Events[:e.Index] {
		old := &ev.Events[i]
		l, ok := evidence.ObservationOfEvent(*old)
		if ok && old.Node == e.Node && tellsOf(old, found.User) && l.State == found.State && !evidence.Apart(l.ChangeTime, found.ChangeTime) {
			return true
		}
	}
	return found.ChangeTime == "" || !slices.ContainsFunc(ev.Observations, func(l evidence.Observation) bool {
		return !l.Event && l.User == found.User && step.Before(l) && l.State != found.State
	})
}

// shownExactly reports whether a look shows the very stay of which an event tells.
func shownExactly(seen []evidence.Observation, e *evidence.Event) bool {
	l, ok := evidence.ObservationOfEvent(*e)
	return ok && slices.ContainsFunc(seen, func(look evidence.Observation) bool { return !look.Event && visitOf(look) == visitOf(l) })
}

// lateNews reports whether an event tells of the subject what was so before
// the state in which the step found it: it was seen before the step in that
// stay, or the news of the state that the step found came after it. Events of
// a node come in the order of what they tell.
func lateNews(ev *evidence.Evidence, step evidence.Step, e *evidence.Event) bool {
	l, ok := evidence.ObservationOfEvent(*e)
	if !ok || !tellsOf(e, step.Baseline.User) || ofRequest(step, e) {
		return false
	}
	return passed(ev, step, visitOf(l)) || e.Index < newsOfBaseline(ev, step, e.Node)
}

// tellsOf reports whether an event is about a user: on its node, or on one of
// many with its address as the source.
func tellsOf(e *evidence.Event, user string) bool {
	return e.Node == "/finesse/api/User/"+user || strings.HasSuffix(e.Source, "/User/"+user)
}

// passed reports whether a stay was seen before the step and was over when it
// began.
func passed(ev *evidence.Evidence, step evidence.Step, s visit) bool {
	if s.since == "" || s.since == step.Baseline.ChangeTime {
		return false
	}
	return slices.ContainsFunc(ev.Observations, func(old evidence.Observation) bool {
		return step.Before(old) && old.User == step.Baseline.User && visitOf(old) == s
	})
}

// seenExactly reports whether just this was seen before the step.
func seenExactly(ev *evidence.Evidence, step evidence.Step, l evidence.Observation) bool {
	if l.ChangeTime == "" {
		return false
	}
	return slices.ContainsFunc(ev.Observations, func(old evidence.Observation) bool {
		return step.Before(old) && old.User == l.User && old.ChangeTime == l.ChangeTime && old.Same(l)
	})
}

// newsOfBaseline is the index of the event on a node that tells of what the
// step found, where that came late: -1 where it was heard before, or never.
func newsOfBaseline(ev *evidence.Evidence, step evidence.Step, node string) int {
	if step.Baseline.ChangeTime == "" {
		return -1
	}
	for i := range ev.Events {
		e := &ev.Events[i]
		if e.Node != node || !tellsOf(e, step.Baseline.User) {
			continue
		}
		l, ok := evidence.ObservationOfEvent(*e)
		if !ok || !l.Same(step.Baseline) {
			continue
		}
		switch {
		case l.ChangeTime != step.Baseline.ChangeTime:
		case step.EventBefore(e):
			return -1
		default:
			return e.Index
		}
	}
	return -1
}

// foreign says why an event does not belong to the step, "" where it does.
func (c *stepJudge) foreign(e *evidence.Event) string {
	switch {
	case ofAnother(c.ev, c.step, e):
		return fmt.Sprintf("the requestId %q of another request", e.RequestID)
	case lateNews(c.ev, c.step, e), !e.IsError() && c.upToNewsByOtherClock(e):
		return fmt.Sprintf("the stateChangeTime %s of a change from before the request", c.changed(e))
	case e.RequestID == "" && ofAnotherChange(c.step, c.observations, e) && !c.newer(e):
		return fmt.Sprintf("the stateChangeTime %s of another change", c.changed(e))
	}
	return ""
}

// newer reports whether an event tells of a later change than that into the state
// that the step found, by whatever clock, and of that the node had told before: a
// look that does not show it lags.
func (c *stepJudge) newer(e *evidence.Event) bool {
	found := c.step.Baseline
	l, ok := evidence.ObservationOfEvent(*e)
	if !ok || !evidence.Apart(l.ChangeTime, found.ChangeTime) || l.ChangeTime < found.ChangeTime {
		return false
	}
	return slices.ContainsFunc(c.ev.Events[:e.Index], func(old evidence.Event) bool {
		was, ok := evidence.ObservationOfEvent(old)
		return ok && old.Node == e.Node && c.step.EventBefore(&old) && visitOf(was) == visitOf(found)
	})
}

// ofAnotherChange reports whether an event names a time for the change into a
// state that is none of those which the target shows for it.
func ofAnotherChange(step evidence.Step, seen []evidence.Observation, e *evidence.Event) bool {
	news, ok := evidence.ObservationOfEvent(*e)
	if !ok || !tellsOf(e, step.Baseline.User) {
		return false
	}
	shown := false
	for _, l := range seen {
		if l.Event || l.State != news.State || l.ChangeTime == "" || standsStill(step.Baseline, l) {
			continue
		}
		if shown = true; !evidence.Apart(l.ChangeTime, news.ChangeTime) {
			return false
		}
	}
	return shown
}

// standsStill reports whether a look shows another state than a step found, since
// the same time: that time names no stay, which is for USR-03 to say.
func standsStill(found, l evidence.Observation) bool {
	return l.State != found.State && l.ChangeTime == found.ChangeTime
}

// earlier reports whether an event tells of what was so before the step, and
// only arrived late: also of the state that the step found, where that was not
// told before, and once more what was told before the step, word for word.
func (c *stepJudge) earlier(e *evidence.Event) bool {
	return !e.IsError() && (lateNews(c.ev, c.step, e) || behind(c.ev, c.step, e) || e.Index == newsOfBaseline(c.ev, c.step, e.Node) || c.upToNewsByOtherClock(e) || c.repeats(e))
}

// newsByOtherClock is the index of the event on a node that is the news of the state
// that the step found, with the time that another node noted: of those that tell of
// that state the one with the nearest time, and looks after it show the state still,
// or showed both times by turns, or the node told after it of what looks show since
// the request. It is -1 where there is none.
func (c *stepJudge) newsByOtherClock(node string) int {
	found, news, nearest := c.step.Baseline, -1, evidence.NodesApart+1
	var told evidence.Observation
	for i := range c.ev.Events {
		e := &c.ev.Events[i]
		if e.Node != node || !tellsOf(e, found.User) || ofRequest(c.step, e) {
			continue
		}
		l, ok := evidence.ObservationOfEvent(*e)
		if by, timed := evidence.Later(found.ChangeTime, l.ChangeTime); ok && timed && l.Same(found) && by.Abs() < nearest {
			news, nearest, told = i, by.Abs(), l
		}
	}
	turned := false // to the time that the event names, before it came
	if news < 0 || !c.toldLater(news) && !slices.ContainsFunc(c.ev.Observations, func(l evidence.Observation) bool {
		if l.Event || l.User != found.User || c.step.Before(l) {
			return false
		}
		turned = turned || visitOf(l) == visitOf(told) && l.At.Before(told.At)
		return visitOf(l) == visitOf(found) && (turned || l.Asked.After(told.At)) // whatever is pending since
	}) {
		return -1
	}
	return news
}

// toldLater reports whether the node of an event told after it of another state that
// looks show since the request.
func (c *stepJudge) toldLater(event int) bool {
	return slices.ContainsFunc(c.ev.Events[event+1:], func(e evidence.Event) bool {
		l, ok := evidence.ObservationOfEvent(e)
		return ok && e.Node == c.ev.Events[event].Node && l.State != c.step.Baseline.State && shownExactly(c.observations, &e)
	})
}

// upToNewsByOtherClock reports whether an event is that news, or came before it: they
// come in the order of what they tell.
func (c *stepJudge) upToNewsByOtherClock(e *evidence.Event) bool {
	return !ofRequest(c.step, e) && tellsOf(e, c.step.Baseline.User) && e.Index <= c.newsByOtherClock(e.Node)
}

// repeats reports whether just this event was heard before the step, or late: a
// target may send each twice.
func (c *stepJudge) repeats(e *evidence.Event) bool {
	for i := range c.ev.Events {
		old := &c.ev.Events[i]
		if old.Index < e.Index && old.Node == e.Node && old.Session == e.Session && old.Payload == e.Payload &&
			(c.step.EventBefore(old) || c.earlier(old)) {
			return true
		}
	}
	return false
}
