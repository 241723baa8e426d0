package reports_test

import (
	"strings"
	"testing"

	"finesse-conformance/internal/reporttest"
	"finesse-conformance/reports"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

func TestNewGap(t *testing.T) {
	for _, tc := range []struct {
		of     evidence.Gap
		kind   evidence.GapKind
		remedy string
	}{
		{evidence.Gap{}, evidence.GapOther, ""},
		{evidence.Gap{Kind: evidence.GapCast}, evidence.GapCast, "add such a user"},
		{evidence.Gap{Kind: evidence.GapStimulus}, evidence.GapStimulus, "that makes it happen"},
		{evidence.Gap{Kind: evidence.GapStimulus, Stimulus: spec.ReservePreview}, evidence.GapStimulus, "that knows reserve_preview"},
		{evidence.Gap{Kind: evidence.GapNotifications}, evidence.GapNotifications, "configure a notification service"},
		{evidence.Gap{Kind: evidence.GapNotifications, Cause: evidence.CauseNoSession}, evidence.GapNotifications, "sign the users out before the run"},
		{evidence.Gap{Kind: evidence.GapNotifications, Cause: evidence.CauseOff}, evidence.GapNotifications, "take `notifications: off` out"},
		{evidence.Gap{Kind: evidence.GapNotifications, Cause: evidence.CauseRefused}, evidence.GapNotifications, "see with `doctor` why"},
		{evidence.Gap{Kind: evidence.GapTarget}, evidence.GapTarget, "nothing in the configuration"},
		{evidence.Gap{Kind: evidence.GapTarget, Cause: evidence.CausePlain}, evidence.GapTarget, "at its https:// address"},
		{evidence.Gap{Kind: evidence.GapWrapUp, Stimulus: spec.WrapUpOn}, evidence.GapWrapUp, "or configure the stimuli wrap_up_on"},
	} {
		if got := reports.NewGap(tc.of); got.Kind != tc.kind || !strings.Contains(got.Remedy, tc.remedy) || tc.remedy == "" && got.Remedy != "" {
			t.Errorf("%+v is %s, %q", tc.of, got.Kind, got.Remedy)
		}
	}
}

// A waiver is of the report, not of the verdict.
func TestVerdictOfAWaivedRow(t *testing.T) {
	r := reporttest.Sample()
	r.ApplyWaivers([]reports.Waiver{reporttest.Waiver("TRN-UCCE-11", "*WORK")}, reporttest.Noon)
	if v := r.Row("TRN-UCCE-11").Verdict(); v.Outcome != evidence.Failed {
		t.Errorf("it is %s", v.Outcome)
	}
}

// Gaps of one cause are one finding, whatever users, counts and durations
// their reasons name; without a cause the reason is all there is.
func TestGapsOfOneCauseAreOneGroup(t *testing.T) {
	r := reporttest.Sample()
	open := func(i int, gap reports.Gap, reason string) {
		row := &r.Requirements[i]
		row.Outcome, row.Reason, row.Gap = evidence.NotExercised, reason, &gap
	}
	way := reports.NewGap(evidence.Gap{Kind: evidence.GapPath, Cause: "sign in"})
	open(0, way, "it did not come about 3 times")
	open(1, way, "it did not come about 4 times")
	open(2, reports.NewGap(evidence.Gap{Kind: evidence.GapPath}), "another")
	r.Conclude()
	for _, g := range r.NotExercised {
		if g.Kind != evidence.GapPath {
			continue
		}
		if want := map[string]int{"it did not come about 3 times": 2, "another": 1}[g.Reason]; len(g.Requirements) != want {
			t.Errorf("%q is of %v", g.Reason, g.Requirements)
		}
	}
}
