package parallel

import "slices"

// Under a reverse proxy's limit of connections many processes would have none
// left for sessions of the notification service, without which no refusal is
// seen that comes as an event. So only a few go on, each with sessions for its
// part: they have seats. The others wait, without connections, until one of
// them is done. The first process, which does at the end what has to be done
// alone, always has one.

// MostSeats is how many processes go on under a limit of connections.
const MostSeats = 2

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
	if m.proc == 1 || s.taken[m.proc] || len(s.taken) < MostSeats {
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
