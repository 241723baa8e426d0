package bed_test

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/bed"
	"finesse-conformance/spec"
	"finesse-conformance/spec/xmlbody"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/judge"
)

// idle are the words that no deployment of this test tells from their absence,
// by what they say of which row, each with its reason. A word that is not here
// changes a verdict, or what is recorded with it.
var idle = map[string]string{}

// Every word of the vocabulary that judges changes a verdict: each is taken
// from each row in turn, and what the reference, its faults and its harmless
// peculiarities were seen to do is judged once more.
func TestEveryWordChangesAVerdict(t *testing.T) {
	if testing.Short() {
		t.Skip("plays every fault")
	}
	catalogue, err := spec.Load()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string][]*evidence.Evidence{}
	var mu sync.Mutex
	play := func(t *testing.T, d bed.Deployment, ids ...string) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			played := bed.Play(t, d, ids...)
			mu.Lock()
			defer mu.Unlock()
			for _, ev := range played.Evidence {
				seen[ev.Requirement] = append(seen[ev.Requirement], ev)
			}
		})
	}
	t.Run("play", func(t *testing.T) {
		for _, kind := range []string{reference.UCCE, reference.UCCX} {
			for _, events := range []bool{false, true} {
				d := bed.Deployment{Kind: kind, Notifications: events}
				t.Run(kind, func(t *testing.T) { play(t, d) })
			}
			for _, f := range slices.Concat(reference.Faults(), reference.Harmless()) {
				if f.FailsPreflight || !f.AppliesTo(kind) {
					continue
				}
				var ids []string
				for _, id := range slices.Concat(f.Breaks, f.BreaksWithEvents) {
					if q, ok := catalogue.ByID(id); ok && slices.Contains(q.Deployments, spec.Deployment(kind)) {
						ids = append(ids, id)
					}
				}
				if len(ids) == 0 {
					continue
				}
				d := bed.Deployment{Kind: kind, Notifications: true, Faults: []string{f.Name}}
				t.Run(kind+" "+f.Name, func(t *testing.T) { play(t, d, ids...) })
			}
		}
	})
	doc, err := spec.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	bodies, err := xmlbody.NewValidator(doc)
	if err != nil {
		t.Fatal(err)
	}
	j := judge.New(catalogue, bodies)
	words := 0
	for _, q := range catalogue.All() {
		for word, without := range withoutWords(q) {
			words++
			changes := slices.ContainsFunc(seen[q.ID], func(ev *evidence.Evidence) bool {
				a, b := j.Verdict(q, ev), j.Verdict(without, ev)
				return a.Outcome != b.Outcome || a.Observed.Note != b.Observed.Note || a.Observed.Passing != b.Observed.Passing
			})
			reason, excused := idle[q.ID+" "+word]
			switch {
			case !changes && !excused:
				t.Errorf("%s: %s changes no verdict", q.ID, word)
			case changes && excused:
				t.Errorf("%s: %s changes a verdict, and is said not to (%s)", q.ID, word, reason)
			}
		}
	}
	t.Logf("%d words in %d rows", words, len(catalogue.All()))
}

// withoutWords gives a requirement without each of the words of its outcomes.
func withoutWords(q *spec.Requirement) map[string]*spec.Requirement {
	all := map[string]*spec.Requirement{}
	for i, st := range q.Steps {
		for n, out := range st.Then {
			without := func(word string, is bool, take func(*spec.Outcome)) {
				if !is {
					return
				}
				c := *q
				c.Steps = slices.Clone(q.Steps)
				c.Steps[i].Then = slices.Clone(st.Then)
				take(&c.Steps[i].Then[n])
				all[string(out.Kind)+" "+word] = &c
			}
			without("types", len(out.Types) > 0, func(o *spec.Outcome) { o.Types = nil })
			without("data", len(out.Data) > 0, func(o *spec.Outcome) { o.Data = nil })
			without("schema", out.Schema != "", func(o *spec.Outcome) { o.Schema = "" })
			without("shows", len(out.Shows) > 0, func(o *spec.Outcome) { o.Shows = nil })
			without("header", out.Header != "", func(o *spec.Outcome) { o.Header = "" })
			without("deployments", len(out.Deployments) > 0, func(o *spec.Outcome) { o.Deployments = nil })
			without("after", out.After != "", func(o *spec.Outcome) { o.After = "" })
			without("may_return", out.MayReturn != "", func(o *spec.Outcome) { o.MayReturn = "" })
			without("passes", out.Passes != "", func(o *spec.Outcome) { o.Passes = "" })
			without("half_timer", out.HalfTimer, func(o *spec.Outcome) { o.HalfTimer = false })
			without("records", len(out.Records) > 0, func(o *spec.Outcome) { o.Records = nil })
			without("others", len(out.Others) > 0, func(o *spec.Outcome) { o.Others = nil })
			without("members", out.Members, func(o *spec.Outcome) { o.Members = false })
			without("event", out.Event != "", func(o *spec.Outcome) { o.Event = "" })
		}
	}
	return all
}
