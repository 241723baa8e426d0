package judge

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"finesse-conformance/internal/text"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// enoughElsewhere is in how many attempts a user has to go elsewhere, and in none
// to where it asked, before that is the target's failure and nobody's hand.
const enoughElsewhere = 3

// ownChanges notes what comes of signing in and out, also on the way into a
// precondition and back: a requirement plays it with one or two users, and all the
// others do it too. Nothing that happens from outside leads on from there.
func (s *Invariants) ownChanges(ev *evidence.Evidence) {
	if req, ok := s.judge.catalogue.ByID(ev.Requirement); ok && req.LevelOn(ev.Target.Deployment) == spec.Info {
		return // recorded, not judged
	}
	for x := range s.judge.ownPuts(ev) {
		change := evidence.OwnChange{User: x.user}
		switch x.asked {
		case spec.Login:
			change.From, change.To = spec.Logout, spec.NotReady
		case spec.Logout:
			change.From, change.To = spec.NotReady, spec.Logout
		default:
			continue
		}
		switch went := cameOf(ev, change, x); {
		case went == "":
		case went == change.To:
			s.came(change, evidence.Came{Once: true})
		case change.From == spec.Logout && went == spec.Logout: // a phone may be dead
		default:
			s.came(change, evidence.Came{Elsewhere: map[string]evidence.WentTo{attemptOf(ev): {Requirement: ev.Requirement, State: went}}})
		}
	}
}

// ownPut is a change that a user asked for itself, and that was accepted.
type ownPut struct {
	*evidence.Exchange
	at     int // among the exchanges
	user   string
	asked  spec.State
	reason string // its reasonCodeId
}

// ownPuts goes through those of a scenario.
func (j *Judge) ownPuts(ev *evidence.Evidence) iter.Seq[ownPut] {
	return func(yield func(ownPut) bool) {
		for i := range ev.Exchanges {
			x := &ev.Exchanges[i]
			user, isUser := strings.CutPrefix(x.Path, api+"User/")
			if x.Method != "PUT" || !isUser || x.As != user || x.WrongPassword || x.Status/100 != 2 || x.Err != "" {
				continue
			}
			d := j.loose(x.RequestBody)
			asked, _ := d.text("User/state")
			reason, _ := d.text("User/reasonCodeId")
			if !yield(ownPut{x, i, user, spec.State(asked), reason}) {
				return
			}
		}
	}
}

// cameOf gives the first other state in which a look shows a user that asked for
// a change. Where none does for the settle time, that is the state in which it was;
// "" where it is not known: it was refused, something else was asked for, or the
// user was not where the change begins.
func cameOf(ev *evidence.Evidence, change evidence.OwnChange, x ownPut) spec.State {
	answered, next := x.Started.Add(x.Duration), ev.Ended
	for _, o := range ev.Exchanges[x.at+1:] {
		again := o.RequestBody == x.RequestBody && o.Path == x.Path
		if o.Method != "GET" && !again && (o.As == change.User || strings.Contains(o.Path, "/"+change.User)) {
			next = o.Started
			break
		}
	}
	for _, e := range ev.Events {
		if e.IsError() && e.Session == change.User && !e.Received.Before(x.Started) {
			return ""
		}
	}
	from := spec.State("")
	for _, o := range ev.Observations {
		switch {
		case o.User != change.User || o.State == spec.Login || o.Event:
		case o.Asked.Before(x.Started):
			from = o.State
		case from != change.From || o.Asked.After(next):
			return ""
		case o.State != from:
			return o.State
		case o.Asked.Sub(answered) >= ev.Target.Settle*9/10:
			return from
		}
	}
	return ""
}

// came adds to what is known of a change.
func (s *Invariants) came(change evidence.OwnChange, came evidence.Came) {
	known := s.found.Changes[change]
	known.Once = known.Once || came.Once
	if known.Elsewhere == nil {
		known.Elsewhere = map[string]evidence.WentTo{}
	}
	maps.Copy(known.Elsewhere, came.Elsewhere)
	s.found.Changes[change] = known
}

// elsewhere is the failure of a target where somebody who asks for the change
// that a requirement is about goes to one other state each time.
func (s *Invariants) elsewhere(req *spec.Requirement) (evidence.Verdict, bool) {
	to := spec.State(req.Steps[0].When.Put.State)
	if to == spec.Login {
		to = spec.NotReady
	}
	byUser := func(a, b evidence.OwnChange) int { return strings.Compare(a.User, b.User) }
	for _, change := range slices.SortedFunc(maps.Keys(s.found.Changes), byUser) {
		came := s.found.Changes[change]
		if change.From != req.Given.State || change.To != to || came.Once || len(came.Elsewhere) < enoughElsewhere {
			continue
		}
		list := slices.SortedFunc(maps.Values(came.Elsewhere), func(a, b evidence.WentTo) int {
			return cmp.Or(s.rank(a.Requirement)-s.rank(b.Requirement), strings.Compare(string(a.State), string(b.State)))
		})
		first := list[0]
		if slices.ContainsFunc(list, func(w evidence.WentTo) bool { return w.State != first.State }) {
			continue
		}
		return ofRun(first.Requirement, evidence.Mismatch{Kind: evidence.MismatchStayed, From: change.From, To: first.State, Asked: change.To},
			fmt.Sprintf("%s when a user asks for it itself", to),
			fmt.Sprintf("user %s in %s, from %s, in %s (the first is %s)", change.User, first.State, change.From, text.Count(len(list), "attempt"), first.Requirement)), true
	}
	return evidence.Verdict{}, false
}
