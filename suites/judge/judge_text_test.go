package judge

import (
	"testing"
	"time"
)

func TestHowFarFromTheAnswer(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{-30 * time.Millisecond: "30ms before", 0: "0s after", 1550 * time.Millisecond: "1.6s after"} {
		if got := fromAnswer(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}
