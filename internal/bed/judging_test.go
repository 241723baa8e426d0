package bed_test

import (
	"net/http"
	"net/http/httptest"
	pathpkg "path"
	"testing"
	"testing/synctest"
	"time"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/bed"
	"finesse-conformance/runner"
	"finesse-conformance/suites/evidence"
)

// outcomes plays a deployment, and gives what failed and how long it took. On
// the reference as it is nothing does, as TestReference shows.
func outcomes(t *testing.T, d bed.Deployment) (failed map[string]string, took time.Duration) {
	t.Helper()
	failed = map[string]string{}
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		for _, row := range bed.Play(t, d).Requirements {
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
	t.Parallel()
	_, long := outcomes(t, bed.Deployment{Kind: reference.UCCE, Notifications: true})
	wrong, took := outcomes(t, bed.Deployment{Kind: reference.UCCE, Notifications: true, Faults: []string{"change-time-backwards"}})
	if wrong["USR-03"] == "" {
		t.Error("USR-03 did not fail")
	}
	for id, why := range wrong {
		if id != "USR-03" {
			t.Errorf("%s failed: %s", id, why)
		}
	}
	if took > long*3/2 {
		t.Errorf("took %v, and %v with a clock that is right", took, long)
	}
}

// A quiet time as long as the wrap-up timer makes no failure.
func TestQuietTimeAsLongAsTheWrapUpTimer(t *testing.T) {
	t.Parallel()
	wrong, _ := outcomes(t, bed.Deployment{Kind: reference.UCCE, Timing: runner.Timing{Quiet: 2 * time.Second}, Configure: func(c *reference.Config) {
		c.WrapUpTimer = 2 * time.Second
	}})
	for id, why := range wrong {
		t.Errorf("%s failed: %s", id, why)
	}
}

// answering has a proxy change the answers to GETs of a kind.
func answering(path string, change func(w http.ResponseWriter, answer *httptest.ResponseRecorder)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if ok, _ := pathpkg.Match(path, r.URL.Path); !ok || r.Method != http.MethodGet {
				next.ServeHTTP(w, r)
				return
			}
			answer := httptest.NewRecorder()
			next.ServeHTTP(answer, r)
			change(w, answer)
		})
	}
}

// A target without SystemInfo, and one whose reads are answered with another
// status, are judged to the end: one cause is one finding.
func TestPreflightStopsForNothingElse(t *testing.T) {
	t.Parallel()
	for name, target := range map[string]struct {
		around func(http.Handler) http.Handler
		fails  string
	}{
		"no SystemInfo": {answering("/finesse/api/SystemInfo", func(w http.ResponseWriter, _ *httptest.ResponseRecorder) {
			w.WriteHeader(http.StatusNotFound)
		}), "USR-07"},
		"reads are answered with 202": {answering("/finesse/api/User/*", func(w http.ResponseWriter, answer *httptest.ResponseRecorder) {
			for name, values := range answer.Header() {
				w.Header()[name] = values
			}
			if answer.Code == http.StatusOK {
				answer.Code = http.StatusAccepted
			}
			w.WriteHeader(answer.Code)
			_, _ = w.Write(answer.Body.Bytes())
		}), "USR-01"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wrong, _ := outcomes(t, bed.Deployment{Kind: reference.UCCE, Notifications: true, Around: target.around})
			if wrong[target.fails] == "" {
				t.Errorf("%s did not fail", target.fails)
			}
			for id, why := range wrong {
				if id != target.fails {
					t.Errorf("%s failed: %s", id, why)
				}
			}
		})
	}
}
