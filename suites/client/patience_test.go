package client_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
)

// What is left without an answer is waited for a few times; then as long as answers
// take, and an answer that comes after all is one of them.
func TestRequestsWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var takes atomic.Int64 // negative: never
		c := client.New(client.Options{Base: &url.URL{Scheme: "http", Host: "target"}, Timeout: 15 * time.Second, Transport: client.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			d := time.Duration(takes.Load())
			if d < 0 {
				<-r.Context().Done()
			}
			time.Sleep(d)
		}))})
		for i, s := range []struct {
			takes, waited time.Duration
			answered      bool
		}{
			{100 * time.Millisecond, 100 * time.Millisecond, true},
			{-1, 15 * time.Second, false},
			{-1, 15 * time.Second, false},
			{14 * time.Second / 100, 140 * time.Millisecond, true},
			{-1, 15 * time.Second, false},
			{-1, 560 * time.Millisecond, false},
			{200 * time.Millisecond, 200 * time.Millisecond, true},
			{2 * time.Second, 800 * time.Millisecond, false}, // it comes
			{-1, 8 * time.Second, false},
			{4 * time.Second, 4 * time.Second, true},
			{-1, 15 * time.Second, false},
		} {
			takes.Store(int64(s.takes))
			began := time.Now()
			x := c.Do(t.Context(), nil, client.Call{Credentials: client.None, Method: http.MethodPut, Path: "/", Purpose: evidence.ForAct})
			if waited := time.Since(began); waited != s.waited || (x.Err == "") != s.answered {
				t.Errorf("request %d was waited for %v and %s, want %v", i, waited, x.Answered(), s.waited)
			}
			if !s.answered && (s.waited < 15*time.Second) != strings.Contains(x.Err, "far longer than answers take") {
				t.Errorf("request %d: %s", i, x.Err)
			}
			time.Sleep(20 * time.Second)
		}
	})
}
