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
		for _, n := range xmlbody.Nodes(c.loose(x.ResponseBody).node, "Team/users/User") {
			id, _ := xmlbody.Text(n, "loginId")
			there, _ := xmlbody.Text(n, "state")
			if strings.TrimSpace(id) != user {
				continue
			}
			if there = strings.TrimSpace(there); spec.State(there) == state {
				return ""
			}
			seen = fmt.Sprintf("user %s in %s in the team, and in %s in the User", user, there, state)
		}
	}
	return seen
}
