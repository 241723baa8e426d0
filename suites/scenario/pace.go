package scenario

import (
	"sync"
	"time"
)

// pace is how long changes take on a target. It is safe for concurrent use;
// the zero value is ready.
type pace struct {
	mu            sync.Mutex
	recentLatency time.Duration // what changes took of late, at most
	inVain        int           // changes on paths that were waited for in vain
}

// confirmed notes how long an accepted change took to show.
func (p *pace) confirmed(after time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.recentLatency = max(after, p.recentLatency*3/4)
}

// missed counts a change on a path that did not come within the limit.
func (p *pace) missed() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inVain++
}

// recent gives what changes took of late, at most.
func (p *pace) recent() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.recentLatency
}

// manyInVain is how many changes on paths have to be waited for in vain before
// less is waited for: what keeps them away is one cause by then.
const manyInVain = 3

// hopeless reports whether so many changes were waited for in vain.
func (p *pace) hopeless() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.inVain >= manyInVain
}

// pathLimit is how long a change on a path may take to show: the settle time, and
// once several were waited for in vain no longer than the changes that did come
// suggest. What is under test always has the settle time.
func (s *Stage) pathLimit() time.Duration {
	if s.pace.recent() == 0 || !s.pace.hopeless() {
		return s.Target.Settle
	}
	return s.quietWindow()
}

// quietWindow is how long nothing may show before it can be said that nothing
// comes of a request: the quiet time, and on a target that has been
// slow of late twice what its changes took, up to the settle time.
func (s *Stage) quietWindow() time.Duration {
	return max(s.Target.Quiet, min(2*s.pace.recent(), s.Target.Settle))
}
