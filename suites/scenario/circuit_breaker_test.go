package scenario_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"finesse-conformance/internal/bed"
	"finesse-conformance/suites/evidence"
)

// swallow answers requests whose body holds a text with 202 and does nothing.
func swallow(text string, asked *int) func(http.Handler) http.Handler {
	var mu sync.Mutex
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err == nil && r.Method == http.MethodPut && strings.Contains(string(body), text) {
				mu.Lock()
				*asked++
				mu.Unlock()
				w.WriteHeader(http.StatusAccepted)
				return
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			next.ServeHTTP(w, r)
		})
	}
}

// TestBarrier: a transition that the target accepts and never makes is not
// waited for on every way that needs it. The requirement of the transition
// itself still fails; the others say why they were not exercised.
func TestBarrier(t *testing.T) {
	t.Parallel()
	virtually(t, "READY", func(t *testing.T) {
		asked, needed, told := 0, 0, 0
		b := bed.Open(t, bed.Deployment{Around: swallow("<state>READY</state>", &asked)})
		began := time.Now()
		for _, item := range b.Items() {
			if strings.Contains(item.Plan.Path.String(), "go ready") {
				needed++
			}
			v, _ := b.Play(t.Context(), item)
			if item.Requirement.ID == "TRN-UCCE-06" && v.Outcome != evidence.Failed {
				t.Errorf("TRN-UCCE-06 is %s: %s", v.Outcome, v.Reason)
			}
			if v.Outcome == evidence.NotExercised && strings.Contains(v.Reason, "did not come about") {
				told++
			}
		}
		if needed < 40 || told < needed/2 {
			t.Errorf("%d requirements need READY, %d say that it was not tried again", needed, told)
		}
		if asked > needed {
			t.Errorf("READY was asked for %d times for %d requirements", asked, needed)
		}
		// A correct target takes about seven and a half minutes.
		if took := time.Since(began); took > 30*time.Minute {
			t.Errorf("the run took %v", took)
		}
	})
}
