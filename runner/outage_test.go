package runner_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"finesse-conformance/internal/bed"
	"finesse-conformance/runner"
	"finesse-conformance/suites/evidence"
)

// goesAway stands before a deployment that is away for a while, again and
// again: with 503, without an answer, or by its own word.
type goesAway struct {
	next         http.Handler
	how          string
	every, lasts time.Duration

	mu    sync.Mutex
	began time.Time
	met   int // requests that met it
}

func (g *goesAway) away() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.began.IsZero() {
		g.began = time.Now()
	}
	into := time.Since(g.began) % g.every
	if is := into >= g.every-g.lasts; is {
		g.met++
		return true
	}
	return false
}

func (g *goesAway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/ws") || !g.away() {
		g.next.ServeHTTP(w, r)
		return
	}
	switch {
	case g.how == "reset":
		panic(http.ErrAbortHandler)
	case g.how == "out of service" && strings.HasSuffix(r.URL.Path, "/SystemInfo"):
		_, _ = w.Write([]byte("<SystemInfo><deploymentType>UCCE</deploymentType><status>OUT_OF_SERVICE</status></SystemInfo>"))
	default:
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

// A target that goes away for five seconds is waited for: nothing fails for it,
// nobody is left behind, and what it interrupted is exercised all the same.
func TestOutage(t *testing.T) {
	t.Parallel()
	ids := []string{"SIG-01", "SIG-02", "TRN-UCCE-06", "TRN-UCCE-11", "PND-01", "RSN-01", "SUP-01", "ERR-01", "ERR-03", "AUT-10", "TRN-UCCE-24"}
	for _, how := range []string{"503", "reset", "out of service"} {
		t.Run(how, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				proxy := &goesAway{how: how, every: 12 * time.Second, lasts: 5 * time.Second}
				played := bed.Play(t, bed.Deployment{Around: func(next http.Handler) http.Handler { proxy.next = next; return proxy }}, ids...)
				for _, id := range ids {
					if v := played.Verdict(id); v.Outcome != evidence.Passed {
						t.Errorf("%s is %s: %s", id, v.Outcome, v.Reason)
					}
				}
				if len(played.Left)+len(played.Unrestored) > 0 {
					t.Errorf("%v are not back: %v", played.Left, played.Unrestored)
				}
				if proxy.met == 0 {
					t.Error("nothing met the outage")
				}
			})
		})
	}
}

// Who is signed out by the restart of a node was moved by nobody's hand.
func TestOutageSignsOut(t *testing.T) {
	t.Parallel()
	ids := []string{"TRN-UCCE-06", "TRN-UCCE-11", "PND-01", "RSN-01", "SUP-01", "TRN-UCCE-24"}
	synctest.Test(t, func(t *testing.T) {
		proxy := &goesAway{how: "reset", every: 19 * time.Second, lasts: 5 * time.Second}
		b := bed.Open(t, bed.Deployment{Around: func(next http.Handler) http.Handler { proxy.next = next; return proxy }})
		restarts := make(chan struct{})
		go func() {
			defer close(restarts)
			for range 20 {
				select {
				case <-t.Context().Done():
					return
				case <-time.After(time.Second):
				}
				if proxy.away() {
					b.Reference.SignEverybodyOut()
				}
			}
		}()
		for _, id := range ids {
			if v, _ := b.Exercise(id); v.Outcome != evidence.Passed {
				t.Errorf("%s is %s: %s", id, v.Outcome, v.Reason)
			}
		}
		<-restarts
		played := b.Finish()
		if len(played.Left)+len(played.Unrestored) > 0 {
			t.Errorf("%v are not back: %v", played.Left, played.Unrestored)
		}
	})
}

// One that does not come back is waited for no longer than it is said, once.
func TestOutageForGood(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		proxy := &goesAway{how: "503", every: 1000 * time.Hour, lasts: 1000*time.Hour - 10*time.Second}
		b := bed.Open(t, bed.Deployment{
			Around:  func(next http.Handler) http.Handler { proxy.next = next; return proxy },
			Subject: func(s *runner.Subject) { s.Timing.Outage = 30 * time.Second },
		})
		time.Sleep(10 * time.Second)
		began := time.Now()
		v, _ := b.Exercise("TRN-UCCE-06")
		if v.Outcome != evidence.NotExercised {
			t.Errorf("%s: %s", v.Outcome, v.Reason)
		}
		if took := time.Since(began); took < 30*time.Second || took > 60*time.Second {
			t.Errorf("it was waited for %v", took)
		}
	})
}
