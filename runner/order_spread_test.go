package runner

import (
	"testing"

	"finesse-conformance/internal/contracttest"
	"finesse-conformance/suites"
)

// What costs a 401 never comes close together, and nothing is lost.
func TestSpread(t *testing.T) {
	catalogue := contracttest.Catalogue()
	var items []suites.Item
	costly := 0
	for _, r := range catalogue.All() {
		items = append(items, suites.Item{Requirement: r})
		if r.Unauthorized() {
			costly++
		}
	}
	list := spread(items)
	seen, since := map[string]bool{}, len(items)
	for _, i := range list {
		seen[i.Requirement.ID] = true
		since++
		if !i.Requirement.Unauthorized() {
			continue
		}
		if since < len(items)/costly {
			t.Errorf("%s comes %d after another one", i.Requirement.ID, since)
		}
		since = 0
	}
	if len(seen) != len(items) || len(list) != len(items) {
		t.Errorf("%d of %d", len(list), len(items))
	}
	if costly < 10 {
		t.Errorf("only %d cost a 401", costly)
	}
}
