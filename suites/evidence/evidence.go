// Package evidence holds what a run saw: every exchange and event, the
// sightings of users in them, and what they mean for a requirement. Evidence
// is plain data. It never holds a credential: what is not recorded needs no
// redaction.
//
// No other module is promised anything of it: see docs/stability.md.
package evidence

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"finesse-conformance/spec"
)

// Evidence is all that was done and seen for one attempt at a requirement.
type Evidence struct {
	Requirement string `json:"requirement"`
	Attempt     int    `json:"attempt"` // from 1
	// Repetition counts from 1 where the run played requirements several times;
	// the attempts of each are counted anew.
	Repetition int             `json:"repetition,omitempty"`
	Target     Target          `json:"target"`
	Cast       map[string]User `json:"cast"` // by part: "subject", then the actors and "other:<id>"
	// Path tells in words how the precondition was reached.
	Path []string `json:"way,omitempty"`
	// Unreached says why the steps were never begun, or not carried through:
	// what is missing on this target. Such a requirement is not exercised.
	Unreached string `json:"unreached,omitempty"`
	Gap       Gap    `json:"gap,omitzero"` // the same as data
	// Interference says what happened that the run did not cause. Such a scenario
	// proves nothing.
	Interference string        `json:"foreign,omitempty"`
	Before       []Observation `json:"before,omitempty"` // everyone, before the first step
	Steps        []Step        `json:"steps,omitempty"`
	After        []Observation `json:"after,omitempty"` // everyone but the actors, after the last step
	Exchanges    []Exchange    `json:"exchanges,omitempty"`
	Events       []Event       `json:"events,omitempty"`
	Observations []Observation `json:"looks,omitempty"` // every sighting of a user, in time's order
	Started      time.Time     `json:"started"`
	Ended        time.Time     `json:"ended"`
	// Waited is the part of the time in which the run waited for what the
	// requirement demands: quiet times, timers, changes to show.
	Waited time.Duration `json:"waited_ns"`

	// Packed holds all of this where the attempt is packed: see Load. Beside it
	// only Requirement, Attempt and Repetition are set.
	Packed []byte `json:"-"`
}

// InCall reports whether a user took part in a call of the attempt: it plays the
// other party, or a Dialog request was made in its name. It moves with the call.
func (e *Evidence) InCall(user string) bool {
	if e.Cast[string(spec.Peer)].ID == user {
		return true
	}
	return slices.ContainsFunc(e.Exchanges, func(x Exchange) bool { return x.As == user && x.Method != "GET" && strings.Contains(x.Path, "/Dialog") })
}

// Target is what a judge has to know of the target and of the run.
type Target struct {
	Deployment    spec.Deployment `json:"deployment"`
	Release       spec.Release    `json:"release,omitzero"`
	Notifications bool            `json:"notifications"` // whether events were listened to
	Settle        time.Duration   `json:"settle_ns"`
	Quiet         time.Duration   `json:"quiet_ns"`
	LongestWait   time.Duration   `json:"longest_wait_ns"`
}

// User is a member of the cast as evidence shows it.
type User struct {
	ID         string   `json:"id"`
	Role       string   `json:"role,omitempty"`
	Team       string   `json:"team,omitempty"`
	Supervises []string `json:"supervises,omitempty"`
	Extension  string   `json:"extension,omitempty"`
	// ReasonCodes are the ids of the reason codes that the user may choose.
	ReasonCodes []string `json:"reason_codes,omitempty"`
	// WrapUpTimer is how long wrap-up lasts, as the target tells in whole
	// seconds; zero where it does not tell.
	WrapUpTimer time.Duration `json:"wrap_up_timer_ns,omitempty"`
}

// Step is what was done for one step of a requirement.
type Step struct {
	Skipped string `json:"skipped,omitempty"` // why it was left out
	// Exchange is the index in Exchanges of the request under test, or -1.
	Exchange int         `json:"exchange"`
	Baseline Observation `json:"baseline"` // the subject just before
	Sent     time.Time   `json:"sent"`
	Answered time.Time   `json:"answered"`
	Until    time.Time   `json:"until"` // how long the subject was watched
	// Exchanges and Events bound what was recorded meanwhile: the instants of
	// two steps may be the same. nil in evidence that is older than them.
	Exchanges *Range `json:"exchanges,omitempty"`
	Events    *Range `json:"events,omitempty"`
	// Converged is how long after the answer the sought state was first
	// seen; negative when it was not.
	Converged time.Duration `json:"converged_ns"`
	// Channel says whether the subject's own events could be heard.
	Channel Channel `json:"channel,omitempty"`
	// OtherNode is what the other node of a system of two showed of the change,
	// nil where it was not looked at.
	OtherNode *OtherNode `json:"other_node,omitempty"`
	// Values are what the placeholders of the requirement stand for: id,
	// extension, reason (the reasonCodeId sent), request_id, …
	Values map[string]string `json:"values,omitempty"`
	// Acts are what was done in a step that does several things, in the order
	// of the requirement; nil where it does one.
	Acts []Act `json:"acts,omitempty"`
	// Facts are what a step without an exchange found out: the probe's
	// status, location, TLS versions.
	Facts map[string]string `json:"facts,omitempty"`
}

