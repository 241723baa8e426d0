package parallel

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"finesse-conformance/internal/exit"
	"finesse-conformance/internal/text"
	"finesse-conformance/suites"
	"finesse-conformance/suites/client"
)

// Session is the run that the processes are of, as they need it: it has looked
// at the target and made the plan, and gathers what they find out. Its methods
// are called from several goroutines at once.
type Session interface {
	// Listening is called when a process listens to notifications.
	Listening()
	// Began is called when a requirement is acted on, Done with what came of it.
	Began(requirement string)
	Done(suites.Outcome)
	// Fault is told where the program itself failed at a requirement.
	Fault(requirement, message string)
	// Say is told what is worth a line.
	Say(format string, args ...any)
	// Permit waits until a request may be sent.
	Permit(context.Context) error
	// Limits are those of a reverse proxy that were met; Heed is told of one
	// that a process has met.
	Limits() []client.Limit
	Heed(client.Limit)
	// Lost puts the users of a process back that is gone and has not done it.
	Lost(proc int)
}

// Options of Play.
type Options struct {
	Out       string        // a folder where no usual temporary one can be written
	Seed      int64         // of Ginkgo's order
	StopLimit time.Duration // until a process is ended that was told to stop and does not
}

// Fate is what became of a process: its ending, or, where it was lost, a
// message that says so and the requirement on which it was acting, if on any.
// One that was Late was ended, since the time of the run was over.
type Fate struct {
	Ending      *Ending
	Requirement string
	Message     string
	Late        bool
}

// Play has a job done by as many processes as it has troupes, until all have
// ended. It gives their fates in their order, and what was printed about lost
// ones. Where there are no fates nothing was begun.
func Play(ctx context.Context, session Session, job Job, o Options) (fates []Fate, printed string, err error) {
	folder, err := newFolder(o.Out)
	if err != nil {
		return nil, "", err
	}
	defer folder.remove()
	program, err := linkProgram(folder.path)
	if err != nil {
		return nil, "", err
	}
	p := &processes{ctx: ctx, session: session, job: job, stopLimit: o.StopLimit, folder: folder, members: map[int]*member{}}
	p.conns.Go(p.accept)
	told := context.AfterFunc(ctx, p.tellStop)
	printed, err = ginkgoProcesses(program, len(job.Troupes), o.Seed, folder.address())
	told()
	err = errors.Join(err, folder.Close())
	p.conns.Wait()
	p.lost.Wait()
	return p.fates(printed), text.TruncateMiddle(printed, keptOutput), err
}

// keptOutput is how many bytes of what lost processes printed are told.
const keptOutput = 8 << 10

// processes are those of a job, seen from the one that started them.
type processes struct {
	ctx       context.Context
	session   Session
	job       Job
	stopLimit time.Duration
	folder    *folder

	mu      sync.Mutex
	members map[int]*member
	seats   seats
	lost    sync.WaitGroup // processes whose users are put back
	conns   sync.WaitGroup
}

// member is one of the processes.
type member struct {
	proc, pid int
	link      *link
	current   string // the requirement that it acts on
	ending    *Ending
	lost      string // the requirement that it was lost in, where it was
	gone      bool
	late      bool // it was ended, since the time of the run was over
}

func (p *processes) accept() {
	for {
		conn, err := p.folder.Accept()
		if err != nil {
			return // closed: all processes have ended
		}
		p.conns.Go(func() { p.serve(newLink(conn)) })
	}
}

// serve talks to one process until it is gone.
func (p *processes) serve(l *link) {
	defer l.conn.Close()
	first, err := l.receive()
	if err != nil || first.Kind != noteHello {
		return // not one of ours; who is missing shows in the end
	}
	m := &member{proc: first.Proc, pid: first.PID, link: l}
	p.mu.Lock()
	p.members[m.proc] = m
	p.mu.Unlock()
	if err := l.send(note{Kind: noteJob, Job: &p.job}); err == nil {
		for _, limit := range p.session.Limits() { // met since the job was written
			_ = l.send(note{Kind: noteLimit, Text: string(limit)})
		}
		if p.ctx.Err() != nil {
			p.tell(m)
		}
		for {
			n, err := l.receive()
			if err != nil {
				break
			}
			p.hear(m, n)
		}
	}
	p.mu.Lock()
	m.gone = true
	lost := m.ending == nil
	m.lost = m.current
	p.mu.Unlock()
	p.vacate(m.proc)
	if lost && m.proc >= 1 && m.proc <= len(p.job.Troupes) {
		p.lost.Go(func() { p.session.Lost(m.proc) })
	}
}

