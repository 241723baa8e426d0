package scenario

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/antchfx/xmlquery"

	"finesse-conformance/fixtures"
	"finesse-conformance/internal/xmlbody"
	"finesse-conformance/spec"
	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
)

// readStep does a step that is a read. What may take the settle time to show is
// read again until it does.
func (a *attempt) readStep(ctx context.Context, subject *participant, st spec.Step) evidence.Exchange {
	call := a.get(subject, st.When)
	if st.When.Elsewhere() {
		return a.readElsewhere(ctx, call, st)
	}
	if !slices.ContainsFunc(st.Then, func(out spec.Outcome) bool { return out.Members }) {
		return a.readUser(ctx, subject, call)
	}
	team := a.teamOf(subject.user)
	for _, u := range team {
		if !a.parts.Has(u) {
			a.ev.Cast["other:"+u.ID] = castUser(u)
		}
	}
	var x evidence.Exchange
	for deadline := time.Now().Add(a.Target.Settle); ; {
		states := map[string]spec.State{}
		for _, u := range team {
			if l, err := a.look(ctx, a.participantOr(u), evidence.ForLook); err == nil {
				states[u.ID] = l.State
			}
		}
		x = a.send(ctx, call)
		if agrees(x.ResponseBody, states) || !time.Now().Before(deadline) || !a.pause(ctx, max(a.Poll, time.Millisecond)) {
			return x
		}
	}
}

// A Team is read of a subject in each state so often, and no more after as many
// reads that came to nothing.
const (
	teamReadsEach   = 2
	teamReadsInVain = 3
)

// teamReads counts what was read of a Team in the states of subjects.
type teamReads struct {
	of     map[spec.State]int
	inVain int
}

// readTeam has a supervisor read the Team of a subject that a step has led to a
// state in which it was not read often enough: until it shows the subject so, for
// the settle time at most. What that comes to is judged over the whole run.
func (a *attempt) readTeam(ctx context.Context, p *participant) {
	state := p.look.State
	supervisors := slices.DeleteFunc(a.Cast.Supervisors(p.user.Team), func(u *fixtures.User) bool {
		return u == p.user || u.Barred != "" || a.Users.LockedOut(u.ID) != nil
	})
	if a.Explains != nil || len(supervisors) == 0 || len(a.req.Steps) > 1 || !slices.Contains(a.Catalogue.States(), state) ||
		a.teamReads.of[state] >= teamReadsEach || a.teamReads.inVain >= teamReadsInVain {
		return
	}
	if a.teamReads.of == nil {
		a.teamReads.of = map[spec.State]int{}
	}
	a.teamReads.of[state]++
	read := client.Call{As: supervisors[0], Method: http.MethodGet, Path: "/finesse/api/Team/" + p.user.Team, Purpose: evidence.ForLook, Keep: a.onlyCast}
	agreed := eventually(ctx, a.Target.Settle, max(a.Poll, time.Millisecond), func() bool {
		x := a.send(ctx, read)
		if x.Status/100 == 4 { // which costs, and would be so of other states
			a.teamReads.inVain = teamReadsInVain
		}
		l, err := a.look(ctx, p, evidence.ForLook)
		return err != nil || x.Status != http.StatusOK || l.State != state || agrees(x.ResponseBody, map[string]spec.State{p.user.ID: state})
	})
	if !agreed {
		a.teamReads.inVain++
	}
}

// readUser reads what a step asks for. Where that is the subject, and a node
// that lags shows it as it was before, it is read again, as each look is; so is
// one that is shown in another state than it was just seen in, since nothing was
// asked of it in between.
func (a *attempt) readUser(ctx context.Context, subject *participant, call client.Call) evidence.Exchange {
	was := subject.look.State
	for deadline := time.Now().Add(a.Target.Settle); ; {
		x := a.send(ctx, call)
		if call.Path != userPath(subject.user.ID) {
			return x
		}
		l, ok := a.read(subject, x)
		l.User = subject.user.ID
		inTime := time.Now().Before(deadline)
		elsewhere := inTime && was != "" && l.State != was
		if !ok || !elsewhere && !a.Users.Outdated(l) {
			return x
		}
		if !inTime {
			a.Users.WaitedInVain(l)
			return x
		}
		if !a.pause(ctx, max(a.Poll, time.Millisecond)) {
			return x
		}
	}
}

