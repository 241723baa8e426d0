package behaviour_test

import (
	"bytes"
	"context"
	"flag"
	"os"
	"slices"
	"testing"
	"testing/synctest"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/bed"
	"finesse-conformance/reports"
	"finesse-conformance/reports/behaviourmap"
	"finesse-conformance/spec"
	"finesse-conformance/spec/xmlbody"
	"finesse-conformance/suites"
	"finesse-conformance/suites/behaviour"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/judge"
)

var (
	whole = flag.Bool("whole", false, "visit every situation, not one of each state")
	page  = flag.String("page", "", "`FILE` into which the page of the last map is written")
)

// tools are what a map is made with, loaded once.
type tools struct {
	catalogue *spec.Catalogue
	rules     *spec.Rules
	judge     *judge.Judge
	release   spec.Release
}

func load(t *testing.T) tools {
	t.Helper()
	catalogue, err := spec.Load()
	if err != nil {
		t.Fatal(err)
	}
	rules, err := spec.LoadRules()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := spec.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	bodies, err := xmlbody.NewValidator(doc)
	if err != nil {
		t.Fatal(err)
	}
	return tools{catalogue, rules, judge.New(catalogue, bodies), spec.Release{Major: 12, Minor: 5, Maintenance: 1}}
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
	b := bed.Open(t, d)
	in := behaviourmap.Input{Judge: k.judge, Deployment: spec.Deployment(d.Kind), Points: behaviourmap.Points(k.catalogue, spec.Deployment(d.Kind), k.release)}
	for _, r := range k.rows(spec.Deployment(d.Kind)) {
		if only != nil && !only(r) {
			continue
		}
		in.Rows = append(in.Rows, r)
		_, seen := r.Play(t.Context(), k.judge, func(ctx context.Context, req *spec.Requirement) (evidence.Verdict, []*evidence.Evidence) {
			return b.Play(ctx, suites.Item{Requirement: req})
		})
		in.Evidence = append(in.Evidence, seen...)
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
			k := load(t)
			synctest.Test(t, func(t *testing.T) {
				m := mapOf(t, k, bed.Deployment{Kind: kind, Notifications: true}, nil)
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
