package exit

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// How long after its time limit a run puts users back, and until when it has
// ended its sessions, its processes and whatever else it waits for. Its reports
// take what is left of 15 seconds.
const (
	putBackWithin = 10 * time.Second
	leaveWithin   = 12 * time.Second
	endWithin     = 13 * time.Second
)

// TimeOver is the cause of a context that the time limit of a run ended.
type TimeOver struct {
	Limit time.Duration
	At    time.Time // when it was over
}

func (o TimeOver) Error() string { return fmt.Sprintf("the run's timeout of %v is over", o.Limit) }

// Limited gives a context that ends when a run's time is over, 0 for no limit.
func Limited(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if limit <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, limit, TimeOver{limit, time.Now().Add(limit)})
}

// PutBack gives the context in which users are put back: it outlives that of
// the run by the limit, and where the run's time is over by no more than what
// is left for that. Why is the cause when the limit ends it.
func PutBack(ctx context.Context, limit time.Duration, why error) (context.Context, context.CancelFunc) {
	return outlive(ctx, limit, putBackWithin, why)
}

// Leave is PutBack for what is done when users are back.
func Leave(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	return outlive(ctx, limit, leaveWithin, context.DeadlineExceeded)
}

// outlived is the key of the context that another one outlives.
type outlived struct{}

// IsOver reports whether the time of the run is over that a context is of, also
// one of PutBack or Leave.
func IsOver(ctx context.Context) bool {
	_, over := Left(ctx)
	return over
}

// Left tells how much of the time is left in which users are put back after the
// run's time is over, and whether it is.
func Left(ctx context.Context) (left time.Duration, over bool) {
	var o TimeOver
	for !errors.As(context.Cause(ctx), &o) {
		of, ok := ctx.Value(outlived{}).(context.Context)
		if !ok {
			return 0, false
		}
		ctx = of
	}
	return time.Until(o.At.Add(putBackWithin)), true
}

func outlive(ctx context.Context, limit, over time.Duration, why error) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancelCause(context.WithValue(context.WithoutCancel(ctx), outlived{}, ctx))
	timer := time.AfterFunc(limit, func() { cancel(why) })
	stop := context.AfterFunc(ctx, func() {
		var o TimeOver
		if errors.As(context.Cause(ctx), &o) {
			left := time.Until(o.At.Add(over))
			last := time.AfterFunc(left, func() { cancel(o) })
			context.AfterFunc(longer, func() { last.Stop() })
		}
	})
	return longer, func() {
		stop()
		timer.Stop()
		cancel(context.Canceled)
	}
}

// KillAfter is how long a process may take that was told that the run is over,
// where it is not to hang: the usual limit, and less where the time of the run is over.
func KillAfter(ctx context.Context, usual time.Duration) time.Duration {
	var o TimeOver
	if errors.As(context.Cause(ctx), &o) {
		return min(usual, time.Until(o.At.Add(endWithin)))
	}
	return usual
}
