package judge

import (
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// heardEvent is one event that the checks of a run look at.
type heardEvent struct {
	ev *evidence.Evidence
	*evidence.Event
	doc  *document
	user string // the id in the node, "" where the node is a team's
}

func (h *heardEvent) text(name string) string {
	text, _ := h.doc.text("Update/data/user/" + name)
	return text
}

// heard looks through the events of a scenario: what is wrong with one is wrong
// whatever the scenario is about.
func (s *Invariants) heard(ev *evidence.Evidence) {
	if req, ok := s.judge.catalogue.ByID(ev.Requirement); ok && req.LevelOn(ev.Target.Deployment) == spec.Info {
		return // recorded, not judged
	}
	for i := range ev.Events {
		h := heardEvent{ev: ev, Event: &ev.Events[i]}
		if h.PayloadDigest != "" {
			continue // of a shortened payload nothing can be said
		}
		user, own := strings.CutPrefix(h.Node, api+"User/")
		team := strings.HasPrefix(h.Node, api+"Team/")
		switch {
		case own && !strings.Contains(user, "/"):
			h.user = user
			s.ownEvent(h)
		case team:
			s.teamEvent(h)
		}
	}
}

func (s *Invariants) ownEvent(h heardEvent) {
	s.unaskedEvent(h)
	shape, what := spec.InvariantEventShape, "a User event"
	if h.IsError() {
		shape, what = spec.InvariantErrorShape, "the event of a refusal"
		s.refusalEvent(h)
	}
	switch {
	case h.Problem != "":
		s.breaks(shape, h.ev, "", what+" as documented", h.Problem)
	case h.Source != h.Node:
		s.breaks(shape, h.ev, "Update/source", "the source "+h.Node, fmt.Sprintf("source %q", h.Source))
	case !strings.EqualFold(h.Event.Event, "PUT") && (h.IsError() || !strings.EqualFold(h.Event.Event, "DELETE")): // a user was deleted
		s.breaks(shape, h.ev, "Update/event", what+" with event PUT", fmt.Sprintf("event %q", h.Event.Event))
	case !h.IsError() && !strings.EqualFold(h.Event.Event, "DELETE"):
		s.userEvent(h)
	}
}

// constant are the elements of a User that no change of state changes.
var constant = []string{"loginId", "loginName", "uri", "dialogs", "teamId", "teamName", "firstName", "lastName"}

// userEvent: the user in an event is a valid User, that of the node, and has what
// reads of the user show.
func (s *Invariants) userEvent(h heardEvent) {
	h.doc = s.judge.notification("UserUpdate", h.Payload)
	if state := h.text("state"); h.doc.problem != "" && (state != string(spec.Login) || !strings.HasSuffix(h.doc.path, "/state")) {
		s.breaks(spec.InvariantEventUser, h.ev, h.doc.path, "the user in an event to be valid against its schema", h.doc.problem)
		return
	}
	reads := s.reads(h)
	for _, name := range constant {
		in, then := h.text(name), []string(nil)
		for _, read := range reads {
			if text, _ := read.text("User/" + name); text != "" {
				then = append(then, text)
			}
		}
		if in != "" && len(then) > 0 && !slices.Contains(then, in) {
			s.breaks(spec.InvariantEventUser, h.ev, "Update/data/user/"+name, fmt.Sprintf("the user of the node, whose %s is %q", name, then[len(then)-1]), fmt.Sprintf("%q", in))
			return
		}
	}
	told := rolesIn(h.doc, "Update/data/user/")
	if told != "" && len(reads) > 0 && !slices.ContainsFunc(reads, func(d *document) bool { return rolesIn(d, "User/") == told }) {
		s.breaks(spec.InvariantEventUser, h.ev, "Update/data/user/roles", "the user of the node, who is "+rolesIn(reads[0], "User/"), told)
		return
	}
	s.sameStay(h)
}

// rolesIn gives the roles of a user in whatever order, "" for none.
func rolesIn(d *document, at string) string {
	roles := d.texts(at + "roles/role")
	slices.Sort(roles)
	return strings.Join(roles, " and ")
}

// reads gives the bodies of the user of an event that were read in its scenario.
func (s *Invariants) reads(h heardEvent) []*document {
	var list []*document
	for _, x := range h.ev.Exchanges {
		if x.Method != "GET" || x.Status != 200 || x.Err != "" || x.ResponseDigest != "" || strings.TrimSuffix(x.Path, "/") != h.Node {
			continue
		}
		if d := s.judge.loose(x.ResponseBody); d.xml {
			list = append(list, d)
		}
	}
	return list
}

// sameStay: reads of the stay in a state that an event tells of, the next event
// not being there, show its extension and reason code. Whether who has signed out
// still has an extension is said nowhere.
func (s *Invariants) sameStay(h heardEvent) {
	list := h.ev.Observations
	at := slices.IndexFunc(list, func(o evidence.Observation) bool { return o.Event && o.Index == h.Index })
	if at < 0 || list[at].ChangeTime == "" {
		return
	}
	told := list[at]
	var then []evidence.Observation
	for _, o := range list[at+1:] {
		if o.User != told.User {
			continue
		}
		if o.Event && o.Index < len(h.ev.Events) && h.ev.Events[o.Index].Node == h.Node {
			break
		}
		if !o.Event && !o.Asked.Before(told.At) && o.State == told.State && o.ChangeTime == told.ChangeTime {
			then = append(then, o)
		}
	}
	for _, part := range []struct {
		name string
		of   func(evidence.Observation) string
	}{
		{"extension", func(o evidence.Observation) string { return o.Extension }},
		{"reasonCodeId", evidence.Observation.Reason},
	} {
		if told.State == spec.Logout && part.name == "extension" {
			continue
		}
		if len(then) > 0 && !slices.ContainsFunc(then, func(o evidence.Observation) bool { return part.of(o) == part.of(told) }) {
			s.breaks(spec.InvariantEventUser, h.ev, "Update/data/user/"+part.name, fmt.Sprintf("%s %q, as the GET that follows has it", part.name, part.of(then[0])), fmt.Sprintf("%q", part.of(told)))
			return
		}
	}
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

// refusalEvent: the event of a refusal says what was refused.
func (s *Invariants) refusalEvent(h heardEvent) {
	if h.request() == nil {
		return // of a call, maybe
	}
	for _, part := range []struct{ name, text string }{
		{"errorType", h.ErrorType}, {"errorMessage", h.ErrorMessage}, {"errorData", h.ErrorData},
	} {
		if part.text == "" {
			s.breaks(spec.InvariantEventError, h.ev, "", "the event of a refusal with its "+part.name, "none")
			return
		}
	}
}

// unaskedEvent: a request that was refused at once has no event, and the
// requestId of one is not in the event of a change that came after its own.
func (s *Invariants) unaskedEvent(h heardEvent) {
	x := h.request()
	if x == nil {
		return
	}
	if x.Status >= 400 && x.Status < 500 {
		s.breaks(spec.InvariantEventRefused, h.ev, "", "no event of a request that was refused at once", fmt.Sprintf("one of %s with the requestId of a request that was answered with %d", h.Node, x.Status))
		return
	}
	told, ok := evidence.ObservationOfEvent(*h.Event)
	if !ok || h.IsError() {
		return
	}
	asked, _ := s.judge.loose(x.RequestBody).text("User/state")
	if asked == string(spec.Login) {
		return // which leads on
	}
	for i := range h.ev.Events[:h.Index] {
		before := h.ev.Events[i]
		was, ok := evidence.ObservationOfEvent(before)
		if !ok || before.Node != h.Node || before.RequestID != h.RequestID || string(was.State) != asked {
			continue
		}
		if told.State != was.State || told.ChangeTime != "" && was.ChangeTime != "" && stepBack(told.ChangeTime, was.ChangeTime) > evidence.NodesApart {
			s.breaks(spec.InvariantEventUnasked, h.ev, "Update/requestId", fmt.Sprintf("no requestId of the request for %s, whose change had been told", asked), fmt.Sprintf("it in the event of %s", told.State))
			return
		}
	}
}

// teamEvent: an event of a team tells of the user that its source names.
func (s *Invariants) teamEvent(h heardEvent) {
	h.doc = s.judge.loose(h.Payload)
	source, id := path.Base(h.Source), h.text("loginId")
	if id == "" || !strings.Contains(h.Source, "/User/") {
		return // of the team itself, or for the row to say
	}
	if plain, err := url.PathUnescape(source); source != id && (err != nil || plain != id) {
		s.breaks(spec.InvariantEventTeam, h.ev, "Update/data/user/loginId", "the user of the source "+h.Source, fmt.Sprintf("loginId %q", id))
	}
}
