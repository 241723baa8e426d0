package evidence_test

import (
	"testing"

	"finesse-conformance/suites/evidence"
)

// The bounds are those of the literature (Wilson 1927, without the correction
// for continuity).
func TestWilson(t *testing.T) {
	for _, c := range []struct {
		n, all    int
		low, high float64
	}{
		{0, 0, 0, 1}, {0, 1, 0, 0.7935}, {1, 1, 0.2065, 1}, {0, 10, 0, 0.2775}, {10, 10, 0.7225, 1},
		{5, 10, 0.2366, 0.7634}, {3, 10, 0.1078, 0.6032}, {1, 100, 0.0018, 0.0545},
	} {
		if low, high := evidence.Wilson(c.n, c.all); low != c.low || high != c.high {
			t.Errorf("%d of %d: %v to %v, expected %v to %v", c.n, c.all, low, high, c.low, c.high)
		}
	}
}
