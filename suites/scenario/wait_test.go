package scenario_test

import (
	"net/http"
	"testing"
	"time"

	"finesse-conformance/suites/evidence"
)

// A GET that is under way when a change happens shows nothing and has to be
// waited for: where an event tells of the change, none is sent before it.
// Where none does, GETs find it all the same.
func TestNoGetBeforeTheEvent(t *testing.T) {
	t.Parallel()
	const answering, changing = 100 * time.Millisecond, 10 * time.Millisecond
	for _, test := range []struct {
		name   string
		events bool
	}{{"events", true}, {"none", false}} {
		virtually(t, test.name, func(t *testing.T) {
			s, f := fakeStage(t, "1001")
			b := &bell{}
			s.Events, s.Target.Notifications = b, true
			s.Target.Settle, s.Target.Quiet, s.Poll = 2*time.Second, 100*time.Millisecond, answering/4
			under, early := false, 0 // a change is under way; GETs that came meanwhile
			f.script = func(f *fake, w http.ResponseWriter, r request) bool {
				if r.method == http.MethodGet {
					if under {
						early++
					}
					f.mu.Unlock() // others need not wait for this answer
					time.Sleep(answering)
					f.mu.Lock()
					return false
				}
				under = true
				time.AfterFunc(changing, func() {
					f.mu.Lock()
					defer f.mu.Unlock()
					under = false
					f.users[r.user].take(r.body)
					if test.events {
						b.ring(told(f.users[r.user], r.user))
					}
				})
				w.WriteHeader(202)
				return true
			}
			v, _ := s.Exercise(t.Context(), requirement(t, s, "TRN-UCCE-04"))
			if v.Outcome != evidence.Passed {
				t.Errorf("%s: %s", v.Outcome, v.Reason)
			}
			if early > 0 {
				t.Errorf("%d GETs were sent between a request and its effect", early)
			}
			home(t, s, f)
		})
	}
}
