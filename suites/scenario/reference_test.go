package scenario_test

import (
	"net/http"
	"strings"
	"testing"

	"finesse-conformance/fixtures"
	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/bed"
	"finesse-conformance/runner"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// Where no Dialog API is served, calls and reservations of stimuli are ended by
// stimuli, and nobody stays in one.
func TestWithoutDialogAPI(t *testing.T) {
	t.Parallel()
	for kind, rows := range map[string]map[string]evidence.Outcome{
		reference.UCCE: {
			"TRN-UCCE-10": evidence.Passed, "TRN-UCCE-12": evidence.Passed, "TRN-UCCE-16": evidence.Passed,
			"TRN-UCCE-20": evidence.Passed, "TRN-UCCE-23": evidence.Passed, "ERR-10-RESERVED": evidence.Passed,
			"SUP-07-RESERVED": evidence.Passed, "SUP-07-RESERVED_OUTBOUND_PREVIEW": evidence.Passed,
			"SUP-06-RESERVED": evidence.Passed, "SUP-06-TALKING": evidence.Passed, "PND-01": evidence.Passed,
			"TRN-UCCE-24": evidence.NotExercised,
		},
		reference.UCCX: {
			"SUP-06-RESERVED": evidence.Passed, "SUP-07-RESERVED": evidence.Passed,
			"TRN-UCCX-07": evidence.Passed, "TRN-UCCX-12": evidence.Passed, "PND-08": evidence.Passed,
			"TRN-UCCX-13": evidence.NotExercised,
		},
	} {
		virtually(t, kind, func(t *testing.T) {
			b := bed.Open(t, bed.Deployment{Kind: kind, Around: func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if strings.Contains(r.URL.Path, "Dialog") {
						http.NotFound(w, r)
						return
					}
					next.ServeHTTP(w, r)
				})
			}})
			for id, want := range rows {
				v, seen := b.Exercise(id)
				if v.Outcome != want {
					t.Errorf("%s: %s, %s", id, v.Outcome, v.Reason)
				}
				for _, ev := range seen {
					for _, x := range ev.Exchanges {
						if strings.Contains(x.Path, "Dialog") {
							t.Errorf("%s: %s %s", id, x.Method, x.Path)
						}
					}
				}
			}
			if p := b.Finish(); len(p.Unrestored) > 0 || len(p.Left) > 0 {
				t.Errorf("not back: %+v, %v", p.Unrestored, p.Left)
			}
		})
	}
}

// Where no stimulus switches wrap-up, a user whose settings differ for incoming
// and outgoing calls gets a call of the kind that is needed.
func TestWrapUpBySettings(t *testing.T) {
	t.Parallel()
	virtually(t, "UCCE", func(t *testing.T) {
		b := bed.Open(t, bed.Deployment{
			Configure: func(c *reference.Config) {
				for i := range c.Users {
					c.Users[i].WrapUpIncoming, c.Users[i].WrapUpOutgoing = reference.WrapUpRequired, reference.WrapUpNotAllowed
				}
			},
			Subject: func(s *runner.Subject) { s.Stimuli = unswitched{s.Stimuli} },
		})
		for id, want := range map[string]evidence.Outcome{
			"TRN-UCCE-21": evidence.Passed, "TRN-UCCE-22": evidence.Passed, "TRN-UCCE-23": evidence.Passed,
			"TRN-UCCE-26": evidence.Passed, "TRN-UCCE-28": evidence.Passed, "TRN-UCCE-33": evidence.Passed,
			"PND-02": evidence.Passed, "WRP-03": evidence.Passed, "WRP-04": evidence.Passed,
			"TRN-UCCE-20": evidence.NotExercised, // no incoming call without wrap-up, and who knows what a campaign's is
		} {
			if v, _ := b.Exercise(id); v.Outcome != want {
				t.Errorf("%s: %s, %s", id, v.Outcome, v.Reason)
			}
		}
	})
}

// unswitched are stimuli that do not switch wrap-up.
type unswitched struct{ fixtures.Stimuli }

func (u unswitched) Supports(name spec.Stimulus) bool {
	return name != spec.WrapUpOn && name != spec.WrapUpOff && u.Stimuli.Supports(name)
}
