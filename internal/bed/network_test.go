package bed_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/bed"
	"finesse-conformance/internal/contracttest"
	"finesse-conformance/internal/extent"
	"finesse-conformance/runner"
)

// What the network does to one answer in fifty makes no failure, whether the
// request was done or not: it counts when it happens again and again. What was
// not understood counts when it happens twice: here it does not happen again to
// the same request. LONG_TESTS plays more such networks.
func TestNetworkThatFailsNowAndThen(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	t.Parallel()
	type network struct {
		name string
		kind string
		seed uint64
		// answer says whether the request was answered so.
		answer func(w http.ResponseWriter, draw *rand.Rand, done func(), before bool) bool
	}
	gateway := func(w http.ResponseWriter, draw *rand.Rand, done func(), _ bool) bool {
		if draw.IntN(2) == 0 {
			done()
		}
		w.WriteHeader(http.StatusBadGateway + draw.IntN(3))
		return true
	}
	networks := []network{{"gateway", reference.UCCE, 1, gateway}, {"not understood", reference.UCCE, 1, func(w http.ResponseWriter, _ *rand.Rand, _ func(), before bool) bool {
		if !before {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, "<html><body>400 Bad Request</body></html>")
		}
		return !before
	}}}
	if extent.Long() {
		for seed := range uint64(30) {
			networks = append(networks, network{fmt.Sprint("gateway, UCCE ", seed+2), reference.UCCE, seed + 2, gateway}, network{fmt.Sprint("gateway, UCCX ", seed+2), reference.UCCX, seed + 2, gateway})
		}
	}
	for i, network := range networks {
		var only []string // of the two together: everything
		for j, q := range contracttest.Catalogue().All() {
			if j%2 == i%2 || extent.Long() {
				only = append(only, q.ID)
			}
		}
		t.Run(network.name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			random := rand.New(rand.NewPCG(network.seed, 2))
			hit := map[string]bool{}
			wrong, _ := outcomes(t, bed.Deployment{Kind: network.kind, Notifications: true, Around: func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					body, err := io.ReadAll(r.Body)
					if err != nil {
						return // the client has gone
					}
					r.Body = io.NopCloser(bytes.NewReader(body))
					request := r.Method + " " + r.URL.String() + " " + string(body)
					mu.Lock()
					fails := random.IntN(50) == 0 && strings.Contains(r.URL.Path, "/User/")
					before := hit[request] && r.Method != http.MethodGet
					hit[request] = hit[request] || fails
					draw := rand.New(rand.NewPCG(random.Uint64(), 0))
					mu.Unlock()
					if fails && network.answer(w, draw, func() { next.ServeHTTP(httptest.NewRecorder(), r) }, before) {
						return
					}
					next.ServeHTTP(w, r)
				})
			}}, only...)
			for id, why := range wrong {
				t.Errorf("%s failed: %s", id, why)
			}
		})
	}
}

// A GET that is lost for longer than the settle time right after a request
// proves nothing.
func TestGetLostAfterARequest(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds")
	}
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
