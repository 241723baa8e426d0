package bed_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"finesse-conformance/internal/bed"
	"finesse-conformance/internal/extent"
	"finesse-conformance/runner"
)

// loses stands before a deployment and gives one of the answers to nobody,
// whether the request was done or not.
type loses struct {
	next http.Handler
	at   int64 // which, 0 for none
	done bool
	met  atomic.Int64
}

func (l *loses) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.URL.Path, "/finesse/") || l.met.Add(1) != l.at {
		l.next.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body) // else it is not noticed that the client gives up
	if err != nil {
		return
	}
	if r.Body = io.NopCloser(bytes.NewReader(body)); l.done {
		l.next.ServeHTTP(nowhere{http.Header{}}, r)
	}
	<-r.Context().Done()
}

// nowhere is where an answer is written that gets lost.
type nowhere struct{ header http.Header }

func (n nowhere) Header() http.Header       { return n.header }
func (nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (nowhere) WriteHeader(int)             {}

// One answer that is lost, whichever it is, makes no failure and leaves nobody
// behind, whether the time limit of a request is below or above the settle time.
// LONG_TESTS loses each; else some.
func TestLostAtEveryPlace(t *testing.T) {
	t.Parallel()
	ids := []string{"TRN-UCCE-30", "TRN-UCCE-33", "WRP-01", "SIG-01", "SIG-05", "SUP-04-WORK", "PND-01", "ERR-03"}
	for name, timing := range map[string]runner.Timing{
		"below the settle time": {Settle: 2 * time.Second, Request: time.Second},
		"above the settle time": {Settle: 2 * time.Second, Request: 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play := func(at int64, done bool) (met int64) {
				synctest.Test(t, func(t *testing.T) {
					door := &loses{at: at, done: done}
					played := bed.Play(t, bed.Deployment{Timing: timing, Around: func(next http.Handler) http.Handler {
						door.next = next
						return door
					}}, ids...)
					met = door.met.Load()
					what := fmt.Sprintf("answer %d lost, the request done: %t", at, done)
					for _, id := range played.Failed() {
						t.Errorf("%s: %s failed: %s", what, id, played.Verdict(id).Reason)
					}
					if len(played.Left)+len(played.Unrestored) > 0 {
						t.Errorf("%s: %v are not back, named %v", what, played.Left, played.Unrestored)
					}
				})
				return met
			}
			step := extent.Of(int64(199), 199, 1)
			all := play(0, false)
			for at := int64(1); at <= all; at += step {
				play(at, at/step%2 == 0)
			}
		})
	}
}
