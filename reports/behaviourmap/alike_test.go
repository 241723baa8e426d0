package behaviourmap_test

import (
	"bytes"
	"strings"
	"testing"

	"finesse-conformance/reports/behaviourmap"
	"finesse-conformance/spec"
	"finesse-conformance/suites/behaviour"
)

// What changed alike in situations of one state is one sentence, in the terminal
// and on the page.
func TestChangedAlike(t *testing.T) {
	talking := func(text, result string, mark behaviour.Mark) behaviourmap.Cell {
		return behaviourmap.Cell{Row: "MAP-TALKING-self", Situation: behaviourmap.Situation{State: spec.Talking, Text: "TALKING (" + text + ")"}, Who: spec.Self, Ask: "NOT_READY", Mark: mark, Result: result}
	}
	of := func(cells ...behaviourmap.Cell) *behaviourmap.Map { return &behaviourmap.Map{Cells: cells} }
	old := of(talking("icd call", "202", behaviour.AsDocumented), talking("outbound call", "202", behaviour.AsDocumented), talking("direct call", "202", behaviour.AsDocumented))
	for want, now := range map[string]*behaviourmap.Map{
		"! in TALKING, in all of its 3 situations, PUT NOT_READY: 202 before, 400 now\n": of(
			talking("icd call", "400", behaviour.Against), talking("outbound call", "400", behaviour.Against), talking("direct call", "400", behaviour.Against)),
		"! in TALKING, in 2 of its 3 situations (icd call; direct call), PUT NOT_READY: 202 before, 400 now\n": of(
			talking("icd call", "400", behaviour.Against), talking("outbound call", "202", behaviour.AsDocumented), talking("direct call", "400", behaviour.Against)),
		"! in TALKING (icd call), PUT NOT_READY: 202 before, 400 now\n  in TALKING (direct call), PUT NOT_READY: 202 before, 401 now\n": of(
			talking("icd call", "400", behaviour.Against), talking("outbound call", "202", behaviour.AsDocumented), talking("direct call", "401", behaviour.Undocumented)),
	} {
		c, err := behaviourmap.Compare(old, now)
		if err != nil {
			t.Fatal(err)
		}
		var said, page bytes.Buffer
		if err := c.WriteText(&said); err != nil || !strings.HasSuffix(said.String(), "as before\n"+want) {
			t.Errorf("said %q, want %q, %v", said.String(), want, err)
		}
		first, _, _ := strings.Cut(strings.TrimPrefix(want, "! "), "\n")
		if err := c.WriteHTML(&page); err != nil || !strings.Contains(page.String(), first) {
			t.Errorf("the page does not say %q, %v", first, err)
		}
		if err := now.WriteText(&said, "map.html"); err != nil {
			t.Error(err)
		}
	}
}
