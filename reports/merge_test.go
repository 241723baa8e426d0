package reports_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"finesse-conformance/internal/reporttest"
	"finesse-conformance/reports"
	"finesse-conformance/reports/junit"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// sharded is the sample, run in n shards: each took every n-th requirement on.
func sharded(n int, waivers ...reports.Waiver) []*reports.Result {
	var out []*reports.Result
	for k := 1; k <= n; k++ {
		run := reporttest.SampleRun()
		run.Shard, run.Gaps, run.Evidence = &reports.Shard{k, n}, map[string]reports.Gap{}, nil
		mine := map[string]bool{}
		for i, req := range reporttest.Small().List {
			if mine[req.ID] = i%n == k-1; !mine[req.ID] {
				run.Gaps[req.ID] = reports.NewGap(evidence.Gap{Kind: evidence.GapShard})
			}
		}
		for _, e := range reporttest.SampleRun().Evidence {
			if mine[e.Requirement] {
				run.Evidence = append(run.Evidence, e)
			}
		}
		var verdicts []evidence.Verdict
		for _, v := range reporttest.SampleVerdicts() {
			if mine[v.Requirement] || v.Requirement == "USR-02" {
				verdicts = append(verdicts, v)
			}
		}
		r := reports.Build(reporttest.Small(), run, verdicts)
		if waivers != nil {
			r.ApplyWaivers(waivers, reporttest.Noon)
		}
		out = append(out, r)
	}
	return out
}

func TestMergeIsTheSameAsOneRun(t *testing.T) {
	for _, waivers := range [][]reports.Waiver{nil, {reporttest.Waiver("TRN-UCCE-11", "*WORK"), reporttest.Waiver("SIG-01", "x*", func(w *reports.Waiver) {
		w.Releases = spec.Releases{From: spec.Release{Major: 12, Maintenance: 1}}
	})}} {
		for n := 1; n <= 4; n++ {
			want := reporttest.Sample()
			if waivers != nil {
				want.ApplyWaivers(waivers, reporttest.Noon)
			}
			shards := sharded(n, waivers...)
			slices.Reverse(shards)
			got, err := reports.Merge(shards)
			if err != nil {
				t.Fatal(err)
			}
			if got.Merged != n {
				t.Errorf("merged of %d", got.Merged)
			}
			// Processes add up, and what a bound is depends on them.
			if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(reports.Result{}, "Merged", "Procs"),
				cmpopts.IgnoreFields(reports.Timings{}, "Bound", "Ratio"), cmp.FilterPath(percentile, cmpopts.EquateApprox(0.25, 0.01)),
				cmp.FilterPath(func(p cmp.Path) bool { return !percentile(p) }, cmpopts.EquateApprox(0, 1e-9))); diff != "" {
				t.Errorf("%d shards differ from one run (-one +merged):\n%s", n, diff)
			}
			written := func(r *reports.Result) []byte {
				return reporttest.Rendered(t, func(b *bytes.Buffer) error { return junit.Write(b, r) })
			}
			if !bytes.Equal(written(want), written(got)) {
				t.Errorf("%d shards: JUnit differs from that of one run", n)
			}
			if diff := cmp.Diff(sharded(n, waivers...)[n-1], shards[0]); diff != "" {
				t.Errorf("merging changed a shard:\n%s", diff)
			}
		}
	}
}

// percentile is of what a merge knows to a bin of the histograms.
func percentile(p cmp.Path) bool {
	return strings.HasPrefix(p.Last().String(), ".P") && strings.Contains(p.GoString(), "Timings")
}

func TestMergeTakesTheWorstOfStandingChecks(t *testing.T) {
	shards := sharded(3)
	bad := shards[1].Row("USR-02")
	bad.Outcome, bad.Reason = evidence.Failed, "in a GET of SIG-02: DANCING"
	m, err := reports.Merge(shards)
	if err != nil {
		t.Fatal(err)
	}
	if row := m.Row("USR-02"); row.Outcome != evidence.Failed || row.Reason == "" {
		t.Errorf("USR-02 is %s", row.Outcome)
	}
}

func TestMergeOfEndedShards(t *testing.T) {
	shards := sharded(2)
	run := reporttest.SampleRun()
	run.Shard, run.Stopped, run.Target.Deployment, run.Target.Release, run.Evidence = &reports.Shard{2, 2}, "connection refused", "", "", nil
	run.Gaps = map[string]reports.Gap{}
	for i, req := range reporttest.Small().List {
		if i%2 == 0 {
			run.Gaps[req.ID] = reports.NewGap(evidence.Gap{Kind: evidence.GapShard})
		}
	}
	shards[1] = reports.Build(reporttest.Small(), run, nil)
	m, err := reports.Merge(shards)
	if err != nil {
		t.Fatal(err)
	}
	if m.Exit.Code != reports.ExitUncertifiable || m.Stopped != "connection refused" || m.Target.Deployment != "UCCE" {
		t.Errorf("exit %d, stopped %q, deployment %q", m.Exit.Code, m.Stopped, m.Target.Deployment)
	}
}

