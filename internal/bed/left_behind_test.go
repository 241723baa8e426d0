package bed_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/bed"
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
