package reports

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"finesse-conformance/suites/evidence"
)

// outcomes makes a result with one MUST row for each outcome.
func outcomes(list ...evidence.Outcome) *Result {
	r := &Result{}
	for i, o := range list {
		r.Requirements = append(r.Requirements, Row{ID: fmt.Sprint("R-", i), Level: "MUST", Outcome: o})
	}
	return r
}

func TestExit(t *testing.T) {
	const (
		passed, failed, missing = evidence.Passed, evidence.Failed, evidence.NotExercised
		waived, info, foreign   = evidence.Waived, evidence.Info, evidence.NotApplicable
	)
	stale := []WaiverUse{{Requirement: "R-0", Stale: "it has expired"}}
	for _, tc := range []struct {
		name string
		r    *Result
		with func(*Result)
		word Word
		all  []int
	}{
		{"all passed", outcomes(passed, passed, foreign), nil, Conformant, nil},
		{"some not exercised", outcomes(passed, missing), nil, Conformant, nil},
		{"one failed", outcomes(passed, failed), nil, Nonconformant, []int{1}},
		{"only failures", outcomes(failed), nil, Nonconformant, []int{1}},
		{"nothing ran", outcomes(missing, missing), nil, Incomplete, []int{4}},
		{"nothing applies", outcomes(foreign), nil, Incomplete, []int{4}},
		{"no rows", outcomes(), nil, Incomplete, []int{4}},
		{"only recorded", outcomes(info, missing), nil, Incomplete, []int{4}},
		{"only waived", outcomes(waived), nil, Incomplete, []int{4}},
		{"waived beside passed", outcomes(waived, passed), nil, Conformant, nil},
		{"complete", outcomes(passed, info), func(r *Result) { r.RequireComplete = true }, Conformant, nil},
		{"incomplete", outcomes(passed, missing), func(r *Result) { r.RequireComplete = true }, Incomplete, []int{4}},
		{"incomplete and failed", outcomes(passed, missing, failed), func(r *Result) { r.RequireComplete = true }, Nonconformant, []int{1, 4}},
		{"INFO is not asked for", outcomes(passed, missing), func(r *Result) { r.RequireComplete = true; r.Requirements[1].Level = "INFO" }, Conformant, nil},
		{"EITHER is asked for", outcomes(passed, missing), func(r *Result) { r.RequireComplete = true; r.Requirements[1].Level = "EITHER" }, Incomplete, []int{4}},
		{"another shard has it", outcomes(passed, missing), func(r *Result) {
			r.RequireComplete = true
			r.Requirements[1].Gap = &Gap{Kind: GapShard}
		}, Conformant, nil},
		{"stopped", outcomes(missing), func(r *Result) { r.Stopped = "refused" }, Incomplete, []int{3, 4}},
		{"out of service", outcomes(failed), func(r *Result) { r.Stopped = "out of service" }, Nonconformant, []int{3, 1}},
		{"stale waiver", outcomes(passed), func(r *Result) { r.Waivers = stale }, Conformant, []int{5}},
		{"stale waiver and failure", outcomes(failed), func(r *Result) { r.Waivers = stale }, Nonconformant, []int{1, 5}},
		{"stale waiver, nothing ran", outcomes(missing), func(r *Result) { r.Waivers = stale }, Incomplete, []int{5, 4}},
		{"harness", outcomes(passed), func(r *Result) { r.HarnessFaults = []HarnessFault{{Message: "x"}} }, Incomplete, []int{6}},
		{"not restored", outcomes(passed), func(r *Result) { r.Unrestored = []Unrestored{{User: "1"}} }, Conformant, []int{7}},
		{"interrupted", outcomes(passed), func(r *Result) { r.Signal = 130 }, Interrupted, []int{130}},
		{"everything", outcomes(failed, missing), func(r *Result) {
			r.Signal, r.Stopped, r.Waivers, r.RequireComplete = 143, "x", stale, true
			r.HarnessFaults, r.Unrestored = []HarnessFault{{Message: "x"}}, []Unrestored{{User: "1"}}
		}, Interrupted, []int{143, 6, 7, 3, 1, 5, 4}},
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
