package scenario_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// bell is a notification service in the test's hands.
type bell struct {
	mu   sync.Mutex
	list []evidence.Event
	wake chan struct{}

	down  string   // the user whose session is down
	asked []string // whose sessions were asked whether they stand
}

func (b *bell) ring(e evidence.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e.Received = time.Now()
	b.list = append(b.list, e)
	if b.wake != nil {
		close(b.wake)
		b.wake = nil
	}
}

func (b *bell) Since(t time.Time) []evidence.Event {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(b.list), func(e evidence.Event) bool { return e.Received.Before(t) })
}

func (b *bell) Wake() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.wake == nil {
		b.wake = make(chan struct{})
	}
	return b.wake
}

func (b *bell) Confirm(_ context.Context, user string) { b.asked = append(b.asked, user) }

func (b *bell) Listens(string) bool { return true }

func (b *bell) Outage(user string, _ time.Time) string {
	if user != b.down {
		return ""
	}
	return "the session of user " + user + " was down"
}

func (b *bell) Unsubscribed(string, string) string { return "" }

// told is the event of a user's present state.
func told(p *person, id string) evidence.Event {
	node := "/finesse/api/User/" + id
	user := strings.NewReplacer("<User>", "<user>", "</User>", "</user>").Replace(p.xml(id))
	return evidence.Event{Session: id, Node: node, Source: node, Event: "PUT",
		Payload: "<Update><data>" + user + "</data><event>PUT</event><requestId></requestId><source>" + node + "</source></Update>"}
}

// An event has the settle time, like the change that it tells of.
func TestLateEvents(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, test := range []struct {
			after time.Duration // negative: never
			want  evidence.Outcome
		}{{0, evidence.Passed}, {150 * time.Millisecond, evidence.Passed}, {-1, evidence.Failed}} {
			for _, id := range []string{"NTF-01", "NTF-02"} {
				s, f := fakeStage(t, "1001")
				b := &bell{}
				s.Events, s.Target.Notifications = b, true
				s.Target.Settle = 600 * time.Millisecond
				f.script = func(f *fake, w http.ResponseWriter, r request) bool {
					if r.method != "PUT" || r.body.state != "READY" {
						return false
					}
					f.users[r.user].take(r.body)
					e := told(f.users[r.user], r.user)
					switch {
					case test.after == 0:
						b.ring(e)
					case test.after > 0:
						time.AfterFunc(test.after, func() { b.ring(e) })
					}
					w.WriteHeader(202)
					return true
				}
				v, _ := s.Exercise(t.Context(), requirement(t, s, id))
				if v.Outcome != test.want {
					t.Errorf("%s, event after %v: %s, %s", id, test.after, v.Outcome, v.Reason)
				}
				home(t, s, f)
			}
		}
	})
}

// The news of another change, long before or after, is not what is waited for.
func TestLateNewsOfAnotherChange(t *testing.T) {
	t.Parallel()
	for _, by := range []int{60_000, -60_000} {
		synctest.Test(t, func(t *testing.T) {
			s, f := fakeStage(t, "1001")
			b := &bell{}
			s.Events, s.Target.Notifications = b, true
			s.Target.Settle = 600 * time.Millisecond
			f.script = func(f *fake, w http.ResponseWriter, r request) bool {
				if r.method != "PUT" || r.body.state != "READY" {
					return false
				}
				found := told(f.users[r.user], r.user)
				f.users[r.user].take(r.body)
				old := *f.users[r.user]
				old.changed += by // milliseconds
				before, e := told(&old, r.user), told(f.users[r.user], r.user)
				time.AfterFunc(400*time.Millisecond, func() { b.ring(before) })
				time.AfterFunc(401*time.Millisecond, func() { b.ring(found) })
				time.AfterFunc(500*time.Millisecond, func() { b.ring(e) })
				w.WriteHeader(202)
				return true
			}
			if v, _ := s.Exercise(t.Context(), requirement(t, s, "NTF-01")); v.Outcome != evidence.Passed {
				t.Errorf("%d ms apart: %s %s", by, v.Outcome, v.Reason)
			}
			home(t, s, f)
		})
	}
}

