package behaviour_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"finesse-conformance/spec"
	"finesse-conformance/suites/behaviour"
)

var update = flag.Bool("update", false, "write the list of what is not documented")

// Every request of the map is one of which a rule says something, or stands in the
// list of what the guide says nothing of: a rule that is lost does not pass for
// silence.
func TestNotDocumentedIsListed(t *testing.T) {
	const name = "testdata/not_documented.txt"
	k := load()
	var b strings.Builder
	for _, d := range []spec.Deployment{spec.UCCE, spec.UCCX} {
		for _, codes := range []bool{true, false} {
			plan := behaviour.Plan{Deployment: d, Release: k.release, Codes: map[spec.Category]bool{spec.CategoryNotReady: codes, spec.CategoryLogout: codes}}
			silent, of := map[string][]string{}, map[string]int{}
			var order []string
			for _, row := range plan.Rows(k.rules, k.catalogue.Moves(d, k.release)) {
				for _, c := range row.Cells {
					asked := fmt.Sprintf("%s by %s: %s, reason %s", row.Situation.State, row.Who, c.Ask, c.Reason)
					if of[asked]++; of[asked] == 1 {
						order = append(order, asked)
					}
					if !c.Demand.Documented() {
						silent[asked] = append(silent[asked], behaviour.Describe(row.Situation))
					}
				}
			}
			slices.Sort(order)
			fmt.Fprintf(&b, "\n%s, %s\n", d, map[bool]string{true: "reason codes are configured", false: "no reason codes"}[codes])
			for _, asked := range order {
				in := silent[asked]
				slices.Sort(in)
				switch {
				case len(in) == of[asked]:
					fmt.Fprintf(&b, "%s\n", asked)
				case len(in) > 0:
					fmt.Fprintf(&b, "%s, in %d of %d situations\n", asked, len(in), of[asked])
					for _, s := range in {
						fmt.Fprintf(&b, "    %s\n", s)
					}
				}
			}
		}
	}
	got := "What the behaviour map asks and the guide says nothing of. Written by go test ./suites/behaviour -run NotDocumented -update\n" + b.String()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		for i, line := range strings.Split(got, "\n") {
			if lines := strings.Split(string(want), "\n"); i >= len(lines) || lines[i] != line {
				t.Fatalf("%s, line %d: the rules now say nothing of %q (-update writes it, where that is meant)", name, i+1, line)
			}
		}
		t.Errorf("%s lists what a rule speaks of", name)
	}
}

// A reason code where none belongs is a second reason to refuse: where the guide says
// nothing of the request without one, it demands nothing of it with one.
func TestReasonTooMuchDemandsNothing(t *testing.T) {
	k := load()
	for _, d := range []spec.Deployment{spec.UCCE, spec.UCCX} {
		rules := k.rules.For(d, k.release)
		plan := behaviour.Plan{Deployment: d, Release: k.release, Codes: map[spec.Category]bool{spec.CategoryNotReady: true}}
		for _, row := range plan.Rows(k.rules, k.catalogue.Moves(d, k.release)) {
			for _, c := range row.Cells {
				if c.Ask != string(spec.Ready) || c.Reason != spec.ReasonValid || !c.Demand.Documented() {
					continue
				}
				without := c.Cell
				without.Reason = spec.ReasonNone
				if !rules.Demand(without).Documented() {
					t.Errorf("%s, %s: %s asks for READY with a reason code: %v", d, behaviour.Describe(row.Situation), c.Who, c.Demand.Then)
				}
			}
		}
	}
}
