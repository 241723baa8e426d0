package spec

import "slices"

// Situation is where a user is, as far as the next step depends on it: the
// state alone does not tell what a dropped call leads to.
type Situation struct {
	State   State
	Was     State  // on a call or in wrap-up after one: the state before it, READY or NOT_READY
	Pending State  // the change asked for during the call, the last one that the target keeps
	Call    Call   // kind of the call or reservation, "" without one
	WrapUp  Switch // whether wrap-up follows the call, "" where that is not known
}

// after is the state to which the end of the call leads where no wrap-up
// comes between: the pending one, else the one before the call.
func (s Situation) after() State {
	if s.Pending != "" {
		return s.Pending
	}
	return s.Was
}

// Move is one way of bringing a user from one situation into another: an edge
// for the navigator. Moves stand in moves.yaml and follow the guide's
// transition tables and its Dialog API.
type Move struct {
	Name        string // unique, for people: "answer the routed call"
	Deployments []Deployment
	Releases    Releases
	Action      Action
	From        Pattern
	To          Effect
	Rows        []string // the requirements whose edge this is, in any deployment; may be empty
	Sources     []Source
	Line        int
}

// Action is what a move does. Exactly one field is set.
type Action struct {
	Put      State    // the user's own PUT of the state
	Dialog   string   // the user's own Dialog request: ANSWER, HOLD, RETRIEVE, DROP, ACCEPT, CLOSE, REJECT
	Call     string   // "make": MAKE_CALL to a peer, who answers; "receive": a peer's MAKE_CALL, answered
	Stimulus Stimulus //
	Timer    string   // "wrap_up"
}

// The values of Action.Call.
const (
	CallMake    = "make"
	CallReceive = "receive"
)

// Pattern is the situations from which a move starts. Empty fields match all.
type Pattern struct {
	States  []State
	Was     State
	After   State  // see Situation.After
	Pending State  // "none" matches only situations without one
	Calls   []Call // CallNone matches situations without a call
	WrapUp  Switch
}

// PendingNone stands in patterns for no pending change.
const PendingNone State = "none"

// What the Calls of a Situation can be beside the kinds of calls of a Given.
const (
	// CallNone stands in patterns for no call and no reservation.
	CallNone Call = "none"
	// CallAccepted is a Preview reservation that the agent has accepted: the
	// state stays RESERVED_OUTBOUND_PREVIEW until the call arrives.
	CallAccepted Call = "accepted"
)

// Matches reports whether the situation fits.
func (p Pattern) Matches(s Situation) bool {
	return (len(p.States) == 0 || slices.Contains(p.States, s.State)) &&
		(p.Was == "" || p.Was == s.Was) &&
		(p.After == "" || p.After == s.after()) &&
		(p.Pending == "" || p.Pending == s.Pending || p.Pending == PendingNone && s.Pending == "") &&
		(len(p.Calls) == 0 || slices.Contains(p.Calls, s.Call) || s.Call == "" && slices.Contains(p.Calls, CallNone)) &&
		(p.WrapUp == "" || p.WrapUp == s.WrapUp)
}

// Effect is what a move makes of a situation. Empty fields leave it as it is;
// a resting state ends the call and everything that hangs on it, and wrap-up
// has neither a call nor anything pending.
type Effect struct {
	State   State
	Or      State // where the guide leaves it open: another state that the move may lead to
	Was     State
	Pending State
	Call    Call
	WrapUp  Switch // what wrap_up_on and wrap_up_off bring about
}

// Apply gives the situation after the move.
func (e Effect) Apply(s Situation) Situation {
	if e.State != "" {
		s.State = e.State
	}
	if e.Was != "" {
		s.Was = e.Was
	}
	if e.Pending != "" {
		s.Pending = e.Pending
	}
	if e.Call != "" {
		s.Call = e.Call
	}
	if e.WrapUp != "" {
		s.WrapUp = e.WrapUp
	}
	if s.State.Resting() && e.Call == "" {
		s.Was, s.Pending, s.Call = "", "", ""
	}
	if s.State == Work || s.State == WorkReady {
		s.Pending, s.Call = "", ""
	}
	return s
}
