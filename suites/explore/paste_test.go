package explore_test

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/bed"
	"finesse-conformance/internal/extent"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/explore"
)

// onlyAnswers are faults of which the answers of several requests tell, of
// which a requirement demands nothing.
var onlyAnswers = []string{"requests-swapped"}

// The scenario of a finding can be pasted into the catalogue: it loads, passes
// on a deployment that does what the guide says, and fails on the one on which
// it was found.
func TestScenarioIsPasted(t *testing.T) {
	n := 0
	for _, f := range reference.Faults() {
		if f.FoundBy != reference.ByExploration || !f.AppliesTo(reference.UCCE) {
			continue
		}
		if n++; !*whole && n%extent.Of(8, 4, 4) != 1 {
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			m := modelOf(t, reference.UCCE)
			var found explore.Finding
			synctest.Test(t, func(t *testing.T) {
				found = find(t, m, bed.Deployment{Kind: reference.UCCE, Notifications: true, Faults: []string{f.Name}}, spec.Self)
			})
			req := pasted(t, m.Scenario(found))
			// What comes at the same moment shows in one of its orders alone.
			chance := together(found)
			for _, faults := range [][]string{nil, {f.Name}} {
				want := evidence.Passed
				if faults != nil {
					want = evidence.Failed
				}
				synctest.Test(t, func(t *testing.T) {
					b := bed.Open(t, bed.Deployment{Kind: reference.UCCE, Notifications: true, Faults: faults})
					if v, _ := b.Stage().Exercise(t.Context(), req); v.Outcome != want && (faults == nil || !chance && !slices.Contains(onlyAnswers, f.Name)) {
						t.Errorf("with the faults %q it %s, not %s: %s\n%s", faults, v.Outcome, want, v.Reason, m.Scenario(found))
					}
				})
			}
		})
	}
}

// So can one of two agents who ask for themselves.
func TestScenarioOfTwoIsPasted(t *testing.T) {
	extent.ForCI(t)
	loses := func(p *proxy, c call) { // who asks for READY after an agent with a lesser id last asked for READY
		for user := range p.puts {
			if c.by == c.user && c.state == "READY" && user < c.user && p.last(user).state == "READY" {
				p.lose(c)
				return
			}
		}
		p.pass(c)
	}
	m := modelOf(t, reference.UCCE)
	around := func(with bool) func(http.Handler) http.Handler {
		if with {
			return newProxy(loses).around
		}
		return nil
	}
	var found explore.Finding
	synctest.Test(t, func(t *testing.T) {
		found = find(t, m, bed.Deployment{Kind: reference.UCCE, Notifications: true, Around: around(true)}, spec.Colleague)
	})
	req := pasted(t, m.Scenario(found))
	for with, want := range map[bool]evidence.Outcome{false: evidence.Passed, true: evidence.Failed} {
		synctest.Test(t, func(t *testing.T) {
			b := bed.Open(t, bed.Deployment{Kind: reference.UCCE, Notifications: true, Around: around(with)})
			if v, _ := b.Stage().Exercise(t.Context(), req); v.Outcome != want {
				t.Errorf("with it: %v: it %s, not %s: %s\n%s", with, v.Outcome, want, v.Reason, m.Scenario(found))
			}
		})
	}
	if s := m.Script(found, "https://finesse.example"); !strings.Contains(s, `put COLLEAGUE`) {
		t.Errorf("the script knows no colleague: %s", s)
	}
}

// A walk goes on where LOGOUT is refused on a call, and its scenario demands that it
// is: of what comes after a LOGOUT that waits no guide says anything.
func TestScenarioAfterRefusedLogout(t *testing.T) {
	m := modelOf(t, reference.UCCE)
	alone := func(w spec.When) explore.Round {
		return explore.Round{How: explore.Alone, Does: []spec.When{w}, From: spec.Talking}
	}
	f := explore.Finding{Walk: explore.Walk{
		Name: "EXP-1-1", Start: spec.Situation{State: spec.Talking, Was: spec.Ready, Call: spec.CallRouted, WrapUp: spec.Off},
		Rounds: []explore.Round{
			alone(spec.When{By: spec.Self, Put: &spec.Put{State: "LOGOUT", Reason: spec.ReasonAuto}}),
			alone(spec.When{By: spec.Self, Put: &spec.Put{State: "NOT_READY", Reason: spec.ReasonAuto}}),
			alone(spec.When{By: spec.Self, Stimulus: spec.CallerHangup}),
		},
	}}
	req := pasted(t, m.Scenario(f))
	if kind := req.Steps[0].Then[0].Kind; len(req.Steps[0].Then) != 1 || kind != spec.Refused {
		t.Errorf("LOGOUT may be %s as well:\n%s", kind, m.Scenario(f))
	}
	if states := req.Steps[2].Then[0].States; !slices.Equal(states, []spec.State{spec.NotReady}) {
		t.Errorf("at the end of the call the user may be in %v:\n%s", states, m.Scenario(f))
	}
	f.Walk.Rounds = slices.Delete(f.Walk.Rounds, 1, 2) // nothing is asked for after it
	if req := pasted(t, m.Scenario(f)); len(req.Steps[0].Then) != 2 {
		t.Errorf("LOGOUT has to be refused:\n%s", m.Scenario(f))
	}
}

// together reports whether a finding has requests at the same moment.
func together(f explore.Finding) bool {
	return slices.ContainsFunc(f.Walk.Rounds, func(r explore.Round) bool { return r.How == explore.Together })
}

// find explores a deployment until something is found that is no chance, in
// somebody's state.
func find(t *testing.T, m *explore.Model, d bed.Deployment, whom spec.Actor) explore.Finding {
	t.Helper()
	b := bed.Open(t, d)
	ctx, enough := context.WithCancel(t.Context())
	defer enough()
	var found *explore.Finding
	search := &explore.Search{Generator: generator(m, *seed), Steps: 20_000}
	search.Found = func(f explore.Finding) {
		if f.Certainty != explore.Once && f.Deviation.Whom == whom && (whom == spec.Self || !together(f)) {
			found = &f
			enough()
		}
	}
	search.Work(ctx, exercise(b))
	if found == nil {
		t.Fatalf("nothing found in %d steps", search.Result().Steps)
	}
	return *found
}

// pasted is a scenario as the catalogue has it once it was pasted.
func pasted(t *testing.T, scenario string) *spec.Requirement {
	t.Helper()
	const section = "requirements/04-pnd.yaml"
	files := fstest.MapFS{}
	err := fs.WalkDir(spec.Files(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(spec.Files(), name)
		files[name] = &fstest.MapFile{Data: content}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	next := 1
	for strings.Contains(string(files[section].Data), "id: "+number(next)) {
		next++
	}
	files[section].Data = append(files[section].Data, strings.Replace(scenario, "PND-99", number(next), 1)...)
	catalogue, err := spec.LoadFS(files)
	if err != nil {
		t.Fatalf("%v\n%s", err, scenario)
	}
	req, ok := catalogue.ByID(number(next))
	if !ok {
		t.Fatalf("it is not in the catalogue: %s", scenario)
	}
	return req
}

func number(n int) string { return fmt.Sprintf("PND-%02d", n) }
