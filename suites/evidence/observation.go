package evidence

import (
	"strings"

	"github.com/antchfx/xmlquery"

	"finesse-conformance/internal/xmlbody"
	"finesse-conformance/spec"
)

// ObservationOf reads a sighting of a user out of an exchange. It reports false for
// anything but a 200 with a User document.
func ObservationOf(x Exchange) (Observation, bool) {
	if x.Err != "" || x.Status/100 != 2 {
		return Observation{}, false
	}
	node, err := xmlbody.ParseShared("", []byte(x.ResponseBody))
	if err != nil || len(xmlbody.Nodes(node, "User/state")) == 0 {
		return Observation{}, false
	}
	l := readUser(node, "User/")
	l.Asked, l.At, l.Index = x.Started, x.Started.Add(x.Duration), x.Index
	return l, true
}

// ObservationOfEvent reads a sighting of a user out of an event on its own node.
func ObservationOfEvent(e Event) (Observation, bool) {
	node, err := xmlbody.ParseShared("", []byte(e.Payload))
	if err != nil || len(xmlbody.Nodes(node, "Update/data/user/state")) == 0 {
		return Observation{}, false
	}
	l := readUser(node, "Update/data/user/")
	l.Asked, l.At, l.Index, l.Event = e.Received, e.Received, e.Index, true
	return l, true
}

// longestText is how much of a text in a User is taken into a sighting, in
// bytes: states, codes and times are shorter by far.
const longestText = 128

func readUser(node *xmlquery.Node, at string) Observation {
	text := func(path string) string {
		t, _ := xmlbody.Text(node, at+path)
		t = strings.TrimSpace(t)
		if len(t) > longestText {
			t = strings.ToValidUTF8(t[:longestText], "") + "…"
		}
		return t
	}
	return Observation{
		State: spec.State(text("state")), Pending: text("pendingState"),
		ReasonCodeID: text("reasonCodeId"), ReasonCode: text("reasonCode/code"),
		Extension: text("extension"), ChangeTime: text("stateChangeTime"),
	}
}
