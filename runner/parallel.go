package runner

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/internal/text"
	"finesse-conformance/runner/journal"
	"finesse-conformance/runner/progress"
	"finesse-conformance/suites"
	"finesse-conformance/suites/client"
)

// processes are the processes that exercise the requirements of a run side by
// side, seen from the one that started them: it has looked at the target,
// made the plan, keeps the journal and the request limit, and gathers what
// they find out.
type processes struct {
	*session
	ctx     context.Context
	stop    context.CancelCauseFunc
	display progress.Display
	job     workerJob
	socket  net.Listener
	hook    *http.Server // of the embedded reference's stimuli, nil without

	mu        sync.Mutex
	members   map[int]*member
	results   *results
	silence   silence
	seats     seats
	homeward  sync.WaitGroup // troupes of lost processes, on their way home
	conns     sync.WaitGroup
	listening bool
}

// member is one of the processes.
type member struct {
	proc, pid int
	link      *link
	current   string // the requirement that it acts on
	ending    *ending
	lost      string // the requirement that it was lost in, where it was
	gone      bool
}

// exerciseSideBySide exercises the items in several processes, one for each
// troupe.
func (s *session) exerciseSideBySide(ctx context.Context, items []suites.Item, troupes []*fixtures.Cast, display progress.Display, stop context.CancelCauseFunc) *results {
	ordered, flush := progress.InOrder(display, items)
	p := &processes{
		session: s, ctx: ctx, stop: stop, members: map[int]*member{}, results: &results{}, display: ordered,
	}
	if err := p.play(items, troupes); err != nil {
		p.results.fault("", err.Error())
	}
	s.listening = p.listening
	flush()
	return p.results
}

func (p *processes) play(items []suites.Item, troupes []*fixtures.Cast) (err error) {
	dir, err := privateFolder(p.config.Run.Out)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	program, err := linkProgram(dir)
	if err != nil {
		return err
	}
	address := filepath.Join(dir, socketName)
	if p.socket, err = listenIn(dir); err != nil {
		return fmt.Errorf("listen for the processes of the run: %w", err)
	}
	if err := p.prompt(items, troupes); err != nil {
		return errors.Join(err, p.socket.Close())
	}
	if p.hook != nil {
		defer func() { err = errors.Join(err, p.hook.Close()) }()
	}
	p.conns.Go(p.accept)
	told := context.AfterFunc(p.ctx, p.tellStop)
	printed, err := ginkgoProcesses(program, len(troupes), p.config.Run.Seed, address)
	told()
	err = errors.Join(err, p.socket.Close())
	p.conns.Wait()
	p.homeward.Wait()
	if err != nil { // the cause comes before what it caused
		p.results.fault("", err.Error())
	}
	p.account(items, len(troupes), printed)
	return nil
}

// privateFolder makes a folder that only this account can enter, in the usual
// place or, where there is none, beside the reports. The path of a socket may
// not be long, so that a long one is avoided.
func privateFolder(out string) (string, error) {
	const longest = 80 // of the 104 that the shortest-spoken systems allow
	var errs []error
	for _, parent := range temporaryFolders(out) {
		dir, err := os.MkdirTemp(parent, folderPattern) // with 0700
		if err == nil && len(dir) <= longest {
			return filepath.Abs(dir)
		}
		if err == nil {
			err = errors.Join(fmt.Errorf("%s is too long a path for a socket", dir), os.Remove(dir))
		}
		errs = append(errs, err)
	}
	return "", fmt.Errorf("make a folder for the processes of the run: %w", errors.Join(errs...))
}

