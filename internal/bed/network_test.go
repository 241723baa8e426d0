package bed_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/bed"
	"finesse-conformance/runner"
)

// What the network does to one answer in fifty makes no failure: it counts
// when it happens again. Here it does not happen again to the same request:
// that one in fifty of one in fifty is hit twice is chance, and counts.
func TestNetworkThatFailsNowAndThen(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(http.ResponseWriter){
		"502": func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) },
		"not understood": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, "<html><body>400 Bad Request</body></html>")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			random := rand.New(rand.NewPCG(1, 2))
			hit := map[string]bool{}
			wrong, _ := outcomes(t, bed.Deployment{Kind: reference.UCCE, Notifications: true, Around: func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					body, err := io.ReadAll(r.Body)
					if err != nil {
						return // the client has gone
					}
					r.Body = io.NopCloser(bytes.NewReader(body))
					request := r.Method + " " + r.URL.String() + " " + string(body)
					mu.Lock()
					fails := random.IntN(50) == 0 && strings.Contains(r.URL.Path, "/User/") && (r.Method == http.MethodGet || !hit[request])
					hit[request] = hit[request] || fails
					mu.Unlock()
					if fails {
						answer(w)
						return
					}
					next.ServeHTTP(w, r)
				})
			}})
			for id, why := range wrong {
				t.Errorf("%s failed: %s", id, why)
			}
		})
	}
}

// A GET that is lost for longer than the settle time right after a request
// proves nothing.
func TestGetLostAfterARequest(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	hang, puts := false, 0
	wrong, _ := outcomes(t, bed.Deployment{Kind: reference.UCCE, Timing: runner.Timing{Settle: 4 * time.Second, Request: 6 * time.Second},
		Around: func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				hangs := hang && r.Method == http.MethodGet
				if r.Method == http.MethodPut {
					puts++
				}
				hang = r.Method == http.MethodPut && puts%7 == 0
				mu.Unlock()
				if hangs {
					<-r.Context().Done()
					return
				}
				next.ServeHTTP(w, r)
			})
		}})
	for id, why := range wrong {
		t.Errorf("%s failed: %s", id, why)
	}
}
