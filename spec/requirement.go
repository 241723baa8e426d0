package spec

// Requirement is one clause of the documented API that a deployment must
// satisfy. It is data: what must hold, where, where that is written, and in a
// small closed vocabulary how it is brought about and what may come of it.
type Requirement struct {
	ID          string       // stable: an id never changes its meaning
	Section     string       // SIG, TRN-UCCE, …: the id without its number
	Title       string       // one line, for lists and test names
	Level       Level        //
	Deployments []Deployment // where it applies
	Releases    Releases     // the releases for which it is documented
	Sources     []Source     // at least one
	Transition  *Edge        // rows of a transition table: the edge itself
	Given       Given        // what has to be true before the first step
	Steps       []Step       // what is done and what may come of it, in order
	Standing    Standing     // also judged over everything that a run saw
	Never       string       // why no run can exercise it; then there are no steps
	Note        string       // what a reader of the clause should know
	File        string       // where it stands, for messages
	Line        int
}

// AppliesTo reports whether the requirement is expected of a deployment of
// the given kind and release.
func (r *Requirement) AppliesTo(d Deployment, release Release) bool {
	for _, mine := range r.Deployments {
		if mine == d {
			return r.Releases.Contains(release)
		}
	}
	return false
}

// Source is a place where a clause is written.
type Source struct {
	Guide string // key of a guide in sources.yaml: DG12.5, DevNet-CAS, …
	Page  string // printed page, where the guide has pages
	URL   string // address, where it has none of its own
	Facts string // section and row of the fact sheet, such as §4.1/4
}

// Edge is an arrow of a transition table. From "*" means any state.
type Edge struct {
	From, To State
	Or       State // another end that the row allows, "" for none
	Cause    Cause // "" where nothing that a run does causes it
}

// Cause says who moves a user along an edge.
type Cause string

// The causes of the transition tables: the agent's own PUT, the agent's own
// Dialog request, something from outside, the wrap-up timer.
const (
	ByAgent    Cause = "agent"
	ByDialog   Cause = "dialog"
	ByStimulus Cause = "stimulus"
	ByTimer    Cause = "timer"
)

// Standing names a check that a requirement makes on every exchange of a run
// beside its own steps.
type Standing string

// The standing checks.
const (
	StandingValidUser  Standing = "valid_user"  // every User body is valid against its schema
	StandingState      Standing = "state"       // every state is a documented one
	StandingChangeTime Standing = "change_time" // stateChangeTime is well-formed and moves forward
	StandingOwnUser    Standing = "own_user"    // every User body is that of the user asked for
)

// Standings lists the standing checks.
func Standings() []Standing {
	return []Standing{StandingValidUser, StandingState, StandingChangeTime, StandingOwnUser}
}

// Call is a kind of call that a user is on.
type Call string

// The kinds of calls and reservations.
const (
	CallRouted   Call = "icd"      // routed by the contact center
	CallDirect   Call = "direct"   // from user to user
	CallOutbound Call = "outbound" // of a Progressive or Predictive campaign
	CallPreview  Call = "preview"  // of a Preview or Direct Preview campaign
)

// Calls lists the kinds of calls.
func Calls() []Call { return []Call{CallRouted, CallDirect, CallOutbound, CallPreview} }

// Switch is a setting that may be on, off or of no concern.
type Switch string

// The values of a Switch.
const (
	On  Switch = "on"
	Off Switch = "off"
)

// Given is the precondition of a requirement: who the subject is (the user
// whose User object the request names) and the situation it is in.
type Given struct {
	Subject Role   // agent (default), supervisor, or user for either
	State   State  // "" for no particular state
	Was     State  // on a call: READY or NOT_READY, the state before it
	Call    Call   // on a call: its kind, "" for any
	Pending State  // the change already pending
	WrapUp  Switch // whether wrap-up follows the call
	// Reason: in NOT_READY with a reason code of the subject's, where it has
	// any; in READY, come there from such a NOT_READY.
	Reason  bool
	Fresh   bool // signed in by the run a moment ago, nothing changed since
	Session bool // LOGOUT after having been signed in
	// Mobile Off: the subject is not configured as a mobile agent. No read
	// tells; a user is not one unless the configuration says so.
	Mobile Switch
	// Witness: where the cast has somebody to spare, another user of the
	// subject's team is NOT_READY with a reason code meanwhile, so that a
	// change that reaches others too is seen.
	Witness bool
	// Notifications: the run listens to the notification service.
	Notifications bool
	// Codes says for a category how many reason codes the subject must have:
	// "none", "one" (at least one), "two" (at least two).
	Codes map[Category]string
}

// Role is what a user is.
type Role string

// The roles. A supervisor is an agent too; RoleAgent means a plain one.
const (
	RoleAgent      Role = "agent"
	RoleSupervisor Role = "supervisor"
	RoleUser       Role = "user"
)

