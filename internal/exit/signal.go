package exit

import (
	"context"
	"errors"
	"syscall"
)

// Signalled is the cause of a context that a signal ended.
type Signalled struct{ Signal syscall.Signal }

func (s Signalled) Error() string {
	if s.Signal == syscall.SIGTERM {
		return "terminated"
	}
	return "interrupted"
}

// ExitCode is Interrupted or Terminated.
func (s Signalled) ExitCode() int { return 128 + int(s.Signal) }

// SignalOf gives the signal that ended the context, 0 without one.
func SignalOf(ctx context.Context) syscall.Signal {
	var s Signalled
	if ctx.Err() != nil && errors.As(context.Cause(ctx), &s) {
		return s.Signal
	}
	return 0
}

// SignalCode gives the exit code of the signal that ended the context, 0
// without one.
func SignalCode(ctx context.Context) int {
	if n := SignalOf(ctx); n != 0 {
		return Signalled{n}.ExitCode()
	}
	return 0
}
