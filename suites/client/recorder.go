package client

import (
	"maps"
	"sync"
	"unsafe"

	"finesse-conformance/internal/redact"
	"finesse-conformance/suites/evidence"
)

// Recorder collects the exchanges made for one requirement. The zero value is
// ready; it is safe for concurrent use.
type Recorder struct {
	Requirement string // goes into User-Agent, so that a vendor finds the request in its log

	mu        sync.Mutex
	exchanges []evidence.Exchange
	bytes     int                // of the bodies that are kept
	bodies    map[*byte]struct{} // those: equal answers are one text
}

// mostRecorded is how much of answers is kept for one requirement until it is
// judged, in bytes. What was sent as the request under test is kept beyond it.
const mostRecorded = 12 << 20

func (r *Recorder) label() string {
	if r == nil || r.Requirement == "" {
		return "preflight"
	}
	return r.Requirement
}

func (r *Recorder) add(x evidence.Exchange, secrets *redact.Set) evidence.Exchange {
	if r == nil {
		return x
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	x.Index = len(r.exchanges)
	r.exchanges = append(r.exchanges, r.bounded(x, secrets))
	return x
}

// bounded gives what is kept of an exchange. Whoever asked for it has it whole.
func (r *Recorder) bounded(x evidence.Exchange, secrets *redact.Set) evidence.Exchange {
	if x.ResponseBody == "" {
		return x
	}
	start := unsafe.StringData(x.ResponseBody)
	if _, known := r.bodies[start]; known {
		return x
	}
	if r.bytes+len(x.ResponseBody) > mostRecorded && x.Purpose != evidence.ForAct {
		clean := secrets.Text(x.ResponseBody) // a secret must not be cut in two
		x.ResponseBytes, x.ResponseDigest = len(clean), evidence.Digest(clean)
		x.ResponseBody = evidence.Cut(clean)
		return x
	}
	if r.bodies == nil {
		r.bodies = map[*byte]struct{}{}
	}
	r.bodies[start] = struct{}{}
	r.bytes += len(x.ResponseBody)
	return x
}

// Exchanges gives all that was recorded so far, in the order of the answers.
func (r *Recorder) Exchanges() []evidence.Exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]evidence.Exchange(nil), r.exchanges...)
}

// Len is how many exchanges were recorded so far.
func (r *Recorder) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.exchanges)
}

// Record takes secrets out of what a run saw and says, when it has been judged
// and before it goes anywhere, and bounds what is kept of it.
func (c *Client) Record(v *evidence.Verdict, seen ...*evidence.Evidence) {
	if v != nil {
		c.opts.Secrets.Clean(v)
	}
	for _, ev := range seen {
		c.opts.Secrets.Clean(ev)
		for i := range ev.Exchanges {
			ev.Exchanges[i].ResponseHeader = shortened(ev.Exchanges[i].ResponseHeader)
		}
		c.mu.Lock()
		c.keep.Shorten(ev)
		c.mu.Unlock()
	}
}

// shortened bounds the values of headers. Others may hold the map too: it
// stays, and where a value is too long, another is given.
func shortened(headers map[string]string) map[string]string {
	fresh, copied := headers, false
	for name, value := range headers {
		if len(value) <= keptHeaderValue {
			continue
		}
		if !copied {
			fresh, copied = maps.Clone(headers), true
		}
		fresh[name] = value[:keptHeaderValue] + "…"
	}
	return fresh
}
