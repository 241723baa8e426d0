package judge

import (
	"fmt"
	"slices"
	"strings"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// heardEvent is one event that the checks of a run look at.
type heardEvent struct {
	ev *evidence.Evidence
	*evidence.Event
	users map[int]shownUser // of the reads of the scenario that other events were held against, by their exchange
}

// heard looks through the events of a scenario: what is wrong with one is wrong
// whatever the scenario is about.
func (s *Invariants) heard(ev *evidence.Evidence) {
	if req, ok := s.judge.catalogue.ByID(ev.Requirement); ok && req.LevelOn(ev.Target.Deployment) == spec.Info {
		return // recorded, not judged
	}
	users := map[int]shownUser{}
	for i := range ev.Events {
		h := heardEvent{ev: ev, Event: &ev.Events[i], users: users}
		if h.PayloadDigest != "" {
			continue // of a shortened payload nothing can be said
		}
		user, own := strings.CutPrefix(h.Node, api+"User/")
		switch {
		case own && !strings.Contains(user, "/"):
			s.ownEvent(h)
		case strings.HasPrefix(h.Node, api+"Team/"):
			s.wrongEvent(spec.InvariantEventTeam, h, s.judge.strayed(h.Event))
		}
	}
}

// wrongEvent notes what is wrong with an event, if anything.
func (s *Invariants) wrongEvent(kind spec.Invariant, h heardEvent, w *wrong) bool {
	if w != nil {
		s.breaks(kind, h.ev, w.xpath, w.expected, w.seen)
	}
	return w != nil
}

func (s *Invariants) ownEvent(h heardEvent) {
	s.unaskedEvent(h)
	if h.IsError() {
		if h.request() != nil { // else of a call, maybe
			s.wrongEvent(spec.InvariantEventError, h, unspoken(h.Event))
		}
		s.wrongEvent(spec.InvariantErrorShape, h, misshapen(h.Event, "PUT"))
		return
	}
	deleted := strings.EqualFold(h.Event.Event, "DELETE") // the user itself
	if !s.wrongEvent(spec.InvariantEventShape, h, misshapen(h.Event, "PUT", "DELETE")) && !deleted {
		s.reasonShown(h.ev, s.judge.loose(h.Payload), "Update/data/user/")
		stay := s.sameStay(h)
		s.wrongEvent(spec.InvariantEventUser, h, s.judge.otherUser(h.Event, map[lasting][]shownUser{always: s.reads(h), untilMoved: stay, named: stay}))
	}
}

// reads gives the user of an event as it was read in its scenario.
func (s *Invariants) reads(h heardEvent) []shownUser {
	var list []shownUser
	for i, x := range h.ev.Exchanges {
		if x.Method == "GET" && strings.TrimSuffix(x.Path, "/") == h.Node {
			list = append(list, s.read(h, i))
		}
	}
	return list
}

// read gives the user that an exchange shows, nil where it shows none. The tree
// of its body, which may be long, is not kept for the next event.
func (s *Invariants) read(h heardEvent, exchange int) shownUser {
	user, known := h.users[exchange]
	if known || exchange < 0 || exchange >= len(h.ev.Exchanges) {
		return user
	}
	x := h.ev.Exchanges[exchange]
	if _, ok := evidence.ObservationOf(x); ok {
		user = s.judge.loose(x.ResponseBody).user()
	}
	h.users[exchange] = user
	return user
}

// sameStay gives the reads that show the stay in a state that an event tells of,
// the next event not being there.
func (s *Invariants) sameStay(h heardEvent) []shownUser {
	list := h.ev.Observations
	at := slices.IndexFunc(list, func(o evidence.Observation) bool { return o.Event && o.Index == h.Index })
	if at < 0 || list[at].ChangeTime == "" {
		return nil
	}
	told := list[at]
	var then []shownUser
	for _, o := range list[at+1:] {
		if o.User != told.User {
			continue
		}
		if o.Event && o.Index < len(h.ev.Events) && h.ev.Events[o.Index].Node == h.Node {
			break
		}
		if !o.Event && !o.Asked.Before(told.At) && visitOf(o) == visitOf(told) {
			then = append(then, s.read(h, o.Index))
		}
	}
	return then
}

// request is the change of the user of an event whose requestId the event has,
// nil where there is none or it was sent more than once.
func (h *heardEvent) request() *evidence.Exchange {
	var found *evidence.Exchange
	for i := range h.ev.Exchanges {
		x := &h.ev.Exchanges[i]
		if h.RequestID == "" || x.RequestHeader["requestId"] != h.RequestID {
			continue
		}
		if found != nil || x.Method != "PUT" || strings.TrimSuffix(x.Path, "/") != h.Node || x.Barred || x.Away || x.Err != "" {
			return nil
		}
		found = x
	}
	return found
}

// unaskedEvent: a request that was refused at once has no event, and the
// requestId of one is not in the event of a change that came after its own.
func (s *Invariants) unaskedEvent(h heardEvent) {
	x := h.request()
	if x == nil {
		return
	}
	if x.Status >= 400 && x.Status < 500 {
		if _, itself := s.judge.loose(x.ResponseBody).text("ApiErrors/ApiError/ErrorType"); !itself {
			return // somebody on the way may say so of a request that it passed on
		}
		s.breaks(spec.InvariantEventRefused, h.ev, "", "no event of a request that was refused at once", fmt.Sprintf("one of %s with the requestId of a request that was answered with %d", h.Node, x.Status))
		return
	}
	told, ok := evidence.ObservationOfEvent(*h.Event)
	if !ok {
		return
	}
	asked, _ := s.judge.loose(x.RequestBody).text("User/state")
	if asked == string(spec.Login) {
		asked = string(spec.NotReady) // to which it leads on
	}
	for i := range h.ev.Events[:h.Index] {
		before := h.ev.Events[i]
		was, ok := evidence.ObservationOfEvent(before)
		if !ok || before.Node != h.Node || before.RequestID != h.RequestID || string(was.State) != asked {
			continue
		}
		if by, ok := evidence.Later(was.ChangeTime, told.ChangeTime); told.State != was.State || ok && by > evidence.NodesApart || h.cameBack(i, was) {
			s.breaks(spec.InvariantEventUnasked, h.ev, "Update/requestId", fmt.Sprintf("no requestId of the request for %s, whose change had been told", asked), fmt.Sprintf("it in the event of %s", told.State))
			return
		}
	}
}

// cameBack reports whether the user of an event had left the state that an earlier
// one told of, and whatever tells that it is there again has the requestId of that.
func (h *heardEvent) cameBack(earlier int, was evidence.Observation) bool {
	left := evidence.Observation{}
	for _, e := range h.ev.Events[earlier+1:] {
		o, ok := evidence.ObservationOfEvent(e)
		if !ok || e.Node != h.Node {
			continue
		}
		by, later := evidence.Later(was.ChangeTime, o.ChangeTime)
		switch {
		case o.State != was.State && e.Index < h.Index && later && by > 0:
			left = o
		case o.State != was.State && e.Index > h.Index:
			return left.State != ""
		case o.State == was.State && e.RequestID != h.RequestID:
			return false
		case o.State == was.State && e.Index == h.Index:
			if by, ok := evidence.Later(left.ChangeTime, o.ChangeTime); !ok || by <= 0 {
				return false
			}
		}
	}
	return left.State != ""
}
