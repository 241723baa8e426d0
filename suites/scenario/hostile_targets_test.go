package scenario_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"finesse-conformance/internal/bed"
	"finesse-conformance/internal/contracttest"
	"finesse-conformance/runner"
	"finesse-conformance/suites/evidence"
)

// proxy stands before a deployment. It is told of every request for a User,
// with its body, before it is passed on, and may answer itself; and of every
// answer, which it may change.
type proxy struct {
	mu     sync.Mutex
	before func(w http.ResponseWriter, r *http.Request, user, body string) bool // true where it has answered
	after  func(r *http.Request, user string, answer *httptest.ResponseRecorder)
}

func (p *proxy) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/ws") {
			next.ServeHTTP(w, r)
			return
		}
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		user := ""
		if strings.HasPrefix(r.URL.Path, "/finesse/api/User/") && strings.Count(r.URL.Path, "/") == 4 {
			user = path.Base(r.URL.Path)
		}
		p.mu.Lock()
		done := p.before != nil && p.before(w, r, user, string(body))
		p.mu.Unlock()
		if done {
			return
		}
		if p.after == nil {
			next.ServeHTTP(w, r)
			return
		}
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		p.mu.Lock()
		p.after(r, user, answer)
		p.mu.Unlock()
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.Header().Del("Content-Length")
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	})
}

var stateOf = regexp.MustCompile(`<state>([^<]*)</state>`)

// show replaces the text of an element in an answer.
func show(answer *httptest.ResponseRecorder, element, text string) {
	old := regexp.MustCompile("(?s)<"+element+">[^<]*</"+element+">|<"+element+"/>").ReplaceAllString(answer.Body.String(), "<"+element+">"+text+"</"+element+">")
	answer.Body.Reset()
	answer.Body.WriteString(old)
}

// storing is a mock that keeps whatever state it is sent. leave says which
// states lead out of one that Finesse has not.
func storing(leave func(state string) bool) *proxy {
	stored := map[string]string{}
	p := &proxy{}
	p.before = func(w http.ResponseWriter, r *http.Request, user, body string) bool {
		if r.Method != http.MethodPut || user == "" || !strings.Contains(body, "<User>") {
			return false
		}
		state := ""
		if m := stateOf.FindStringSubmatch(body); m != nil {
			state = m[1]
		}
		switch state {
		case "LOGIN", "LOGOUT", "READY", "NOT_READY":
			if _, odd := stored[user]; odd {
				if !leave(state) {
					w.WriteHeader(http.StatusBadRequest)
					_, _ = io.WriteString(w, "<ApiErrors><ApiError><ErrorType>Invalid State</ErrorType><ErrorData></ErrorData><ErrorMessage>m</ErrorMessage></ApiError></ApiErrors>")
					return true
				}
				delete(stored, user)
			}
			return false
		}
		stored[user] = state
		w.WriteHeader(http.StatusAccepted)
		return true
	}
	p.after = func(r *http.Request, user string, answer *httptest.ResponseRecorder) {
		if state, odd := stored[user]; odd && r.Method == http.MethodGet && answer.Code == http.StatusOK {
			show(answer, "state", state)
		}
	}
	return p
}

// lagging is a cluster of two nodes that answer in turn, one of which shows
// what it was told a while ago.
func lagging(by time.Duration) *proxy {
	type told struct {
		at   time.Time
		body string
	}
	all, turn := map[string][]told{}, map[string]int{}
	return &proxy{after: func(r *http.Request, user string, answer *httptest.ResponseRecorder) {
		if user == "" || r.Method != http.MethodGet || answer.Code != http.StatusOK {
			return
		}
		turn[user]++
		now := time.Now()
		all[user] = append(all[user], told{now, answer.Body.String()})
		if turn[user]%2 == 1 {
			return
		}
		for len(all[user]) > 1 && now.Sub(all[user][1].at) >= by {
			all[user] = all[user][1:]
		}
		answer.Body.Reset()
		answer.Body.WriteString(all[user][0].body)
	}}
}

