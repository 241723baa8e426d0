package bed_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/bed"
	"finesse-conformance/reports"
	"finesse-conformance/runner"
	"finesse-conformance/spec"
	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/scenario"
)

// A run that is killed may have asked for something a moment before, which
// comes about when the user has been looked at: it is put back all the same,
// whatever it was found in, and when it was long ago nobody waits for it.
func TestAskedAMomentBefore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := bed.Open(t, bed.Deployment{Configure: func(c *reference.Config) { c.Delay = 3 * time.Second }})
		stage := b.Stage()
		u := stage.Cast.Users[0]
		put := func(state, more string) {
			t.Helper()
			if state == "NOT_READY" {
				more = "<reasonCodeId>" + u.Codes[spec.CategoryNotReady][0].ID + "</reasonCodeId>"
			}
			x := stage.Client.Do(t.Context(), nil, client.Call{As: u, Method: http.MethodPut, Path: "/finesse/api/User/" + u.ID, ContentType: "application/xml",
				Body: "<User><state>" + state + "</state>" + more + "</User>", Purpose: evidence.ForPrepare})
			if x.Status != http.StatusAccepted {
				t.Fatalf("%s: %s", state, x.Answered())
			}
		}
		in := func() spec.State {
			for _, v := range b.Reference.Snapshot().Users {
				if v.ID == u.ID {
					return spec.State(v.State)
				}
			}
			return ""
		}
		put("LOGIN", "<extension>"+u.Extension+"</extension>")
		time.Sleep(5 * time.Second)
		for _, home := range []spec.State{spec.Ready, spec.NotReady} {
			put(string(home), "")
			time.Sleep(5 * time.Second)
			other := spec.Ready
			if home == spec.Ready {
				other = spec.NotReady
			}
			put(string(other), "")
			asked := time.Now()
			left := scenario.LeftBehind{Home: evidence.Observation{User: u.ID, State: home, Extension: u.Extension}, Asked: asked}
			if err := stage.RestoreUser(t.Context(), left); err != nil {
				t.Error(err)
			}
			time.Sleep(5 * time.Second)
			if is := in(); is != home {
				t.Errorf("found in %s, left in %s", home, is)
			}
			began := time.Now()
			if err := stage.RestoreUser(t.Context(), left); err != nil || time.Since(began) > time.Second {
				t.Errorf("long ago: %v, after %v", err, time.Since(began))
			}
		}
	})
}

// A change that comes after it was waited for in vain may take away a user who was
// seen back already: it is looked at once more at the end, when such a change has had
// time to come.
func TestChangesThatComeLate(t *testing.T) {
	t.Parallel()
	timing := runner.Timing{Settle: 2 * time.Second, Quiet: 80 * time.Millisecond, Poll: 5 * time.Millisecond}
	for _, of := range []int{0, 3} { // which ones of four are late
		for _, by := range []time.Duration{time.Second / 2, time.Second, 2 * time.Second} {
			synctest.Test(t, func(t *testing.T) {
				changes := 0
				b := bed.Open(t, bed.Deployment{Timing: timing, Configure: func(c *reference.Config) {
					c.Delays = func() time.Duration {
						if changes++; changes%4 == of {
							return timing.Settle + by
						}
						return 30 * time.Millisecond
					}
				}})
				for _, id := range []string{"SIG-01", "TRN-UCCE-04", "TRN-UCCE-06"} {
					b.Exercise(id)
				}
				played := b.Finish()
				time.Sleep(time.Minute)
				for _, u := range b.Reference.Snapshot().Users {
					named := slices.ContainsFunc(played.Unrestored, func(n reports.Unrestored) bool { return n.User == u.ID })
					if u.State != reference.Logout && !named {
						t.Errorf("late by %v: user %s is left in %s, and not named", by, u.ID, u.State)
					}
				}
			})
		}
	}
}

// Where one way back does not come about another is taken: who cannot leave
// wrap-up as it should leaves it in another way, though nobody supervises it and
// its timer takes hours.
func TestAnotherWayBack(t *testing.T) {
	t.Parallel()
	for _, faults := range [][]string{
		{"withheld-work-to-not-ready"}, {"wrap-up-waits-work-not-ready"}, {"withheld-work-ready-to-not-ready"}, {"wrap-up-waits-work-ready-not-ready"},
		{"withheld-work-to-not-ready", "withheld-work-to-ready", "signs-out-from-work"},
	} {
		t.Run(faults[len(faults)-1], func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := bed.Play(t, bed.Deployment{
					Faults:    faults,
					Configure: func(c *reference.Config) { c.WrapUpTimer = 2 * time.Hour },
					Subject: func(s *runner.Subject) {
						s.Users = slices.DeleteFunc(slices.Clone(s.Users), func(u *fixtures.User) bool { return strings.HasPrefix(u.ID, "10011") })
					},
				}, "TRN-UCCE-22", "TRN-UCCE-23", "TRN-UCCE-31", "TRN-UCCE-33")
				if len(p.Left)+len(p.Unrestored) > 0 {
					t.Errorf("left %v, named %v", p.Left, p.Unrestored)
				}
			})
		})
	}
}