// agrees reports whether a Team shows users, by their ids, in their states.
func agrees(team string, states map[string]spec.State) bool {
	doc, err := xmlbody.Parse("", []byte(team))
	if err != nil {
		return false
	}
	shown := map[string]spec.State{}
	for _, user := range xmlbody.Nodes(doc, "Team/users/User") {
		id, _ := xmlbody.Text(user, "loginId")
		state, _ := xmlbody.Text(user, "state")
		shown[strings.TrimSpace(id)] = spec.State(strings.TrimSpace(state))
	}
	for id, state := range states {
		if shown[id] != state {
			return false
		}
	}
	return true
}

// teamOf gives those of the cast who are on the user's team.
func (a *attempt) teamOf(u *fixtures.User) []*fixtures.User {
	var team []*fixtures.User
	for _, other := range a.Cast.Usable() {
		if other.Team == u.Team {
			team = append(team, other)
		}
	}
	return team
}

func (a *attempt) get(subject *participant, w spec.When) client.Call {
	call := client.Call{As: a.signer(w.By), Method: http.MethodGet, Query: w.Get.Query, Purpose: evidence.ForAct, Elsewhere: w.Elsewhere()}
	if w.Get.Credentials == spec.CredentialsNone {
		call.Credentials = client.None
	}
	id := a.idFor(subject, w.Get.User)
	if w.Get.User == spec.UserUnknown {
		a.values["id"] = id
	}
	switch w.Get.What {
	case spec.GetSystemInfo:
		call.Path = "/finesse/api/SystemInfo"
	case spec.GetReasonCodes:
		call.Path = userPath(id) + "/ReasonCodes"
		if w.Get.Category != spec.CategoryNone {
			call.Query = "category=" + string(w.Get.Category)
		}
	case spec.GetUsers:
		call.Path, call.Keep = "/finesse/api/Users", a.onlyCast
	case spec.GetTeam:
		call.Path, call.Keep = "/finesse/api/Team/"+subject.user.Team, a.onlyCast
	case spec.GetAuthMode:
		call.Path = "/finesse/api/UserAuthMode/" + id
	default:
		call.Path = userPath(id)
	}
	return call
}

// onlyCast takes out of an answer everybody who is not of the cast: nobody has
// said that the run may know of them. What is neither a list of users nor an
// error is not kept.
func (a *attempt) onlyCast(body string) string {
	doc, err := xmlbody.Parse("", []byte(body))
	if err != nil {
		return ""
	}
	if len(xmlbody.Nodes(doc, "ApiErrors")) > 0 {
		return body
	}
	if len(xmlbody.Nodes(doc, "Users"))+len(xmlbody.Nodes(doc, "Team")) == 0 {
		return ""
	}
	for _, path := range []string{"Users/User", "Team/users/User"} {
		for _, user := range xmlbody.Nodes(doc, path) {
			id, _ := xmlbody.Text(user, "loginId")
			if a.Cast.ByID(strings.TrimSpace(id)) == nil {
				xmlquery.RemoveFromTree(user)
			}
		}
	}
	return doc.OutputXML(false)
}

// shows reports whether an answer is 200 with the text at the path.
func shows(x evidence.Exchange, path, text string) bool {
	if x.Status != http.StatusOK {
		return false
	}
	doc, err := xmlbody.Parse("", []byte(x.ResponseBody))
	if err != nil {
		return false
	}
	got, _ := xmlbody.Text(doc, path)
	return strings.TrimSpace(got) == text
}
