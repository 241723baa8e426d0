package scenario_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"finesse-conformance/internal/bed"
	"finesse-conformance/internal/contracttest"
	"finesse-conformance/internal/extent"
	"finesse-conformance/runner"
	"finesse-conformance/suites/evidence"
)

// TestTargetsThatDoSomethingElse: the deviations of a target fail the
// requirements that they are about and no others, cost a run not much of its
// time, and nobody is left behind.
func TestTargetsThatDoSomethingElse(t *testing.T) {
	t.Parallel()
	parts := make([][]string, extent.Of(6, 3, 1)) // of the catalogue, of which each target is asked one
	for i, q := range contracttest.Catalogue().All() {
		parts[i%len(parts)] = append(parts[i%len(parts)], q.ID)
	}
	took := make([]time.Duration, len(parts)) // on a target as it should be, which fails nothing: the tests of the bed show that
	for i, part := range parts {
		virtually(t, fmt.Sprint("nothing ", i), func(t *testing.T) {
			began := time.Now()
			bed.Play(t, bed.Deployment{}, part...)
			took[i] = time.Since(began)
		})
	}
	for i, test := range []struct {
		name string
		d    func() bed.Deployment
		fail string  // requirements that may fail, as a regular expression
		most float64 // of the time of the reference
	}{
		{"stores any state", func() bed.Deployment {
			return bed.Deployment{Around: storing(func(string) bool { return true }).around}
		}, `^(SUP-09-.*|ERR-01|ERR-02|ERR-03|ERR-08-.*|ERR-13|USR-0[123]|USR-11)$`, 1.8}, // 1.3 for all, and parts differ
		{"stores any state, and only LOGOUT leaves it", func() bed.Deployment {
			return bed.Deployment{Around: storing(func(s string) bool { return s == "LOGOUT" }).around}
		}, `^(SUP-09-.*|ERR-01|ERR-02|ERR-03|ERR-08-.*|ERR-13|USR-0[123]|USR-11)$`, 1.8},
		{"reads are answered 202, in LOGOUT without a time of change, and it has no SystemInfo", func() bed.Deployment {
			odd := &proxy{after: func(r *http.Request, user string, answer *httptest.ResponseRecorder) {
				switch {
				case strings.HasSuffix(r.URL.Path, "/SystemInfo"):
					answer.Code = http.StatusNotFound
					answer.Body.Reset()
				case user != "" && r.Method == http.MethodGet && answer.Code == http.StatusOK:
					answer.Code = http.StatusAccepted
				}
				if user != "" && strings.Contains(answer.Body.String(), "<state>LOGOUT</state>") {
					show(answer, "stateChangeTime", "")
				}
			}}
			return bed.Deployment{Around: odd.around}
		}, "^USR-0[137]$", 1.2},
		{"the first request after a sign-in is lost", func() bed.Deployment {
			fresh := map[string]bool{}
			return bed.Deployment{Around: (&proxy{before: func(w http.ResponseWriter, r *http.Request, user, body string) bool {
				lost := r.Method == http.MethodPut && fresh[user]
				if r.Method == http.MethodPut && user != "" {
					fresh[user] = strings.Contains(body, "LOGIN")
				}
				if lost {
					w.WriteHeader(http.StatusAccepted)
				}
				return lost
			}}).around}
		}, ".", 4},
		{"every fifth request is slow", func() bed.Deployment {
			n := atomic.Int64{}
			return bed.Deployment{Around: func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if n.Add(1)%5 == 0 {
						select {
						case <-time.After(3 * time.Second):
						case <-r.Context().Done():
						}
					}
					next.ServeHTTP(w, r)
				})
			}}
		}, "^$", 4},
		{"two nodes, and one is stale for ever", func() bed.Deployment { return bed.Deployment{Around: lagging(time.Hour).around} }, ".", 4},
		{"two nodes, and one lags", func() bed.Deployment { return bed.Deployment{Around: lagging(1500 * time.Millisecond).around} }, "^$", 1.5},
	} {
		virtually(t, test.name, func(t *testing.T) {
			began := time.Now()
			played := bed.Play(t, test.d(), parts[i%len(parts)]...)
			times := float64(time.Since(began)) / float64(took[i%len(parts)])
			t.Logf("%.2f of the time of a correct one; %+v", times, played.Summary)
			if times > test.most {
				t.Errorf("the run took %.2f of the time that it takes on a correct target", times)
			}
			for _, id := range played.Failed() {
				if !regexp.MustCompile(test.fail).MatchString(id) {
					t.Errorf("%s failed: %s", id, played.Verdict(id).Reason)
				}
			}
			if len(played.Unrestored) > 0 || len(played.Left) > 0 {
				t.Errorf("not back: %+v, %v", played.Unrestored, played.Left)
			}
		})
	}
}