// hear takes in what a process tells.
func (p *processes) hear(m *member, n note) {
	switch n.Kind {
	case noteReady:
		if n.Listening {
			p.session.Listening()
		}
	case noteBegan:
		p.acts(m, n.Requirement)
		p.session.Began(n.Requirement)
	case noteDone:
		p.acts(m, "")
		p.session.Done(*n.Outcome)
	case notePanicked:
		p.acts(m, "")
		p.session.Fault(n.Requirement, n.Text)
	case noteSaid:
		p.session.Say("%s", n.Text)
	case noteAsk:
		go func() {
			// A run that is over still puts users back, with requests.
			if p.session.Permit(context.WithoutCancel(p.ctx)) == nil {
				_ = m.link.send(note{Kind: noteGo})
			}
		}()
	case noteSeat:
		p.seat(m)
	case noteLimit:
		p.heed(m, client.Limit(n.Text))
	case noteOver:
		p.mu.Lock()
		m.ending = n.Ending
		p.mu.Unlock()
		p.vacate(m.proc)
	}
}

// acts notes the requirement on which a process acts, "" for none.
func (p *processes) acts(m *member, on string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m.current = on
}

// heed tells all other processes of a limit that one has met: the connections
// and requests of all of them add up.
func (p *processes) heed(by *member, l client.Limit) {
	p.session.Heed(l)
	for _, m := range p.all() {
		p.mu.Lock()
		skip := m == by || m.gone
		p.mu.Unlock()
		if !skip {
			_ = m.link.send(note{Kind: noteLimit, Text: string(l)}) // one that is gone needs no limit
		}
	}
}

// all are the processes that have been heard of.
func (p *processes) all() []*member {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []*member
	for _, m := range p.members {
		list = append(list, m)
	}
	return list
}

// tellStop tells all processes to put their users back and end, and ends
// those that cannot.
func (p *processes) tellStop() {
	all := p.all()
	for _, m := range all {
		p.tell(m)
	}
	time.AfterFunc(exit.KillAfter(p.ctx, p.stopLimit), func() {
		for _, m := range all {
			p.mu.Lock()
			hangs := !m.gone
			m.late = hangs && exit.IsOver(p.ctx)
			p.mu.Unlock()
			if hangs {
				if process, err := os.FindProcess(m.pid); err == nil {
					_ = process.Kill() // it has just gone, or has
				}
			}
		}
	})
}

// tell tells a process why the run is over. One that is gone need not be told.
func (p *processes) tell(m *member) { _ = m.link.send(stopNote(p.ctx)) }

func stopNote(ctx context.Context) note {
	n := note{Kind: noteStop, Signal: int(exit.SignalOf(ctx)), Text: context.Cause(ctx).Error()}
	var over exit.TimeOver
	if errors.As(context.Cause(ctx), &over) {
		n.Over = &over
	}
	return n
}

// fates says what became of each process.
func (p *processes) fates(printed string) []Fate {
	p.mu.Lock()
	defer p.mu.Unlock()
	procs := len(p.job.Troupes)
	list := make([]Fate, procs)
	for n := range list {
		proc := n + 1
		m := p.members[proc]
		if m != nil && (m.ending != nil || m.late) {
			list[n].Ending, list[n].Late = m.ending, m.late
			continue
		}
		message := fmt.Sprintf("process %d of %d was lost", proc, procs)
		output, exit := wordsOf(printed, proc)
		if m == nil {
			message = fmt.Sprintf("process %d of %d did not begin", proc, procs)
		} else if m.lost != "" {
			list[n].Requirement = m.lost
			message += " in " + m.lost
		}
		if exit != "" {
			message += " (" + exit + ")"
		}
		if output != "" {
			message += ":\n" + text.TruncateMiddle(output, keptOutput)
		}
		list[n].Message = message
	}
	return list
}