// Actor names the user of the cast who signs a request, seen from the subject.
type Actor string

// The actors.
const (
	Self              Actor = "self"               // the subject
	Supervisor        Actor = "supervisor"         // another user, who supervises the subject's team
	ForeignSupervisor Actor = "foreign_supervisor" // a supervisor who does not have the subject's team
	Teammate          Actor = "teammate"           // a plain agent on the subject's team
	Colleague         Actor = "colleague"          // any plain agent but the subject
	Peer              Actor = "peer"               // the other party of a direct call, any other user
)

// Actors lists the actors.
func Actors() []Actor {
	return []Actor{Self, Supervisor, ForeignSupervisor, Teammate, Colleague, Peer}
}

// Step is one thing that is done and what may come of it.
type Step struct {
	When   When
	Then   Then
	Unless State // the step is left out when the subject is in this state already
	Again  bool  // the Given is brought about anew before the step
}

// When is one action. Exactly one of its fields beside By is set.
type When struct {
	By       Actor    // who does it, Self by default
	Put      *Put     // a request to change the subject's state
	Get      *Get     // a read
	Method   string   // POST or DELETE on the subject's User URI
	Dialog   string   // a Dialog request of By: MAKE_CALL, ANSWER, HOLD, RETRIEVE, DROP, ACCEPT, CLOSE, REJECT
	Stimulus Stimulus // something from outside happens to the subject
	Timer    string   // "wrap_up": the subject's wrap-up timer is waited for
	EndCall  bool     // the subject's call or reservation is ended by whatever the target offers
	Probe    string   // "plain_http" or "tls": looks at the transport
}

// TimerWrapUp is the wrap-up timer of When and of Action.
const TimerWrapUp = "wrap_up"

// The probes of When.
const (
	ProbePlainHTTP = "plain_http" // a request without TLS
	ProbeTLS       = "tls"        // handshakes with old and new versions of TLS
)

// DialogActions lists the Dialog requests that steps and moves know, of those
// that the guide has.
func DialogActions() []string {
	return []string{"MAKE_CALL", "ANSWER", "HOLD", "RETRIEVE", "DROP", "ACCEPT", "CLOSE", "REJECT"}
}

// Put describes a PUT on the User URI that is right in all but the one thing
// that the requirement is about.
type Put struct {
	State       string // the text of <state>; "" leaves the element out
	EmptyState  bool   // <state></state>
	Extension   string // "own", "unknown", or "" for no element; LOGIN has "own" by default
	Reason      string // see the Reason constants; "" is ReasonAuto
	Mobile      *Mobile
	Body        string // "" for a right one, or a Body constant
	User        string // "" for the subject, "unknown" for an id that nobody has
	Credentials string // "" for By's own, "none", "wrong"
	IfUnknown   bool   // sent only when the GET before said that the user does not exist
}

// The extensions, users and credentials of a Put or Get that are not just the
// right ones.
const (
	ExtensionOwn     = "own"
	ExtensionUnknown = "unknown"
	UserUnknown      = "unknown"
	CredentialsNone  = "none"
	CredentialsWrong = "wrong"
)

// What a Put sends as reasonCodeId.
const (
	ReasonAuto          = "auto"           // a valid id where codes are configured for the asked state and the user acts on itself
	ReasonNone          = "none"           // no element
	ReasonValid         = "valid"          // a valid id; "1" where the subject has no codes
	ReasonOther         = "other"          // a valid id that is not the present one
	ReasonFirst         = "first"          // the first code of the category
	ReasonSecond        = "second"         // the second code of the category
	ReasonUnknown       = "unknown"        // a number that no code has
	ReasonMalformed     = "malformed"      // no number
	ReasonWrongCategory = "wrong_category" // the id of a code of the other category
)

func reasons() []string {
	return []string{ReasonAuto, ReasonNone, ReasonValid, ReasonOther, ReasonFirst, ReasonSecond,
		ReasonUnknown, ReasonMalformed, ReasonWrongCategory}
}

// The bodies that are not a right User document.
const (
	BodyMalformed = "malformed"  // XML that is not well formed
	BodyEmpty     = "empty"      // no byte
	BodyOtherRoot = "other_root" // another root element
	BodyHuge      = "huge"       // 1 MiB of text in state
	BodyDoctype   = "doctype"    // a document type with entities
	BodyJSON      = "json"       // JSON, and said to be
	BodyExtra     = "extra"      // READY beside elements that nobody knows
)

func bodies() []string {
	return []string{BodyMalformed, BodyEmpty, BodyOtherRoot, BodyHuge, BodyDoctype, BodyJSON, BodyExtra}
}

