package reports

import (
	"strings"
	"time"

	"finesse-conformance/internal/text"
	"finesse-conformance/suites/evidence"
)

// ExchangeRef points to an exchange of the evidence: of the attempt that the
// row tells of, at that index. Bodies and headers stand only in rows that
// failed, cut to bodyLimit.
type ExchangeRef struct {
	Attempt        int               `json:"attempt"`
	Index          int               `json:"index"`
	As             string            `json:"as,omitempty"`
	ByToken        bool              `json:"by_token,omitempty"`       // signed with an access token
	WrongPassword  bool              `json:"wrong_password,omitempty"` // or with a token that is not good
	Method         string            `json:"method"`
	Path           string            `json:"path"`
	Status         int               `json:"status,omitempty"` // 0 when there was no answer
	Error          string            `json:"error,omitempty"`
	At             time.Time         `json:"at"`
	DurationMS     float64           `json:"duration_ms"`
	RequestHeader  map[string]string `json:"request_header,omitempty"`
	RequestBody    string            `json:"request_body,omitempty"`
	ResponseHeader map[string]string `json:"response_header,omitempty"`
	ResponseBody   string            `json:"response_body,omitempty"`
}

// EventRef points to a notification of the evidence.
type EventRef struct {
	Attempt int       `json:"attempt"`
	Index   int       `json:"index"`
	Node    string    `json:"node"`
	At      time.Time `json:"at"`
	Payload string    `json:"payload,omitempty"` // only in rows that failed
}

// Margin is how close an accepted change came to the settle time.
type Margin struct {
	UsedMS    int64 `json:"used_ms"`
	AllowedMS int64 `json:"allowed_ms"`
}

// bodyLimit is how many bytes of a body the result file keeps: enough to see
// what is wrong. The whole body stands in the evidence.
const bodyLimit = 8 << 10

// NewExchangeRef makes the reference to exchange i, nil when there is none.
func NewExchangeRef(e *evidence.Evidence, i int, whole bool) *ExchangeRef {
	if e == nil || i < 0 || i >= len(e.Exchanges) {
		return nil
	}
	x := e.Exchanges[i]
	ref := &ExchangeRef{
		Attempt: e.Attempt, Index: i, As: x.As, ByToken: x.ByToken, WrongPassword: x.WrongPassword, Method: x.Method, Path: x.Path, Status: x.Status,
		Error: x.Err, At: Stamp(x.Started), DurationMS: Millis(x.Duration),
	}
	if whole {
		ref.RequestHeader, ref.RequestBody = WithoutSecrets(x.RequestHeader), text.Cut(x.RequestBody, bodyLimit)
		ref.ResponseHeader, ref.ResponseBody = WithoutSecrets(x.ResponseHeader), text.Cut(x.ResponseBody, bodyLimit)
	}
	return ref
}

func eventRef(e *evidence.Evidence, i int, whole bool) *EventRef {
	if e == nil || i < 0 || i >= len(e.Events) {
		return nil
	}
	v := e.Events[i]
	ref := &EventRef{Attempt: e.Attempt, Index: i, Node: v.Node, At: Stamp(v.Received)}
	if whole {
		ref.Payload = text.Cut(v.Payload, bodyLimit)
	}
	return ref
}

// WithoutSecrets leaves out headers that carry credentials or a session.
// Evidence does not hold the first; an old file or a foreign one may.
func WithoutSecrets(h map[string]string) map[string]string {
	out := make(map[string]string, len(h))
	for k, v := range h {
		switch strings.ToLower(k) {
		case "authorization", "proxy-authorization", "cookie", "set-cookie":
			continue
		}
		out[k] = v
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// Stamp is the form in which times stand in the result file.
func Stamp(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC().Truncate(time.Millisecond)
}

// Millis gives milliseconds with three decimals.
func Millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
