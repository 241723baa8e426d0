package runner

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"finesse-conformance/internal/contracttest"
	"finesse-conformance/internal/extent"
	"finesse-conformance/reports"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/internal/played"
	"finesse-conformance/runner/internal/progress"
	"finesse-conformance/suites"
	"finesse-conformance/suites/evidence"
)

// A deviation that shows half of the time is found by repeating, with the rate
// at which it shows, and nothing else fails.
func TestRepeatFindsWhatShowsHalfOfTheTime(t *testing.T) {
	extent.ForCI(t)
	t.Parallel()
	p := played.New(t, "UCCE")
	random := rand.New(rand.NewPCG(11, 0))
	p.Before = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPut || !strings.HasPrefix(r.Header.Get("User-Agent"), "finesse-conformance") {
			return false
		}
		if body := played.Body(r); !strings.Contains(body, "<state>LOGIN</state>") || strings.Contains(body, "<extension>") || random.IntN(2) == 0 {
			return false
		}
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprint(w, "<ApiErrors><ApiError><ErrorType>Internal Server Error</ErrorType><ErrorMessage>m</ErrorMessage><ErrorData>1</ErrorData></ApiError></ApiErrors>")
		return true
	}
	const times = 8
	s, _ := sessionOn(t, p, config.Run{Only: []string{"SIG-01", "SIG-03", "TRN-UCCE-06", "AUT-02"}, Repeat: times, Seed: 3})
	s.unscheduled = true
	result, seen := s.certify(t.Context(), progress.None{})

	row := result.Row("SIG-03")
	if row.Outcome != evidence.Failed || row.Rates == nil || row.Rates.Exercised != times || row.Rates.Failed == 0 || row.Rates.Failed == times {
		t.Fatalf("SIG-03: %s, %s, %+v", row.Outcome, row.Reason, row.Rates)
	}
	if low, high := evidence.Wilson(row.Rates.Failed, times); row.Rates.Low != low || row.Rates.High != high || low > 0.5 || high < 0.5 {
		t.Errorf("%+v do not hold a half", row.Rates)
	}
	if row.Exchange == nil || row.Exchange.Status != http.StatusInternalServerError {
		t.Errorf("the exchange shown is not that of a failure: %+v", row.Exchange)
	}
	subjects := map[string]bool{}
	of := map[string][]int{}
	for _, e := range seen {
		of[e.Requirement] = append(of[e.Requirement], e.Repetition)
		if e.Requirement == "TRN-UCCE-06" {
			subjects[e.Cast["subject"].ID] = true
		}
	}
	if len(subjects) < 2 {
		t.Errorf("TRN-UCCE-06 was played with %v alone", subjects)
	}
	for _, id := range []string{"SIG-01", "TRN-UCCE-06"} {
		if r := result.Row(id); r.Outcome != evidence.Passed || r.Rates == nil || r.Rates.Exercised != times || r.Rates.Failed != 0 {
			t.Errorf("%s: %s, %+v", id, r.Outcome, r.Rates)
		}
	}
	if got := of["AUT-02"]; !slices.Equal(got, []int{0}) || result.Row("AUT-02").Rates != nil {
		t.Errorf("what costs a refused sign-in was played as %v", got)
	}
	if result.Settings.Repeat != times || result.Summary.Failed != 1 {
		t.Errorf("%+v, %+v", result.Settings, result.Summary)
	}
	var attempts = map[itemKey][]evidence.Verdict{}
	for _, e := range seen {
		if req, ok := s.Catalogue.ByID(e.Requirement); ok {
			key := itemKey{req.ID, e.Repetition}
			attempts[key] = append(attempts[key], s.Judge.Verdict(req, e))
		}
	}
	again := judgedAgain(result, attempts)
	if v := again["SIG-03"]; v.Outcome != evidence.Failed || v.Rates.Failed != row.Rates.Failed {
		t.Errorf("judged again: %+v", v)
	}
	if said := reports.RatesText(row.Rates); !strings.HasPrefix(said, fmt.Sprintf("failed %d of 8 times (", row.Rates.Failed)) {
		t.Error(said)
	}
}

