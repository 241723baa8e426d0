package runner

import (
	"bytes"
	"context"

	"finesse-conformance/internal/exit"
	"finesse-conformance/runner/internal/parallel"
)

// playTarget is the whole program where it was started to certify one of
// several targets.
func (p Process) playTarget(address, name string) error {
	worker, err := parallel.JoinTarget(address, name)
	if err != nil {
		return err
	}
	defer worker.Close()
	ctx, stop := context.WithCancelCause(context.Background())
	defer stop(nil)
	ctx, quit := p.StopOnSignal(ctx, func(string) {}) // the run says it
	defer quit()
	go worker.Obey(stop, nil)
	var summary bytes.Buffer
	app, err := NewCLI(&summary, worker)
	if err != nil {
		return err
	}
	app.Environ = worker.Environ
	var end parallel.Ending
	if p.BoundMemory != nil {
		p.BoundMemory()
	}
	if end.Code, err = app.Run(ctx, worker.Config); err != nil {
		end.Code, end.Error = exit.Code(err), err.Error()
	}
	end.Output = summary.String()
	return worker.Over(end)
}
