package scenario

import (
	"testing"
	"time"
)

// What is far longer than usual is known only when there is a usual time, and
// follows a target that is slow throughout.
func TestHedgesAfter(t *testing.T) {
	const poll = 100 * time.Millisecond
	var h hedges
	for range looksEnough {
		if _, known := h.after(poll); known {
			t.Error("known too early")
		}
		h.took(2 * time.Millisecond)
	}
	if d, known := h.after(poll); !known || d != pollsAtLeast*poll {
		t.Errorf("fast: %v, %v", d, known)
	}
	for range looksKnown/2 - 1 - looksEnough {
		h.took(2 * time.Millisecond)
	}
	h.took(3 * time.Second)
	if d, _ := h.after(poll); d != pollsAtLeast*poll {
		t.Errorf("one slow look among fast ones: %v", d)
	}
	for range looksKnown {
		h.took(3 * time.Second)
	}
	if d, _ := h.after(poll); d != farLonger*3*time.Second {
		t.Errorf("slow throughout: %v", d)
	}
}
