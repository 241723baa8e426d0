package spec

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

// actors lists the actors.
func Actors() []Actor {
	return []Actor{Self, Supervisor, ForeignSupervisor, Teammate, Colleague, Peer}
}

// Step is one thing that is done and what may come of it.
type Step struct {
	When   When
	Then   Then
	Unless State // the step is left out when the subject is in this state already
	Again  bool  // the Given is brought about anew before the step
	// Later: the step before once more, at another moment of the wrap-up timer,
	// where its change came so late that the timer may have made it; else it is
	// left out. A change that comes as the timer runs out both times was not
	// caused by the request, and fails. One that comes at another moment of the
	// timer this time was.
	Later bool
	// Together is what is done at the same moment as When, by whoever does it:
	// which of them the target takes first, nothing tells.
	Together []When
	// Following is what is done after When, each as soon as the one before was
	// answered: what was asked for has not come about yet. Finesse takes the
	// requests to one user in their order (guide 12.5(1), page 22).
	Following []When
}

// Whens lists everything that is done in a step, When first.
func (s Step) Whens() []When {
	return append(append([]When{s.When}, s.Together...), s.Following...)
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
	ByCaller bool     // of EndCall: where the call is routed and a stimulus can, the other party hangs up
	Probe    string   // "plain_http" or "tls": looks at the transport
}

// TimerWrapUp is the wrap-up timer of When and of Action.
const TimerWrapUp = "wrap_up"

// The probes of When.
const (
	ProbePlainHTTP = "plain_http" // a request without TLS
	ProbeTLS       = "tls"        // handshakes with old and new versions of TLS
)

// dialogActions lists the Dialog requests that steps and moves know, of those
// that the guide has.
func dialogActions() []string {
	return []string{"MAKE_CALL", "ANSWER", "HOLD", "RETRIEVE", "DROP", "ACCEPT", "CLOSE", "REJECT"}
}

// Put describes a PUT on the User URI that is right in all but the one thing
// that the requirement is about.
type Put struct {
	State       string // the text of <state>; "" leaves the element out
	EmptyState  bool   // <state></state>
	Extension   string // an Extension constant, or "" for no element; LOGIN has ExtensionOwn by default
	Device      bool   // activeDeviceId, one of the subject's devices
	Reason      string // see the Reason constants; "" is ReasonAuto
	Mobile      *Mobile
	Body        string // "" for a right one, or a Body constant
	User        string // "" for the subject, or a User constant
	Credentials string // "" for By's own, or a Credentials constant
	OnlyIf      string // "", or an OnlyIf constant: the PUT is left out where the GET in the step before did not say so
	Node        string // "" for the node that is acted on, or NodeOther
}

// The extensions that a Put sends. Of those that must not exist no API tells:
// they are what the configuration says, else improbable.
const (
	ExtensionOwn       = "own"       // the subject's; that of its CTI port where it signs in as a mobile agent
	ExtensionUnknown   = "unknown"   // one that no device has
	ExtensionEmpty     = "empty"     // an element without text
	ExtensionE164      = "e164"      // one that no device has, as E.164 writes it: + and digits
	ExtensionLong      = "long"      // one that no device has, of 16 characters
	ExtensionColleague = "colleague" // that of who plays Colleague
)

func extensions() []string {
	return []string{ExtensionOwn, ExtensionUnknown, ExtensionEmpty, ExtensionE164, ExtensionLong, ExtensionColleague}
}

// The users to whom a Put or Get goes when it is not the subject's id.
const (
	UserUnknown   = "unknown"    // an id that is made up; nobody has it as far as a GET tells
	UserLoginName = "login_name" // the subject's login name in the place of the id
	UserOwn       = "own"        // the id of By, who asks for itself while the subject is watched
)

// NodeOther is the node of a system of two that a run does not act on.
const NodeOther = "other"

// Whom names the one whose state an action is about, seen from the subject: Self,
// or a By who asks for itself.
func (w When) Whom() Actor {
	if w.Put != nil && w.Put.User == UserOwn {
		return w.By
	}
	return Self
}

// Credentials are those of the request, "" for By's own.
func (w When) Credentials() string {
	switch {
	case w.Put != nil:
		return w.Put.Credentials
	case w.Get != nil:
		return w.Get.Credentials
	}
	return ""
}

// Elsewhere reports whether the action is sent to the node that the run does
// not act on.
func (w When) Elsewhere() bool {
	return w.Put != nil && w.Put.Node != "" || w.Get != nil && w.Get.Node != ""
}

// The credentials of a Put or Get that are not By's own.
const (
	CredentialsNone     = "none"
	CredentialsWrong    = "wrong"
	CredentialsUnissued = "unissued_token"   // a bearer token that nobody issued
	CredentialsExpired  = "expired_token"    // a token that the user had and that has expired; left out where none is known to have
	CredentialsAnother  = "token_of_another" // the token of another user, a plain agent who signs in by token
	CredentialsMadeUp   = "made_up_password" // the user's name and a password that nobody has, also of a user by token
)

// What a GET in the step before has to have said for a Put to be sent.
const (
	OnlyIfUnknown = "unknown" // 404: there is no such user
	OnlyIfOwn     = "own"     // 200 with the subject's loginId
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
	ReasonForeign       = "foreign"        // the id of a code that only another team has
	ReasonCode          = "code"           // the code of a reason, which is the id of none
)

func reasons() []string {
	return []string{ReasonAuto, ReasonNone, ReasonValid, ReasonOther, ReasonFirst, ReasonSecond,
		ReasonUnknown, ReasonMalformed, ReasonWrongCategory, ReasonForeign, ReasonCode}
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
	Dial bool   // whether dialNumber is there: the subject's own where it is a mobile agent, else one that is made up
}

// Get describes a read.
type Get struct {
	What     string   // a Get constant
	User     string   // "" for the subject, or a User constant
	Category Category // for GetReasonCodes; CategoryNone leaves the parameter out
	Query    string   // sent as the query of the URL
	// Credentials are "" for By's own, or CredentialsNone.
	Credentials string
	Node        string // "" for the node that is acted on, or NodeOther
}

// What a Get reads. What GetUsers and GetTeam answer holds people who are not
// of the cast: only those of the cast are recorded.
const (
	GetUser        = "user"
	GetSystemInfo  = "system_info"
	GetReasonCodes = "reason_codes" // of the subject
	GetUsers       = "users"        // everybody whom the deployment has (DevNet, User - Get List)
	GetTeam        = "team"         // the subject's team
	GetAuthMode    = "auth_mode"    // how the subject signs in (guide 12.5(1), page 196)
)

func reads() []string {
	return []string{GetUser, GetSystemInfo, GetReasonCodes, GetUsers, GetTeam, GetAuthMode}
}

// CategoryNone stands in a Get for no category at all.
const CategoryNone Category = "none"

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