// TestTargetsThatDoSomethingElse: the deviations of a target fail the
// requirements that they are about and no others, cost a run not much of its
// time, and nobody is left behind.
func TestTargetsThatDoSomethingElse(t *testing.T) {
	t.Parallel()
	parts := [][]string{nil} // of the catalogue, of which each target is asked one
	if os.Getenv("LONG_TESTS") == "" {
		parts = make([][]string, 3)
	}
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
		}, `^(SUP-09-.*|ERR-01|ERR-02|ERR-03|ERR-08-.*|ERR-13|USR-0[123])$`, 1.6},
		{"stores any state, and only LOGOUT leaves it", func() bed.Deployment {
			return bed.Deployment{Around: storing(func(s string) bool { return s == "LOGOUT" }).around}
		}, `^(SUP-09-.*|ERR-01|ERR-02|ERR-03|ERR-08-.*|ERR-13|USR-0[123])$`, 1.8},
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

// A client that is shut out after the 401 that a run asks for: the row that
// saw it is not failed, and the run ends with one reason.
func TestShutOut(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusForbidden, http.StatusOK, http.StatusUnauthorized} {
		virtually(t, fmt.Sprint(status), func(t *testing.T) {
			asked := 0
			p := &proxy{
				before: func(w http.ResponseWriter, _ *http.Request, _, _ string) bool {
					if asked < 5 {
						return false
					}
					w.WriteHeader(status)
					_, _ = io.WriteString(w, "<html>blocked</html>")
					return true
				},
				after: func(_ *http.Request, _ string, answer *httptest.ResponseRecorder) {
					if answer.Code == http.StatusUnauthorized {
						asked++
					}
				},
			}
			played := bed.Play(t, bed.Deployment{Around: p.around})
			for _, id := range played.Failed() {
				if strings.HasPrefix(id, "AUT-0") || id == "SUP-15" {
					t.Errorf("%s failed: %s", id, played.Verdict(id).Reason)
				}
			}
			if !strings.Contains(played.Stopped, "nobody in") {
				t.Errorf("stopped: %q", played.Stopped)
			}
			named := map[string]bool{}
			for _, u := range played.Unrestored {
				named[u.User] = true
			}
			for _, id := range played.Left {
				if !named[id] {
					t.Errorf("user %s was left behind, and is not named", id)
				}
			}
			t.Logf("stopped: %s; left %v", played.Stopped, played.Left)
		})
	}
}

// Once a 401 has had the run shut out for a while, the requirements that cost
// another one are left out, and no others. Before that no user gets all of
// them.
func TestShutOutForAWhile(t *testing.T) {
	t.Parallel()
	virtually(t, "three seconds", func(t *testing.T) {
		refusals, blocks := map[string]int{}, 0
		var until time.Time
		p := &proxy{
			before: func(w http.ResponseWriter, _ *http.Request, _, _ string) bool {
				if time.Now().After(until) {
					return false
				}
				w.WriteHeader(http.StatusForbidden)
				return true
			},
			after: func(r *http.Request, _ string, answer *httptest.ResponseRecorder) {
				if answer.Code != http.StatusUnauthorized {
					return
				}
				user, _, _ := r.BasicAuth()
				if refusals[user]++; len(refusals) > 0 && refusals["all"] >= 4 {
					until = time.Now().Add(3 * time.Second)
					blocks++
				}
				refusals["all"]++
			},
		}
		b := bed.Open(t, bed.Deployment{Around: p.around})
		rows, left := 0, 0
		for _, item := range b.Items() {
			v, _ := b.Play(t.Context(), item)
			if !item.Requirement.Unauthorized() || !item.Runs() {
				if strings.Contains(v.Reason, "costs an answer 401") {
					t.Errorf("%s: %s", v.Requirement, v.Reason)
				}
				continue
			}
			rows++
			if strings.Contains(v.Reason, "costs an answer 401, and after that of ") {
				left++
			}
		}
		if blocks == 0 || blocks > 3 || left == 0 || left > rows-4 {
			t.Errorf("shut out %d times; %d of %d rows left out", blocks, left, rows)
		}
		played := b.Finish()
		if played.Stopped != "" || len(played.Left) > 0 {
			t.Errorf("stopped: %q; left %v", played.Stopped, played.Left)
		}
		t.Logf("%d of %d; %v", left, rows, refusals)
	})
}

// Where reads are frozen nobody can be seen to be back: who is not is named.
func TestFrozenReads(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		thawed time.Duration
		only   []string
	}{
		"after a minute":     {thawed: time.Minute},
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
			played := bed.Play(t, bed.Deployment{Around: p.around}, c.only...)
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