// Mobile is the mobileAgent part of a sign in (guide 12.5(1), page 31).
type Mobile struct {
	Mode string // "valid" (CALL_BY_CALL), "unknown", or "" for no element
	Dial bool   // whether dialNumber is there
}

// Get describes a read.
type Get struct {
	What     string   // "user", "system_info", "reason_codes"
	User     string   // "" for the subject, "unknown" for an id that nobody has
	Category Category // for reason_codes
	Query    string   // sent as the query of the URL
}

// What a Get reads.
const (
	GetUser        = "user"
	GetSystemInfo  = "system_info"
	GetReasonCodes = "reason_codes"
)

// Stimulus is the name of something that happens from outside the API.
type Stimulus string

// The stimuli that a hook may know.
const (
	RouteCall       Stimulus = "route_call"
	CallerHangup    Stimulus = "caller_hangup"
	CallUnanswered  Stimulus = "call_unanswered"
	ReserveOutbound Stimulus = "reserve_outbound"
	DeliverOutbound Stimulus = "deliver_outbound"
	CancelOutbound  Stimulus = "cancel_outbound"
	ReservePreview  Stimulus = "reserve_preview"
	WrapUpOn        Stimulus = "wrap_up_on"
	WrapUpOff       Stimulus = "wrap_up_off"
)

// Stimuli lists all of them in the order of the documentation.
func Stimuli() []Stimulus {
	return []Stimulus{RouteCall, CallerHangup, CallUnanswered, ReserveOutbound, DeliverOutbound,
		CancelOutbound, ReservePreview, WrapUpOn, WrapUpOff}
}

// Then lists the outcomes of a step that the guide allows; one suffices.
type Then []Outcome

// Outcome is one thing that may come of a step. Kind says how the fields are
// read.
type Outcome struct {
	Kind   Kind
	States []State               // accepted, reaches, deferred: any of them
	Status []int                 // error, answer: the HTTP status; classes are written 4xx and stand as 4
	Types  []string              // refused, error, answer: the ErrorTypes, aliases resolved
	Data   map[Deployment]string // error: the ErrorData that must be there; refused: the one to record where seen
	Schema string                // answer: the schema that the body must be valid against, "" for no look at it
	Shows  []Show                // what the User (or the answer) must show
	Header string                // answer: the name of a header that must be there
	// MayReturn is a state that the target may go back to afterwards.
	MayReturn State
	// Never is a state that must not be the one in which the user is left.
	Never State
	// Passes is a state, with a reason code, that is passed on the way;
	// seeing it is recorded.
	Passes State
	// HalfTimer: only an answer before half the wrap-up timer proves anything.
	HalfTimer bool
	Event     EventCheck // what is expected of notifications, beside the rest
}

// Kind is a kind of outcome.
type Kind string

// The kinds of outcomes, with the words of the catalogue.
const (
	// Accepted: 200 or 202, then one of States within the settle time, and
	// still there after the quiet time.
	Accepted Kind = "accepted"
	// Refused: 400 or 401 with one of Types, or 2xx and an apiErrors event
	// with one of Types; state, pending state and reason code stay what they
	// were for the quiet time. Without notifications 2xx and nothing changed
	// counts too.
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
	// Answer: only the answer counts: Status, Types, Schema, Shows.
	Answer Kind = "answer"
	// Recorded: anything; it is written down.
	Recorded Kind = "recorded"
)

// Show is something that must stand in a User or another body.
type Show struct {
	At       string                  // path such as User/reasonCodeId; ReasonCode stands for reasonCode too
	Is       map[Deployment][]string // any of these texts, with Placeholders
	OrAbsent bool                    // an absent or empty element passes too
	EachIn   []string                // every element at the path has one of these texts, and there is one unless OrAbsent
}

// Placeholders are what the texts of a Show may stand for: the subject's id
// and extension, the reasonCodeId that the last Put of the requirement sent,
// and the ids that ReasonFirst and ReasonSecond stand for.
func Placeholders() []string { return []string{"id", "extension", "reason", "first", "second"} }

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
)

// Foreign says why the requirement is not expected of a deployment of the
// given kind and release, "" if it is.
func (r *Requirement) Foreign(d Deployment, release Release) string {
	if !contains(r.Deployments, d) {
		return "is documented for " + string(r.Deployments[0]) + " only"
	}
	if r.Releases.Contains(release) {
		return ""
	}
	if release.IsZero() {
		return "is documented for releases " + r.Releases.String() + ", and the target's release is not known: set release"
	}
	return "is documented for releases " + r.Releases.String() + ", not for " + release.String()
}

// EventChecks lists the event checks.
func EventChecks() []EventCheck {
	return []EventCheck{EventState, EventShape, EventAgrees, EventEcho, EventNone, EventError, EventTeam, EventNoChange}
}
