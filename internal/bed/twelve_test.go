package bed_test

import (
	"slices"
	"testing"
	"testing/synctest"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/bed"
	"finesse-conformance/suites/evidence"
)

// Twelve targets that were once certified. None of them is conformant, and the
// requirement that is about it says so; with notifications or without, but where
// nothing else could show a client what is wrong.
func TestTwelveThatWereCertified(t *testing.T) {
	t.Parallel()
	for _, target := range []struct {
		fault string
		says  []string // of these requirements each
		heard bool     // only notifications show it
	}{
		{"supervisor-not-ready-in-secret-reserved-accepted", []string{"SUP-06-RESERVED"}, false},
		{"supervisor-not-ready-in-secret-talking-accepted", []string{"SUP-06-TALKING"}, false},
		{"supervisor-not-ready-in-secret-hold-accepted", []string{"SUP-06-HOLD"}, false},
		{"impossible-swallowed", []string{"ERR-11", "ERR-12", "SUP-08", "SUP-16"}, true},
		{"supervisor-own-reason-refused", []string{"SUP-18"}, false},
		{"agent-signs-out-mate", []string{"SUP-19-LOGOUT"}, false},
		{"agent-not-ready-mate", []string{"SUP-19-NOT_READY"}, false},
		{"supervisor-not-ready-not-over-supervisors", []string{"SUP-17-NOT_READY"}, false},
		{"supervisor-signs-out-no-supervisors", []string{"SUP-17-LOGOUT"}, false},
		{"reason-not-required-in-reserved-outbound", []string{"RSN-10"}, false},
		{"reason-not-required-in-talking", []string{"RSN-11"}, false},
		{"wish-lost-in-reserved", []string{"PND-12"}, true},
		{"wish-lost-by-hold", []string{"PND-11"}, false},
		{"wish-lost-by-retrieve", []string{"PND-11"}, false},
	} {
		for _, notifications := range []bool{true, false} {
			name := target.fault + map[bool]string{true: ", heard"}[notifications]
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					played := bed.Play(t, bed.Deployment{Kind: reference.UCCE, Notifications: notifications, Faults: []string{target.fault}}, target.says...)
					for _, id := range target.says {
						v := played.Verdict(id)
						switch failed := slices.Contains(played.Failed(), id); {
						case !failed && (notifications || !target.heard):
							t.Errorf("%s is %s: %s", id, v.Outcome, v.Reason)
						case !failed && v.Outcome != evidence.NotExercised:
							t.Errorf("%s, which nobody could hear, is %s", id, v.Outcome)
						}
					}
				})
			})
		}
	}
}
