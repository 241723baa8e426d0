package explore

import (
	"fmt"
	"strings"

	"finesse-conformance/spec"
)

// scriptHead says what a person has to fill in; no script holds a password.
const scriptHead = `#!/bin/sh
# %s
#
# Fill in what stands below, or set it in the environment, and run it against a
# system on which nobody works. After each group of requests it prints the
# agent's state, of which it does not show the reason code. What stands on one
# line comes as fast as curl can send it: run it again where nothing shows.
set -eu
: "${BASE:=%s}"
: "${AGENT_ID:?the id of an agent, who is signed out}" "${AGENT_NAME:=$AGENT_ID}" "${AGENT_PASSWORD:?}" "${AGENT_EXTENSION:?}"
`

const scriptTools = `
put() { # who, its password, body, the id of whom: the agent by default
	curl -sk -o /dev/null -w '%{http_code} ' -u "$1:$2" -X PUT -H 'Content-Type: application/xml' -H "requestId: $(date +%s%N)-$1" -d "$3" \
		"$BASE/finesse/api/User/${4:-$AGENT_ID}"
}
call_id() { # id, name, password
	curl -sk -u "$2:$3" "$BASE/finesse/api/User/$1/Dialogs" | sed -n 's|.*<id>\([^<]*\)</id>.*|\1|p' | head -n 1
}
dialog() { # action, the agent's
	curl -sk -o /dev/null -w '%{http_code} ' -u "$AGENT_NAME:$AGENT_PASSWORD" -X PUT -H 'Content-Type: application/xml' \
		-d "<Dialog><requestedAction>$1</requestedAction><targetMediaAddress>$AGENT_EXTENSION</targetMediaAddress></Dialog>" \
		"$BASE/finesse/api/Dialog/$(call_id "$AGENT_ID" "$AGENT_NAME" "$AGENT_PASSWORD")"
}
stimulus() { # what has to happen from outside
	if [ -n "${HOOK:-}" ]; then
		curl -sk -X POST -H 'Content-Type: application/json' -d "{\"stimulus\": \"$1\", \"user\": \"$AGENT_ID\", \"extension\": \"$AGENT_EXTENSION\"}" "$HOOK"
	else
		printf 'make this happen now, then press Enter: %s\n' "$1"; read -r _
	fi
}
state() {
	sleep "${WAIT:-3}"
	echo "-> $(curl -sk -u "$AGENT_NAME:$AGENT_PASSWORD" "$BASE/finesse/api/User/$AGENT_ID" | sed -n 's|.*<state>\([^<]*\)</state>.*|\1|p')"
	if [ -n "${COLLEAGUE_ID:-}" ]; then
		echo "the colleague -> $(curl -sk -u "$COLLEAGUE_NAME:$COLLEAGUE_PASSWORD" "$BASE/finesse/api/User/$COLLEAGUE_ID" | sed -n 's|.*<state>\([^<]*\)</state>.*|\1|p')"
	fi
}
`

// Script is the walk of a finding as a shell script of curl commands, from a
// user who is signed out.
func (m *Model) Script(f Finding, url string) string {
	var b strings.Builder
	fmt.Fprintf(&b, scriptHead, strings.ReplaceAll(f.Sentence(), "\n", " "), url)
	way := m.way(f.Walk.Start)
	needs := scriptNeeds(append(rounds(way), f.Walk.Rounds...))
	for _, name := range needs {
		fmt.Fprintf(&b, ": \"${%s:?%s}\"\n", name, scriptMeans[name])
	}
	b.WriteString(scriptTools)
	if len(f.Walk.whom()) > 1 {
		b.WriteString("\n# A colleague, who is signed out as well.\n" + command(colleagueSignsIn, m.Codes) + "; state\n")
	}
	if len(way) > 0 {
		b.WriteString("\n# The way there.\n")
	}
	for _, w := range way {
		fmt.Fprintf(&b, "%s; state\n", command(w, m.Codes))
	}
	b.WriteString("\n# The walk. Expected in the end: " + f.Deviation.Expected + "; seen: " + f.Deviation.Seen + "\n")
	for _, r := range f.Walk.Rounds {
		all := make([]string, len(r.Does))
		for i, w := range r.Does {
			all[i] = command(w, m.Codes)
		}
		switch r.How {
		case Together:
			b.WriteString(strings.Join(all, " & ") + " & wait; state\n")
		default:
			b.WriteString(strings.Join(all, "; ") + "; state\n")
		}
	}
	return b.String()
}

// scriptMeans says of what a script asks for beside the agent what it is, where
// the name alone does not.
var scriptMeans = map[string]string{
	"SUPERVISOR_NAME": "who supervises the team of the agent, and is signed in", "COLLEAGUE_ID": "the id of another agent, who is signed out",
	"PEER_ID": "the id of another agent, who is in NOT_READY and on no call", "LOGOUT_REASON": "the id of a reason code for LOGOUT",
	"FIRST_REASON": "the id of a reason code for NOT_READY, as /finesse/api/User/ID/ReasonCodes?category=NOT_READY has it", "SECOND_REASON": "the id of another reason code for NOT_READY",
}

