package bed_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/bed"
	"finesse-conformance/suites/evidence"
)

// TestReference certifies the reference, which is written from the guide and
// not from the catalogue: a disagreement is a mistake in one of them.
func TestReference(t *testing.T) {
	for _, kind := range []string{reference.UCCE, reference.UCCX} {
		for _, heard := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, notifications %v", kind, heard), func(t *testing.T) {
				real := time.Now()
				synctest.Test(t, func(t *testing.T) {
					began := time.Now()
					played := bed.Play(t, bed.Deployment{Kind: kind, Notifications: heard})
					t.Logf("%v of virtual time: %+v", time.Since(began), played.Summary)
					for _, row := range played.Requirements {
						switch row.Outcome {
						case evidence.Failed:
							t.Errorf("%s failed: %s", row.ID, row.Reason)
						case evidence.NotExercised:
							t.Logf("%s was not exercised: %s", row.ID, row.Reason)
						}
					}
					if len(played.Unrestored) > 0 || len(played.Left) > 0 {
						t.Errorf("not back: %+v, %v", played.Unrestored, played.Left)
					}
				})
				t.Logf("%v of real time", time.Since(real))
			})
		}
	}
}
