package worlds_test

import (
	"context"
	"flag"
	"strings"
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
		"a wrap-up timer longer than is waited": {
			Seed: 0x717cbe3, Kind: "UCCE", Release: "12.6(1)", Notifications: true, Deaf: []string{"reserve_preview"}, Harmless: []string{"harmless-token-refused-by-proxy"},
			Choices: strings.Fields(`success-200 not-found extension-bad-request malformed-extension-invalid-device empty-extension-invalid-input occupied-extension-invalid-device supervisor-sign-in-invalid-state call-states-event supervisor-call-states-invalid-state supervisor-logout-reason-401 supervisor-logout-reason-accepted supervisor-ready-from-work-refused unknown-reason-event foreign-reason-accepted no-category-api-error no-category-parameter-missing no-category-listed logout-reason-shown wrap-up-data-ignored not-ready-after-call pending-quiet`),
			Latency: worlds.Spread{Typical: 36 * time.Millisecond}, Delay: worlds.Spread{Typical: 119 * time.Millisecond}, Lateness: worlds.Spread{Typical: 138 * time.Millisecond},
			WrapUp: 2 * time.Hour, Ring: 12 * time.Second, Settle: 8 * time.Second, Quiet: 4 * time.Second,
		},
		"a wrap-up timer longer than is waited, first of what comes together": {
			Seed: 0x9896809, Kind: "UCCX", Release: "12.5(1)", Quiet: time.Second, WrapUp: 2 * time.Hour, Ring: 2 * time.Minute, Reservation: 2 * time.Minute, Cut: 20,
			Choices:  strings.Fields(`refusals-400 empty-extension-invalid-input occupied-extension-invalid-device call-states-event supervisor-ready-from-work-refused unknown-reason-event no-reason-empty pending-quiet`),
			Harmless: strings.Fields(`harmless-jitter harmless-reason-zero harmless-unknown-user-hidden harmless-lower-case-taken`),
			Latency:  worlds.Spread{Typical: 9 * time.Millisecond}, Node2: worlds.Spread{Typical: 21 * time.Millisecond}, Skew: -804 * time.Millisecond, Delay: worlds.Spread{Typical: 88 * time.Millisecond},
		},
		"wrap-up that is switched off for good": {Seed: 3, Kind: "UCCE", Release: "12.6(2)", Notifications: true, Deaf: []string{"wrap_up_on"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			explore(t, w, 200)
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
