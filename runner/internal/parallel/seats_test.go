package parallel

import "testing"

// Few processes go on under a limit of connections, the first one always, and
// whoever waits comes in when another is done or gone.
func TestSeats(t *testing.T) {
	var s seats
	m := func(proc int) *member { return &member{proc: proc} }
	if !s.ask(m(2)) || s.ask(m(3)) || s.ask(m(4)) || !s.ask(m(1)) || !s.ask(m(2)) {
		t.Fatalf("seats are taken by %v", s.taken)
	}
	if next := s.leave(3); next != nil { // lost while it waited
		t.Errorf("process %d has the seat of one that had none", next.proc)
	}
	if next := s.leave(1); next != nil {
		t.Errorf("process %d has the seat of the first", next.proc)
	}
	if next := s.leave(2); next == nil || next.proc != 4 {
		t.Errorf("the seat goes to %v", next)
	}
	if next := s.leave(4); next != nil || len(s.waiting) > 0 {
		t.Errorf("the last seat goes to %v", next)
	}
}
