package scenario_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// Where nobody could tell which reason codes there are, a target that asks
// for one may be right: it is not called broken for that.
func TestUnknownReasonCodes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, test := range []struct {
			unknown []spec.Category
			outcome evidence.Outcome
			reason  string
		}{
			{[]spec.Category{spec.CategoryNotReady}, evidence.NotExercised, "needs the NOT_READY reason codes of user 1001, which could not be read"},
			{[]spec.Category{spec.CategoryLogout}, evidence.Failed, "saw 400 Parameter Missing"},
		} {
			s, f := fakeStage(t, "1001")
			s.Cast.Users[0].CodesUnknown = test.unknown
			f.script = func(f *fake, w http.ResponseWriter, r request) bool {
				if r.method != "PUT" || r.body.state != "NOT_READY" || f.users[r.user].state != "READY" {
					return false
				}
				if r.body.reason == "" {
					refuse(w, 400, "Parameter Missing", "finesse.api.reasoncode.require_reasoncode")
					return true
				}
				return false
			}
			v, _ := s.Exercise(t.Context(), requirement(t, s, "TRN-UCCE-11"))
			if v.Outcome != test.outcome || !strings.Contains(v.Reason, test.reason) {
				t.Errorf("%v unknown: %s, %s", test.unknown, v.Outcome, v.Reason)
			}
		}
	})
}