var colleagueSignsIn = spec.When{By: spec.Colleague, Put: &spec.Put{State: string(spec.Login), Extension: spec.ExtensionOwn, User: spec.UserOwn}}

func rounds(list []spec.When) []Round {
	var all []Round
	for _, w := range list {
		all = append(all, Round{How: Alone, Does: []spec.When{w}})
	}
	return all
}

// scriptNeeds names what a script needs beside the agent.
func scriptNeeds(list []Round) []string {
	var supervisor, colleague, peer, first, second, leaves bool
	for _, r := range list {
		for _, w := range r.Does {
			supervisor, colleague = supervisor || w.By == spec.Supervisor, colleague || w.By == spec.Colleague
			peer = peer || w.Dialog == "MAKE_CALL"
			if w.Put == nil || w.By == spec.Supervisor {
				continue
			}
			first = first || w.Put.State == string(spec.NotReady) && w.Put.Reason != spec.ReasonNone && w.Put.Reason != spec.ReasonSecond
			second = second || w.Put.Reason == spec.ReasonSecond
			leaves = leaves || w.Put.State == string(spec.Logout)
		}
	}
	var names []string
	for _, n := range []struct {
		needed bool
		names  []string
	}{
		{supervisor, []string{"SUPERVISOR_NAME", "SUPERVISOR_PASSWORD"}},
		{colleague, []string{"COLLEAGUE_ID", "COLLEAGUE_NAME", "COLLEAGUE_PASSWORD", "COLLEAGUE_EXTENSION"}},
		{peer, []string{"PEER_ID", "PEER_NAME", "PEER_PASSWORD", "PEER_EXTENSION"}},
		{first, []string{"FIRST_REASON"}},
		{second, []string{"SECOND_REASON"}},
		{leaves, []string{"LOGOUT_REASON"}},
	} {
		if n.needed {
			names = append(names, n.names...)
		}
	}
	return names
}

// command is one thing as a line of the script.
func command(w spec.When, codes map[spec.Category]bool) string {
	switch {
	case w.Put != nil:
		who, whom := "AGENT", ""
		switch w.By {
		case spec.Supervisor:
			who = "SUPERVISOR"
		case spec.Colleague:
			who, whom = "COLLEAGUE", ` "$COLLEAGUE_ID"`
		}
		body := "<User><state>" + w.Put.State + "</state>"
		if w.Put.State == string(spec.Login) {
			body += "<extension>$" + who + "_EXTENSION</extension>"
		}
		if reason := scriptReason(w, codes); reason != "" {
			body += "<reasonCodeId>" + reason + "</reasonCodeId>"
		}
		return fmt.Sprintf(`put "$%[1]s_NAME" "$%[1]s_PASSWORD" "%[2]s</User>"%[3]s`, who, body, whom)
	case w.Dialog == "MAKE_CALL":
		from, to := "AGENT", "PEER"
		if w.By == spec.Peer {
			from, to = to, from
		}
		return fmt.Sprintf(`curl -sk -u "$%[1]s_NAME:$%[1]s_PASSWORD" -X POST -H 'Content-Type: application/xml' -d "<Dialog><requestedAction>MAKE_CALL</requestedAction><fromAddress>$%[1]s_EXTENSION</fromAddress><toAddress>$%[2]s_EXTENSION</toAddress></Dialog>" "$BASE/finesse/api/User/$%[1]s_ID/Dialogs"; sleep 1; `+
			`curl -sk -u "$%[2]s_NAME:$%[2]s_PASSWORD" -X PUT -H 'Content-Type: application/xml' -d "<Dialog><requestedAction>ANSWER</requestedAction><targetMediaAddress>$%[2]s_EXTENSION</targetMediaAddress></Dialog>" "$BASE/finesse/api/Dialog/$(call_id "$%[2]s_ID" "$%[2]s_NAME" "$%[2]s_PASSWORD")"`, from, to)
	case w.Dialog != "":
		return "dialog " + w.Dialog
	case w.Timer != "":
		return `printf 'wait for the wrap-up timer, then press Enter\n'; read -r _`
	}
	return "stimulus " + string(w.Stimulus)
}

// scriptReason is what a request of a script sends as reasonCodeId.
func scriptReason(w spec.When, codes map[spec.Category]bool) string {
	switch {
	case w.By == spec.Supervisor || w.Put.Reason == spec.ReasonNone || !codes[spec.Category(w.Put.State)]:
		return ""
	case w.Put.State == string(spec.Logout):
		return "$LOGOUT_REASON"
	case w.Put.Reason == spec.ReasonSecond:
		return "$SECOND_REASON"
	}
	return "$FIRST_REASON"
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