// A notification may come a moment before the target goes by what it tells:
// the way that went on too early is gone once more, with GETs.
func TestEventsAhead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, f := fakeStage(t, "1001", "1002")
		b := &bell{}
		s.Events, s.Target.Notifications = b, true
		early := 0
		f.script = func(f *fake, w http.ResponseWriter, r request) bool {
			if r.method != "PUT" {
				return false
			}
			p := f.users[r.user]
			if p.state == "LOGOUT" && r.body.state != "LOGIN" {
				early++
				refuse(w, 400, "Invalid State", "")
				return true
			}
			next := *p
			next.take(r.body)
			b.ring(told(&next, r.user))
			time.AfterFunc(30*time.Millisecond, func() {
				f.mu.Lock()
				defer f.mu.Unlock()
				*p = next
			})
			w.WriteHeader(202)
			return true
		}
		v, seen := s.Exercise(t.Context(), requirement(t, s, "TRN-UCCE-11"))
		if v.Outcome != evidence.Passed || len(seen) != 2 || early == 0 {
			t.Errorf("%s %s; %d attempts, %d requests too early", v.Outcome, v.Reason, len(seen), early)
		}
		home(t, s, f)
	})
}

// On the node of a team others are told of too: their news is not what is
// waited for.
func TestLateTeamEvents(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, f := fakeStage(t, "1001", "1002", "1101")
		boss := s.Cast.ByID("1101")
		boss.Role, boss.Supervises = spec.RoleSupervisor, []string{"1"}
		b := &bell{}
		s.Events, s.Target.Notifications = b, true
		s.Target.Settle = 600 * time.Millisecond
		of := func(user string) evidence.Event {
			e := told(f.users[user], user)
			e.Session, e.Node = "1101", "/finesse/api/Team/1/Users"
			return e
		}
		f.script = func(f *fake, w http.ResponseWriter, r request) bool {
			if r.method != "PUT" || r.body.state != "READY" || r.user != "1001" {
				return false
			}
			f.users[r.user].take(r.body)
			other := *f.users["1002"]
			f.users["1002"].state = "READY"
			b.ring(of("1002"))
			*f.users["1002"] = other
			late := of("1001")
			time.AfterFunc(150*time.Millisecond, func() { b.ring(late) })
			w.WriteHeader(202)
			return true
		}
		if v, _ := s.Exercise(t.Context(), requirement(t, s, "NTF-07")); v.Outcome != evidence.Passed {
			t.Errorf("%s %s", v.Outcome, v.Reason)
		}
		home(t, s, f)
	})
}

// What was not heard proves nothing unless the session that would have heard
// it stands: the subject's, and on a team's node the supervisor's. A session is
// asked where something depends on it.
func TestDeafSessions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, test := range []struct {
			id, down string
			want     evidence.Outcome
			asked    []string
		}{
			{"NTF-01", "", evidence.Failed, []string{"1001"}},
			{"NTF-01", "1001", evidence.NotExercised, []string{"1001", "1001"}}, // a lost session may not be lost the next time
			{"NTF-01", "1003", evidence.Failed, []string{"1001"}},
			{"NTF-07", "", evidence.Failed, []string{"1003"}},
			{"NTF-07", "1001", evidence.Failed, []string{"1003"}},
			{"NTF-07", "1003", evidence.NotExercised, []string{"1003", "1003"}},
			{"ERR-12", "", evidence.Failed, []string{"1001"}},
			{"ERR-12", "1001", evidence.NotExercised, []string{"1001", "1001"}},
			{"TRN-UCCE-06", "1001", evidence.Passed, nil},
		} {
			s, f := fakeStage(t, "1001", "1003")
			boss := s.Cast.ByID("1003")
			boss.Role, boss.Supervises = spec.RoleSupervisor, []string{"1"}
			b := &bell{down: test.down}
			s.Events, s.Target.Notifications = b, true
			f.script = func(_ *fake, w http.ResponseWriter, r request) bool {
				if test.id != "ERR-12" || r.method != "PUT" || r.body.state != "READY" {
					return false
				}
				w.WriteHeader(202) // and it is refused by an event that nobody hears
				return true
			}
			v, _ := s.Exercise(t.Context(), requirement(t, s, test.id))
			if v.Outcome != test.want {
				t.Errorf("%s, session of %q down: %s, %s", test.id, test.down, v.Outcome, v.Reason)
			}
			if !slices.Equal(b.asked, test.asked) {
				t.Errorf("%s, session of %q down: asked the sessions of %q, want %q", test.id, test.down, b.asked, test.asked)
			}
			home(t, s, f)
		}
	})
}

