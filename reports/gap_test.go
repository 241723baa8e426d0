package reports_test

import (
	"strings"
	"testing"

	"finesse-conformance/reports"
	"finesse-conformance/reports/reporttest"
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
