package behaviour_test

import (
	"bytes"
	"context"
	"flag"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/bed"
	"finesse-conformance/internal/contracttest"
	"finesse-conformance/reports"
	"finesse-conformance/reports/behaviourmap"
	"finesse-conformance/spec"
	"finesse-conformance/suites"
	"finesse-conformance/suites/behaviour"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/judge"
	"finesse-conformance/suites/scenario"
)

var (
	whole = flag.Bool("whole", false, "visit every situation, not one of each state")
	maps  = flag.Int("maps", 2, "how many maps of one deployment are compared")
	page  = flag.String("page", "", "`FILE` into which the page of the last map is written")
)

// tools are what a map is made with, loaded once.
type tools struct {
	catalogue *spec.Catalogue
	rules     *spec.Rules
	judge     *judge.Judge
	release   spec.Release
}

func load() tools {
	return tools{contracttest.Catalogue(), contracttest.Rules(), contracttest.Judge(), spec.Release{Major: 12, Minor: 5, Maintenance: 1}}
}

func (k tools) rows(d spec.Deployment) []*behaviour.Row {
	p := behaviour.Plan{Deployment: d, Release: k.release, Codes: map[spec.Category]bool{spec.CategoryNotReady: true, spec.CategoryLogout: true}}
	rows := p.Rows(k.rules, k.catalogue.Moves(d, k.release))
	if *whole {
		return rows
	}
	first := map[spec.State]spec.Situation{}
	return slices.DeleteFunc(rows, func(r *behaviour.Row) bool {
		if _, ok := first[r.Situation.State]; !ok {
			first[r.Situation.State] = r.Situation
		}
		return first[r.Situation.State] != r.Situation
	})
}

// mapOf maps a deployment in virtual time.
func mapOf(t *testing.T, k tools, d bed.Deployment, only func(*behaviour.Row) bool) *behaviourmap.Map {
	t.Helper()
	return mapWith(t, k, d, only, nil)
}

func mapWith(t *testing.T, k tools, d bed.Deployment, only func(*behaviour.Row) bool, refusals *scenario.Unauthorized) *behaviourmap.Map {
	t.Helper()
	b := bed.Open(t, d)
	b.Stage().Unauthorized = refusals
	in := behaviourmap.Input{Unmade: map[string]string{}, Judge: k.judge, Deployment: spec.Deployment(d.Kind), Points: behaviourmap.Points(k.catalogue, spec.Deployment(d.Kind), k.release)}
	for _, r := range k.rows(spec.Deployment(d.Kind)) {
		if only != nil && !only(r) {
			continue
		}
		in.Rows = append(in.Rows, r)
		verdict, seen := r.Play(t.Context(), k.judge, func(ctx context.Context, req *spec.Requirement) (evidence.Verdict, []*evidence.Evidence) {
			return b.Play(ctx, suites.Item{Requirement: req})
		})
		if in.Evidence = append(in.Evidence, seen...); len(seen) == 0 {
			in.Unmade[r.Requirement.ID] = verdict.Reason
		}
	}
	played := b.Finish()
	if len(played.Unrestored) > 0 || len(played.Left) > 0 {
		t.Errorf("not back: %+v, %v", played.Unrestored, played.Left)
	}
	m := behaviourmap.Build(behaviourmap.Map{Target: reports.Target{URL: "https://reference.example", Deployment: d.Kind, Release: k.release.String()}}, in)
	if *page != "" {
		var b bytes.Buffer
		if err := m.WriteHTML(&b); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(*page, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// The reference does what the rules say, which it was not written from: a
// disagreement is a mistake in one of them.
func TestReference(t *testing.T) {
	for _, kind := range []string{reference.UCCE, reference.UCCX} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			k := load()
			synctest.Test(t, func(t *testing.T) {
				n := 0
				m := mapOf(t, k, bed.Deployment{Kind: kind, Notifications: true}, func(*behaviour.Row) bool {
					n++
					return *whole || n%2 == 0
				})
				for _, c := range m.Cells {
					if c.Mark == behaviour.Against || c.Mark == behaviour.NotReached {
						t.Errorf("in %s, %s: %s: %s", c.Situation.Text, c.Asks(), c.Mark, c.Why)
					}
				}
				t.Logf("%+v", m.Summary)
			})
		})
	}
}

