package evidence

import (
	"fmt"

	"finesse-conformance/spec"
)

// Gap says as data why a requirement was not exercised. The reason of the
// verdict says the same to people, and nothing is decided by its words.
type Gap struct {
	Kind     GapKind       `json:"kind"`
	Stimulus spec.Stimulus `json:"stimulus,omitempty"` // the one that is needed
	Waits    *Stranded     `json:"waits,omitempty"`    // the user that has to be out of its state first
	// Cause is what gaps of one kind have in common whose reasons differ in
	// users, counts and durations: they are one finding. Empty where the reason
	// itself is all there is.
	Cause string `json:"cause,omitempty"`
	// Instead is what the target did on the way in place of what leads on.
	Instead *Instead `json:"instead,omitempty"`
}

// Instead is what was seen on the way to a precondition in place of what leads
// on, told as a failure is, so that the two are known for one finding.
type Instead struct {
	Mismatch
	Status int    `json:"status,omitempty"` // of a request that was refused
	XPath  string `json:"xpath,omitempty"`  // of a text that a body should show
}

// Stranded is a user that could not be brought out of a state: the target lets
// it into one that Finesse does not document, or keeps it there.
type Stranded struct {
	User  string     `json:"user"`
	State spec.State `json:"state"`
	Since string     `json:"since"` // the requirement after which it was seen there first
}

func (s Stranded) String() string {
	return fmt.Sprintf("user %s is in state %q since %s", s.User, s.State, s.Since)
}

// The causes of gaps for which nobody hears what the target says of a user. The
// name of a move that does not come about is a cause as well.
const (
	CauseNoService = "no_service" // no notifications are listened to
	CauseNoSession = "no_session" // those of others are, and not the user's
	CauseOutage    = "outage"     // the session was down for some time
	CauseOff       = "off"        // they are switched off
	CausePlain     = "plain"      // the target is reached without TLS
	CauseRefused   = "refused"    // the service that is configured was not reached, or let nobody in
)

// GapKind classes the reasons for which requirements are not exercised. The
// set is closed.
type GapKind string

// The kinds of gaps.
const (
	GapSelection     GapKind = "not_selected"  // left out by --only or --skip
	GapShard         GapKind = "other_shard"   // another shard exercises it
	GapStimulus      GapKind = "stimulus"      // needs something from outside that no hook makes happen
	GapNotifications GapKind = "notifications" // needs a notification service
	GapCast          GapKind = "cast"          // needs a user whom the cast does not have
	GapReasonCodes   GapKind = "reason_codes"  // needs other reason codes on the target
	GapWrapUp        GapKind = "wrap_up"       // needs another wrap-up setting
	GapTarget        GapKind = "target"        // the target does not offer it
	GapPath          GapKind = "way"           // the target did something else on the way to the precondition
	GapNodes         GapKind = "nodes"         // needs the other node of a system of two
	GapTime          GapKind = "time"          // would take longer than the run may wait
	GapAway          GapKind = "away"          // the target was away meanwhile
	GapInterference  GapKind = "foreign"       // somebody else moved a user of the cast
	GapNever         GapKind = "never"         // no run can cause it
	GapEnded         GapKind = "ended"         // the run ended before it
	GapHarness       GapKind = "harness"       // a fault of the harness
	GapOther         GapKind = "other"
)
