package reports_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"finesse-conformance/reports"
	"finesse-conformance/suites/evidence"
)

// outcomes makes a result with one MUST row for each outcome.
func outcomes(list ...evidence.Outcome) *reports.Result {
	r := &reports.Result{}
	for i, o := range list {
		r.Requirements = append(r.Requirements, reports.Row{ID: fmt.Sprint("R-", i), Level: "MUST", Outcome: o})
	}
	return r
}

func TestExit(t *testing.T) {
	const (
		passed, failed, missing = evidence.Passed, evidence.Failed, evidence.NotExercised
		waived, info, foreign   = evidence.Waived, evidence.Info, evidence.NotApplicable
	)
	stale := []reports.WaiverUse{{Requirement: "R-0", Stale: "it has expired"}}
	for _, tc := range []struct {
		name string
		r    *reports.Result
		with func(*reports.Result)
		word reports.Word
		all  []int
	}{
		{"all passed", outcomes(passed, passed, foreign), nil, reports.Conformant, nil},
		{"some not exercised", outcomes(passed, missing), nil, reports.Conformant, nil},
		{"one failed", outcomes(passed, failed), nil, reports.Nonconformant, []int{1}},
		{"only failures", outcomes(failed), nil, reports.Nonconformant, []int{1}},
		{"nothing ran", outcomes(missing, missing), nil, reports.Incomplete, []int{4}},
		{"nothing applies", outcomes(foreign), nil, reports.Incomplete, []int{4}},
		{"no rows", outcomes(), nil, reports.Incomplete, []int{4}},
		{"only recorded", outcomes(info, missing), nil, reports.Incomplete, []int{4}},
		{"only waived", outcomes(waived), nil, reports.Incomplete, []int{4}},
		{"waived beside passed", outcomes(waived, passed), nil, reports.Conformant, nil},
		{"complete", outcomes(passed, info), func(r *reports.Result) { r.RequireComplete = true }, reports.Conformant, nil},
		{"incomplete", outcomes(passed, missing), func(r *reports.Result) { r.RequireComplete = true }, reports.Incomplete, []int{4}},
		{"incomplete and failed", outcomes(passed, missing, failed), func(r *reports.Result) { r.RequireComplete = true }, reports.Nonconformant, []int{1, 4}},
		{"INFO is not asked for", outcomes(passed, missing), func(r *reports.Result) { r.RequireComplete = true; r.Requirements[1].Level = "INFO" }, reports.Conformant, nil},
		{"EITHER is asked for", outcomes(passed, missing), func(r *reports.Result) { r.RequireComplete = true; r.Requirements[1].Level = "EITHER" }, reports.Incomplete, []int{4}},
		{"another shard has it", outcomes(passed, missing), func(r *reports.Result) {
			r.RequireComplete = true
			r.Requirements[1].Gap = &reports.Gap{Kind: evidence.GapShard}
		}, reports.Conformant, nil},
		{"stopped", outcomes(missing), func(r *reports.Result) { r.Stopped = "refused" }, reports.Incomplete, []int{3, 4}},
		{"out of service", outcomes(failed), func(r *reports.Result) { r.Stopped = "out of service" }, reports.Nonconformant, []int{3, 1}},
		{"stale waiver", outcomes(passed), func(r *reports.Result) { r.Waivers = stale }, reports.Conformant, []int{5}},
		{"stale waiver and failure", outcomes(failed), func(r *reports.Result) { r.Waivers = stale }, reports.Nonconformant, []int{1, 5}},
		{"stale waiver, nothing ran", outcomes(missing), func(r *reports.Result) { r.Waivers = stale }, reports.Incomplete, []int{5, 4}},
		{"harness", outcomes(passed), func(r *reports.Result) { r.HarnessFaults = []reports.HarnessFault{{Message: "x"}} }, reports.Incomplete, []int{6}},
		{"not restored", outcomes(passed), func(r *reports.Result) { r.Unrestored = []reports.Unrestored{{User: "1"}} }, reports.Conformant, []int{7}},
		{"interrupted", outcomes(passed), func(r *reports.Result) { r.Signal = 130 }, reports.Interrupted, []int{130}},
		{"everything", outcomes(failed, missing), func(r *reports.Result) {
			r.Signal, r.Stopped, r.Waivers, r.RequireComplete = 143, "x", stale, true
			r.HarnessFaults, r.Unrestored = []reports.HarnessFault{{Message: "x"}}, []reports.Unrestored{{User: "1"}}
		}, reports.Interrupted, []int{143, 6, 7, 3, 1, 5, 4}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.with != nil {
				tc.with(tc.r)
			}
			tc.r.Conclude()
			var all []int
			for _, c := range tc.r.Exit.All {
				all = append(all, c.Code)
				if c.Because == "" || strings.Contains(c.Because, "%!") {
					t.Errorf("code %d because %q", c.Code, c.Because)
				}
			}
			code := 0
			if len(tc.all) > 0 {
				code = tc.all[0]
			}
			if tc.r.Verdict != tc.word || !slices.Equal(all, tc.all) || tc.r.Exit.Code != code {
				t.Errorf("got %s, %d, %v; want %s, %v", tc.r.Verdict, tc.r.Exit.Code, all, tc.word, tc.all)
			}
		})
	}
}

// Where nothing was verified it is said what ran instead.
func TestWhyNothingWasVerified(t *testing.T) {
	for _, tc := range []struct {
		r    *reports.Result
		want string
	}{
		{outcomes(evidence.NotExercised), "no requirement was exercised"},
		{outcomes(evidence.Info, evidence.NotExercised), "only INFO requirements ran"},
		{outcomes(evidence.Waived), "every requirement that ran is waived or only recorded"},
		{outcomes(evidence.Waived, evidence.Info), "every requirement that ran is waived or only recorded"},
	} {
		tc.r.Conclude()
		if len(tc.r.Exit.All) != 1 || !strings.Contains(tc.r.Exit.All[0].Because, tc.want) {
			t.Errorf("%+v, want %s", tc.r.Exit, tc.want)
		}
	}
}

// A selection is no certificate, and neither is a shard.
func TestHeadline(t *testing.T) {
	for _, tc := range []struct {
		name  string
		alter func(*reports.Result)
		scope reports.Scope
		want  string
	}{
		{"whole", func(*reports.Result) {}, reports.ScopeWhole, "conformant"},
		{"only", func(r *reports.Result) { r.Settings.Only = []string{"SIG-*"} }, reports.ScopeSelection, "conformant in 2 of 3, selected"},
		{"skip", func(r *reports.Result) { r.Settings.Skip = []string{"SIG-*"} }, reports.ScopeSelection, "conformant in 2 of 3, selected"},
		{"shard", func(r *reports.Result) { r.Shard = &reports.Shard{Index: 2, Count: 3} }, reports.ScopeSelection, "conformant in 2 of 3, selected as shard 2 of 3"},
		{"failed", func(r *reports.Result) {
			r.Settings.Only, r.Requirements[0].Outcome = []string{"SIG-*"}, evidence.Failed
		}, reports.ScopeSelection, "not conformant in 2 of 3, selected"},
	} {
		r := &reports.Result{Requirements: []reports.Row{
			{ID: "A", Outcome: evidence.Passed, Level: "MUST"}, {ID: "B", Outcome: evidence.Passed, Level: "MUST"}, {ID: "C", Outcome: evidence.NotExercised, Level: "MUST"},
		}}
		tc.alter(r)
		r.Conclude()
		if r.Scope != tc.scope || r.Headline() != tc.want {
			t.Errorf("%s: %s, %q", tc.name, r.Scope, r.Headline())
		}
	}
}
