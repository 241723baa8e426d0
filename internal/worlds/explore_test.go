package worlds_test

import (
	"context"
	"flag"
	"testing"

	"finesse-conformance/internal/bed"
	"finesse-conformance/internal/worlds"
	"finesse-conformance/suites"
)

var (
	explored = flag.Int("explored", 1, "how many conformant worlds are explored")
	steps    = flag.Int("steps", 100, "by how many steps each")
)

// Nothing is found in worlds that do what the guide says, however slow and
// unreliable they are, and everybody is back.
func TestExplored(t *testing.T) {
	for n := range *explored {
		w := worlds.Draw(*seed + uint64(n))
		w.Meddlers = 0 // who else acts on the users is not told from the deployment
		t.Run(w.String(), func(t *testing.T) {
			t.Parallel()
			o := w.Act(t, func(ctx context.Context, b *bed.Bed) []suites.Item {
				found, err := b.Explored(ctx, w.Seed, *steps)
				if err != nil {
					t.Error(err)
				}
				if found != "" {
					t.Errorf("found: %s", found)
				}
				return nil
			})
			for _, problem := range w.Problems(o) {
				t.Error(problem)
			}
		})
	}
}
