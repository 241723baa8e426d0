package evidence

import "time"

// Outcome is what became of a requirement in a run. The set is closed.
type Outcome string

// The outcomes.
const (
	Passed        Outcome = "passed"
	Failed        Outcome = "failed"
	NotExercised  Outcome = "not_exercised"
	NotApplicable Outcome = "not_applicable"
	Waived        Outcome = "waived"
	Info          Outcome = "info" // an INFO row that ran
)

// Via says how an outcome was seen.
type Via string

// The ways of seeing an outcome.
const (
	ViaSync      Via = "sync"      // in the answer itself
	ViaEvent     Via = "event"     // in a notification
	ViaGet       Via = "get"       // in a GET
	ViaUnchanged Via = "unchanged" // nothing changed for the quiet time
)

// Observed is what was seen for a requirement, as far as it was.
type Observed struct {
	Status       int    `json:"status,omitempty"`
	ErrorType    string `json:"error_type,omitempty"`
	ErrorData    string `json:"error_data,omitempty"`
	ErrorMessage string `json:"error_message,omitempty"`
	State        string `json:"state,omitempty"`
	ReasonCodeID string `json:"reason_code_id,omitempty"`
	Via          Via    `json:"via,omitempty"`
	// Note is what else was seen that a comparison should hold against the
	// next run: unknown elements, the alternative that was taken, TLS
	// versions, …
	Note string `json:"note,omitempty"`
}

// Verdict is what the judge says of a requirement, and why.
type Verdict struct {
	Requirement string  `json:"requirement"`
	Outcome     Outcome `json:"outcome"`
	Reason      string  `json:"reason,omitempty"` // one line that a person can act on
	// Step, Exchange, Event point into the evidence: the step (from 0), the
	// exchange and the event that decided, -1 for none.
	Step     int           `json:"step"`
	Exchange int           `json:"exchange"`
	Event    int           `json:"event"`
	XPath    string        `json:"xpath,omitempty"`
	Expected string        `json:"expected,omitempty"`
	Seen     string        `json:"seen,omitempty"`
	Clause   string        `json:"clause,omitempty"` // where the guide says so
	Observed Observed      `json:"observed"`
	Attempts int           `json:"attempts"`
	Duration time.Duration `json:"duration_ns"`
	// Suspect: the failure could also come of somebody else's hand on the
	// target; it counts only when it happens again.
	Suspect bool `json:"suspect,omitempty"`
}
