package parallel

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime/debug"
	"syscall"

	"finesse-conformance/internal/exit"
	"finesse-conformance/runner/config"
	"finesse-conformance/suites"
	"finesse-conformance/suites/client"
)

// Worker is one of the processes of a run, seen from itself. What it sends to
// a run that is gone is lost: Obey tells of that.
type Worker struct {
	Proc int  // from 1
	Job  *Job // nil for one that certifies a target

	// Of one that certifies a target.
	Config  *config.Config
	Environ []string

	link    *link
	permits chan struct{} // a value for each request that may be sent
	seat    chan struct{} // a value when this process has a seat
}

// mostPermits is more than the requests that a process ever waits to send.
const mostPermits = 1 << 12

// Join reaches the run at the address, and learns what is to be done.
func Join(address string, proc int) (*Worker, error) {
	w, reply, err := join(address, note{Kind: noteHello, Proc: proc, PID: os.Getpid()})
	if err == nil && reply.Job == nil {
		err = errors.Join(errNoJob, w.Close())
	}
	if err != nil {
		return nil, err
	}
	w.Proc, w.Job = proc, reply.Job
	return w, nil
}

// JoinTarget is Join for the process that certifies the target of a name.
func JoinTarget(address, name string) (*Worker, error) {
	w, reply, err := join(address, note{Kind: noteHello, Text: name, PID: os.Getpid()})
	if err == nil && reply.Config == nil {
		err = errors.Join(errNoJob, w.Close())
	}
	if err != nil {
		return nil, err
	}
	w.Config, w.Environ = reply.Config, reply.Environ
	return w, nil
}

var errNoJob = errors.New("the run did not say what to do")

func join(address string, hello note) (*Worker, note, error) {
	conn, err := net.Dial("unix", address)
	if err != nil {
		return nil, note{}, fmt.Errorf("reach the run that this process is of: %w", err)
	}
	w := &Worker{link: newLink(conn), permits: make(chan struct{}, mostPermits), seat: make(chan struct{}, 1)}
	if err := w.link.send(hello); err != nil {
		return nil, note{}, errors.Join(err, w.Close())
	}
	reply, err := w.link.receive()
	if err != nil || reply.Kind != noteJob {
		return nil, note{}, errors.Join(errNoJob, err, w.Close())
	}
	return w, reply, nil
}

// Close ends the connection to the run.
func (w *Worker) Close() error { return w.link.conn.Close() }

// Obey takes in what the run says until it is gone. Stop is told why the work
// ends: also where the run is gone, so that users are put back as when it was
// interrupted. Heed is told of limits that other processes have met.
func (w *Worker) Obey(stop context.CancelCauseFunc, heed func(client.Limit)) {
	for {
		n, err := w.link.receive()
		switch {
		case err != nil:
			stop(errors.New("the process that began the run is gone"))
			return
		case n.Kind == noteStop && n.Signal != 0:
			stop(exit.Signalled{Signal: syscall.Signal(n.Signal)})
		case n.Kind == noteStop && n.Over != nil:
			stop(*n.Over)
		case n.Kind == noteStop:
			stop(errors.New(n.Text))
		case n.Kind == noteSeat:
			w.seat <- struct{}{}
		case n.Kind == noteLimit:
			heed(client.Limit(n.Text))
		case n.Kind == noteGo:
			w.permits <- struct{}{}
		}
	}
}

// Wait asks for a permit to send a request: the limit holds over all processes.
func (w *Worker) Wait(ctx context.Context) error {
	if err := w.link.send(note{Kind: noteAsk}); err != nil {
		return err
	}
	select {
	case <-w.permits:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// AskSeat asks for a seat under a limit of connections, which the channel tells
// of: one of a few that are shared by all processes.
func (w *Worker) AskSeat() (<-chan struct{}, error) {
	return w.seat, w.link.send(note{Kind: noteSeat})
}

// Ready tells that the work begins, and whether notifications are listened to.
func (w *Worker) Ready(listening bool) error {
	return w.link.send(note{Kind: noteReady, Listening: listening})
}

// Say tells something that is worth a line.
func (w *Worker) Say(format string, args ...any) {
	_ = w.link.send(note{Kind: noteSaid, Text: fmt.Sprintf(format, args...)})
}

// Write tells what is written, which has to be whole lines.
func (w *Worker) Write(p []byte) (int, error) {
	if err := w.link.send(note{Kind: noteSaid, Text: string(p)}); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Began tells that a requirement is acted on.
func (w *Worker) Began(requirement string) {
	_ = w.link.send(note{Kind: noteBegan, Requirement: requirement})
}

// Panicked tells that the program failed at a requirement, and where.
func (w *Worker) Panicked(requirement string, panicked any) {
	_ = w.link.send(note{Kind: notePanicked, Requirement: requirement, Text: fmt.Sprintf("panic: %v\n%s", panicked, debug.Stack())})
}

// Done tells what came of a requirement.
func (w *Worker) Done(o suites.Outcome) error {
	if err := w.link.send(note{Kind: noteDone, Outcome: &o}); err != nil {
		return fmt.Errorf("the process that began the run does not listen: %w", err)
	}
	return nil
}

// Met tells the other processes of a limit that this one has met. Where the
// run is gone it holds here all the same.
func (w *Worker) Met(l client.Limit) { _ = w.link.send(note{Kind: noteLimit, Text: string(l)}) }

// Over tells what this process leaves behind: its users are back, and it ends.
func (w *Worker) Over(e Ending) error { return w.link.send(note{Kind: noteOver, Ending: &e}) }
