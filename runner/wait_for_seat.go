package runner

import (
	"context"
	"slices"
	"time"

	"finesse-conformance/internal/exit"
	"finesse-conformance/suites/client"
)

// soon is how long a process waits for a seat before it gives its connections
// back.
const soon = 500 * time.Millisecond

// sit waits for a seat where a limit of connections is known. With it come
// sessions of the notification service: as many as a seat has.
func (t *troupe) sit(ctx context.Context) {
	if t.seated || !slices.Contains(t.client.Limits(), client.LimitConnections) {
		return
	}
	seat, err := t.AskSeat()
	if err != nil {
		return // the run is gone: its end is on the way
	}
	early := time.NewTimer(soon)
	defer early.Stop()
	select {
	case <-seat:
	case <-ctx.Done():
		return
	case <-early.C:
		t.stopListening(ctx)
		select {
		case <-seat:
		case <-ctx.Done():
			return
		}
	}
	t.seated = true
	if t.events == nil {
		return
	}
	t.stopListening(ctx)
	t.listen(ctx, t.Say)
	t.stage.Events = nil
	if t.listener != nil {
		t.stage.Events = t.heard
	}
}

// stopListening ends all sessions of the process. Where users are is not known
// after that: the end of a session may sign its user out.
func (t *troupe) stopListening(ctx context.Context) {
	if t.listener == nil {
		return
	}
	closing, cancel := exit.Leave(ctx, t.target.Timing.Request)
	defer cancel()
	_ = t.listener.Close(closing) // it is wanted no more, however it ends
	t.listener, t.heard = nil, nil
	t.hearing.Store(nil)
	for _, u := range t.players().Users {
		t.stage.Users.Forget(u.ID)
	}
	if t.wire != nil {
		t.wire.CloseIdleConnections()
	}
}
