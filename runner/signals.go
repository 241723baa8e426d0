package runner

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"finesse-conformance/internal/exit"
)

// Process is what is done to the process as a whole. That is for a main
// function to say and for no library.
type Process struct {
	// Exit ends the process at once, as os.Exit does.
	Exit func(code int)
	// BoundMemory is called where a run begins, after which a process mostly
	// waits and must not take up much; nil does nothing.
	BoundMemory func()
}

// oneSignal is how soon after a SIGTERM another one is the same: timeout(1)
// and supervisors like it signal a process and then its group.
const oneSignal = 250 * time.Millisecond

// StopOnSignal gives a context that the first SIGINT or SIGTERM ends: the run
// stops, puts its users back and writes its reports. The second leaves at
// once; the journal knows who is left to put back. Call the function when no
// more signals are expected.
//
// A terminal that is gone ends a run like a SIGTERM, unless it was begun with
// nohup. Nobody reading what it prints any more, as behind a closed pipe, does
// not end it: users are on the way.
func (p Process) StopOnSignal(ctx context.Context, say func(string)) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(signals, syscall.SIGHUP)
	}
	// Until the program ends, and not ignored, which commands that a run starts
	// would inherit.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	done := make(chan struct{})
	go func() {
		var first syscall.Signal
		var came time.Time
		for {
			select {
			case <-done:
				return
			case s := <-signals:
				number, ok := s.(syscall.Signal)
				if !ok {
					continue
				}
				hungUp := number == syscall.SIGHUP // by the system and by shells, and by nobody who is in a hurry
				if hungUp {
					number = syscall.SIGTERM
				}
				if first != 0 && hungUp || first == syscall.SIGTERM && number == first && time.Since(came) < oneSignal {
					continue
				}
				if first != 0 {
					say("left at once: `finesse-conformance restore` puts back who was on the way")
					p.Exit(exit.Signalled{Signal: number}.ExitCode())
				}
				first, came = number, time.Now()
				say(fmt.Sprintf("%v: putting users back and writing the reports; once more leaves at once", exit.Signalled{Signal: number}))
				cancel(exit.Signalled{Signal: number})
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(done)
		cancel(nil)
	}
}