// prompt writes the job.
func (p *processes) prompt(items []suites.Item, troupes []*fixtures.Cast) error {
	target := *p.target
	target.Users = nil      // the cast has them
	target.Embedded = false // it is served already
	p.job = workerJob{
		Version: p.Version, Target: &target, Limited: p.limiter != nil, Environ: p.config.HookEnviron(p.Environ),
		Survey: *p.survey,
	}
	p.job.Survey.Exchanges, p.job.Survey.Notes = nil, nil
	p.job.Limits = p.client.Limits()
	for _, t := range troupes {
		p.job.Troupes = append(p.job.Troupes, t.IDs())
	}
	if p.journal != nil {
		p.job.Journal, p.job.Run = p.journal.Path(), p.journal.Run()
	}
	p.job.Items = p.ranked(items)
	target.Notifications = p.events
	if p.embedded == nil {
		return nil
	}
	p.job.CA = p.embedded.CAFile
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen for the stimuli of the processes: %w", err)
	}
	target.StimulusHTTP = &url.URL{Scheme: "http", Host: listener.Addr().String(), Path: "/stimulus"}
	p.hook = &http.Server{Handler: p.embedded.Deployment.Stimulus(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = p.hook.Serve(listener) }() // ends with the server
	return nil
}

func (p *processes) accept() {
	for {
		conn, err := p.socket.Accept()
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
	if err := l.send(note{Kind: noteCue, Cue: &p.job}); err == nil {
		for _, limit := range p.client.Limits() { // met since the job was written
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
	if lost {
		p.homeward.Go(func() { p.sendHome(m.proc) })
	}
}

// hear takes in what a process tells.
func (p *processes) hear(m *member, n note) {
	switch n.Kind {
	case noteReady:
		p.mu.Lock()
		p.listening = p.listening || n.Listening
		p.mu.Unlock()
	case noteBegan:
		p.mu.Lock()
		m.current = n.Requirement
		p.mu.Unlock()
		p.display.Start(n.Requirement)
	case noteDone:
		p.done(m, *n.Outcome)
	case notePanicked:
		p.mu.Lock()
		m.current = ""
		p.results.fault(n.Requirement, n.Text)
		p.mu.Unlock()
	case noteSaid:
		p.display.Say("%s", n.Text)
	case noteAsk:
		go func() {
			// A limit that is waited for in vain is the run's end: the process
			// is told that as well.
			if p.limiter == nil || p.limiter.Wait(p.ctx) == nil {
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

// heed tells all other processes of a limit that one has met: the connections
// and requests of all of them add up.
func (p *processes) heed(by *member, l client.Limit) {
	p.client.Heed(l)
	p.mu.Lock()
	var others []*member
	for _, m := range p.members {
		if m != by && !m.gone {
			others = append(others, m)
		}
	}
	p.mu.Unlock()
	for _, m := range others {
		_ = m.link.send(note{Kind: noteLimit, Text: string(l)}) // one that is gone needs no limit
	}
}

func (p *processes) done(m *member, o suites.Outcome) {
	for _, ev := range o.Evidence {
		ev.Intern()
	}
	p.note(o.Evidence, p.display.Say)
	p.mu.Lock()
	m.current = ""
	enough := p.silence.after(o.Verdict.Requirement, o.Evidence)
	p.results.add(o)
	why := p.silence.why(p.target)
	p.mu.Unlock()
	p.display.Done(o.Verdict)
	if enough {
		p.stop(why)
	}
}

// tellStop tells all processes to put their users back and end, and ends
// those that cannot.
func (p *processes) tellStop() {
	p.mu.Lock()
	var all []*member
	for _, m := range p.members {
		all = append(all, m)
	}
	p.mu.Unlock()
	for _, m := range all {
		p.tell(m)
	}
	t := p.target.Timing
	time.AfterFunc(time.Minute+24*t.Settle+t.LongestWait, func() {
		for _, m := range all {
			p.mu.Lock()
			hangs := !m.gone
			p.mu.Unlock()
			if hangs {
				if process, err := os.FindProcess(m.pid); err == nil {
					_ = process.Kill() // it has just gone, or has
				}
			}
		}
	})
}

func (p *processes) tell(m *member) {
	// To a process that is gone nothing has to be told.
	_ = m.link.send(note{Kind: noteStop, Signal: int(interruptedBy(p.ctx)), Text: context.Cause(p.ctx).Error()})
}

// sendHome puts the troupe of a lost process back. It does what a process
// does for its users at the end of a scenario; whoever is at home already is
// left alone.
func (p *processes) sendHome(proc int) {
	if proc < 1 || proc > len(p.job.Troupes) {
		return
	}
	ctx := context.WithoutCancel(p.ctx)
	switched := map[string]bool{}
	if p.journal != nil {
		c, err := journal.Read(p.journal.Path())
		if err != nil {
			p.display.Say("the journal cannot be read: %v", err)
			c = &journal.Contents{}
		}
		for _, u := range c.Left {
			if u.Run == p.journal.Run() && u.At(journal.Key(p.target.URL)) {
				switched[u.User] = u.WrapUpSwitched()
			}
		}
	}
	var wg sync.WaitGroup
	for _, id := range p.job.Troupes[proc-1] {
		home, _ := p.stage.Users.Whereabouts(id)
		if u := p.survey.Cast.ByID(id); home.User == "" || u == nil || u.Barred != "" {
			continue
		}
		wg.Go(func() {
			if err := p.stage.SendHome(ctx, home, switched[id]); err != nil {
				p.display.Say("user %s of the lost process %d is not back: %v", id, proc, err)
			}
		})
	}
	wg.Wait()
}

// leaveAlone notes who could not sign in in another process.
func (p *processes) leaveAlone(reasons map[string]string) {
	for id, why := range reasons {
		if u := p.survey.Cast.ByID(id); u != nil && u.Barred == "" {
			u.Barred = why
		}
	}
}

// account makes sure that everything that was planned came to something, and
// names what did not.
func (p *processes) account(items []suites.Item, procs int, printed string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	faulty := map[string]bool{}
	for _, f := range p.results.faults {
		faulty[f.Requirement] = true
	}
	for proc := 1; proc <= procs; proc++ {
		m := p.members[proc]
		if m != nil && m.ending != nil {
			p.results.unrestored = append(p.results.unrestored, m.ending.Unrestored...)
			p.results.afterwards = append(p.results.afterwards, m.ending.Afterwards...)
			p.results.peakMemory += m.ending.PeakMemory
			p.leaveAlone(m.ending.LeftAlone)
			continue
		}
		message := fmt.Sprintf("process %d of %d was lost", proc, procs)
		output, exit := wordsOf(printed, proc)
		lost := ""
		if m == nil {
			message = fmt.Sprintf("process %d of %d did not begin", proc, procs)
		} else if lost = m.lost; lost != "" {
			message += " in " + lost
			faulty[lost] = true
		}
		if exit != "" {
			message += " (" + exit + ")"
		}
		if output != "" {
			message += ":\n" + text.TruncateMiddle(output, keptOutput)
		}
		p.results.fault(lost, message)
	}
	if p.ctx.Err() != nil {
		return // then it is said why some were not got to
	}
	type played struct {
		id         string
		repetition int
	}
	known := map[played]bool{}
	for _, o := range p.results.outcomes {
		known[played{o.Verdict.Requirement, o.Verdict.Repetition}] = true
	}
	for _, i := range items {
		if id := i.Requirement.ID; i.Runs() && !known[played{id, i.Repetition}] && !faulty[id] && len(p.results.faults) == 0 {
			p.results.fault(id, "no process brought a verdict on it; what they printed:\n"+text.TruncateMiddle(printed, keptOutput))
		}
	}
	order := map[played]int{}
	for n, i := range items {
		order[played{i.Requirement.ID, i.Repetition}] = n
	}
	slices.SortStableFunc(p.results.outcomes, func(a, b suites.Outcome) int {
		return order[played{a.Verdict.Requirement, a.Verdict.Repetition}] - order[played{b.Verdict.Requirement, b.Verdict.Repetition}]
	})
}

// keptOutput is how many bytes of what a lost process printed are told.
const keptOutput = 8 << 10
