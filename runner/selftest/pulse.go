package selftest

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// pulse measures how busy the machine is: how much later than asked for a
// sleeper wakes up. Times of a selftest are as short as that allows.
type pulse struct {
	late  atomic.Int64
	taken sync.WaitGroup
}

// takePulse measures until the context ends, which taken waits for.
func takePulse(ctx context.Context) *pulse {
	p := &pulse{}
	p.taken.Go(func() {
		const nap = 5 * time.Millisecond
		smooth := time.Duration(0)
		for ctx.Err() == nil {
			asleep := time.Now()
			time.Sleep(nap)
			smooth += (time.Since(asleep) - nap - smooth) / 32
			p.late.Store(int64(smooth))
		}
	})
	return p
}

// pace is by how much times have to be longer now.
func (p *pulse) pace() int {
	const bearable = beat / 6
	return min(1+int(time.Duration(p.late.Load())/bearable), 5)
}
