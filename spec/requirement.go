package spec

import "slices"

// Requirement is one clause of the documented API that a deployment must
// satisfy. It is data: what must hold, where, where that is written, and in a
// small closed vocabulary how it is brought about and what may come of it.
type Requirement struct {
	ID          string       // stable: an id never changes its meaning
	Profiles    []string     // the profiles that hold it, by name
	Section     string       // SIG, TRN-UCCE, …: the id without its number
	Title       string       // one line, for lists and test names
	Level       Level        // see LevelOn
	Deployments []Deployment // where it applies
	Releases    Releases     // the releases for which it is documented
	Sources     []Source     // at least one
	Transition  *Edge        // rows of a transition table: the edge itself
	Given       Given        // what has to be true before the first step
	Steps       []Step       // what is done and what may come of it, in order
	Invariant   Invariant    // also judged over everything that a run saw
	Never       string       // why no run can exercise it; then there are no steps
	Note        string       // what a reader of the clause should know
	File        string       // where it stands, for messages
	Line        int

	levels map[Deployment]Level // where it is not the same on both
}

// LevelOn gives the level that the requirement has on a deployment. Level is
// that of the first deployment for which it has one.
func (r *Requirement) LevelOn(d Deployment) Level {
	if l, ok := r.levels[d]; ok {
		return l
	}
	return r.Level
}

// Unauthorized reports whether exercising the requirement costs a refused
// sign-in, of which five in a row lock an account, or an answer 401 to somebody
// who may not ask.
func (r *Requirement) Unauthorized() bool {
	return slices.ContainsFunc(r.Steps, func(s Step) bool {
		if s.byOutsider() || s.When.Credentials() != "" {
			return true
		}
		return slices.ContainsFunc(s.Then, func(o Outcome) bool {
			return (o.Kind == Error || o.Kind == Answer) && slices.Contains(o.Status, 401)
		})
	})
}

// OnlyUnauthorized reports whether all of it costs an answer 401: it is asked by
// somebody who may ask nothing (with wrong or no credentials, a team mate, the
// supervisor of another team), or for what nobody may ask for somebody else.
func (r *Requirement) OnlyUnauthorized() bool {
	return len(r.Steps) > 0 && !slices.ContainsFunc(r.Steps, func(s Step) bool { return !s.byOutsider() && !s.Then.Unauthorized() })
}

// Unauthorized reports whether 401 and no other status is among the answers
// that are allowed.
func (t Then) Unauthorized() bool {
	return slices.ContainsFunc(t, func(o Outcome) bool { return o.Kind == Error && len(o.Status) == 1 && o.Status[0] == 401 })
}

func (s Step) byOutsider() bool {
	return s.When.Put != nil && (s.When.Put.Credentials != "" || s.When.By == Teammate || s.When.By == ForeignSupervisor)
}

// TwoNodes reports whether the requirement is about the other node of a system
// of two.
func (r *Requirement) TwoNodes() bool {
	return slices.ContainsFunc(r.Steps, func(s Step) bool {
		return s.When.Elsewhere() || slices.ContainsFunc(s.Then, func(o Outcome) bool { return o.OtherNode != "" })
	})
}

// AppliesTo reports whether the requirement is expected of a deployment of
// the given kind and release.
func (r *Requirement) AppliesTo(d Deployment, release Release) bool {
	return slices.Contains(r.Deployments, d) && r.Releases.Contains(release)
}

// WhyNotApplicable says why the requirement is not expected of a deployment of the
// given kind and release, "" if it is.
func (r *Requirement) WhyNotApplicable(d Deployment, release Release) string {
	if !slices.Contains(r.Deployments, d) {
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

// Source is a place where a clause is written.
type Source struct {
	Guide string // key of a guide in sources.yaml: DG12.5, DevNet-CAS, …
	Page  string // printed page, where the guide has pages
	URL   string // address, where it has none of its own
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

// Invariant names a check that a requirement makes on every exchange of a run
// beside its own steps.
type Invariant string

// The standing checks.
const (
	InvariantValidUser  Invariant = "valid_user"  // every User body is valid against its schema, and every read said to be XML
	InvariantValidError Invariant = "valid_error" // every ApiErrors body is valid against its schema, and said to be XML
	InvariantState      Invariant = "state"       // every state is a documented one
	InvariantChangeTime Invariant = "change_time" // stateChangeTime is well-formed and moves forward
	InvariantReason     Invariant = "reason"      // whoever chose a reason for NOT_READY is shown with it
	InvariantOwnUser    Invariant = "own_user"    // every User body is that of the user asked for
	InvariantEvents     Invariant = "events"      // every state that users come to is told by events
	InvariantOwnChange  Invariant = "own_change"  // who asks for the change of the requirement itself, whoever it is, never always goes elsewhere

	InvariantTeam         Invariant = "team"          // a Team shows its members in every state in which they are
	InvariantReasonCode   Invariant = "reason_code"   // the reason code of every User is the one whose id it has, as lists tell of it
	InvariantEventShape   Invariant = "event_shape"   // every User event has its node as source, and is a PUT
	InvariantEventUser    Invariant = "event_user"    // the user in every User event is valid, that of the node, and the one whom reads show
	InvariantEventRefused Invariant = "event_refused" // no event belongs to a request that was refused at once
	InvariantEventError   Invariant = "event_error"   // every event of a refusal says what was refused
	InvariantErrorShape   Invariant = "error_shape"   // every event of a refusal has its node as source, is a PUT and spells names as documented
	InvariantEventTeam    Invariant = "event_team"    // every Team event tells of the user that it says, and of each state that the user's own node tells of
	InvariantEventUnasked Invariant = "event_unasked" // no event has the requestId of a request whose change is over
)

// invariants lists them all.
func invariants() []Invariant {
	return []Invariant{InvariantValidUser, InvariantValidError, InvariantState, InvariantChangeTime, InvariantReason, InvariantOwnUser, InvariantEvents, InvariantOwnChange, InvariantTeam, InvariantReasonCode,
		InvariantEventShape, InvariantEventUser, InvariantEventRefused, InvariantEventError, InvariantErrorShape, InvariantEventTeam, InvariantEventUnasked}
}
