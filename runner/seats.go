package runner

import (
	"context"
	"slices"
	"time"

	"finesse-conformance/suites/client"
)

// Under a reverse proxy's limit of connections many processes would have none
// left for sessions of the notification service, without which no refusal is
// seen that comes as an event. So only a few go on, each with sessions for its
// part: they have seats. The others wait, without connections, until one of
// them is done. The first process, which does at the end what has to be done
// alone, always has one.

// mostSeats is how many processes go on under a limit of connections.
const mostSeats = 2

// seats are those of a run. The lock of the processes guards them.
type seats struct {
	taken   map[int]bool // by process; the first has one whether it asks or not
	waiting []*member
}

// ask gives the process a seat, or notes that it waits for one.
func (s *seats) ask(m *member) (granted bool) {
	if s.taken == nil {
		s.taken = map[int]bool{1: true}
	}
	if m.proc == 1 || s.taken[m.proc] || len(s.taken) < mostSeats {
		s.taken[m.proc] = true
		return true
	}
	s.waiting = append(s.waiting, m)
	return false
}

// leave frees the seat of a process that is done, and gives who has it next.
func (s *seats) leave(proc int) (next *member) {
	s.waiting = slices.DeleteFunc(s.waiting, func(m *member) bool { return m.proc == proc })
	if proc == 1 || !s.taken[proc] || len(s.waiting) == 0 {
		delete(s.taken, proc)
		return nil
	}
	delete(s.taken, proc)
	next, s.waiting = s.waiting[0], s.waiting[1:]
	s.taken[next.proc] = true
	return next
}

// seat lets a process go on, now or when another is done.
func (p *processes) seat(m *member) {
	p.mu.Lock()
	granted := p.seats.ask(m)
	p.mu.Unlock()
	if granted {
		_ = m.link.send(note{Kind: noteSeat}) // one that is gone needs none
	}
}

// vacate gives the seat of a process that is done to one that waits.
func (p *processes) vacate(proc int) {
	p.mu.Lock()
	next := p.seats.leave(proc)
	p.mu.Unlock()
	if next != nil {
		_ = next.link.send(note{Kind: noteSeat})
	}
}

// soon is how long a process waits for a seat before it gives its connections
// back.
const soon = 500 * time.Millisecond

// sit waits for a seat where a limit of connections is known. With it come
// sessions of the notification service: as many as a seat has.
func (t *troupe) sit(ctx context.Context) {
	if t.seated || !slices.Contains(t.client.Limits(), client.LimitConnections) {
		return
	}
	if t.link.send(note{Kind: noteSeat}) != nil {
		return // the run is gone: its end is on the way
	}
	early := time.NewTimer(soon)
	defer early.Stop()
	select {
	case <-t.seat:
	case <-ctx.Done():
		return
	case <-early.C:
		t.stopListening(ctx)
		select {
		case <-t.seat:
		case <-ctx.Done():
			return
		}
	}
	t.seated = true
	if t.events == nil {
		return
	}
	t.stopListening(ctx)
	t.listen(ctx, t.say)
	t.stage.Events = nil
	if t.listener != nil {
		t.stage.Events = hear(t.listener)
	}
}

// stopListening ends all sessions of the process. Where users are is not known
// after that: the end of a session may sign its user out.
func (t *troupe) stopListening(ctx context.Context) {
	if t.listener == nil {
		return
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), t.target.Timing.Request)
	defer cancel()
	_ = t.listener.Close(closing) // it is wanted no more, however it ends
	t.listener = nil
	t.hearing.Store(nil)
	for _, u := range t.players().Users {
		t.stage.Users.Forget(u.ID)
	}
	if t.wire != nil {
		t.wire.CloseIdleConnections()
	}
}
