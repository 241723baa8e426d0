package judge

import (
	"fmt"
	"slices"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// own gives the events of the step on the subject's own node. Events that
// carry the requestId of another request do not belong to it; where none is
// echoed, node and time decide: that of the arrival, and that of the
// change, which may be one on the way to the precondition.
func (c *stepJudge) own(node string) []*evidence.Event {
	var list []*evidence.Event
	for _, e := range c.during(node) {
		if c.foreign(e) == "" {
			list = append(list, e)
		}
	}
	return list
}

// during gives the events on a node from the request to the end of the watch.
func (c *stepJudge) during(node string) []*evidence.Event {
	var list []*evidence.Event
	for i := range c.ev.Events {
		e := &c.ev.Events[i]
		if e.Node == node && c.step.EventDuring(e) {
			list = append(list, e)
		}
	}
	return list
}

// unheard says that no event of the change was heard on a node, and of one
// that looks like it what keeps it from being it.
func (c *stepJudge) unheard(out spec.Outcome, node string) string {
	seen := "no event on " + node
	for _, e := range c.during(node) {
		if why := c.foreign(e); why != "" && slices.Contains(out.States, spec.State(c.userState(e))) {
			return seen + " but one with " + why
		}
	}
	return seen
}

func (c *stepJudge) node() string { return "/finesse/api/User/" + c.step.Baseline.User }

// errorEvent is the apiErrors event that answers the request, nil without one.
func (c *stepJudge) errorEvent() *evidence.Event {
	for _, e := range c.own(c.node()) {
		if e.IsError() {
			return e
		}
	}
	return nil
}

// anybodys reports whether an error event may answer a request of somebody
// else: it has no request id.
func anybodys(e *evidence.Event) bool { return e.RequestID == "" }

// event: what is expected of the notifications of a step.
func (c *stepJudge) event(out spec.Outcome) *mismatch {
	if out.Event == "" {
		return nil
	}
	if !c.ev.Target.Notifications && !c.req.Given.Notifications {
		return nil // beside the point of the requirement, and not listened to
	}
	if cause, why := c.unlistened(); cause != "" {
		// A session that was down may stand the next time.
		return &mismatch{exchange: -1, event: -1, unproven: true, suspect: cause == evidence.CauseOutage, gap: evidence.GapNotifications, cause: cause, seen: why}
	}
	events := c.own(c.node())
	switch out.Event {
	case spec.EventNone:
		return c.noEvent(out, events, func(e *evidence.Event) string { return "on " + e.Node })
	case spec.EventNoChange:
		return c.noEvent(out, events, func(e *evidence.Event) string {
			if s := c.userState(e); s != "" && s != string(c.step.Baseline.State) {
				return "with state " + s
			}
			return ""
		})
	case spec.EventError, spec.EventErrorShape, spec.EventErrorEcho:
		return c.errorEventIs(out)
	case spec.EventPending:
		return c.pendingEvent(out, events)
	case spec.EventTeam:
		return c.teamEvent(out)
	}
	e := c.changeEvent(out, events)
	if e == nil {
		seen := c.unheard(out, c.node())
		if len(events) > 0 {
			seen = fmt.Sprintf("%d events on %s, none with state %s", len(events), c.node(), states(out.States))
		}
		return c.missed(out, evidence.MismatchEvent, 4, seen)
	}
	if e.Problem != "" && out.Event != spec.EventEcho {
		return c.eventMismatch(out, e, e.Problem)
	}
	switch out.Event {
	case spec.EventShape:
		m := c.wrongEvent(out, e, misshapen(e, "PUT"))
		// The same user in another event may be the news of something that a
		// User does not show; the same event is not.
		if m == nil && slices.ContainsFunc(events, func(o *evidence.Event) bool { return o != e && o.Session == e.Session && o.Payload == e.Payload }) {
			c.note("the same event twice")
		}
		return m
	case spec.EventEcho:
		return c.echoes(out, e)
	case spec.EventUnasked:
		if e.RequestID != "" {
			return c.eventMismatch(out, e, fmt.Sprintf("requestId %q", e.RequestID))
		}
	case spec.EventAgrees:
		return c.eventAgrees(out, e)
	}
	return nil
}

// unlistened says why nobody listened to what the step is about, "" where
// somebody did.
func (c *stepJudge) unlistened() (cause, why string) {
	unheardBy, outage := c.step.Facts["unheard"], c.step.Facts["outage"]
	switch {
	case !c.ev.Target.Notifications:
		return evidence.CauseNoService, "needs notifications: none are configured"
	case unheardBy != "":
		return evidence.CauseNoSession, unheard(unheardBy)
	case outage != "":
		return evidence.CauseOutage, "the notification service was down: " + outage
	}
	return "", ""
}

// noEvent: none that counts, which says what is wrong with it.
func (c *stepJudge) noEvent(out spec.Outcome, events []*evidence.Event, counts func(*evidence.Event) string) *mismatch {
	for _, e := range events {
		if what := counts(e); what != "" && !c.earlier(e) && !c.tellsOfLapse(e) {
			return c.eventMismatch(out, e, "an event "+what)
		}
	}
	return nil
}

// tellsOfLapse reports whether an event tells of what came of a reservation that
// was over by itself.
func (c *stepJudge) tellsOfLapse(e *evidence.Event) bool {
	l, ok := evidence.ObservationOfEvent(*e)
	return ok && tellsOf(e, c.step.Baseline.User) && c.lapsed(l, true)
}

// changed is the stateChangeTime of the user in an event, "" without one.
func (c *stepJudge) changed(e *evidence.Event) string {
	if e.IsError() {
		return ""
	}
	at, _ := c.loose(e.Payload).text("Update/data/user/stateChangeTime")
	return at
}

// changeEvent is the first event with the new state.
func (c *stepJudge) changeEvent(out spec.Outcome, events []*evidence.Event) *evidence.Event {
	for _, e := range events {
		if slices.Contains(out.States, spec.State(c.userState(e))) {
			return e
		}
	}
	return nil
}

// eventAgrees: the user in the event is valid and the GET that follows shows
// the same.
func (c *stepJudge) eventAgrees(out spec.Outcome, e *evidence.Event) *mismatch {
	last, ok := c.last()
	if !ok || last.Event {
		return c.missed(out, evidence.MismatchEvent, 4, "no GET after the event")
	}
	get := []shownUser{c.documentOf(c.ev, last).user()}
	if get[0] == nil {
		return c.unproven("the GET after the event was too long to be kept whole")
	}
	reads := map[lasting][]shownUser{always: get, untilMoved: get, untilAsked: get}
	if !standsStill(c.step.Baseline, last) {
		reads[named] = get
	}
	return c.wrongEvent(out, e, c.otherUser(e, reads))
}

// errorEventIs: what the event that refuses the request has to be.
func (c *stepJudge) errorEventIs(out spec.Outcome) *mismatch {
	if c.act != nil && c.act.Status >= 400 {
		m := c.unproven("the target refuses at once here, so there is no asynchronous error to look at")
		m.gap = evidence.GapTarget
		return m
	}
	e := c.errorEvent()
	if e == nil {
		return c.missed(out, evidence.MismatchEvent, 4, "no error event on "+c.node())
	}
	switch out.Event {
	case spec.EventErrorShape:
		return c.wrongEvent(out, e, misshapen(e, "PUT"))
	case spec.EventErrorEcho:
		return c.echoes(out, e)
	}
	return c.wrongEvent(out, e, unspoken(e))
}

// echoes: the requestId that was sent comes back.
func (c *stepJudge) echoes(out spec.Outcome, e *evidence.Event) *mismatch {
	if e.RequestID != c.step.Values["request_id"] {
		return c.eventMismatch(out, e, fmt.Sprintf("requestId %q", e.RequestID))
	}
	return nil
}

// pendingEvent: an event that says the state as it was, and what is pending.
func (c *stepJudge) pendingEvent(out spec.Outcome, events []*evidence.Event) *mismatch {
	asked := ""
	if c.when.Put != nil {
		asked = c.when.Put.State
	}
	for _, e := range events {
		pending, _ := c.loose(e.Payload).text("Update/data/user/pendingState")
		if c.userState(e) == string(c.step.Baseline.State) && pending == asked {
			return nil
		}
	}
	return c.missed(out, evidence.MismatchEvent, 4, fmt.Sprintf("%d events on %s, none with state %s and pendingState %s",
		len(events), c.node(), c.step.Baseline.State, asked))
}

// teamEvent: the change of the subject, seen by the supervisor on the node of
// the subject's team.
func (c *stepJudge) teamEvent(out spec.Outcome) *mismatch {
	node := "/finesse/api/Team/" + c.ev.Cast["subject"].Team + "/Users"
	supervisor := c.ev.Cast[string(spec.Supervisor)].ID
	seen := c.unheard(out, node)
	for _, e := range c.own(node) {
		if e.Session != supervisor && supervisor != "" {
			continue
		}
		seen = "events on " + node + ", none with the new state of user " + c.step.Baseline.User
		if tellsOf(e, c.step.Baseline.User) && slices.Contains(out.States, spec.State(c.userState(e))) {
			return c.wrongEvent(out, e, c.strayed(e))
		}
	}
	if why := c.step.Facts["unsubscribed"]; why != "" {
		seen = "no subscription to " + node + ": " + why
	}
	return c.missed(out, evidence.MismatchEvent, 4, seen)
}

func (c *stepJudge) userState(e *evidence.Event) string {
	if e.IsError() {
		return ""
	}
	state, _ := c.loose(e.Payload).text("Update/data/user/state")
	return state
}

func (c *stepJudge) eventMismatch(out spec.Outcome, e *evidence.Event, seen string) *mismatch {
	m := c.missed(out, evidence.MismatchEvent, 4, seen)
	m.event = e.Index
	return m
}

// wrongEvent makes what is wrong with an event, if anything, a mismatch.
func (c *stepJudge) wrongEvent(out spec.Outcome, e *evidence.Event, w *wrong) *mismatch {
	if w == nil {
		return nil
	}
	return c.eventMismatch(out, e, w.seen)
}
