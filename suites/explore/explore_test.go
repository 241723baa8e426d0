package explore_test

import (
	"context"
	"flag"
	"strings"
	"testing"
	"testing/synctest"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/bed"
	"finesse-conformance/internal/contracttest"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/explore"
)

var (
	steps = flag.Int("steps", 120, "how many `steps` are explored")
	seed  = flag.Uint64("seed", 1, "`seed` of the walks")
	whole = flag.Bool("whole", false, "find every fault, not a few")
)

var release = spec.Release{Major: 12, Minor: 5, Maintenance: 1}

func modelOf(t *testing.T, kind string) *explore.Model {
	t.Helper()
	catalogue := contracttest.Catalogue()
	rules := contracttest.Rules()
	return explore.NewModel(rules, catalogue, spec.Deployment(kind), release, map[spec.Category]bool{spec.CategoryNotReady: true, spec.CategoryLogout: true}, true)
}

func generator(m *explore.Model, seed uint64) *explore.Generator {
	return &explore.Generator{Model: m, Seed: seed, Dialogs: true, Peer: true, Supervisor: true, Colleague: true, Stimulus: func(spec.Stimulus) bool { return true }}
}

func exercise(b *bed.Bed) explore.Exercise {
	return func(ctx context.Context, req *spec.Requirement, e explore.Explainer) []*evidence.Evidence {
		b.Stage().Explains = e
		_, seen := b.Stage().Exercise(ctx, req)
		return seen
	}
}

func TestReference(t *testing.T) {
	for _, kind := range []string{reference.UCCE, reference.UCCX} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			m := modelOf(t, kind)
			synctest.Test(t, func(t *testing.T) {
				b := bed.Open(t, bed.Deployment{Kind: kind, Notifications: true})
				search := &explore.Search{Generator: generator(m, *seed), Steps: *steps}
				search.Ended = func(w explore.Walk, s explore.Seen) {
					if s.Deviation != nil {
						t.Errorf("%s from %+v: %s: %+v", w.Name, w.Start, w.Words(), s.Deviation)
						dump(t, w, s)
					} else if s.Why != "" {
						t.Logf("%s from %+v: %s: %d of %d: %s (%s)", w.Name, w.Start, w.Words(), s.Rounds, len(w.Rounds), s.Why, w.Rounds[min(s.Rounds, len(w.Rounds)-1)].Words())
					}
				}
				search.Work(t.Context(), exercise(b))
				if p := b.Finish(); len(p.Unrestored)+len(p.Left) > 0 {
					t.Errorf("not back: %v %v", p.Unrestored, p.Left)
				}
				t.Logf("%+v", search.Result())
			})
		})
	}
}

// dump logs what was sent and what came back.
func dump(t *testing.T, w explore.Walk, s explore.Seen) {
	t.Helper()
	for i, st := range s.Evidence.Steps {
		t.Logf("--- %d %s", i, w.Rounds[i].Words())
		for _, x := range s.Evidence.Exchanges {
			if x.Index >= st.Exchanges.First && x.Index < st.Exchanges.Next {
				body := x.ResponseBody
				if x.Method == "GET" && strings.Contains(body, "<state>") && strings.Contains(body, "<User>") {
					body = body[strings.Index(body, "<state>"):][:30]
				}
				t.Logf("%v %s %s %s %s -> %d %s", x.Started.Format("05.000"), x.As, x.Method, x.Path, x.RequestBody, x.Status, body)
			}
		}
	}
	for _, e := range s.Evidence.Events {
		if e.IsError() {
			t.Logf("event %v %s %s %s %s", e.Received.Format("05.000"), e.Node, e.RequestID, e.ErrorType, e.ErrorData)
		}
	}
}
