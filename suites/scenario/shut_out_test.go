package scenario_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"finesse-conformance/internal/bed"
	"finesse-conformance/internal/extent"
)

// A client that is shut out after the 401 that a run asks for: the row that
// saw it is not failed, and the run ends with one reason.
func TestShutOut(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusOK}[:extent.Of(1, 3, 3)] {
		virtually(t, fmt.Sprint(status), func(t *testing.T) {
			asked := 0
			p := &proxy{
				before: func(w http.ResponseWriter, _ *http.Request, _, _ string) bool {
					if asked < 5 {
						return false
					}
					w.WriteHeader(status)
					_, _ = io.WriteString(w, "<html>blocked</html>")
					return true
				},
				after: func(_ *http.Request, _ string, answer *httptest.ResponseRecorder) {
					if answer.Code == http.StatusUnauthorized {
						asked++
					}
				},
			}
			played := bed.Play(t, bed.Deployment{Around: p.around})
			for _, id := range played.Failed() {
				if strings.HasPrefix(id, "AUT-0") || id == "SUP-15" {
					t.Errorf("%s failed: %s", id, played.Verdict(id).Reason)
				}
			}
			if !strings.Contains(played.Stopped, "nobody in") {
				t.Errorf("stopped: %q", played.Stopped)
			}
			named := map[string]bool{}
			for _, u := range played.Unrestored {
				named[u.User] = true
			}
			for _, id := range played.Left {
				if !named[id] {
					t.Errorf("user %s was left behind, and is not named", id)
				}
			}
			t.Logf("stopped: %s; left %v", played.Stopped, played.Left)
		})
	}
}

// Once a 401 has had the run shut out for a while, the requirements that cost
// another one are left out, and no others. Before that no user gets all of
// them.
func TestShutOutForAWhile(t *testing.T) {
	t.Parallel()
	virtually(t, "three seconds", func(t *testing.T) {
		refusals, blocks := map[string]int{}, 0
		var until time.Time
		p := &proxy{
			before: func(w http.ResponseWriter, _ *http.Request, _, _ string) bool {
				if time.Now().After(until) {
					return false
				}
				w.WriteHeader(http.StatusForbidden)
				return true
			},
			after: func(r *http.Request, _ string, answer *httptest.ResponseRecorder) {
				if answer.Code != http.StatusUnauthorized {
					return
				}
				user, _, _ := r.BasicAuth()
				if refusals[user]++; len(refusals) > 0 && refusals["all"] >= 4 {
					until = time.Now().Add(3 * time.Second)
					blocks++
				}
				refusals["all"]++
			},
		}
		b := bed.Open(t, bed.Deployment{Around: p.around})
		rows, left := 0, 0
		for _, item := range b.Items() {
			v, _ := b.Play(t.Context(), item)
			if !item.Requirement.Unauthorized() || !item.Runs() {
				if strings.Contains(v.Reason, "costs an answer 401") {
					t.Errorf("%s: %s", v.Requirement, v.Reason)
				}
				continue
			}
			rows++
			if strings.Contains(v.Reason, "costs an answer 401, and after that of ") {
				left++
			}
		}
		if blocks == 0 || blocks > 3 || left == 0 || left > rows-4 {
			t.Errorf("shut out %d times; %d of %d rows left out", blocks, left, rows)
		}
		played := b.Finish()
		if played.Stopped != "" || len(played.Left) > 0 {
			t.Errorf("stopped: %q; left %v", played.Stopped, played.Left)
		}
		t.Logf("%d of %d; %v", left, rows, refusals)
	})
}
