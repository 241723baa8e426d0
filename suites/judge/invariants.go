package judge

import (
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

// Invariants make the checks that some requirements make on everything a run
// saw. Evidence is added as it comes, in any order; it is not safe for
// concurrent use.
type Invariants struct {
	judge   *Judge
	states  []spec.State
	valid   map[string]bool           // User bodies that were found valid: most are seen again and again
	said    map[string]string         // what a User has under a name that no change of state changes
	order   map[string]int            // of requirements
	noted   map[spec.Invariant]string // what is recorded and breaks nothing
	clocks  map[clock]firstSeen       // of a stateChangeTime
	ticks   map[string]*ticks         // by move, as READY to RESERVED, "" for all
	codes   map[string]reasonCode     // by id, as lists have them
	objects map[string]reasonObject   // of Users, by id, before a list told of it
	found   evidence.InvariantFindings
}

// Invariants starts the checks of a run.
func (j *Judge) Invariants() *Invariants {
	order := map[string]int{}
	for i, req := range j.catalogue.All() {
		order[req.ID] = i
	}
	return &Invariants{
		order: order,
		judge: j, states: j.catalogue.States(), valid: map[string]bool{}, said: map[string]string{},
		noted: map[spec.Invariant]string{}, clocks: map[clock]firstSeen{}, ticks: map[string]*ticks{},
		codes: map[string]reasonCode{}, objects: map[string]reasonObject{}, found: nothingFound(),
	}
}

func nothingFound() evidence.InvariantFindings {
	return evidence.InvariantFindings{
		Broken: map[spec.Invariant]evidence.Verdict{}, Heard: map[spec.State]bool{}, Silent: map[spec.State]map[string]evidence.SilentAt{},
		TeamHeard: map[spec.State]bool{}, TeamSilent: map[spec.State]map[string]evidence.SilentAt{},
		TeamShown: map[spec.State]bool{}, TeamOther: map[spec.State]map[string]evidence.SilentAt{},
		Changes: map[evidence.OwnChange]evidence.Came{},
	}
}

// Add looks through one scenario's evidence.
func (s *Invariants) Add(ev *evidence.Evidence) {
	s.bodies(ev)
	s.documentedStates(ev)
	s.changeTimes(ev)
	s.reasons(ev)
	s.events(ev)
	s.heard(ev)
	s.ownChanges(ev)
	s.teams(ev)
	s.toldTimes(ev)
}

// Apply turns the verdict of a requirement with a standing check into a
// failure where something in the run broke it.
func (s *Invariants) Apply(req *spec.Requirement, v evidence.Verdict) evidence.Verdict {
	if note := s.noted[req.Invariant]; note != "" && v.Outcome == evidence.Passed {
		v.Observed.Note = join(v.Observed.Note, note)
	}
	broken, ok := s.found.Broken[req.Invariant]
	switch {
	case req.Invariant == spec.InvariantEvents:
		broken, ok = s.untold()
	case req.Invariant == spec.InvariantEventTeam && !ok:
		broken, ok = s.unheard(s.found.TeamHeard, s.found.TeamSilent, "an event on the Team node for each state that the User node tells of", "none that tells of")
	case req.Invariant == spec.InvariantTeam:
		broken, ok = s.unheard(s.found.TeamShown, s.found.TeamOther, "the Team to show each state in which a User is", "reads that show it without")
	case req.Invariant == spec.InvariantOwnChange:
		broken, ok = s.elsewhere(req)
	}
	if req.Invariant == "" || !ok || v.Outcome == evidence.Failed || v.Outcome == evidence.NotApplicable {
		return v
	}
	v.Outcome, v.Reason = evidence.Failed, broken.Reason
	v.XPath, v.Asked, v.Expected, v.Seen, v.Mismatch = broken.XPath, broken.Asked, broken.Expected, broken.Seen, broken.Mismatch
	v.Step, v.Exchange, v.Event = -1, -1, -1
	return v
}

// Conclude gives the verdicts of a run: those that its scenarios came to, and
// the failures of the checks over everything that was seen. Whoever concludes
// a run does it here, so that one target gets one answer from all of them.
func (s *Invariants) Conclude(verdicts []evidence.Verdict) []evidence.Verdict {
	out := make([]evidence.Verdict, len(verdicts))
	for i, v := range verdicts {
		if req, ok := s.judge.catalogue.ByID(v.Requirement); ok {
			v = s.Apply(req, v)
		}
		out[i] = v
	}
	return out
}

func (s *Invariants) breaks(kind spec.Invariant, ev *evidence.Evidence, xpath, expected, seen string) {
	where, how := "a GET", evidence.MismatchForm
	switch kind {
	case spec.InvariantValidError:
		where = "an answer"
	case spec.InvariantReasonCode:
		where = "a User"
	case spec.InvariantEventShape, spec.InvariantEventUser, spec.InvariantEventRefused, spec.InvariantEventError,
		spec.InvariantErrorShape, spec.InvariantEventTeam, spec.InvariantEventUnasked:
		where, how = "an event", evidence.MismatchEvent
	}
	s.take(kind, evidence.Verdict{
		Requirement: ev.Requirement, Mismatch: evidence.Mismatch{Kind: how},
		XPath: xpath, Asked: where + " of " + ev.Requirement, Expected: expected, Seen: seen,
		Reason: fmt.Sprintf("in %s of %s: expected %s; saw %s", where, ev.Requirement, expected, seen),
	})
}

func (s *Invariants) take(kind spec.Invariant, v evidence.Verdict) {
	// The first requirement in the catalogue's order shows it.
	if known, ok := s.found.Broken[kind]; !ok || s.rank(v.Requirement) < s.rank(known.Requirement) {
		s.found.Broken[kind] = v
	}
}

// rank is the place in the catalogue, what is not of it last.
func (s *Invariants) rank(requirement string) int {
	if n, ok := s.order[requirement]; ok {
		return n
	}
	return len(s.order)
}

// Take hands over what was found since it was last called: who takes it merges
// it where the run is concluded.
func (s *Invariants) Take() evidence.InvariantFindings {
	found := s.found
	s.found = nothingFound()
	return found
}

// Merge takes in what was found where evidence was added elsewhere. What it
// has already changes nothing.
func (s *Invariants) Merge(found evidence.InvariantFindings) {
	for kind, v := range found.Broken {
		s.take(kind, v)
	}
	maps.Copy(s.found.Heard, found.Heard)
	maps.Copy(s.found.TeamHeard, found.TeamHeard)
	maps.Copy(s.found.TeamShown, found.TeamShown)
	for _, of := range []struct {
		known, found map[spec.State]map[string]evidence.SilentAt
	}{
		{s.found.Silent, found.Silent}, {s.found.TeamSilent, found.TeamSilent}, {s.found.TeamOther, found.TeamOther},
	} {
		for state, where := range of.found {
			for attempt, at := range where {
				misses(of.known, state, attempt, at)
			}
		}
	}
	for change, came := range found.Changes {
		s.came(change, came)
	}
}

// api is what the paths of the interface begin with.
const api = "/finesse/api/"

// userPath is the path of a User object itself.
var userPath = text.Pattern(`/finesse/api/User/[^/?]+/?$`)

func (s *Invariants) bodies(ev *evidence.Evidence) {
	if req, ok := s.judge.catalogue.ByID(ev.Requirement); ok && req.LevelOn(ev.Target.Deployment) == spec.Info {
		return // recorded, not judged
	}
	for _, x := range ev.Exchanges {
		switch {
		case x.ResponseDigest != "" || x.Err != "" || !strings.HasPrefix(x.Path, api): // of a body that is not whole nothing can be said
		case x.Status >= 400:
			s.errorBody(ev, x)
		case x.Status/100 == 2 && userPath().MatchString(x.Path) && x.As == "": // nobody may have it, whatever is in it
		case x.Method == "GET" && x.Status/100 == 2 && x.Status != 200 && userPath().MatchString(x.Path):
			s.breaks(spec.InvariantValidUser, ev, "", "a User with 200", fmt.Sprintf("one with %d", x.Status))
		case x.Method == "GET" && x.Status == 200 && userPath().MatchString(x.Path):
			s.userBody(ev, x)
		case x.Method == "GET" && x.Status == 200:
			s.readBody(ev, x)
			s.codesListed(x)
		}
	}
}

func (s *Invariants) userBody(ev *evidence.Evidence, x evidence.Exchange) {
	contentType := x.ResponseHeader["Content-Type"]
	key := contentType + "\x00" + x.Path + "\x00" + evidence.Digest(x.ResponseBody)
	if s.valid[key] {
		return
	}
	d := s.judge.document("User", contentType, x.ResponseBody)
	if who := stranger(d, path.Base(x.Path)); who != "" {
		s.breaks(spec.InvariantOwnUser, ev, "User/loginId", "the user "+path.Base(x.Path)+" who was asked for", who)
	}
	s.sameNames(ev, x, d)
	if state, _ := d.text("User/state"); d.media == "" && d.path == "User/state" && state == string(spec.Login) {
		return // a passing moment, which the check of states looks at
	}
	if form := d.form(); form != "" {
		s.breaks(spec.InvariantValidUser, ev, d.path, "a User body valid against its schema", form)
		return
	}
	s.reasonShown(ev, d, "User/")
	s.valid[key] = true
}

// sameNames: a User is known by the same names, whatever its state is.
func (s *Invariants) sameNames(ev *evidence.Evidence, x evidence.Exchange, d *document) {
	for _, name := range []string{"uri", "loginId", "dialogs"} {
		is, there := d.text("User/" + name)
		if !there {
			continue // for the schema to say
		}
		key := x.Path + "\x00" + name
		if was, known := s.said[key]; known && was != is {
			s.breaks(spec.InvariantOwnUser, ev, "User/"+name, fmt.Sprintf("%s %q, as in other reads of %s", name, was, x.Path), fmt.Sprintf("%q", is))
			return
		}
		s.said[key] = is
	}
}

// readBody: what other reads answer is said to be XML too.
func (s *Invariants) readBody(ev *evidence.Evidence, x evidence.Exchange) {
	if d := s.judge.document("User", x.ResponseHeader["Content-Type"], x.ResponseBody); d.media != "" {
		s.breaks(spec.InvariantValidUser, ev, "", "a read of "+x.Path+" that is said to be XML", d.media)
	}
}

// errorBody: whatever is an ApiErrors document is a right one. An answer in
// other words is none of the API's; the requirements that ask for one say so.
func (s *Invariants) errorBody(ev *evidence.Evidence, x evidence.Exchange) {
	d := s.judge.document("ApiErrors", x.ResponseHeader["Content-Type"], x.ResponseBody)
	if _, told := d.text("ApiErrors/ApiError/ErrorType"); !told {
		return
	}
	if form := d.form(); form != "" {
		s.breaks(spec.InvariantValidError, ev, d.path, "an ApiErrors body valid against its schema", form)
	}
}

// stranger gives the id of the user in a document who is not the one with the
// id or login name, "" for the right one.
func stranger(d *document, id string) string {
	uri, _ := d.text("User/uri")
	loginID, _ := d.text("User/loginId")
	name, _ := d.text("User/loginName")
	if loginID == "" || loginID == id || path.Base(uri) == id || strings.EqualFold(name, id) {
		return "" // without an id nothing can be said of it here
	}
	return loginID
}

func (s *Invariants) documentedStates(ev *evidence.Evidence) {
	for _, l := range ev.Observations {
		if l.Event {
			continue
		}
		switch {
		case slices.Contains(s.states, l.State) && !(ev.Target.Deployment == spec.UCCX && (l.State == spec.Hold || l.State == spec.WorkReady)):
		case l.State == spec.Login && signingIn(ev, l):
		default:
			s.breaks(spec.InvariantState, ev, "User/state", "one of the documented states", fmt.Sprintf("%q", l.State))
		}
	}
}

// signingIn reports whether LOGIN may have been seen in passing: a LOGIN for the
// user was sent within the settle time before the sighting, or the run had sent
// nothing for it since it was in LOGOUT, or since it was first seen, and somebody
// else signed it in.
func signingIn(ev *evidence.Evidence, l evidence.Observation) bool {
	sent := time.Time{} // the last change that the run asked for
	for _, x := range ev.Exchanges {
		if x.Method != "PUT" || !strings.HasSuffix(strings.TrimSuffix(x.Path, "/"), "/User/"+l.User) || x.Started.After(l.At) {
			continue
		}
		sent = x.Started
		if strings.Contains(x.RequestBody, string(spec.Login)) && l.Asked.Sub(x.Started.Add(x.Duration)) <= ev.Target.Settle {
			return true
		}
	}
	since, out := l.Asked, sent.IsZero() // since when it is in LOGIN, as far as looks tell, and may have come from LOGOUT
looks:
	for _, o := range slices.Backward(ev.Observations) {
		switch {
		case o.Event || o.User != l.User || !o.Asked.Before(l.Asked):
		case o.State == spec.Login:
			since = o.Asked
		default:
			out = o.State == spec.Logout && o.Asked.After(sent)
			break looks
		}
	}
	return out && l.Asked.Sub(since) <= ev.Target.Settle
}
