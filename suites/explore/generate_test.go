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

// A call that is held is not held again before it was taken back, also where its
// user stays TALKING.
func TestHeldOnce(t *testing.T) {
	for _, kind := range []string{"UCCE", "UCCX"} {
		g := generator(modelOf(t, kind), *seed)
		holds, retrieves := 0, 0
		for n := range 120 {
			w := g.Walk(n)
			held := w.Start.State == "HOLD"
		walk:
			for _, r := range w.Rounds {
				for _, d := range r.Does {
					switch d.Dialog {
					case "HOLD":
						if held {
							t.Errorf("%s: %s: held twice: %s", kind, w.Name, w.Words())
						}
						held = true
						holds++
					case "RETRIEVE":
						if !held {
							t.Errorf("%s: %s: taken back though not held: %s", kind, w.Name, w.Words())
						}
						held = false
						retrieves++
					case "DROP":
						held = false
					}
					if d.Put != nil && d.Put.State == "LOGOUT" {
						break walk // the call may have ended with it
					}
					if d.Stimulus == "caller_hangup" {
						held = false
					}
				}
			}
		}
		if holds < 5 || retrieves < 3 {
			t.Errorf("%s: %d HOLD, %d RETRIEVE", kind, holds, retrieves)
		}
	}
}
