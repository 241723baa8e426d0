package explore_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/bed"
	"finesse-conformance/internal/extent"
	"finesse-conformance/suites/explore"
)

// Faults that lie between the requirements are found within 1,000 steps,
// shrunk to at most five, and told from what happens once.
func TestFaultsAreFound(t *testing.T) {
	n := 0
	for _, f := range reference.Faults() {
		if f.FoundBy != reference.ByExploration {
			continue
		}
		for _, kind := range []string{reference.UCCE, reference.UCCX} {
			if n++; !f.AppliesTo(kind) || !*whole && n%extent.Of(28, 7, 7) != 1 {
				continue
			}
			t.Run(f.Name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				m := modelOf(t, kind)
				synctest.Test(t, func(t *testing.T) {
					isFound(t, m, bed.Deployment{Kind: kind, Notifications: true, Faults: []string{f.Name}})
				})
			})
		}
	}
}

// isFound explores a deployment for at most 1,000 steps, and demands that a
// fault is found, in at most five.
func isFound(t *testing.T, m *explore.Model, d bed.Deployment) {
	t.Helper()
	b := bed.Open(t, d)
	search := &explore.Search{Generator: generator(m, *seed), Steps: 1000}
	search.Ended = func(w explore.Walk, s explore.Seen) {
		if r := search.Result().Findings; len(r) > 0 && r[len(r)-1].Certainty != explore.Once {
			search.Steps = 0
		}
	}
	search.Work(t.Context(), exercise(b))
	r := search.Result()
	if len(r.Findings) == 0 || r.Findings[len(r.Findings)-1].Certainty == explore.Once {
		t.Fatalf("%d findings in %d steps", len(r.Findings), r.Steps)
	}
	found := r.Findings[len(r.Findings)-1]
	t.Logf("after %d steps, shrunk to %d with %d replays: %s", r.Steps, found.Walk.Steps(), found.Replays, found.Sentence())
	if n := found.Walk.Steps(); n > 5 {
		t.Errorf("shrunk to %d steps only", n)
	}
	if s := m.Script(found, "https://finesse.example"); !strings.Contains(s, "The walk.") {
		t.Errorf("no script: %s", s)
	}
	t.Log("\n" + m.Scenario(found))
	if p := b.Finish(); len(p.Unrestored)+len(p.Left) > 0 {
		t.Errorf("not back: %v %v", p.Unrestored, p.Left)
	}
}
