package explore

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"finesse-conformance/spec"
)

// scriptHead says what a person has to fill in; no script holds a password.
const scriptHead = `#!/bin/sh
# %s
#
# Fill in what stands below, or set it in the environment, and run it against a
# system on which nobody works. It needs curl 7.68 or newer, to which nothing is
# told in its arguments. After each group of requests it prints the agent's state,
# of which it does not show the reason code; where the walk ends it leaves the
# agent. What stands on one line comes as fast as curl can send it: run it again
# where nothing shows.
set -eu
: "${BASE:=%s}"
: "${AGENT_ID:?the id of an agent, who is signed out}" "${AGENT_NAME:=$AGENT_ID}" "${AGENT_PASSWORD:?}" "${AGENT_EXTENSION:?}"
`

// scriptTools are the functions that every script has.
//
//go:embed script_tools.sh
var scriptTools string

// Script is the walk of a finding as a shell script of curl commands, from a
// user who is signed out.
func (m *Model) Script(f Finding, url string) string {
	var b strings.Builder
	fmt.Fprintf(&b, scriptHead, strings.ReplaceAll(f.Sentence(), "\n", " "), url)
	var lines strings.Builder
	part := func(title string, list []Round) {
		if len(list) > 0 {
			lines.WriteString("\n# " + title + "\n")
		}
		for _, r := range list {
			lines.WriteString(m.line(r))
		}
	}
	if len(f.Walk.whom()) > 1 {
		part("A colleague, who is signed out as well.", []Round{{Does: []spec.When{colleagueSignsIn}}})
	}
	part("The way there.", rounds(m.way(f.Walk.Start)))
	part("The walk. Expected in the end: "+f.Deviation.Expected+"; seen: "+f.Deviation.Seen, f.Walk.Rounds)
	for _, n := range scriptNeeds {
		if strings.Contains(lines.String(), n.where) {
			b.WriteString(n.what + "\n")
		}
	}
	return b.String() + "\n" + scriptTools + lines.String()
}

// scriptNeeds are what a script asks for beside the agent, where its lines have
// a word.
var scriptNeeds = []struct{ where, what string }{
	{" SUPERVISOR ", `: "${SUPERVISOR_NAME:?who supervises the team of the agent, and is signed in}" "${SUPERVISOR_PASSWORD:?}"`},
	{" COLLEAGUE ", `: "${COLLEAGUE_ID:?the id of another agent, who is signed out}" "${COLLEAGUE_NAME:=$COLLEAGUE_ID}" "${COLLEAGUE_PASSWORD:?}" "${COLLEAGUE_EXTENSION:?}"`},
	{"PEER", `: "${PEER_ID:?the id of another agent, who is in NOT_READY and on no call}" "${PEER_NAME:=$PEER_ID}" "${PEER_PASSWORD:?}" "${PEER_EXTENSION:?}"`},
	{"$FIRST_REASON", `: "${FIRST_REASON:?the id of a reason code for NOT_READY, as /finesse/api/User/ID/ReasonCodes?category=NOT_READY has it}"`},
	{"$SECOND_REASON", `: "${SECOND_REASON:?the id of another reason code for NOT_READY}"`},
	{"$LOGOUT_REASON", `: "${LOGOUT_REASON:?the id of a reason code for LOGOUT}"`},
}

// line is a round as a line of the script, which one curl sends.
func (m *Model) line(r Round) string {
	does, shown := slices.Clone(r.Does), "state\n"
	if r.How == Together { // what a person may have to make happen first, as the rest waits for it
		slices.SortStableFunc(does, func(a, b spec.When) int { return len(b.Timer) + len(b.Stimulus) - len(a.Timer) - len(a.Stimulus) })
		shown = "state --parallel\n"
	}
	var b strings.Builder
	for _, w := range does {
		b.WriteString(command(w, m.Codes) + "; ")
	}
	return b.String() + shown
}

var colleagueSignsIn = spec.When{By: spec.Colleague, Put: &spec.Put{State: string(spec.Login), Extension: spec.ExtensionOwn, User: spec.UserOwn}}

func rounds(list []spec.When) []Round {
	var all []Round
	for _, w := range list {
		all = append(all, Round{How: Alone, Does: []spec.When{w}})
	}
	return all
}

// command is one thing as part of a line of the script.
func command(w spec.When, codes map[spec.Category]bool) string {
	switch {
	case w.Put != nil:
		who := "AGENT"
		switch w.By {
		case spec.Supervisor:
			who = "SUPERVISOR"
		case spec.Colleague:
			who = "COLLEAGUE"
		}
		return strings.TrimRight("put "+who+" "+w.Put.State+" "+scriptReason(w, codes), " ")
	case w.Dialog == "MAKE_CALL" && w.By == spec.Peer:
		return "call PEER AGENT"
	case w.Dialog == "MAKE_CALL":
		return "call AGENT PEER"
	case w.Dialog != "":
		return "dialog AGENT " + w.Dialog
	case w.Timer != "":
		return "by_hand 'the wrap-up timer ends'"
	}
	return "stimulus " + string(w.Stimulus)
}

// scriptReason is what a request of a script sends as reasonCodeId.
func scriptReason(w spec.When, codes map[spec.Category]bool) string {
	switch {
	case w.By == spec.Supervisor || w.Put.Reason == spec.ReasonNone || !codes[spec.Category(w.Put.State)]:
		return ""
	case w.Put.State == string(spec.Logout):
		return `"$LOGOUT_REASON"`
	case w.Put.Reason == spec.ReasonSecond:
		return `"$SECOND_REASON"`
	}
	return `"$FIRST_REASON"`
}

// way gives the shortest list of moves from LOGOUT into a situation.
func (m *Model) way(to spec.Situation) []spec.When {
	type place struct {
		at  modelState
		way []spec.When
	}
	start := modelState{Situation: spec.Situation{State: spec.Logout}}
	found, seen := []place{{at: start}}, map[spec.Situation]bool{start.Situation: true}
	for len(found) > 0 {
		p := found[0]
		found = found[1:]
		if same(p.at.Situation, to) {
			return p.way
		}
		for _, move := range m.moves {
			if !move.From.Matches(p.at.Situation) || move.Action.Timer != "" {
				continue
			}
			for _, next := range apply(p.at, move) {
				if !seen[next.Situation] {
					seen[next.Situation] = true
					found = append(found, place{next, append(p.way[:len(p.way):len(p.way)], whenOf(move.Action))})
				}
			}
		}
	}
	return nil
}

func same(s, to spec.Situation) bool {
	if to.Call == "" {
		s.Was, s.WrapUp, to.Was, to.WrapUp = "", "", "", ""
	}
	if to.WrapUp == spec.Off && s.WrapUp == "" {
		s.WrapUp = spec.Off
	}
	return s == to
}

// whenOf is a move as something that is done.
func whenOf(a spec.Action) spec.When {
	switch {
	case a.Put != "":
		w := spec.When{By: spec.Self, Put: &spec.Put{State: string(a.Put), Reason: spec.ReasonAuto}}
		if a.Put == spec.Login {
			w.Put.Extension = spec.ExtensionOwn
		}
		return w
	case a.Call == spec.CallReceive:
		return spec.When{By: spec.Peer, Dialog: "MAKE_CALL"}
	case a.Call != "":
		return spec.When{By: spec.Self, Dialog: "MAKE_CALL"}
	}
	return spec.When{By: spec.Self, Dialog: a.Dialog, Stimulus: a.Stimulus, Timer: a.Timer}
}
