package spec

// State is the state of a user as it stands in the User object.
type State string

// The documented states. LOGIN is a request and a passing moment, never a
// state in which a user rests (developer guide 12.5(1), page 42); it is in no
// value list of the User object (page 68).
const (
	Login                   State = "LOGIN"
	Logout                  State = "LOGOUT"
	NotReady                State = "NOT_READY"
	Ready                   State = "READY"
	Reserved                State = "RESERVED"
	ReservedOutbound        State = "RESERVED_OUTBOUND"
	ReservedOutboundPreview State = "RESERVED_OUTBOUND_PREVIEW"
	Talking                 State = "TALKING"
	Hold                    State = "HOLD"
	Work                    State = "WORK"
	WorkReady               State = "WORK_READY"
	Unknown                 State = "UNKNOWN"
)

// OnCall reports whether a user in the state has a call or a reservation:
// RESERVED, RESERVED_OUTBOUND, RESERVED_OUTBOUND_PREVIEW, TALKING and HOLD.
func (s State) OnCall() bool {
	switch s {
	case Reserved, ReservedOutbound, ReservedOutboundPreview, Talking, Hold:
		return true
	}
	return false
}

// Resting reports whether a user in the state stays there until somebody asks
// for a change: LOGOUT, NOT_READY and READY.
func (s State) Resting() bool {
	return s == Logout || s == NotReady || s == Ready
}

// Deployment is the value of deploymentType in SystemInfo.
type Deployment string

// The two deployments that the guide tells apart.
const (
	UCCE Deployment = "UCCE"
	UCCX Deployment = "UCCX"
)

// Deployments lists both, in the order in which reports show them.
func Deployments() []Deployment { return []Deployment{UCCE, UCCX} }

// Level says what a miss of a requirement costs.
type Level string

const (
	// Must: plainly documented; a miss is a failure.
	Must Level = "MUST"
	// Either: the guide contradicts itself or names no error; every listed
	// outcome passes, the one that was seen is recorded.
	Either Level = "EITHER"
	// Info: recorded and compared, never fails a run.
	Info Level = "INFO"
)

// Category is a kind of reason code.
type Category string

// The two categories for which reason codes exist (guide 12.5(1), page 53).
const (
	CategoryNotReady Category = "NOT_READY"
	CategoryLogout   Category = "LOGOUT"
)