// Maps of one deployment are equal, however long its answers and changes take.
func TestEqual(t *testing.T) {
	k := load()
	only := func(r *behaviour.Row) bool {
		return *whole || r.Situation.State == spec.Talking || r.Situation.State == spec.NotReady
	}
	for _, kind := range []string{reference.UCCE, reference.UCCX} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			var first *behaviourmap.Map
			for n := range *maps {
				synctest.Test(t, func(t *testing.T) {
					upTo := func(most time.Duration) func() time.Duration { return func() time.Duration { return rand.N(most) } }
					m := mapOf(t, k, bed.Deployment{
						Kind: kind, Notifications: true, Latency: upTo(120 * time.Millisecond),
						Configure: func(c *reference.Config) { c.Delays = upTo(700 * time.Millisecond) },
					}, only)
					if first == nil {
						first = m
					}
					changed, err := behaviourmap.Compare(first, m)
					if err != nil || len(changed.Changed) > 0 || changed.Same != len(first.Cells) {
						t.Errorf("map %d is not the first one: %+v, %v", n+1, changed.Changed, err)
					}
				})
			}
		})
	}
}

// A deviation shows in the cells that it is about, also where no row of the
// catalogue asks; and as what changed since the map before.
func TestDeviations(t *testing.T) {
	for _, c := range []struct {
		fault, kind string
		state       spec.State // of the situations that are visited
		who         spec.Actor
		want        string // among what is against the guide
	}{
		{"withheld-not-ready-to-ready", reference.UCCE, spec.NotReady, spec.Self, "in NOT_READY, PUT READY"},
		{"withheld-hold-to-not-ready", reference.UCCE, spec.Hold, spec.Self, "in HOLD (direct call, NOT_READY before it), PUT NOT_READY with a reason code"},
		{"impossible-swallowed", reference.UCCE, spec.Logout, spec.Self, "in LOGOUT, PUT READY"},
		{"impossible-swallowed", reference.UCCX, spec.Logout, spec.Supervisor, "in LOGOUT, PUT READY by supervisor"},
	} {
		t.Run(c.fault+"/"+c.kind, func(t *testing.T) {
			t.Parallel()
			k := load()
			synctest.Test(t, func(t *testing.T) {
				only := func(r *behaviour.Row) bool { return r.Situation.State == c.state && r.Who == c.who }
				right := mapOf(t, k, bed.Deployment{Kind: c.kind, Notifications: true}, only)
				wrong := mapOf(t, k, bed.Deployment{Kind: c.kind, Notifications: true, Faults: []string{c.fault}}, only)
				var against []string
				for _, cell := range wrong.Cells {
					if cell.Mark == behaviour.Against {
						against = append(against, "in "+cell.Situation.Text+", "+cell.Asks())
					}
				}
				if !slices.Contains(against, c.want) {
					t.Errorf("against the guide are %q, not %q", against, c.want)
				}
				changed, err := behaviourmap.Compare(right, wrong)
				if err != nil || !changed.Worse() || len(changed.Changed) < len(against) {
					t.Errorf("%d changes, %v", len(changed.Changed), err)
				}
				if same, err := behaviourmap.Compare(right, right); err != nil || len(same.Changed) > 0 || same.Worse() || same.Same != len(right.Cells) {
					t.Errorf("a map differs from itself: %+v, %v", same, err)
				}
				if s := wrong.Suite(); s.Failures == 0 || s.Tests != 1 {
					t.Errorf("JUnit has %d failures of %d cases", s.Failures, s.Tests)
				}
			})
		})
	}
}

// What the wrap-up timer does while a request is watched is not what came of the
// request.
func TestTimerIsNoAnswer(t *testing.T) {
	k := load()
	only := func(r *behaviour.Row) bool { return r.Situation.State == spec.Work && r.Who == spec.Self }
	synctest.Test(t, func(t *testing.T) {
		m := mapOf(t, k, bed.Deployment{
			Kind: reference.UCCX, Notifications: true, Configure: func(c *reference.Config) { c.WrapUpTimer = time.Second },
		}, only)
		for _, c := range m.Cells {
			if c.Ask == string(spec.Login) && c.Mark != behaviour.NotReached {
				t.Errorf("%s is %s: %s", c.Asks(), c.Mark, c.Result)
			}
		}
	})
}