// Act is one of several things that a step does.
type Act struct {
	Exchange  int    `json:"exchange"`             // index in Exchanges, -1 where it is no request
	RequestID string `json:"request_id,omitempty"` // sent along
	Reason    string `json:"reason,omitempty"`     // the reasonCodeId sent
	Failed    string `json:"failed,omitempty"`     // why it could not be done
}

// OtherNode is what the other node of a system of two showed of a change.
type OtherNode struct {
	Shown bool `json:"shown"`
	// Lag is how long after the node that was acted on it showed the change, to
	// within the time between two looks.
	Lag time.Duration `json:"lag_ns"`
	// Exchange is the index of the last look at it, -1 for none.
	Exchange int `json:"exchange"`
}

// Channel says whether events on the subject's own User node could be heard
// in a step. Only then does it prove anything that none was: the nodes of
// teams carry no errors.
type Channel string

// The channels. Evidence that is older than they are has none of them.
const (
	ChannelNone  Channel = "none"  // no session listened to the node
	ChannelLost  Channel = "lost"  // one did, and was not proven to be alive from before the request to the end
	ChannelAlive Channel = "alive" // open before the request and proven to be alive until the end
)

// Heard is the channel of a step on a target.
func (s Step) Heard(on Target) Channel {
	switch {
	case s.Channel != "":
		return s.Channel
	case !on.Notifications:
		return ChannelNone
	case s.Facts["outage"] != "":
		return ChannelLost
	}
	return ChannelAlive
}

// Range is the indices from First up to Next, which is not in it.
type Range struct {
	First int `json:"first"`
	Next  int `json:"next"`
}

// before and after are of what has the index; -1 has no place, and nothing is
// before or after a range that is not known.
func (r *Range) before(index int) bool { return r != nil && index >= 0 && index < r.First }
func (r *Range) after(index int) bool  { return r != nil && index >= r.Next }

func (s Step) recorded(event bool) *Range {
	if event {
		return s.Events
	}
	return s.Exchanges
}

// Before reports whether a sighting was made before the step began.
func (s Step) Before(o Observation) bool {
	return o.Asked.Before(s.Sent) || s.recorded(o.Event).before(o.Index)
}

// During reports whether a sighting was made between the step's request and
// the end of its watch.
func (s Step) During(o Observation) bool {
	return !s.Before(o) && !s.recorded(o.Event).after(o.Index) && (s.Until.IsZero() || !o.Asked.After(s.Until))
}

// EventBefore reports whether an event was received before the step began.
func (s Step) EventBefore(e *Event) bool {
	return e.Received.Before(s.Sent) || s.Events.before(e.Index)
}

// EventDuring reports whether an event was received between the step's
// request and the end of its watch.
func (s Step) EventDuring(e *Event) bool {
	return !s.EventBefore(e) && !s.Events.after(e.Index) && (s.Until.IsZero() || !e.Received.After(s.Until))
}

// Purpose says what an exchange was for.
type Purpose string

// The purposes of exchanges.
const (
	ForAct     Purpose = "act"     // the request under test
	ForPath    Purpose = "way"     // to reach the precondition
	ForWatch   Purpose = "watch"   // to see what became of it
	ForLook    Purpose = "look"    // to see that the others have not moved
	ForReturn  Purpose = "return"  // to put somebody back
	ForPrepare Purpose = "prepare" // preflight
	ForAgain   Purpose = "again"   // refused before it reached the API, and sent again
)

