package runner

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"finesse-conformance/internal/exit"
)

// playTarget is the whole program where it was started to certify one of
// several targets.
func (p Process) playTarget(address, name string) error {
	conn, err := net.Dial("unix", address)
	if err != nil {
		return fmt.Errorf("reach the run that this process is of: %w", err)
	}
	defer conn.Close()
	l := newLink(conn)
	if err := l.send(note{Kind: noteHello, Text: name, PID: os.Getpid()}); err != nil {
		return err
	}
	cue, err := l.receive()
	if err != nil || cue.Kind != noteCue || cue.Config == nil {
		return errors.Join(errors.New("the run did not say what to do"), err)
	}
	ctx, stop := context.WithCancelCause(context.Background())
	defer stop(nil)
	ctx, quit := p.StopOnSignal(ctx, func(string) {}) // the run says it
	defer quit()
	go func() {
		for {
			n, err := l.receive()
			switch {
			case err != nil:
				stop(errors.New("the process that began the run is gone"))
				return
			case n.Kind == noteStop && n.Signal != 0:
				stop(Interrupted{syscall.Signal(n.Signal)})
			case n.Kind == noteStop:
				stop(errors.New(n.Text))
			}
		}
	}()
	var summary bytes.Buffer
	app, err := NewCLI(&summary, wire{l})
	if err != nil {
		return err
	}
	app.Environ = cue.Environ
	end := &ending{}
	if p.BoundMemory != nil {
		p.BoundMemory()
	}
	if end.Code, err = app.Run(ctx, cue.Config); err != nil {
		end.Code, end.Error = exit.Code(err), err.Error()
	}
	end.Output = summary.String()
	return l.send(note{Kind: noteOver, Ending: end})
}

// wire sends what is written to the run. Progress writes whole lines.
type wire struct{ *link }

func (s wire) Write(p []byte) (int, error) {
	if err := s.send(note{Kind: noteSaid, Text: string(p)}); err != nil {
		return 0, err
	}
	return len(p), nil
}
