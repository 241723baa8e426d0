package explore_test

import (
	"testing"
	"testing/synctest"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/bed"
)

// What lies between the requirements no requirement catches.
func TestNoRowCatches(t *testing.T) {
	n := 0
	for _, f := range reference.Faults() {
		if f.FoundBy == "" {
			continue
		}
		for _, kind := range []string{reference.UCCE, reference.UCCX} {
			if n++; !f.AppliesTo(kind) || !*whole && n%16 != 0 {
				continue
			}
			t.Run(f.Name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					p := bed.Play(t, bed.Deployment{Kind: kind, Notifications: true, Faults: []string{f.Name}})
					for _, id := range p.Failed() {
						t.Errorf("%s: %s", id, p.Verdict(id).Reason)
					}
				})
			})
		}
	}
}