// Exchange is one request and what came of it, as the transport saw it.
type Exchange struct {
	Index          int               `json:"index"`
	Purpose        Purpose           `json:"purpose"`
	As             string            `json:"as,omitempty"`             // id of the user whose credentials were sent, "" for none
	WrongPassword  bool              `json:"wrong_password,omitempty"` // or a token that is not good
	ByToken        bool              `json:"by_token,omitempty"`       // an access token was sent, no password
	Method         string            `json:"method"`
	Path           string            `json:"path"` // with the query; without the host, but for the other node of a system of two
	RequestHeader  map[string]string `json:"request_header,omitempty"`
	RequestBody    string            `json:"request_body,omitempty"`
	RequestBytes   int               `json:"request_bytes,omitempty"` // when the body was cut
	Status         int               `json:"status,omitempty"`        // 0 when there was no answer
	Proto          string            `json:"proto,omitempty"`
	ResponseHeader map[string]string `json:"response_header,omitempty"`
	ResponseBody   string            `json:"response_body,omitempty"`
	// Of a body that was shortened, see Keep: its length, and the digest of what
	// would have been recorded.
	ResponseBytes  int    `json:"response_bytes,omitempty"`
	ResponseDigest string `json:"response_sha256,omitempty"`
	Err            string `json:"error,omitempty"` // why there was no whole answer
	// Barred: it never reached the API, as Err says: an access token is refused, or
	// a reverse proxy has something against it.
	Barred bool `json:"barred,omitempty"`
	// Away: the target was away, and was waited for.
	Away     bool          `json:"away,omitempty"`
	Started  time.Time     `json:"started"`
	Duration time.Duration `json:"duration_ns"`
}

// RequestIDPrefix begins every requestId that this program sends along.
const RequestIDPrefix = "conformance-"

// Served reports whether the target gave an answer that it stands by: a whole
// one, and neither that of a server that cannot (5xx) nor of one that puts off
// (429).
func (x Exchange) Served() bool {
	return x.Err == "" && x.Status != 0 && x.Status < 500 && x.Status != 429
}

// Answered tells how the request was answered, as in "it was answered 404".
func (x Exchange) Answered() string {
	switch {
	case x.Err == "":
		return fmt.Sprint("answered ", x.Status)
	case x.Status == 0:
		return "not answered: " + x.Err
	}
	return fmt.Sprintf("answered %d (%s)", x.Status, x.Err)
}

// Event is one notification.
type Event struct {
	Index        int       `json:"index"`
	Received     time.Time `json:"received"`
	Session      string    `json:"session"` // id of the user whose session got it
	Node         string    `json:"node"`
	Source       string    `json:"source,omitempty"`
	Event        string    `json:"event,omitempty"`
	RequestID    string    `json:"request_id,omitempty"`
	ErrorType    string    `json:"error_type,omitempty"`
	ErrorMessage string    `json:"error_message,omitempty"`
	ErrorData    string    `json:"error_data,omitempty"`
	Payload      string    `json:"payload,omitempty"` // the Update document
	// Of a payload that was shortened, as in an Exchange.
	PayloadBytes  int    `json:"payload_bytes,omitempty"`
	PayloadDigest string `json:"payload_sha256,omitempty"`
	Problem       string `json:"problem,omitempty"` // what is wrong with the stanza itself
}

// IsError reports whether the event is an apiErrors event.
func (e Event) IsError() bool { return e.ErrorType != "" || e.ErrorMessage != "" || e.ErrorData != "" }

// Observation is one sighting of a user.
type Observation struct {
	At           time.Time  `json:"at"`    // when the answer or event was there
	Asked        time.Time  `json:"asked"` // when it was asked for; for events the same as At
	User         string     `json:"user"`
	State        spec.State `json:"state"`
	Pending      string     `json:"pending,omitempty"`
	ReasonCodeID string     `json:"reason_code_id,omitempty"`
	ReasonCode   string     `json:"reason_code,omitempty"` // the code, where the object is there
	Extension    string     `json:"extension,omitempty"`
	ChangeTime   string     `json:"change_time,omitempty"`
	Event        bool       `json:"event,omitempty"` // seen in an event, else in a GET
	Index        int        `json:"index"`           // of the exchange or event, -1 for none
}

// Reason gives the reason code id without the spellings of "none": absent,
// empty and -1 (DevNet, User API Parameters) are all "", and so is 0, which is no id either:
// a target may have one in a GET and another in an event.
func (l Observation) Reason() string {
	if l.ReasonCodeID == "-1" || l.ReasonCodeID == "0" {
		return ""
	}
	return l.ReasonCodeID
}

// Same reports whether state, pending state and reason code are equal.
func (l Observation) Same(o Observation) bool {
	return l.State == o.State && l.Pending == o.Pending && l.Reason() == o.Reason()
}
