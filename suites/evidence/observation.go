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
	if err != nil {
		return Observation{}, false
	}
	l, told := readUser(node, "User")
	if !told {
		return Observation{}, false
	}
	l.Asked, l.At, l.Index = x.Started, x.Started.Add(x.Duration), x.Index
	return l, true
}

// ObservationOfEvent reads a sighting of a user out of an event on its own node.
func ObservationOfEvent(e Event) (Observation, bool) {
	node, err := xmlbody.ParseShared("", []byte(e.Payload))
	if err != nil {
		return Observation{}, false
	}
	l, told := readUser(node, "Update/data/user")
	if !told {
		return Observation{}, false
	}
	l.Asked, l.At, l.Index, l.Event = e.Received, e.Received, e.Index, true
	return l, true
}

// longestText is how much of a text in a User is taken into a sighting, in
// bytes: states, codes and times are shorter by far.
const longestText = 128

// readUser reads what a sighting has of a user in one walk over the elements at
// a path. Of a name that comes several times, the first counts.
func readUser(node *xmlquery.Node, at string) (o Observation, told bool) {
	var state string
	names := []struct {
		name string
		to   *string
		told bool
	}{
		{"state", &state, false}, {"pendingState", &o.Pending, false}, {"reasonCodeId", &o.ReasonCodeID, false},
		{"extension", &o.Extension, false}, {"stateChangeTime", &o.ChangeTime, false},
	}
	for _, user := range xmlbody.Nodes(node, at) {
		for child := range xmlbody.Children(user) {
			for i := range names {
				if n := &names[i]; !n.told && strings.EqualFold(n.name, child.Data) {
					*n.to, n.told = short(xmlbody.TextOf(child)), true
				}
			}
		}
	}
	code, _ := xmlbody.Text(node, at+"/reasonCode/code")
	o.State, o.ReasonCode = spec.State(state), short(code)
	return o, names[0].told
}

// short is a text that is cut.
func short(t string) string {
	t = strings.TrimSpace(t)
	if len(t) > longestText {
		t = strings.ToValidUTF8(t[:longestText], "") + "…"
	}
	return t
}
