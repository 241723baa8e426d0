package scenario

import (
	"context"
	"errors"
	"fmt"
	"slices"

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

// passed keeps up with what came of a move on a way.
func (s *Stage) passed(ctx context.Context, m *spec.Move, err error) {
	var u *unreached
	failed := errors.As(err, &u) && u.again || errors.Is(err, errMoved) && !errors.Is(err, errOpen)
	if ctx.Err() != nil || err != nil && !failed {
		return // it says nothing of the move
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.breakers == nil {
		s.breakers = map[*spec.Move]*circuitBreaker{}
	}
	if !failed {
		delete(s.breakers, m)
		return
	}
	b := s.breakers[m]
	if b == nil {
		b = &circuitBreaker{}
		s.breakers[m] = b
	}
	b.failures++
	b.why, b.instead = err.Error(), GapOf(err).Instead
	if b.failures >= opensAfter {
		b.rest = restFor
	}
}

// allowedMoves gives the moves that are tried.
func (s *Stage) allowedMoves(moves []*spec.Move) []*spec.Move {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.breakers) == 0 {
		return moves
	}
	return slices.DeleteFunc(slices.Clone(moves), func(m *spec.Move) bool { return s.breakers[m] != nil && s.breakers[m].rest > 0 })
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
func (s *Stage) openReason(way navigate.Way) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range way.Moves {
		if b := s.breakers[m]; b != nil && b.rest > 0 {
			b.rest--
			return &blockedError{m.Name, b.failures, b.why, b.instead}
		}
	}
	return nil
}
