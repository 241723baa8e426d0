package client

import (
	"sync"

	"finesse-conformance/suites/evidence"
)

// Recorder collects the exchanges made for one requirement. The zero value is
// ready; it is safe for concurrent use.
type Recorder struct {
	Requirement string // goes into User-Agent, so that a vendor finds the request in its log

	mu        sync.Mutex
	exchanges []evidence.Exchange
}

func (r *Recorder) label() string {
	if r == nil || r.Requirement == "" {
		return "preflight"
	}
	return r.Requirement
}

func (r *Recorder) add(x evidence.Exchange) evidence.Exchange {
	if r == nil {
		return x
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	x.Index = len(r.exchanges)
	r.exchanges = append(r.exchanges, x)
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
