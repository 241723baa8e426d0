package bed_test

import (
	"fmt"
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
// when it happens again.
func TestNetworkThatFailsNowAndThen(t *testing.T) {
	right, _ := outcomes(t, bed.Deployment{Kind: reference.UCCE, Notifications: true})
	for name, answer := range map[string]func(http.ResponseWriter){
		"502": func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) },
		"not understood": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, "<html><body>400 Bad Request</body></html>")
		},
	} {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			random := rand.New(rand.NewPCG(1, 2))
			wrong, _ := outcomes(t, bed.Deployment{Kind: reference.UCCE, Notifications: true, Around: func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					mu.Lock()
					fails := random.IntN(50) == 0
					mu.Unlock()
					if fails && strings.Contains(r.URL.Path, "/User/") {
						answer(w)
						return
					}
					next.ServeHTTP(w, r)
				})
			}})
			for id, why := range wrong {
				if right[id] == "" {
					t.Errorf("%s failed: %s", id, why)
				}
			}
		})
	}
}

// A GET that is lost for longer than the settle time right after a request
// proves nothing.
func TestGetLostAfterARequest(t *testing.T) {
	right, _ := outcomes(t, bed.Deployment{Kind: reference.UCCE})
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
		if right[id] == "" {
			t.Errorf("%s failed: %s", id, why)
		}
	}
}
