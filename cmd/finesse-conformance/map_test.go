package main

import (
	"path/filepath"
	"testing"

	"finesse-conformance/fixtures/reference"
)

// The behaviour map is planned, made, written, held against another one, and
// has the exit code of a run.
func TestMap(t *testing.T) {
	t.Parallel()
	right, wrong := target(t, nil), target(t, func(c *reference.Config) { c.Faults = []string{"withheld-not-ready-to-ready"} })
	rows := []string{"--only", "MAP-NOT_READY-self", "--seed", "0"}
	contain(t, ok(t, right.dir, append([]string{"map", "--config", right.config, "--dry-run"}, rows...)...), "1 visits, 21 requests")
	contain(t, ok(t, right.dir, append([]string{"map", "--config", right.config, "--out", "right"}, rows...)...),
		"NOTHING AGAINST THE GUIDE", "21 requests:", "0 not reached", filepath.Join("right", "map.html"))
	s := invoke(t, wrong.dir, append([]string{"map", "--config", wrong.config, "--out", filepath.Join(right.dir, "wrong")}, rows...)...)
	if s.code != 1 {
		t.Errorf("want 1: %v", s)
	}
	contain(t, s.out, "AGAINST THE GUIDE", "in NOT_READY, PUT READY: expected 202 or 200, then READY; saw ")
	s = invoke(t, right.dir, "compare", "right", "wrong", "--html", "changes.html", "--junit", "changes.xml", "--markdown", "changes.md", "--json", "changes.json")
	if s.code != 1 {
		t.Errorf("want 1: %v", s)
	}
	contain(t, s.out, "! in NOT_READY, PUT READY: 202 → READY before, ")
	contain(t, ok(t, right.dir, "compare", "right", "right"), "21 cells behave as before")
	if s := invoke(t, right.dir, "map", "--config", right.config, "--only", "MAP-NOWHERE-*"); s.code != 2 {
		t.Errorf("a pattern that matches nothing: %v", s)
	}
}
