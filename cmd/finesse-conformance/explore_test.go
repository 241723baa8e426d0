package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"finesse-conformance/fixtures/reference"
)

// An exploration is planned, made, written, resumed and waived, and has the
// exit code of a run.
func TestExplore(t *testing.T) {
	t.Parallel()
	wrong := target(t, func(c *reference.Config) {
		c.Faults = []string{"second-of-two-lost"}
		c.Delay = 15 * time.Millisecond // so long that the second is quick on a busy machine too
	})
	explore := func(args ...string) said {
		return invoke(t, wrong.dir, append([]string{"explore", "--config", wrong.config, "--seed", "2", "--only", "EXP-LOGOUT-*", "--only", "EXP-NOT_READY-row"}, args...)...)
	}
	s := explore("--steps", "30", "--dry-run")
	contain(t, s.out, "seed 2: ", "of quiet times")
	s = explore("--steps", "25", "--out", "out", "--har", "all.har")
	if s.code != 1 {
		t.Fatalf("want 1: %v", s)
	}
	contain(t, s.out, "NOT POSSIBLE BY THE GUIDE", "expected ", ", saw ")
	archive, err := os.ReadFile(filepath.Join(wrong.dir, "all.har"))
	if err != nil || !strings.Contains(string(archive), `"title": "EXP-2-`) && !strings.Contains(string(archive), `"title":"EXP-2-`) || !strings.Contains(string(archive), "<state>LOGIN</state>") {
		t.Errorf("the archive lacks the walks: %v", err)
	}
	found, err := filepath.Glob(filepath.Join(wrong.dir, "out", "EXP-*.sh"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no script: %v", err)
	}
	for _, name := range found {
		script, err := os.ReadFile(name)
		if err != nil || !strings.Contains(string(script), "curl ") || strings.Contains(string(script), "<password>") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(strings.TrimSuffix(name, ".sh") + ".yaml"); err != nil {
			t.Error(err)
		}
	}
	waivers := filepath.Join(wrong.dir, "waivers.yaml")
	if err := os.WriteFile(waivers, []byte("waivers:\n  - {requirement: 'EXP-*', reason: 'from *', owner: me, until: 2199-01-01, why: known}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	// Resumed with nothing left to do, it has what was found, and lets it through.
	s = explore("--steps", "25", "--out", "out", "--resume", "--waivers", waivers)
	if s.code != 0 {
		t.Errorf("want 0: %v", s)
	}
	contain(t, s.out, "waived by me", "NOTHING AGAINST THE GUIDE")
	for _, args := range [][]string{{"--only", "EXP-NOWHERE-*"}, {"--steps", "0"}, {"--resume", "--out", "nothing-there"}} {
		if s := invoke(t, wrong.dir, append([]string{"explore", "--config", wrong.config}, args...)...); s.code != 2 {
			t.Errorf("%v: want 2: %v", args, s)
		}
	}
}
