package evidence

import (
	"fmt"
	"strings"
	"time"

	"finesse-conformance/spec"
)

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
	// Passing and Outage are the parts of Note that no comparison should hold
	// against the next run: which state was met on the way, where only who
	// listens to notifications is sure to, and the run's own trouble.
	Passing string `json:"passing,omitempty"`
	Outage  string `json:"outage,omitempty"`
}

// Verdict is what the judge says of a requirement, and why.
type Verdict struct {
	Requirement string  `json:"requirement"`
	Outcome     Outcome `json:"outcome"`
	Reason      string  `json:"reason,omitempty"` // one line that a person can act on
	Gap         Gap     `json:"gap,omitzero"`     // of what was not exercised: why, as data
	// Step, Exchange, Event point into the evidence: the step (from 0), the
	// exchange and the event that decided, -1 for none.
	Step     int      `json:"step"`
	Exchange int      `json:"exchange"`
	Event    int      `json:"event"`
	XPath    string   `json:"xpath,omitempty"`
	Asked    string   `json:"asked,omitempty"` // what was done in the step that decided
	Expected string   `json:"expected,omitempty"`
	Seen     string   `json:"seen,omitempty"`
	Clause   string   `json:"clause,omitempty"` // where the guide says so
	Observed Observed `json:"observed"`
	Attempts int      `json:"attempts"`
	// Repetition is the one of which the verdict is, from 1, or of all together
	// the one that decided; 0 where the run played requirements once.
	Repetition int `json:"repetition,omitempty"`
	// Rates are what the repetitions came to, nil of a single one.
	Rates    *Rates        `json:"rates,omitempty"`
	Duration time.Duration `json:"duration_ns"`
	// Mismatch is what Seen tells, as data: what two attempts at the same
	// requirement, or two runs, have in common.
	Mismatch Mismatch `json:"mismatch,omitzero"`
	// Intermittent are other requirements of the run that failed once in the
	// same way: this one failed, and did not when it was repeated.
	Intermittent []string `json:"intermittent,omitempty"`
	// Suspect: the failure could also come of somebody else's hand on the
	// target; it counts only when it happens again.
	Suspect bool `json:"suspect,omitempty"`
	// Elsewhere: the answer by which it failed says that the request could not
	// be read and has a form of its own, so that a server on the way to the
	// target may have given it.
	Elsewhere bool `json:"elsewhere,omitempty"`
}

// MismatchKind is in what way something else was seen than was expected. The
// set is closed.
type MismatchKind string

// The kinds of mismatches.
const (
	MismatchAnswer     MismatchKind = "answer"     // the answer is another
	MismatchForm       MismatchKind = "form"       // a body does not have the form that it should
	MismatchShown      MismatchKind = "shown"      // a text in a body is another
	MismatchStayed     MismatchKind = "stayed"     // the user did not come to where it should
	MismatchLate       MismatchKind = "late"       // it came there after the settle time
	MismatchLeft       MismatchKind = "left"       // it came there and did not stay
	MismatchMoved      MismatchKind = "moved"      // it changed, and should not
	MismatchTimer      MismatchKind = "timer"      // it changed as the wrap-up timer ran out, and not for the request
	MismatchEvent      MismatchKind = "event"      // the notifications are others
	MismatchBystander  MismatchKind = "bystander"  // somebody moved on whom nobody acted
	MismatchUnheard    MismatchKind = "unheard"    // accepted, nothing changed, and no session that would have heard a refusal
	MismatchUnanswered MismatchKind = "unanswered" // no whole answer, or one of somebody who did not get the target's
	MismatchUnseen     MismatchKind = "unseen"     // there is nothing to judge by
)

// Mismatch is what was seen instead of what was expected.
type Mismatch struct {
	Kind MismatchKind `json:"kind"`
	User string       `json:"user,omitempty"` // of a bystander
	From spec.State   `json:"from,omitempty"`
	To   spec.State   `json:"to,omitempty"`
	Said string       `json:"said,omitempty"` // the ErrorType of an answer or event, or the text that a body shows
	// Asked is the state that the request under test asked for.
	Asked spec.State `json:"asked,omitempty"`
}

// InvariantFindings are what the checks over a whole run have found.
type InvariantFindings struct {
	// Broken is the failure of each check, with the requirement whose evidence
	// shows it.
	Broken map[spec.Invariant]Verdict `json:"broken,omitempty"`
	// Heard are the states that events told of, and Silent by state and attempt
	// where a user was seen to come to it though no event told of that.
	Heard  map[spec.State]bool                `json:"heard,omitempty"`
	Silent map[spec.State]map[string]SilentAt `json:"silent,omitempty"`
	// TeamHeard and TeamSilent are the same of the nodes of teams, where the user's
	// own node told of the state.
	TeamHeard  map[spec.State]bool                `json:"team_heard,omitempty"`
	TeamSilent map[spec.State]map[string]SilentAt `json:"team_silent,omitempty"`
	// TeamShown and TeamOther are the same of what a Team shows when it is read.
	TeamShown map[spec.State]bool                `json:"team_shown,omitempty"`
	TeamOther map[spec.State]map[string]SilentAt `json:"team_other,omitempty"`
	// Changes are what users came to who asked for a change of their own.
	Changes map[OwnChange]Came `json:"changes,omitempty"`
}

// OwnChange is a change of state that a user asked for itself.
type OwnChange struct {
	User     string
	From, To spec.State
}

// MarshalText and UnmarshalText make it the key of an object. No state has a
// space.
func (c OwnChange) MarshalText() ([]byte, error) {
	return []byte(string(c.From) + " " + string(c.To) + " " + c.User), nil
}

// UnmarshalText reads what MarshalText wrote.
func (c *OwnChange) UnmarshalText(text []byte) error {
	parts := strings.SplitN(string(text), " ", 3)
	if len(parts) != 3 {
		return fmt.Errorf("%q is no change of a user", text)
	}
	c.From, c.To, c.User = spec.State(parts[0]), spec.State(parts[1]), parts[2]
	return nil
}

// Came is what came of a change that a user asked for again and again.
type Came struct {
	Once bool `json:"once,omitempty"` // it came about
	// Elsewhere is by attempt where the user went instead.
	Elsewhere map[string]WentTo `json:"elsewhere,omitempty"`
}

// WentTo is where a user went that had asked for something else.
type WentTo struct {
	Requirement string     `json:"requirement"`
	State       spec.State `json:"state"`
}

// SilentAt is where a user came to a state and no event told of that.
type SilentAt struct {
	Requirement string `json:"requirement"`
	User        string `json:"user"`
}