func TestMergeComplains(t *testing.T) {
	for _, tc := range []struct {
		name string
		with func(s []*reports.Result) []*reports.Result
		want []string
	}{
		{"nothing", func([]*reports.Result) []*reports.Result { return nil }, []string{"nothing to merge"}},
		{"missing", func(s []*reports.Result) []*reports.Result { return s[:2] }, []string{"shard 3 of 3 is missing"}},
		{"double", func(s []*reports.Result) []*reports.Result { s[2] = s[0]; return s }, []string{"shard 1 of 3 is there 2 times", "shard 3 of 3 is missing"}},
		{"one too many", func(s []*reports.Result) []*reports.Result { return append(s, s[1]) }, []string{"shard 2 of 3 is there 2 times"}},
		{"other count", func(s []*reports.Result) []*reports.Result { return append(s, sharded(4)[3]) }, []string{"shard 4 is one of 4, others are of 3"}},
		{"beyond the count", func(s []*reports.Result) []*reports.Result { s[2].Shard.Index = 4; return s }, []string{"a shard 4 of 3", "shard 3 of 3 is missing"}},
		{"whole run", func(s []*reports.Result) []*reports.Result { s[0] = reporttest.Sample(); return s }, []string{"result 1 is of a whole run", "shard 1 of 3 is missing"}},
		{"target", func(s []*reports.Result) []*reports.Result { s[1].Target.URL = "https://b"; return s }, []string{"shard 2 has another target than shard 1: https://b"}},
		{"deployment", func(s []*reports.Result) []*reports.Result { s[1].Target.Deployment = "UCCX"; return s }, []string{"another deployment"}},
		{"release", func(s []*reports.Result) []*reports.Result { s[1].Target.Release = "15.0(1)"; return s }, []string{"another release"}},
		{"spec", func(s []*reports.Result) []*reports.Result { s[2].Spec.Digest = "sha256:0"; return s }, []string{"shard 3 has another spec digest"}},
		{"program", func(s []*reports.Result) []*reports.Result { s[2].Tool.Version = "0"; return s }, []string{"another program version"}},
		{"selection", func(s []*reports.Result) []*reports.Result { s[2].Settings.Only = []string{"SIG-*"}; return s }, []string{"another selection (--only)"}},
		{"catalogue", func(s []*reports.Result) []*reports.Result { s[2].Requirements = s[2].Requirements[1:]; return s }, []string{"another catalogue"}},
		{"waivers", func(s []*reports.Result) []*reports.Result {
			s[2].ApplyWaivers([]reports.Waiver{reporttest.Waiver("SIG-01", "x")}, reporttest.Noon)
			return s
		}, []string{"another list of waivers"}},
		{"taken on twice", func(s []*reports.Result) []*reports.Result { *s[1].Row("SIG-01") = *s[0].Row("SIG-01"); return s }, []string{"SIG-01 was exercised by the shards 1, 2"}},
		{"taken on by none", func(s []*reports.Result) []*reports.Result { *s[0].Row("SIG-01") = *s[1].Row("SIG-01"); return s }, []string{"SIG-01 was exercised by no shard"}},
		{"several at once", func(s []*reports.Result) []*reports.Result {
			s[1].Target.URL, s[1].Spec.Digest = "https://b", "x"
			return s[:2]
		}, []string{"another target", "another spec digest", "shard 3 of 3 is missing"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := reports.Merge(tc.with(sharded(3)))
			for _, want := range tc.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want %s", err, want)
				}
			}
		})
	}
}

// Each shard is a run of its own: a result that is there under two numbers is
// none of one of them.
func TestMergeOfOneRunTwice(t *testing.T) {
	shards := sharded(2)
	shards[0].RunID, shards[1].RunID = "one", "two"
	merged, err := reports.Merge(shards)
	if err != nil || merged.RunID != "" {
		t.Fatalf("%v, %q", err, merged.RunID)
	}
	shards[1].RunID = "one"
	if _, err := reports.Merge(shards); err == nil || !strings.Contains(err.Error(), "the shards 1 and 2 were written by one run") {
		t.Error(err)
	}
}
