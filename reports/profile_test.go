package reports_test

import (
	"testing"

	"finesse-conformance/reports"
	"finesse-conformance/suites/evidence"
)

func TestProfilesOfAResult(t *testing.T) {
	rows := func(a, b, c evidence.Outcome) []reports.Row {
		return []reports.Row{
			{ID: "A", Level: "MUST", Outcome: a, Profiles: []string{"core"}},
			{ID: "B", Level: "EITHER", Outcome: b, Profiles: []string{"core", "calls"}},
			{ID: "C", Level: "MUST", Outcome: c, Profiles: []string{"calls"}},
			{ID: "I", Level: "INFO", Outcome: evidence.NotExercised, Profiles: []string{"core", "sso"}},
		}
	}
	const passed, failed, not, waived = evidence.Passed, evidence.Failed, evidence.NotExercised, evidence.Waived
	for _, tc := range []struct {
		name            string
		asked           []string
		rows            []reports.Row
		headline, words string
		code            int
	}{
		{"whole", nil, rows(passed, passed, passed), "conformant", "conformant: core, calls; sso not exercised", 0},
		{"a whole run is conformant without the calls", nil, rows(passed, passed, not), "conformant", "conformant: core; incomplete: calls; sso not exercised", 0},
		{"asked for", []string{"core"}, rows(passed, passed, not), "conformant: core; calls, sso not exercised", "", 0},
		{"in capitals", []string{"CORE"}, rows(passed, passed, not), "conformant: core; calls, sso not exercised", "", 0},
		{"asked for and incomplete", []string{"core", "calls"}, rows(passed, passed, not), "incomplete; conformant: core; incomplete: calls; sso not exercised", "", 4},
		{"nothing of it", []string{"core", "calls"}, rows(passed, not, not), "incomplete: core; calls, sso not exercised", "", 4},
		{"not applicable does not count", []string{"core", "calls"}, rows(passed, passed, evidence.NotApplicable), "conformant: core, calls; sso not exercised", "", 0},
		{"a waived failure does not hold", []string{"core"}, rows(waived, passed, not), "incomplete: core; calls, sso not exercised", "", 4},
		{"failed", []string{"core", "calls"}, rows(passed, passed, failed), "not conformant: calls; conformant: core; sso not exercised", "", 1},
	} {
		r := &reports.Result{
			Profiles:     []reports.Profile{{Name: "core"}, {Name: "calls"}, {Name: "sso"}},
			Settings:     reports.Settings{Profiles: tc.asked},
			Requirements: tc.rows,
		}
		r.Conclude()
		if got := r.Headline(); got != tc.headline {
			t.Errorf("%s: the headline is %q, want %q", tc.name, got, tc.headline)
		}
		if got := r.ProfileWords(); tc.words != "" && got != tc.words {
			t.Errorf("%s: the profiles are %q, want %q", tc.name, got, tc.words)
		}
		if r.Exit.Code != tc.code {
			t.Errorf("%s: exit %d, want %d", tc.name, r.Exit.Code, tc.code)
		}
	}
}

// What is only recorded proves nothing: a profile of nothing else is neither
// conformant nor not.
func TestAProfileThatOnlyRecords(t *testing.T) {
	r := &reports.Result{
		Profiles: []reports.Profile{{Name: "nodes"}}, Settings: reports.Settings{Profiles: []string{"nodes"}},
		Requirements: []reports.Row{{ID: "A", Level: "INFO", Outcome: evidence.Info, Profiles: []string{"nodes"}}},
	}
	if r.Conclude(); r.Headline() != "incomplete; recorded: nodes" || r.Exit.Code != reports.ExitTooLittle {
		t.Errorf("%q, exit %d", r.Headline(), r.Exit.Code)
	}
}

// Only and skip make a selection of a profile, which is no certificate.
func TestAPartOfAProfileIsASelection(t *testing.T) {
	r := &reports.Result{Profiles: []reports.Profile{{Name: "core"}}, Settings: reports.Settings{Profiles: []string{"core"}, Skip: []string{"B"}}}
	if r.Conclude(); r.Scope != reports.ScopeSelection {
		t.Errorf("the scope is %s", r.Scope)
	}
	r.Settings.Skip = nil
	if r.Conclude(); r.Scope != reports.ScopeProfiles {
		t.Errorf("the scope is %s", r.Scope)
	}
}
