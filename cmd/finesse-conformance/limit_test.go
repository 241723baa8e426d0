package main

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"finesse-conformance/internal/extent"
)

// --max-requests-per-second holds for everything that reaches the target, over
// all processes: in no second are there more.
func TestMaxRequestsPerSecond(t *testing.T) {
	const limit = 40
	for _, procs := range []string{"2", "1"}[:extent.Of(1, 2, 2)] {
		t.Run(procs, func(t *testing.T) {
			t.Parallel()
			s := serve(t, "--troupes", procs)
			there, err := url.Parse(s.Target.URL)
			if err != nil {
				t.Fatal(err)
			}
			var mu sync.Mutex
			var times []time.Time
			proxy := httputil.NewSingleHostReverseProxy(there)
			proxy.Transport = s.client.Transport
			counting := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				times = append(times, time.Now())
				mu.Unlock()
				proxy.ServeHTTP(w, r)
			}))
			t.Cleanup(counting.Close)
			s.rewrite(t, s.Target.URL, counting.URL)
			run := start(t, s.env, "run", "--config", s.config, "--out", filepath.Join(s.dir, "out"), "--quiet-time", "20ms", "--progress", "none",
				"--procs", procs, "--only", "ERR-01,ERR-02,ERR-03,USR-01", "--max-requests-per-second", strconv.Itoa(limit))
			if code := run.code(t, longest); code != 0 {
				t.Fatalf("exit code %d:\n%s", code, run.out.String())
			}
			most := 0
			for i := range times {
				n := 0
				for _, at := range times[i:] {
					if at.Sub(times[i]) < time.Second {
						n++
					}
				}
				most = max(most, n)
			}
			took := times[len(times)-1].Sub(times[0])
			// Requests that waited on their way may arrive a little closer to
			// those that did not.
			if slack := limit / 5; most > limit+1+slack || float64(len(times)) > limit*took.Seconds()+2+float64(slack) {
				t.Errorf("%d requests in one second, %d in %v", most, len(times), took)
			}
			if float64(len(times)) < limit*took.Seconds()/2 {
				t.Errorf("only %d requests in %v: the limit was never reached", len(times), took)
			}
			t.Logf("%d requests in %v, at most %d in a second", len(times), took, most)
		})
	}
}
