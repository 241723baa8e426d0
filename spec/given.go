package spec

// Call is a kind of call that a user is on.
type Call string

// The kinds of calls and reservations.
const (
	CallRouted   Call = "icd"      // routed by the contact center
	CallDirect   Call = "direct"   // from user to user
	CallOutbound Call = "outbound" // of a Progressive or Predictive campaign
	CallPreview  Call = "preview"  // of a Preview or Direct Preview campaign
)

// calls lists the kinds of calls.
func calls() []Call { return []Call{CallRouted, CallDirect, CallOutbound, CallPreview} }

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
	// WrapUpMode is the subject's wrap-up setting (DevNet, User - wrapUpMode), where a
	// requirement is about one that WrapUp does not tell apart. No stimulus
	// switches to it.
	WrapUpMode string
	// Mobile: the subject is configured as a mobile agent, and was found signed
	// out. No read tells; whoever the configuration gives as one plays no other
	// part.
	Mobile bool
	// DeviceSelection: the subject may choose between devices, and has one.
	DeviceSelection bool
	// LoginName: the subject has a login name that is not its id.
	LoginName bool
	// Token: the subject signs in by token (single sign-on).
	Token bool
	// Others are the states in which those who play other parts have to be.
	// Who is to be signed in was found signed out, and is signed in by the run.
	Others map[Actor]State
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

// The wrap-up settings of a user (DevNet, User - wrapUpMode).
const (
	WrapUpRequired         = "REQUIRED"
	WrapUpRequiredWithData = "REQUIRED_WITH_WRAP_UP_DATA" // the agent cannot leave wrap-up without data
	WrapUpOptional         = "OPTIONAL"                   // the agent chooses during the call
	WrapUpNotAllowed       = "NOT_ALLOWED"
)

// wrapUpModes lists the wrap-up settings.
func wrapUpModes() []string {
	return []string{WrapUpRequired, WrapUpOptional, WrapUpNotAllowed, WrapUpRequiredWithData}
}
