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
