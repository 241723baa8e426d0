package judge

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"finesse-conformance/internal/xmlbody"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// reasons makes the check that whoever chose a reason for NOT_READY is shown with
// it (guide, p.51): where it asked for NOT_READY itself, came there and stayed, no
// look shows the reason, and nothing else can be why. A reason that a requirement
// sends as a wrong one is that requirement's to judge.
func (s *Invariants) reasons(ev *evidence.Evidence) {
	req, ok := s.judge.catalogue.ByID(ev.Requirement)
	if ok && slices.ContainsFunc(req.Steps, sendsWrongReason) || slices.ContainsFunc(ev.Exchanges, func(x evidence.Exchange) bool { return !x.Served() }) {
		return
	}
	for x := range s.judge.ownPuts(ev) {
		if x.asked != spec.NotReady || x.reason == "" || x.Purpose == evidence.ForReturn || s.judge.wishedBefore(ev, x) ||
			slices.ContainsFunc(ev.Events, func(e evidence.Event) bool { return e.IsError() && e.Node == x.Path }) {
			continue
		}
		if shown, lost := reasonLost(ev, x); lost {
			s.breaks(spec.InvariantReason, ev, "User/reasonCodeId", x.reason+", which was sent with NOT_READY", seenReason(shown))
		}
	}
}

func sendsWrongReason(step spec.Step) bool {
	return step.When.Put != nil && slices.Contains([]string{spec.ReasonUnknown, spec.ReasonMalformed, spec.ReasonWrongCategory, spec.ReasonForeign, spec.ReasonCode}, step.When.Put.Reason)
}

func seenReason(o evidence.Observation) string {
	if o.Reason() == "" {
		return "none"
	}
	return o.Reason()
}

// wishedBefore reports whether NOT_READY had been asked for a user already who was
// on a call: a second wish there may be refused as one too many.
func (j *Judge) wishedBefore(ev *evidence.Evidence, x ownPut) bool {
	if before := lookBefore(ev, x.user, x.Started); !before.State.OnCall() {
		return false
	}
	return slices.ContainsFunc(ev.Exchanges[:x.at], func(o evidence.Exchange) bool {
		asked, _ := j.loose(o.RequestBody).text("User/state")
		return o.Method == "PUT" && o.Path == x.Path && asked == string(spec.NotReady)
	})
}

// lookBefore gives the last look at a user that was asked for before a moment.
func lookBefore(ev *evidence.Evidence, user string, moment time.Time) (before evidence.Observation) {
	for _, o := range ev.Observations {
		if !o.Event && o.User == user && o.Asked.Before(moment) {
			before = o
		}
	}
	return before
}

// reasonLost looks at how a user is shown after its NOT_READY, until something
// else is asked of it: coming from where the guide lets it choose, staying for the
// quiet time, never with the reason.
func reasonLost(ev *evidence.Evidence, x ownPut) (last evidence.Observation, lost bool) {
	from := []spec.State{spec.Ready, spec.Work, spec.WorkReady, spec.Talking, spec.Hold}
	if ev.Target.Deployment == spec.UCCE {
		from = append(from, spec.ReservedOutbound, spec.ReservedOutboundPreview)
	}
	until := ev.Ended
	if i := slices.IndexFunc(ev.Exchanges[x.at+1:], func(o evidence.Exchange) bool {
		return o.Purpose == evidence.ForReturn || o.Method == "PUT" && o.Path == x.Path
	}); i >= 0 {
		until = ev.Exchanges[x.at+1+i].Started
	}
	before, first := lookBefore(ev, x.user, x.Started), evidence.Observation{}
	for _, o := range ev.Observations {
		switch {
		case o.Event || o.User != x.user || o.At.After(until) || o.Asked.Before(x.Started.Add(x.Duration)):
		case o.State == spec.NotReady:
			if first.State == "" {
				first = o
			}
			if last = o; o.Reason() == x.reason {
				return last, false
			}
		case first.State != "", o.State != before.State && !o.State.OnCall():
			// Something else moved it, or wrap-up came between.
			return last, false
		}
	}
	if w, ok := wrapUpOf(ev, before); ok && timerLeads[before.State] == spec.NotReady && !first.At.Before(w.soonest()) {
		return last, false // the wrap-up timer may have led there, and chooses none
	}
	return last, slices.Contains(from, before.State) && first.State != "" && last.Asked.Sub(first.Asked) >= ev.Target.Quiet
}

// reasonCode is what is told of one.
type reasonCode struct{ category, code, label string }

// reasonObject is one that a User shows, and in whose evidence.
type reasonObject struct {
	reasonCode
	ev *evidence.Evidence
}

// codesListed takes in a list of reason codes: what Users show of them is the same.
func (s *Invariants) codesListed(x evidence.Exchange) {
	if !strings.Contains(x.Path, "/ReasonCodes") {
		return
	}
	for _, n := range xmlbody.Nodes(s.judge.loose(x.ResponseBody).node, "ReasonCodes/ReasonCode") {
		text := func(name string) string { t, _ := xmlbody.Text(n, name); return strings.TrimSpace(t) }
		id := path.Base(text("uri"))
		s.codes[id] = reasonCode{text("category"), text("code"), text("label")}
		if shown, ok := s.objects[id]; ok {
			s.asListed(shown.ev, id, shown.reasonCode)
		}
	}
}

// reasonShown: the reason code that a User has is the one whose id it has, and
// what lists tell of that.
func (s *Invariants) reasonShown(ev *evidence.Evidence, d *document, at string) {
	id, _ := d.text(at + "reasonCodeId")
	for _, name := range []string{"reasonCode", "ReasonCode"} {
		text := func(part string) string { t, _ := d.text(at + name + "/" + part); return t }
		own := text("id")
		if uri := text("uri"); own == "" && uri != "" {
			own = path.Base(uri)
		}
		if own == "" {
			continue
		}
		if id != "" && id != "-1" && id != "0" && own != id {
			s.breaks(spec.InvariantReasonCode, ev, "User/reasonCode/id", "the reason code with the reasonCodeId "+id, fmt.Sprintf("that with the id %q", own))
			return
		}
		shown := reasonCode{text("category"), text("code"), text("label")}
		s.objects[own] = reasonObject{shown, ev}
		s.asListed(ev, own, shown)
	}
}

// asListed compares what a User shows of a reason code with what a list does.
func (s *Invariants) asListed(ev *evidence.Evidence, id string, shown reasonCode) {
	listed, ok := s.codes[id]
	if !ok {
		return // a system's, or of another team
	}
	for _, part := range []struct{ name, is, want string }{
		{"category", shown.category, listed.category}, {"code", shown.code, listed.code}, {"label", shown.label, listed.label},
	} {
		if part.is != "" && part.want != "" && part.is != part.want {
			s.breaks(spec.InvariantReasonCode, ev, "User/reasonCode/"+part.name, fmt.Sprintf("%s %q of reason code %s, as the list has it", part.name, part.want, id), fmt.Sprintf("%q", part.is))
			return
		}
	}
}
