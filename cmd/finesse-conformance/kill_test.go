package main

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"finesse-conformance/internal/extent"
)

// Killed at any moment of a run, restore puts everybody back: every user,
// call and reservation is as before. LONG_TESTS kills fifty times, at any
// moment of a whole run; else a few times, early in runs whose order is
// shuffled.
func TestKilledAndRestored(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("moments drawn with %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	gate := make(chan struct{}, 2)
	for n := range extent.Of(1, 4, 50) {
		deployment, lasts := "ucce", 9*time.Second
		if n%3 == 2 {
			deployment, lasts = "uccx", 4*time.Second
		}
		procs := "1"
		if n%5 == 3 {
			procs, lasts = "2", lasts/2
		}
		if !extent.Long() {
			lasts = min(lasts, 2*time.Second)
		}
		at := time.Duration(random.Int64N(int64(lasts)))
		order := random.IntN(1_000_000)
		t.Run(fmt.Sprint(n+1), func(t *testing.T) {
			t.Parallel()
			gate <- struct{}{}
			defer func() { <-gate }()
			s := serve(t, "--deployment", deployment, "--troupes", procs)
			s.inhabit(t)
			before := s.look(t)
			killedAndRestored(t, s, before, at, procs, order)
		})
	}
}

func killedAndRestored(t *testing.T, s *served, before map[string]standing, at time.Duration, procs string, order int) {
	t.Helper()
	out := filepath.Join(s.dir, "out")
	run := start(t, s.env, "run", "--config", s.config, "--out", out, "--quiet-time", "20ms", "--progress", "none",
		"--seed", strconv.Itoa(order), "--procs", procs)
	journal := filepath.Join(out, "journal.jsonl")
	// From the first change on: before it there is nothing to put back.
	eventually(t, func() bool { return touched(journal) > 0 })
	select {
	case <-run.done:
		t.Fatalf("the run ended: %s", run.out.String())
	case <-time.After(at):
	}
	if err := run.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-run.done
	moved := differences(before, s.look(t))
	restore := start(t, s.env, "restore", "--config", s.config, "--out", out, "--quiet-time", "20ms")
	if code := restore.code(t, longest); code != 0 {
		t.Errorf("restore ended with %d:\n%s", code, restore.out.String())
	}
	if diff := differences(before, s.look(t)); diff != "" {
		t.Errorf("killed after %v (order %d, %s processes); then\n%s\nrestore said\n%s\nand yet\n%s", at, order, procs, moved, restore.out.String(), diff)
	} else {
		t.Logf("killed after %v (order %d, %s processes): %s", at, order, procs, moved)
	}
	again := start(t, s.env, "restore", "--config", s.config, "--out", out)
	if code := again.code(t, longest); code != 0 {
		t.Errorf("restore once more ended with %d:\n%s", code, again.out.String())
	}
}
