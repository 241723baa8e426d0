package reports_test

import (
	"strings"
	"testing"

	"finesse-conformance/reports"
	"finesse-conformance/reports/reporttest"
	"finesse-conformance/suites/evidence"
)

// The words are those that plans, scenarios and the cast use.
func TestGapsAreTold(t *testing.T) {
	for _, tc := range []struct {
		reason string
		kind   reports.GapKind
		remedy string
	}{
		{"not selected: --only SIG-*", reports.GapSelection, "--only"},
		{"another shard exercises it", reports.GapShard, "merge"},
		{"the run was stopped: interrupt", reports.GapEnded, ""},
		{"needs a longest_wait of at least 30s: the wrap-up timer of user 1 is that long", reports.GapTime, "longest_wait"},
		{"needs an agent whose settings have wrap-up on, or the stimuli wrap_up_on and wrap_up_off: none in the cast", reports.GapWrapUp, "wrap_up_on"},
		{"needs a supervisor with no NOT_READY reason codes: none in the cast", reports.GapCast, "users"},
		{"needs notifications: none are configured", reports.GapNotifications, "notifications.url"},
		{"needs stimulus reserve_preview", reports.GapStimulus, "that knows reserve_preview"},
		{"needs a second NOT_READY reason code for user 1", reports.GapReasonCodes, "reason codes"},
		{"user 1 is in READY, though the run left it in HOLD: somebody else acts on it", reports.GapForeign, "nobody else"},
		{"needs the Dialog API, which the target does not serve", reports.GapTarget, "does not offer"},
		{`"drop the call and wrap up" did not come about 3 times in a row, and was not tried again: the target did something else`, reports.GapWay, "did something else"},
		{"user 1 does not stay on the way to WORK: it is in NOT_READY, which the target did on its own", reports.GapWay, "did something else"},
		{"user 1 could not be brought to READY: PUT READY was answered 400 Parameter Missing, and the user is in NOT_READY", reports.GapWay, ""},
		{"user 1 stayed in READY for 2s after PUT NOT_READY; NOT_READY was expected on the way", reports.GapWay, ""},
		{"user 1 went NOT_READY with a reason code, and none is shown", reports.GapWay, ""},
		{"something nobody thought of", reports.GapOther, ""},
	} {
		if got := reports.ClassGap(tc.reason); got.Kind != tc.kind || !strings.Contains(got.Remedy, tc.remedy) {
			t.Errorf("%q is %s, %q; want %s", tc.reason, got.Kind, got.Remedy, tc.kind)
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
