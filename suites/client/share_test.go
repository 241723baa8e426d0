package client_test

import (
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"finesse-conformance/suites/client"
)

// The rate that a reverse proxy allows is shared among the processes that send
// something: under a limit of connections those are few, and the others wait.
func TestShareOfTheRate(t *testing.T) {
	for name, test := range map[string]struct {
		share  int
		limits []client.Limit
		want   int // requests a second
	}{
		"one":                         {1, []client.Limit{client.LimitRate}, 80},
		"four":                        {4, []client.Limit{client.LimitRate}, 20},
		"four, few connections later": {4, []client.Limit{client.LimitRate, client.LimitConnections}, 40},
		"four, few connections first": {4, []client.Limit{client.LimitConnections, client.LimitRate}, 40},
		"one, few connections":        {1, []client.Limit{client.LimitConnections, client.LimitRate}, 80},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := client.New(client.Options{
					Base: &url.URL{Scheme: "https", Host: "finesse.example.com"}, Share: test.share, Seats: 2,
					Transport: client.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })),
				})
				for _, l := range test.limits {
					c.Heed(l)
				}
				began, n := time.Now(), 0
				for ; time.Since(began) < 10*time.Second; n++ {
					c.Do(t.Context(), nil, client.Call{Credentials: client.None, Method: "GET", Path: "/finesse/api/SystemInfo"})
				}
				if n /= 10; n < test.want-1 || n > test.want+1 {
					t.Errorf("%d requests a second, %d expected", n, test.want)
				}
			})
		})
	}
}