// A change that shows after the settle time does not count, also where the
// GET that sees it hung from before until after.
func TestLateChanges(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		after, slow time.Duration // the change, and the answers to GETs
		want        evidence.Outcome
	}{
		"within":            {100 * time.Millisecond, 0, evidence.Passed},
		"after":             {450 * time.Millisecond, 0, evidence.Failed},
		"after, slow reads": {450 * time.Millisecond, 200 * time.Millisecond, evidence.Failed},
	} {
		virtually(t, name, func(t *testing.T) {
			s, f := fakeStage(t, "1001")
			var asked time.Time
			f.script = func(f *fake, w http.ResponseWriter, r request) bool {
				p := f.users[r.user]
				switch {
				case r.method == "PUT" && r.body.state == "READY":
					asked = time.Now()
					time.AfterFunc(test.after, func() {
						f.mu.Lock()
						defer f.mu.Unlock()
						if p.state == "NOT_READY" {
							p.move("READY")
						}
					})
					w.WriteHeader(202)
					return true
				case r.method == "GET" && !asked.IsZero() && test.slow > 0 && time.Since(asked) < time.Second:
					f.mu.Unlock()
					time.Sleep(test.slow)
					f.mu.Lock()
				}
				return false
			}
			v, _ := s.Exercise(t.Context(), requirement(t, s, "TRN-UCCE-06"))
			if v.Outcome != test.want {
				t.Errorf("%s: %s", v.Outcome, v.Reason)
			}
		})
	}
}

// caller routes one call to a user of the fake.
type caller struct {
	fixtures.NoStimuli
	f *fake
}

func (caller) Supports(name spec.Stimulus) bool { return name == spec.RouteCall }

func (c caller) Do(_ context.Context, _ spec.Stimulus, user, _ string) error {
	c.f.mu.Lock()
	defer c.f.mu.Unlock()
	c.f.users[user].move("RESERVED")
	return nil
}

// calls is a script of a target on which calls are answered, and dropped with
// the status.
func calls(drop *int) func(*fake, http.ResponseWriter, request) bool {
	return func(f *fake, w http.ResponseWriter, r request) bool {
		p := f.users["1001"]
		switch {
		case strings.HasSuffix(r.path, "/Dialogs"):
			actions := map[string]string{"RESERVED": "ANSWER", "TALKING": "DROP"}[p.state]
			list := ""
			if actions != "" {
				list = fmt.Sprintf("<Dialog><id>5</id><participants><Participant><mediaAddress>71001</mediaAddress><state>ACTIVE</state>"+
					"<actions><action>%s</action></actions></Participant></participants></Dialog>", actions)
			}
			w.Header().Set("Content-Type", "application/xml")
			_, _ = io.WriteString(w, "<Dialogs>"+list+"</Dialogs>")
		case r.action == "ANSWER":
			p.move("TALKING")
			w.WriteHeader(202)
		case r.action == "DROP" && *drop == 202:
			p.move("READY")
			w.WriteHeader(202)
		case r.action == "DROP":
			w.WriteHeader(*drop)
		default:
			return false
		}
		return true
	}
}

// Calls of the run are ended before anybody is put back, and a call that
// cannot be ended proves nothing of what would follow it.
func TestCallsAreEnded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, test := range []struct {
			drop   int
			want   evidence.Outcome
			reason string // part of it
		}{
			{202, evidence.Passed, ""},
			{501, evidence.NotExercised, "the call could not be ended: DROP was answered 501"},
			{400, evidence.Failed, "the end of the call: expected READY; saw TALKING"},
		} {
			s, f := fakeStage(t, "1001")
			s.Dialogs, s.Stimuli = true, caller{f: f}
			s.Cast.Users[0].WrapUpIncoming, s.Cast.Users[0].WrapUpOutgoing = "NOT_ALLOWED", "NOT_ALLOWED"
			drop := test.drop
			f.script = calls(&drop)
			v, _ := s.Exercise(t.Context(), requirement(t, s, "TRN-UCCE-20"))
			if v.Outcome != test.want || !strings.Contains(v.Reason, test.reason) {
				t.Errorf("DROP answered %d: %s, %s", test.drop, v.Outcome, v.Reason)
			}
			if test.drop == 202 {
				home(t, s, f)
				continue
			}
			if why := s.Users.WhyNotBack("1001"); !strings.Contains(why, "the call of user 1001") {
				t.Errorf("DROP answered %d: unrestored %v", test.drop, s.Users.Unrestored())
			}
			drop = 202
			if _, err := s.PutBack(t.Context()); err != nil {
				t.Errorf("put back: %v", err)
			}
			home(t, s, f)
		}
		// A call in the middle of which something fails is ended too.
		s, f := fakeStage(t, "1001")
		s.Dialogs, s.Stimuli = true, caller{f: f}
		drop := 202
		answer := calls(&drop)
		f.script = func(f *fake, w http.ResponseWriter, r request) bool {
			if r.action == "HOLD" {
				t.Error("not offered, and asked for")
			}
			return answer(f, w, r)
		}
		if v, _ := s.Exercise(t.Context(), requirement(t, s, "TRN-UCCE-24")); v.Outcome != evidence.NotExercised {
			t.Errorf("HOLD that is not offered: %s, %s", v.Outcome, v.Reason)
		}
		home(t, s, f)
	})
}
