package runner

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"testing"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/reports"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/internal/progress"
	"finesse-conformance/suites/evidence"
)

// Each requirement belongs to exactly one shard, those that are judged over
// everything to all, and who has what depends on nothing but the catalogue.
func TestShardsShareTheCatalogue(t *testing.T) {
	app, err := NewCLI(io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, count := range []int{1, 2, 3, 7, 50} {
		sizes := map[int]int{}
		for n, req := range app.Catalogue.All() {
			owners := 0
			for i := 1; i <= count; i++ {
				if (config.Shard{Index: i, Count: count}).Has(req, n) {
					owners++
					sizes[i]++
				}
			}
			want := 1
			if req.Invariant != "" {
				want = count
			}
			if owners != want {
				t.Errorf("%s belongs to %d of %d shards, want %d", req.ID, owners, count, want)
			}
		}
		for i := 2; i <= count; i++ {
			if d := sizes[i] - sizes[1]; d < -4 || d > 4 {
				t.Errorf("of %d shards the first has %d requirements and shard %d has %d", count, sizes[1], i, sizes[i])
			}
		}
	}
	if !(config.Shard{}).Has(app.Catalogue.All()[5], 5) {
		t.Error("a run that is not split leaves something out")
	}
}

// The merged shards say what one run says.
func TestMergedShardsAreOneRun(t *testing.T) {
	t.Parallel()
	only := []string{"SIG-0*", "ERR-0*", "USR-*"}
	run := func(shard config.Shard) *reports.Result {
		t.Helper()
		cfg, err := reference.Default(reference.UCCE, "12.5(1)", 1)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Delay = embeddedDelay
		e, err := StartEmbedded(cfg, "127.0.0.1:0", true)
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		app, err := NewCLI(io.Discard, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		s, err := app.sessionOf(Subject{
			URL: e.URL.String(), Users: e.Users(), Release: "12.5(1)", Stimuli: e.Stimuli(), Timing: embeddedTiming, Only: only,
		})
		if err != nil {
			t.Fatal(err)
		}
		s.config.Run.Shard, s.unscheduled = shard, true
		s.target.URL.Host = e.URL.Host
		result, _ := s.certify(t.Context(), progress.None{})
		result.Target.URL = "http://target" // each has a port of its own
		return result
	}
	whole := run(config.Shard{})
	var shards []*reports.Result
	for i := 1; i <= 3; i++ {
		// As a file: that is how shards meet.
		var file bytes.Buffer
		if err := reports.Write(&file, run(config.Shard{Index: i, Count: 3})); err != nil {
			t.Fatal(err)
		}
		shard := new(reports.Result)
		if err := json.Unmarshal(file.Bytes(), shard); err != nil {
			t.Fatal(err)
		}
		shards = append(shards, shard)
	}
	merged, err := reports.Merge(shards)
	if err != nil {
		t.Fatal(err)
	}
	said := func(r *reports.Result) string {
		text := fmt.Sprintf("%s %+v\n", r.Verdict, r.Summary)
		for _, row := range r.Requirements {
			text += fmt.Sprintf("%s %s %s\n", row.ID, row.Outcome, row.Reason)
		}
		return text
	}
	if one, many := said(whole), said(merged); one != many {
		t.Errorf("one run says\n%s\nthe shards say\n%s", one, many)
	}
	if whole.Summary.Failed > 0 || whole.Summary.Passed == 0 {
		t.Errorf("the reference: %+v", whole.Summary)
	}
	others := 0
	for _, row := range shards[0].Requirements {
		if row.Outcome == evidence.NotExercised && row.Gap.Kind == evidence.GapShard {
			others++
		}
	}
	if others == 0 {
		t.Error("shard 1 leaves nothing to the others")
	}
	if _, err := reports.Merge(shards[:2]); err == nil {
		t.Error("a missing shard is not complained about")
	}
}
