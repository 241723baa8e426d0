package spec

import "slices"

// Then lists the outcomes of a step that the guide allows; one suffices.
type Then []Outcome

// On gives the outcomes that are allowed on a deployment.
func (t Then) On(d Deployment) Then {
	var list Then
	for _, o := range t {
		if o.AllowedOn(d) {
			list = append(list, o)
		}
	}
	return list
}

// Outcome is one thing that may come of a step. Kind says how the fields are
// read.
type Outcome struct {
	Kind   Kind
	States []State               // accepted, reaches, deferred: any of them
	Status []int                 // error, answer: the HTTP status; classes are written 4xx and stand as 4
	Types  []string              // refused, error, answer: the ErrorTypes, aliases resolved
	Data   map[Deployment]string // error: the ErrorData that must be there; refused: see below
	Schema string                // answer: the schema that the body must be valid against, "" for no look at it
	Shows  []Show                // what the User (or the answer) must show
	Header string                // answer: the name of a header that must be there
	// Data of a refusal is judged where an error data is seen at all: another
	// number that the guide or the CTI reference documents is a failure, one
	// that neither does is recorded.

	// Deployments are those on which the outcome is allowed, nil for all.
	Deployments []Deployment
	// After is the kind to which the last Put before this step has to have
	// come for the outcome to be allowed, "" for any.
	After Kind
	// MayReturn is a state that the target may go back to afterwards.
	MayReturn State
	// Passes is a state, with a reason code, that is passed on the way;
	// seeing it is recorded.
	Passes State
	// HalfTimer: only an answer before half the wrap-up timer proves anything.
	HalfTimer bool
	// Records are paths of which the text is recorded, or that there is none.
	Records []string
	// Others are the states in which those who play other parts are left; of
	// whom nothing is said stays where it was.
	Others map[Actor]State
	// Members: every user of the cast who is on the team stands in the answer,
	// known by its loginId, within the settle time in the state that a GET of
	// it shows.
	Members bool
	// OtherNode says what is expected of the other node of a system of two,
	// "" for nothing.
	OtherNode OtherNodeCheck
	// Same: the other node answers as the first did in the step before. Times
	// and the words of messages may differ.
	Same bool
	// Clock: how far the clock of the other node is from that of the first, by
	// what both tell, is recorded.
	Clock bool
	Event EventCheck // what is expected of notifications, beside the rest
}

// AllowedOn reports whether the outcome is one on the deployment.
func (o Outcome) AllowedOn(d Deployment) bool {
	return len(o.Deployments) == 0 || slices.Contains(o.Deployments, d)
}

// Kind is a kind of outcome.
type Kind string

// The kinds of outcomes, with the words of the catalogue.
const (
	// Accepted: 200 or 202, then one of States within the settle time, and
	// still there after the quiet time.
	Accepted Kind = "accepted"
	// Refused: 400 or 401 with one of Types, or 2xx and an apiErrors event
	// with one of Types on the subject's own node, waited for the settle time;
	// state, pending state and reason code stay what they were for the quiet
	// time. Where no session listens to that node from before the request to
	// its end, 2xx and nothing changed proves nothing: not exercised.
	Refused Kind = "refused"
	// Error: Status at once with one of Types, nothing changed.
	Error Kind = "error"
	// Keeps: the state stays what it was for the quiet time; with Status, the
	// answer has it. The pending state may change.
	Keeps Kind = "keeps"
	// Deferred: 2xx, the state stays, and one of States comes with the end of
	// the call, which is the next step.
	Deferred Kind = "deferred"
	// Reaches: whatever the step did, one of States within the settle time,
	// and still there after the quiet time.
	Reaches Kind = "reaches"
	// Avoids: the user leaves its state within the settle time, and none of
	// States is seen from then to the end of the quiet time. Where it stays
	// where it was nothing is proven.
	Avoids Kind = "avoids"
	// Answer: only the answer counts: Status, Types, Schema, Shows.
	Answer Kind = "answer"
	// Recorded: anything; it is written down. It proves nothing: where every
	// other step was left out the requirement is not exercised.
	Recorded Kind = "recorded"
)

// Show is something that must stand in a User or another body.
type Show struct {
	At       string                  // path such as User/reasonCodeId; ReasonCode stands for reasonCode too
	Is       map[Deployment][]string // any of these texts, with Placeholders
	OrAbsent bool                    // an absent or empty element passes too
	OrSystem bool                    // a reason code id that is none of those the subject may choose passes too: one of the system's
	EachIn   []string                // every element at the path has one of these texts, and there is one unless OrAbsent
}

// Placeholders are what the texts of a Show may stand for: the subject's id
// and extension, the reasonCodeId that the last Put of the requirement sent,
// the ids that ReasonFirst and ReasonSecond stand for, and the device that it
// sent.
func Placeholders() []string {
	return []string{"id", "extension", "reason", "first", "second", "device"}
}

// OtherNodeCheck names what is expected of the other node after a change.
type OtherNodeCheck string

// The checks of the other node.
const (
	OtherNodeShows OtherNodeCheck = "shows" // it shows the change within the settle time
	OtherNodeLag   OtherNodeCheck = "lag"   // how long after the first node it shows the change is recorded
)

// EventCheck names what is expected of the notifications of a step.
type EventCheck string

// The event checks.
const (
	EventState    EventCheck = "state"     // a User event on the user's node with the new state
	EventShape    EventCheck = "shape"     // its source is the node, its event PUT in either case
	EventAgrees   EventCheck = "agrees"    // its user is valid and agrees with the GET that follows
	EventEcho     EventCheck = "echo"      // the requestId sent comes back in it
	EventNone     EventCheck = "none"      // no event on the node
	EventError    EventCheck = "error"     // an apiErrors event with errorType, errorMessage, errorData
	EventTeam     EventCheck = "team"      // the supervisor sees the change on the team's node
	EventNoChange EventCheck = "no_change" // no event with another state

	EventPending    EventCheck = "pending"     // a User event with the state as it was and the pendingState that was asked for
	EventUnasked    EventCheck = "unasked"     // the event of the change has an empty requestId, or none
	EventErrorShape EventCheck = "error_shape" // the apiErrors event's source is the node, its event PUT in either case, its names in a documented spelling
	EventErrorEcho  EventCheck = "error_echo"  // the requestId sent comes back in the apiErrors event
)

// EventChecks lists the event checks.
func EventChecks() []EventCheck {
	return []EventCheck{EventState, EventShape, EventAgrees, EventEcho, EventNone, EventError, EventTeam, EventNoChange,
		EventPending, EventUnasked, EventErrorShape, EventErrorEcho}
}
