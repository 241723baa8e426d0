package bed_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/bed"
	"finesse-conformance/internal/extent"
	"finesse-conformance/runner"
	"finesse-conformance/suites/evidence"
)

// outcomes plays a deployment, and gives what failed and how long it took. On
// the reference as it is nothing does, as TestReference shows.
func outcomes(t *testing.T, d bed.Deployment, only ...string) (failed map[string]string, took time.Duration) {
	t.Helper()
	failed = map[string]string{}
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		for _, row := range bed.Play(t, d, only...).Requirements {
			if row.Outcome == evidence.Failed {
				failed[row.ID] = row.Reason
			}
		}
		took = time.Since(began)
	})
	return failed, took
}

// The target's clock orders nothing: one that runs backwards fails USR-03
// alone, and costs no time.
func TestClockThatRunsBackwards(t *testing.T) {
	if !extent.Wide() {
		t.Skip("a whole run; the whole selftest has the fault, too")
	}
	t.Parallel()
	wrong, took := outcomes(t, bed.Deployment{Kind: reference.UCCE, Notifications: true, Faults: []string{"change-time-backwards"}})
	if wrong["USR-03"] == "" {
		t.Error("USR-03 did not fail")
	}
	for id, why := range wrong {
		if id != "USR-03" {
			t.Errorf("%s failed: %s", id, why)
		}
	}
	if right := heardReference(t).took; took > right*3/2 {
		t.Errorf("took %v, and %v with a clock that is right", took, right)
	}
}

// A quiet time as long as the wrap-up timer makes no failure.
func TestQuietTimeAsLongAsTheWrapUpTimer(t *testing.T) {
	if !extent.Wide() {
		t.Skip("a whole run")
	}
	t.Parallel()
	wrong, _ := outcomes(t, bed.Deployment{Kind: reference.UCCE, Notifications: true, Timing: runner.Timing{Quiet: 2 * time.Second}, Configure: func(c *reference.Config) {
		c.WrapUpTimer = 2 * time.Second
	}})
	for id, why := range wrong {
		t.Errorf("%s failed: %s", id, why)
	}
}

// Who is signed out because somebody tried its extension is noticed whoever
// plays the colleague, and where nobody could hear that the other was refused.
func TestColleagueSignedOut(t *testing.T) {
	t.Parallel()
	for _, before := range [][]string{nil, {"SIG-01", "TRN-UCCE-06"}, {"SUP-01", "SUP-03", "SUP-12"}} {
		for _, notifications := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				played := bed.Play(t, bed.Deployment{Notifications: notifications, Faults: []string{"occupied-extension-signs-out"}}, append(before, "SIG-12")...)
				if v := played.Verdict("SIG-12"); v.Outcome != evidence.Failed || v.Mismatch.Kind != evidence.MismatchBystander {
					t.Errorf("after %v, notifications %v: %s: %s", before, notifications, v.Outcome, v.Reason)
				}
			})
		}
	}
}

// A change that is refused and made all the same, when nobody looks any more,
// leaves nobody behind.
func TestRefusedAndDoneLater(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{reference.UCCE, reference.UCCX} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				played := bed.Play(t, bed.Deployment{Kind: kind, Notifications: true, Faults: []string{"put-405"}}, "SIG-13", "AUT-10", "AUT-13", "SUP-12", "SUP-04-WORK", "SUP-04-READY", "SUP-07-HOLD", "SUP-11", "SUP-15")
				if len(played.Left) > 0 && len(played.Unrestored) < len(played.Left) {
					t.Errorf("%v are not signed out, named are %v", played.Left, played.Unrestored)
				}
			})
		})
	}
}

// What was refused to a witness on its way, and is done all the same a moment
// later, is no finding of what is under test then.
func TestRefusedAndDoneToTheWitness(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		played := bed.Play(t, bed.Deployment{Faults: []string{"refused-and-done-ready-to-not-ready"}}, "SIG-01", "TRN-UCCE-06", "SUP-01")
		if got := played.Failed(); len(got) > 0 {
			t.Errorf("failed are %v", got)
		}
	})
}

// Who does not stay where the run has brought it is moved by the target, and no
// finding of a requirement that begins there.
func TestUndoneOnTheWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		played := bed.Play(t, bed.Deployment{Faults: []string{"undone-ready-to-not-ready"}}, "ERR-01", "SUP-13", "SUP-06-NOT_READY", "TRN-UCCE-11")
		if got := played.Failed(); !slices.Equal(got, []string{"TRN-UCCE-11"}) {
			t.Errorf("failed are %v", got)
		}
	})
}

// Wrap-up that begins anew is no change at once, though its timer leads to what
// was asked for within the settle time.
func TestWrapUpBeginsAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		played := bed.Play(t, bed.Deployment{Faults: []string{"wrap-up-begins-anew"}}, "TRN-UCCE-30", "TRN-UCCE-33")
		for _, id := range []string{"TRN-UCCE-30", "TRN-UCCE-33"} {
			if v := played.Verdict(id); v.Outcome != evidence.Failed {
				t.Errorf("%s is %s: %s", id, v.Outcome, v.Reason)
			}
		}
	})
}

// One cause is one finding: who cannot read which reason codes there are does
// not condemn a target that asks for one.
func TestReasonCodesWithoutNames(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		played := bed.Play(t, bed.Deployment{Kind: reference.UCCE, Faults: []string{"codes-without-uri"}}, "USR-08", "TRN-UCCE-11", "PND-01", "ERR-11", "RSN-09")
		if got := played.Failed(); !slices.Equal(got, []string{"USR-08"}) {
			t.Errorf("failed are %v", got)
		}
	})
}