// Processes share the repetitions, and every one comes to something.
func TestRepeatSideBySide(t *testing.T) {
	extent.ForCI(t)
	t.Parallel()
	_, app, cfg := parallelRun(t, 2, func(c *config.Config) {
		c.Run.Only, c.Run.Repeat = []string{"SIG-0[1-3]", "TRN-UCCE-06"}, 3
	})
	if code, err := app.Run(t.Context(), cfg); err != nil || code != 0 {
		t.Fatalf("exit code %d, %v", code, err)
	}
	result := loadResult(t, cfg)
	if result.Seed == 0 {
		t.Error("no seed was drawn")
	}
	for _, id := range []string{"SIG-01", "SIG-02", "SIG-03", "TRN-UCCE-06"} {
		if r := result.Row(id); r.Outcome != evidence.Passed || r.Rates == nil || r.Rates.Exercised != 3 {
			t.Errorf("%s: %s, %+v", id, r.Outcome, r.Rates)
		}
	}
}

func TestSeedIsDrawn(t *testing.T) {
	embedded, other := &config.Target{Embedded: true}, &config.Target{}
	for _, c := range []struct {
		name   string
		target *config.Target
		run    config.Run
		drawn  bool
	}{
		{"elsewhere", other, config.Run{}, true},
		{"elsewhere, in the catalogue's order", other, config.Run{SeedGiven: true}, false},
		{"the embedded reference", embedded, config.Run{}, false},
		{"the embedded reference, repeated", embedded, config.Run{Repeat: 2}, true},
		{"the embedded reference, repeated in the catalogue's order", embedded, config.Run{Repeat: 2, SeedGiven: true}, false},
	} {
		cfg := &config.Config{Targets: []*config.Target{c.target}, Run: c.run}
		drawSeed(cfg)
		if cfg.Run.Seed != 0 != c.drawn {
			t.Errorf("%s: %d", c.name, cfg.Run.Seed)
		}
	}
	cfg := &config.Config{Targets: []*config.Target{other}, Run: config.Run{Seed: 7}}
	if drawSeed(cfg); cfg.Run.Seed != 7 {
		t.Error("the seed that was given is not kept")
	}
}

// An order has everything once, those that begin alike together, each
// repetition in another order, and the same for the same seed.
func TestShuffledOrder(t *testing.T) {
	catalogue := contracttest.Catalogue()
	var items []suites.Item
	for _, req := range catalogue.All() {
		items = append(items, suites.Item{Requirement: req})
	}
	items = repeated(items, 2)
	order := func(seed int64) []suites.Item {
		s := &session{config: &config.Config{Run: config.Run{Seed: seed}}}
		return s.ordered(items)
	}
	names := func(list []suites.Item, repetition int) string {
		var said []string
		for _, i := range list {
			if round(i) == repetition {
				said = append(said, i.Requirement.ID)
			}
		}
		return strings.Join(said, " ")
	}
	list := order(5)
	if len(list) != len(items) {
		t.Fatalf("%d of %d", len(list), len(items))
	}
	if names(list, 1) == names(list, 2) || names(list, 1) == names(items, 1) || names(list, 1) == names(order(6), 1) {
		t.Error("two orders are the same")
	}
	if names(list, 1) != names(order(5), 1) || names(order(0), 1) != names(items, 1) {
		t.Error("the order is not that of the seed")
	}
	type run struct {
		round  int
		begins string
	}
	seen := map[run]bool{}
	// What costs a 401 is spread over the others.
	list = slices.DeleteFunc(list, func(i suites.Item) bool { return i.Requirement.Unauthorized() })
	for n, i := range list {
		g := run{round(i), beginning(i.Requirement)}
		if n > 0 && (run{round(list[n-1]), beginning(list[n-1].Requirement)}) == g {
			continue
		}
		if seen[g] {
			t.Fatalf("%v comes in two places", g)
		}
		seen[g] = true
	}
}
