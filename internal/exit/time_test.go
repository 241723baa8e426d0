package exit

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// What is done when a run was stopped has its own limit, and where the time of
// the run is over no more than is left: also where one such context is made
// from another.
func TestOutlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		run, cancel := Limited(t.Context(), time.Minute)
		defer cancel()
		why := errors.New("no end")
		ends := func(ctx context.Context, at time.Duration, cause error) {
			t.Helper()
			<-ctx.Done()
			if took := time.Since(began); took != at || context.Cause(ctx) != cause {
				t.Errorf("ended after %v: %v", took, context.Cause(ctx))
			}
		}
		short, done := PutBack(run, 5*time.Second, why)
		defer done()
		ends(short, 5*time.Second, why)

		long, done := PutBack(run, time.Hour, why)
		defer done()
		within, done := PutBack(long, time.Hour, why)
		defer done()
		leaving, done := Leave(long, time.Hour)
		defer done()
		if IsOver(within) {
			t.Error("over before its time")
		}
		<-run.Done()
		over := context.Cause(run)
		if !IsOver(within) || KillAfter(run, time.Hour) != endWithin || KillAfter(run, time.Second) != time.Second {
			t.Error("not over when its time is")
		}
		if left, _ := Left(within); left != putBackWithin {
			t.Errorf("%v left, want %v", left, putBackWithin)
		}
		ends(within, time.Minute+putBackWithin, over)
		ends(long, time.Minute+putBackWithin, over)
		ends(leaving, time.Minute+leaveWithin, over)

		stopped, stop := context.WithCancel(t.Context())
		stop()
		began = time.Now()
		after, done := PutBack(stopped, time.Hour, why)
		defer done()
		if IsOver(after) || KillAfter(stopped, time.Hour) != time.Hour {
			t.Error("stopped is not over")
		}
		ends(after, time.Hour, why)
	})
}
