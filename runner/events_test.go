package runner

import (
	"fmt"
	"testing"
	"time"

	"finesse-conformance/suites/evidence"
)

// However much is heard, what is kept is bounded: the latest, and of what is
// older rather what is as it should be.
func TestHeardIsBounded(t *testing.T) {
	began := time.Now()
	for name, stray := range map[string]string{"strangers": "it comes from a stranger", "a large team": ""} {
		h := &heard{wake: make(chan struct{})}
		h.add(evidence.Event{Node: "first", Received: began})
		for i := range 3 * mostHeard {
			h.add(evidence.Event{Node: fmt.Sprint(i), Received: began, Problem: stray})
			if n := len(h.events); n > mostHeard {
				t.Fatalf("%s: %d events kept", name, n)
			}
		}
		kept := h.Since(began)
		if got := kept[len(kept)-1].Node; got != fmt.Sprint(3*mostHeard-1) {
			t.Errorf("%s: the last event kept is %s", name, got)
		}
		if first := kept[0].Node == "first"; first != (stray != "") {
			t.Errorf("%s: the first event kept is %s", name, kept[0].Node)
		}
		if len(kept) < mostHeard/2 {
			t.Errorf("%s: %d events kept", name, len(kept))
		}
	}
}