// Where nothing leads out of a state that a target should never have let users
// into, the requirement that saw it fails, those that need the users say since
// when they wait, the others are judged, and whoever is left is named.
func TestNothingLeadsOut(t *testing.T) {
	extent.ForCI(t)
	t.Parallel()
	virtually(t, "UCCE", func(t *testing.T) {
		began := time.Now()
		played := bed.Play(t, bed.Deployment{Around: storing(func(string) bool { return false }).around})
		waits := 0
		for _, row := range played.Requirements {
			switch {
			case strings.Contains(row.Reason, "no documented way"):
				t.Errorf("%s: %s", row.ID, row.Reason)
			case row.Outcome == evidence.NotExercised && strings.Contains(row.Reason, ` is in state "RESERVED" since SUP-09-RESERVED,`):
				waits++
			case row.Outcome == evidence.Failed && !regexp.MustCompile(`^(SUP-09-.*|ERR-01|ERR-0[23]|ERR-08-.*|USR-03|USR-11)$`).MatchString(row.ID):
				t.Errorf("%s failed: %s", row.ID, row.Reason)
			}
		}
		if v := played.Verdict("SUP-09-RESERVED_OUTBOUND_PREVIEW"); v.Outcome != evidence.Failed {
			t.Errorf("the repetition does not count what the first attempt saw: %s: %s", v.Outcome, v.Reason)
		}
		if waits < 10 || played.Summary.Passed < 80 {
			t.Errorf("%d wait; %+v", waits, played.Summary)
		}
		named := map[string]bool{}
		for _, u := range played.Unrestored {
			named[u.User] = true
		}
		if len(named) == 0 || time.Since(began) > 30*time.Minute {
			t.Errorf("named %v, after %v", named, time.Since(began))
		}
	})
}

// A phone that is not as the configuration says is not the target's: whoever
// else can sign in plays, and the user is named. Where nobody can, it is the
// target that does not sign anybody in.
func TestPhones(t *testing.T) {
	t.Parallel()
	for _, heard := range []bool{false, true} {
		virtually(t, fmt.Sprintf("one mistyped, heard %v", heard), func(t *testing.T) {
			began := time.Now()
			b := bed.Open(t, bed.Deployment{Notifications: heard, Subject: func(s *runner.Subject) {
				s.Users[0].Extension, s.Users[0].ExtensionAt = "999999", "finesse.yaml:7: users[0].extension"
			}})
			for _, id := range []string{"SIG-01", "SIG-02", "TRN-UCCE-02", "TRN-UCCE-03", "TRN-UCCE-06", "TRN-UCCE-11"} {
				if v, _ := b.Exercise(id); v.Outcome != evidence.Passed {
					t.Errorf("%s: %s: %s", id, v.Outcome, v.Reason)
				}
			}
			for i, u := range b.Survey().Cast.Users {
				if named := strings.Contains(u.Barred, "999999 (finesse.yaml:7: users[0].extension)"); named != (i == 0) {
					t.Errorf("user %s is left alone: %q", u.ID, u.Barred)
				}
			}
			if took := time.Since(began); took > 2*time.Minute {
				t.Errorf("the run took %v", took)
			}
			if p := b.Finish(); len(p.Unrestored) > 0 || len(p.Left) > 0 {
				t.Errorf("not back: %+v, %v", p.Unrestored, p.Left)
			}
		})
		virtually(t, fmt.Sprintf("all mistyped, heard %v", heard), func(t *testing.T) {
			b := bed.Open(t, bed.Deployment{Notifications: heard, Subject: func(s *runner.Subject) {
				for i, u := range s.Users {
					u.Extension = fmt.Sprint(99990 + i)
				}
			}})
			if v, _ := b.Exercise("SIG-01"); v.Outcome != evidence.Failed {
				t.Errorf("%s: %s", v.Outcome, v.Reason)
			}
			if v, _ := b.Exercise("TRN-UCCE-06"); v.Outcome != evidence.NotExercised {
				t.Errorf("%s: %s", v.Outcome, v.Reason)
			}
		})
	}
	virtually(t, "the first LOGIN of a user is lost", func(t *testing.T) {
		n := 0
		p := &proxy{before: func(w http.ResponseWriter, _ *http.Request, user, body string) bool {
			if user != "1001001" || !strings.Contains(body, "LOGIN") {
				return false
			}
			n++
			if n == 1 {
				w.WriteHeader(http.StatusAccepted)
			}
			return n == 1
		}}
		b := bed.Open(t, bed.Deployment{Around: p.around})
		if v, _ := b.Exercise("SIG-01"); v.Outcome != evidence.Failed {
			t.Errorf("%s: %s", v.Outcome, v.Reason)
		}
		if v, _ := b.Exercise("SIG-02"); v.Outcome != evidence.Passed {
			t.Errorf("%s: %s", v.Outcome, v.Reason)
		}
	})
}

// Where reads are frozen nobody can be seen to be back: who is not is named.
func TestFrozenReads(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		thawed time.Duration
		events bool // which tell what reads do not
		only   []string
	}{
		"after a minute":     {thawed: time.Minute},
		"beside events":      {thawed: 20 * time.Second, events: true},
		"from the first one": {},
		// Nobody is needed for anything that would sign it out by the way.
		"of a run of one": {only: []string{"SIG-01"}},
	} {
		virtually(t, name, func(t *testing.T) {
			start, shown := time.Now(), map[string]string{}
			p := &proxy{after: func(r *http.Request, user string, answer *httptest.ResponseRecorder) {
				if user == "" || r.Method != http.MethodGet || answer.Code != http.StatusOK {
					return
				}
				if old := shown[user]; old != "" && time.Since(start) >= c.thawed {
					answer.Body.Reset()
					answer.Body.WriteString(old)
					return
				}
				shown[user] = answer.Body.String()
			}}
			played := bed.Play(t, bed.Deployment{Around: p.around, Notifications: c.events}, c.only...)
			named := map[string]bool{}
			for _, u := range played.Unrestored {
				named[u.User] = true
			}
			for _, id := range played.Left {
				if !named[id] {
					t.Errorf("user %s was left behind, and is not named", id)
				}
			}
			t.Logf("%+v; named %+v; left %v", played.Summary, played.Unrestored, played.Left)
		})
	}
}
