package scenario

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/navigate"
)

// A move that the target does not make costs the settle time whenever a way
// leads along it. After it failed so often in a row it is not tried for so
// many ways, then once more.
const (
	opensAfter = 3
	restFor    = 20
)

// circuitBreaker is what is known of a move that failed.
type circuitBreaker struct {
	failures int
	rest     int // ways for which it is not tried any more
	why      string
	instead  *evidence.Instead // what was seen the last time
}

// circuitBreakers are those of all moves. They are safe for concurrent use; the
// zero value is ready.
type circuitBreakers struct {
	mu sync.Mutex
	of map[*spec.Move]*circuitBreaker // of moves that failed the last time
}

// passed keeps up with what came of a move on a way.
func (c *circuitBreakers) passed(ctx context.Context, m *spec.Move, err error) {
	var u *unreached
	failed := errors.As(err, &u) && u.again || errors.Is(err, errMoved) && !errors.Is(err, errOpen)
	if ctx.Err() != nil || err != nil && !failed {
		return // it says nothing of the move
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = map[*spec.Move]*circuitBreaker{}
	}
	if !failed {
		delete(c.of, m)
		return
	}
	b := c.of[m]
	if b == nil {
		b = &circuitBreaker{}
		c.of[m] = b
	}
	b.failures++
	b.why, b.instead = err.Error(), GapOf(err).Instead
	if b.failures >= opensAfter {
		b.rest = restFor
	}
}

// allowed gives the moves that are tried.
func (c *circuitBreakers) allowed(moves []*spec.Move) []*spec.Move {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.of) == 0 {
		return moves
	}
	return slices.DeleteFunc(slices.Clone(moves), func(m *spec.Move) bool { return c.of[m] != nil && c.of[m].rest > 0 })
}

// blockedError is why a way is not tried any more.
type blockedError struct {
	move     string
	failures int
	why      string
	instead  *evidence.Instead
}

func (b *blockedError) Error() string {
	return fmt.Sprintf("%q did not come about %d times in a row, and was not tried again: %s", b.move, b.failures, b.why)
}

// openReason says why a way that would be there is not tried, nil where none of
// its moves is barred.
func (c *circuitBreakers) openReason(way navigate.Path) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range way.Moves {
		if b := c.of[m]; b != nil && b.rest > 0 {
			b.rest--
			return &blockedError{m.Name, b.failures, b.why, b.instead}
		}
	}
	return nil
}

// reset has every move tried again.
func (c *circuitBreakers) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.of = nil
}
