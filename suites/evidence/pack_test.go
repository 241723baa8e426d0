package evidence_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"finesse-conformance/suites/evidence"
)

// What does not fit is packed and comes back as it was; what is larger than
// everything is shortened, and says so.
func TestHold(t *testing.T) {
	t.Parallel()
	attempt := func(n, size int) *evidence.Evidence {
		return &evidence.Evidence{Requirement: "SIG-01", Attempt: n, Repetition: 2, Started: time.Unix(1700000000, 5).UTC(),
			Cast: map[string]evidence.User{"subject": {ID: "1001"}}, Steps: []evidence.Step{{Exchange: 1, Values: map[string]string{"id": "1001"}}},
			Exchanges: []evidence.Exchange{{Index: 0, ResponseBody: strings.Repeat("<User/>", size/7)}, {Index: 1, Status: 202}}}
	}
	room := evidence.Room{Places: 3, Bytes: 1 << 20, Packed: 1 << 20}
	for n, tc := range []struct {
		size          int
		packed, whole bool
	}{
		{70, false, true}, {70, true, true}, {700 << 10, true, true}, {70, true, false},
	} {
		ev := attempt(n, tc.size)
		want := attempt(n, tc.size)
		held := room.Hold(ev)
		if (held.Packed != nil) != tc.packed || held.Requirement != "SIG-01" || held.Attempt != n || held.Repetition != 2 {
			t.Errorf("%d: %+v", n, held)
		}
		if n == 3 { // nothing fits any more, and small bodies stay
			room.Packed = 0
			held = room.Hold(attempt(n, 50<<10))
			if got := held.Load(); got.Whole() || got.Exchanges[0].ResponseBytes < 50<<10-7 {
				t.Errorf("%d: %d bytes kept of %d", n, len(got.Exchanges[0].ResponseBody), got.Exchanges[0].ResponseBytes)
			}
			continue
		}
		if diff := cmp.Diff(want, held.Load()); diff != "" {
			t.Errorf("%d: %s", n, diff)
		}
	}
	if (*evidence.Evidence)(nil).Load() != nil {
		t.Error("nothing was packed")
	}
}
