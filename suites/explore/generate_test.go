package explore_test

import (
	"strings"
	"testing"
)

// Where some classes of rounds are wanted, most of what is done is of them.
func TestWanted(t *testing.T) {
	for _, class := range []string{"EXP-TALKING-row", "EXP-NOT_READY-together", "EXP-WORK-alone", "EXP-HOLD-"} {
		g := generator(modelOf(t, "UCCE"), *seed)
		g.Wanted = func(id string) bool { return strings.HasPrefix(id, class) }
		wanted, all := 0, 0
		for n := range 30 {
			for _, r := range g.Walk(n).Rounds {
				all++
				if g.Wanted(r.ID()) {
					wanted++
				}
			}
		}
		if wanted < 20 || 4*wanted < all {
			t.Errorf("%s: %d of %d rounds", class, wanted, all)
		}
		t.Logf("%s: %d of %d rounds", class, wanted, all)
	}
}
