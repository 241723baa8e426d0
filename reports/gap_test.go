package reports

import (
	"strings"
	"testing"

	"finesse-conformance/suites/evidence"
)

// The words are those that plans, scenarios and the cast use.
func TestGapsAreTold(t *testing.T) {
	for _, tc := range []struct {
		reason string
		kind   GapKind
		remedy string
	}{
		{"not selected: --only SIG-*", GapSelection, "--only"},
		{"another shard exercises it", GapShard, "merge"},
		{"the run was stopped: interrupt", GapEnded, ""},
		{"needs a longest_wait of at least 30s: the wrap-up timer of user 1 is that long", GapTime, "longest_wait"},
		{"needs an agent whose settings have wrap-up on, or the stimuli wrap_up_on and wrap_up_off: none in the cast", GapWrapUp, "wrap_up_on"},
		{"needs a supervisor with no NOT_READY reason codes: none in the cast", GapCast, "users"},
		{"needs notifications: none are configured", GapNotifications, "notifications.url"},
		{"needs stimulus reserve_preview", GapStimulus, "that knows reserve_preview"},
		{"needs a second NOT_READY reason code for user 1", GapReasonCodes, "reason codes"},
		{"user 1 is in READY, though the run left it in HOLD: somebody else acts on it", GapForeign, "nobody else"},
		{"needs the Dialog API, which the target does not serve", GapTarget, "does not offer"},
		{`"drop the call and wrap up" did not come about 3 times in a row, and was not tried again: the target did something else`, GapWay, "did something else"},
		{"user 1 does not stay on the way to WORK: it is in NOT_READY, which the target did on its own", GapWay, "did something else"},
		{"user 1 could not be brought to READY: PUT READY was answered 400 Parameter Missing, and the user is in NOT_READY", GapWay, ""},
		{"user 1 stayed in READY for 2s after PUT NOT_READY; NOT_READY was expected on the way", GapWay, ""},
		{"user 1 went NOT_READY with a reason code, and none is shown", GapWay, ""},
		{"something nobody thought of", GapOther, ""},
	} {
		if got := classGap(tc.reason); got.Kind != tc.kind || !strings.Contains(got.Remedy, tc.remedy) {
			t.Errorf("%q is %s, %q; want %s", tc.reason, got.Kind, got.Remedy, tc.kind)
		}
	}
}

// A waiver is of the report, not of the verdict.
func TestVerdictOfAWaivedRow(t *testing.T) {
	r := sample()
	r.ApplyWaivers([]Waiver{waiver("TRN-UCCE-11", "*WORK")}, noon)
	if v := r.Row("TRN-UCCE-11").Verdict(); v.Outcome != evidence.Failed {
		t.Errorf("it is %s", v.Outcome)
	}
}
