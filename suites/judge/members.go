package judge

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"finesse-conformance/internal/xmlbody"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// members: every user of the cast who is on the team stands in an answer of
// the settle time, known by its loginId, in the state that a GET of it shows.
func (c *stepJudge) members(out spec.Outcome) *mismatch {
	if !out.Members {
		return nil
	}
	team := c.ev.Cast["subject"].Team
	asked := 0
	for _, key := range sortedKeys(c.ev.Cast) {
		u := c.ev.Cast[key]
		state, known := c.stateOf(u.ID)
		if u.Team != team || team == "" || !known {
			continue
		}
		asked++
		if seen := c.inTeam(u.ID, state); seen != "" {
			m := c.missed(out, evidence.MismatchShown, 3, seen)
			m.xpath = "Team/users/User"
			return m
		}
	}
	if asked == 0 {
		return c.unproven("no user of the cast is known to be on the team")
	}
	return nil
}

// stateOf is the last state in which a GET of a user showed it, up to the end of
// the step; of who was not looked at in between, before or after it all.
func (c *stepJudge) stateOf(user string) (state spec.State, known bool) {
	take := func(list []evidence.Observation, until time.Time) {
		for _, l := range list {
			if l.User == user && !l.Event && (until.IsZero() || !l.Asked.After(until)) {
				state, known = l.State, true
			}
		}
	}
	if take(c.ev.Observations, c.step.Until); !known {
		take(c.ev.Before, time.Time{})
		take(c.ev.After, time.Time{})
	}
	return state, known
}

// inTeam says what keeps the answers of the step from showing a user in a
// state, "" where one does.
func (c *stepJudge) inTeam(user string, state spec.State) string {
	seen := fmt.Sprintf("user %s is not in the team", user)
	for i := c.act.Index; i < len(c.ev.Exchanges); i++ {
		x := &c.ev.Exchanges[i]
		late := x.Started.Sub(c.step.Sent) > c.ev.Target.Settle || x.Started.After(c.step.Until) && x.Index != c.act.Index
		if x.Method != http.MethodGet || x.Path != c.act.Path || x.Status != http.StatusOK || x.Err != "" || late {
			continue
		}
		switch there, member := c.membersIn(x)[user]; {
		case !member:
		case there == state:
			return ""
		default:
			seen = fmt.Sprintf("user %s in %s in the team, and in %s in the User", user, there, state)
		}
	}
	return seen
}

// membersIn gives the states in which a read of a Team shows its users, by their
// ids.
func (j *Judge) membersIn(x *evidence.Exchange) map[string]spec.State {
	members := map[string]spec.State{}
	for _, n := range xmlbody.Nodes(j.loose(x.ResponseBody).node, "Team/users/User") {
		id, _ := xmlbody.Text(n, "loginId")
		state, _ := xmlbody.Text(n, "state")
		members[strings.TrimSpace(id)] = spec.State(strings.TrimSpace(state))
	}
	return members
}

// teams looks for states in which a Team does not show a user who was in them all
// the while, though it was read again for the settle time.
func (s *Invariants) teams(ev *evidence.Evidence) {
	type stay struct {
		user string
		visit
	}
	since := map[stay]time.Time{} // the first read that showed something else
	for i := range ev.Exchanges {
		x := &ev.Exchanges[i]
		if x.Method != http.MethodGet || !strings.HasPrefix(x.Path, api+"Team/") || x.Status != http.StatusOK || x.Err != "" {
			continue
		}
		for user, there := range s.judge.membersIn(x) {
			is, stays := during(ev, user, x)
			if !stays || is.State == spec.Login {
				continue
			}
			at := stay{user, visitOf(is)}
			if since[at].IsZero() {
				since[at] = x.Started
			}
			switch {
			case there == is.State:
				s.found.TeamShown[is.State] = true
			case x.Started.Sub(since[at]) >= ev.Target.Settle*9/10:
				misses(s.found.TeamOther, is.State, attemptOf(ev), evidence.SilentAt{Requirement: ev.Requirement, User: user})
			}
		}
	}
}

// during gives where looks before and after a request show a user, where that is
// one stay.
func during(ev *evidence.Evidence, user string, x *evidence.Exchange) (is evidence.Observation, stays bool) {
	for _, o := range ev.Observations {
		switch {
		case o.Event || o.User != user:
		case o.At.Before(x.Started):
			is = o
		case !o.Asked.Before(x.Started.Add(x.Duration)):
			return is, is.State != "" && visitOf(o) == visitOf(is)
		}
	}
	return is, false
}
