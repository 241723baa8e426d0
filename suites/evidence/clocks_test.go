package evidence

import (
	"testing"
	"time"
)

// Two times of change are near, apart, or, where one is no time, neither.
func TestChangeTimes(t *testing.T) {
	const at = "2026-01-02T03:04:05.000Z"
	for _, test := range []struct {
		name, other string
		by          time.Duration
		ok          bool
	}{
		{"the same", at, 0, true},
		{"later", "2026-01-02T03:04:06.500Z", 1500 * time.Millisecond, true},
		{"as far as clocks may be apart", "2026-01-02T03:04:07.000Z", NodesApart, true},
		{"further", "2026-01-02T03:04:07.001Z", NodesApart + time.Millisecond, true},
		{"long before", "2026-01-02T03:04:00.000Z", -5 * time.Second, true},
		{"with an offset", "2026-01-02T04:04:05+01:00", 0, true},
		{"none", "", 0, false},
		{"words", "yesterday", 0, false},
	} {
		by, ok := Later(at, test.other)
		if back, also := Later(test.other, at); by != test.by || ok != test.ok || back != -by || also != ok {
			t.Errorf("%s: %v %v, and %v %v the other way round", test.name, by, ok, back, also)
		}
		within := ok && by.Abs() <= 2*time.Second
		if near, apart := Near(at, test.other), Apart(at, test.other); near != within || apart != (ok && !within) {
			t.Errorf("%s: near %v, apart %v", test.name, near, apart)
		}
	}
}
