package notify

import (
	"context"
	"sync"
)

// Mark is a place in the sequence of events of a listener.
type Mark uint64

// history keeps the latest events and lets others wait for the next.
type history struct {
	mu        sync.Mutex
	max       int
	dropped   Mark // how many events were let go, so that events[i] has the place dropped+i
	events    []Event
	changed   chan struct{} // closed and replaced with every event
	followers map[*func(Event)]struct{}

	// delivering keeps followers from seeing events at the same time, or out of order.
	delivering sync.Mutex
}

func newHistory(limit int) *history {
	return &history{max: limit, changed: make(chan struct{}), followers: make(map[*func(Event)]struct{})}
}

func (h *history) add(e Event) {
	h.delivering.Lock()
	defer h.delivering.Unlock()
	h.mu.Lock()
	h.events = append(h.events, e)
	// Letting go in batches keeps the copying rare.
	if len(h.events) > h.max+h.max/4 {
		excess := len(h.events) - h.max
		h.events = append([]Event(nil), h.events[excess:]...)
		h.dropped += Mark(excess)
	}
	close(h.changed)
	h.changed = make(chan struct{})
	followers := make([]func(Event), 0, len(h.followers))
	for f := range h.followers {
		followers = append(followers, *f)
	}
	h.mu.Unlock()
	for _, f := range followers {
		f(e)
	}
}

func (h *history) mark() Mark {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.dropped + Mark(len(h.events))
}

func (h *history) since(mark Mark) []Event {
	events, _, _ := h.after(mark)
	return events
}

// after returns the events since mark, the place behind them, and a channel that is closed when there is another.
func (h *history) after(mark Mark) (events []Event, next Mark, more <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	next = h.dropped + Mark(len(h.events))
	if from := max(mark, h.dropped); from < next {
		events = append(events, h.events[from-h.dropped:]...)
	}
	return events, next, h.changed
}

func (h *history) wait(ctx context.Context, mark Mark, match func(Event) bool) (Event, error) {
	for {
		events, next, changed := h.after(mark)
		for _, e := range events {
			if match(e) {
				return e, nil
			}
		}
		mark = next
		select {
		case <-changed:
		case <-ctx.Done():
			return Event{}, context.Cause(ctx)
		}
	}
}

func (h *history) follow(f func(Event)) (stop func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.followers[&f] = struct{}{}
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.followers, &f)
	}
}
