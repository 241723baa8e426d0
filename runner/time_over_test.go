package runner_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/bed"
	"finesse-conformance/reports"
	"finesse-conformance/runner"
)

// A run with a time limit ends within 15 seconds of it, whatever the target does from some
// moment on, and names everybody who is not back.
func TestTimeOver(t *testing.T) {
	t.Parallel()
	hang := func(_ http.Handler, w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // else it is not noticed that the client gives up
		<-r.Context().Done()
	}
	changes := func(r *http.Request) bool { return r.Method != http.MethodGet }
	for name, door := range map[string]func(http.Handler, http.ResponseWriter, *http.Request){
		"as ever":           func(next http.Handler, w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r) },
		"nothing is served": hang,
		"no user is read": func(next http.Handler, w http.ResponseWriter, r *http.Request) {
			if changes(r) || !strings.Contains(r.URL.Path, "/User/") {
				next.ServeHTTP(w, r)
				return
			}
			hang(next, w, r)
		},
		"nothing is changed": func(next http.Handler, w http.ResponseWriter, r *http.Request) {
			if changes(r) {
				w.WriteHeader(http.StatusAccepted)
				return
			}
			next.ServeHTTP(w, r)
		},
		"away": func(_ http.Handler, w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusServiceUnavailable)
		},
		"slow": func(next http.Handler, w http.ResponseWriter, r *http.Request) {
			recorded := httptest.NewRecorder()
			next.ServeHTTP(recorded, r)
			select {
			case <-time.After(4 * time.Second):
			case <-r.Context().Done():
			}
			for name, values := range recorded.Header() {
				w.Header()[name] = values
			}
			w.WriteHeader(recorded.Code)
			_, _ = w.Write(recorded.Body.Bytes())
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				const limit = 20 * time.Second
				var deployment *reference.Deployment
				_, subject := bed.Serve(t, bed.Deployment{
					Notifications: true,
					Started:       func(d *reference.Deployment) { deployment = d },
					Around: func(next http.Handler) http.Handler {
						return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
							if time.Since(began) > limit-7*time.Second && !strings.HasPrefix(r.URL.Path, "/ws") {
								door(next, w, r)
								return
							}
							next.ServeHTTP(w, r)
						})
					},
				})
				a, err := runner.NewCLI(io.Discard, io.Discard)
				if err != nil {
					t.Fatal(err)
				}
				result, err := a.CertifyWithin(t.Context(), subject, limit)
				if err != nil {
					t.Fatal(err)
				}
				took := time.Since(began)
				t.Logf("%v after the limit; not back: %+v", took-limit, result.Unrestored)
				if took < limit-time.Second || took > limit+15*time.Second {
					t.Errorf("ended after %v", took)
				}
				named := map[string]bool{}
				for _, u := range result.Unrestored {
					named[u.User] = true
				}
				for _, u := range deployment.Snapshot().Users {
					if u.State != reference.Logout && !named[u.ID] {
						t.Errorf("user %s was left in %s, and is not named", u.ID, u.State)
					}
				}
				if name == "as ever" && (len(result.Unrestored) > 0 || result.Exit.Code != reports.ExitUncertifiable) {
					t.Errorf("exit code %d, not back: %v", result.Exit.Code, result.Unrestored)
				}
			})
		})
	}
}
