package bed_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/bed"
	"finesse-conformance/suites/evidence"
)

// Whose wrap-up the run has switched has no choice any more: the requirement about
// that choice is played with it before, or with nobody, whatever came before.
func TestChoiceOfWrapUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := bed.Open(t, bed.Deployment{Kind: reference.UCCE, Configure: func(c *reference.Config) {
			c.Users = slices.DeleteFunc(c.Users, func(u reference.User) bool {
				return len(u.Supervises) == 0 && u.WrapUpIncoming != reference.WrapUpOptional
			})
		}})
		choice := func() (evidence.Outcome, string) {
			v, _ := b.Exercise("PND-19")
			return v.Outcome, v.Reason + v.Observed.Note
		}
		if outcome, told := choice(); outcome != evidence.Info || !strings.HasPrefix(told, "keeps; reaches") {
			t.Errorf("before: %s, %s", outcome, told)
		}
		if v, _ := b.Exercise("TRN-UCCE-30"); v.Outcome != evidence.Passed {
			t.Fatalf("%s %s", v.Outcome, v.Reason)
		}
		if outcome, told := choice(); outcome != evidence.NotExercised {
			t.Errorf("after a switch: %s, %s", outcome, told)
		}
		b.Finish()
	})
}
