package worlds_test

import (
	"context"
	"flag"
	"testing"
	"time"

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
			explore(t, w, *steps)
		})
	}
}

// What was found in such worlds all the same, as small as it came to be.
func TestExploredFound(t *testing.T) {
	for name, w := range map[string]worlds.World{
		"a late event of before the call":        {Seed: 0xc352, Kind: "UCCX", Release: "12.6(2)", Notifications: true, Choices: []string{"get-lag"}, Harmless: []string{"harmless-event-late"}, Latency: worlds.Spread{Typical: 36 * time.Millisecond, Shape: "jitter"}, WrapUp: time.Second},
		"wrap-up owes data, and nobody hears it": {Seed: 0xc36b, Kind: "UCCE", Release: "12.5(1)", Harmless: []string{"harmless-settings-absent"}, Mixed: true},
		"a busy phone, and nobody hears it":      {Seed: 0xc39b, Kind: "UCCX", Release: "12.6(2)", Harmless: []string{"harmless-busy-phone"}, Deaf: []string{"wrap_up_on"}},
		"wrap-up that is switched off for good":  {Seed: 3, Kind: "UCCE", Release: "12.6(2)", Notifications: true, Deaf: []string{"wrap_up_on"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			explore(t, w, 100)
		})
	}
}

func explore(t *testing.T, w worlds.World, steps int) {
	o := w.Act(t, func(ctx context.Context, b *bed.Bed) []suites.Item {
		found, err := b.Explored(ctx, w.Seed, steps)
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
}
