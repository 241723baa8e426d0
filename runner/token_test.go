package runner

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/runner/internal/played"
	"finesse-conformance/suites/evidence"
)

// sso stands before a reference and lets users in by access tokens that live
// for a short time. Each is written to a file, as a sidecar does.
type sso struct {
	behind  http.Handler
	dir     string
	secret  map[string]string // passwords behind, by user
	mu      sync.Mutex
	holder  map[string]string // of each token that is good, the user
	all     []string          // every token there was
	expired int               // requests that met one that was not good any more
}

func (s *sso) issue(t *testing.T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holder = map[string]string{}
	for id := range s.secret {
		token := "tok." + rand.Text() + "." + rand.Text()
		s.holder[token], s.all = id, append(s.all, token)
		name := filepath.Join(s.dir, id)
		if err := os.WriteFile(name+".new", []byte(token+"\n"), 0o600); err != nil {
			t.Error(err)
		}
		if err := os.Rename(name+".new", name); err != nil {
			t.Error(err)
		}
	}
}

func (s *sso) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		s.mu.Lock()
		id := s.holder[token]
		if id == "" {
			s.expired++
		}
		s.mu.Unlock()
		if id == "" {
			w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		r.SetBasicAuth(id, s.secret[id])
	} else if r.Header.Get("Authorization") != "" {
		w.Header().Set("WWW-Authenticate", "Bearer")
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	s.behind.ServeHTTP(w, r)
}

// Users by token are certified like any others, though their tokens expire
// all the time, and no token is in what is recorded.
func TestUsersByToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, certifyByToken)
}

func certifyByToken(t *testing.T) {
	d := played.New(t, "UCCE")
	users := d.Target().Users
	door := &sso{behind: d, dir: t.TempDir(), secret: map[string]string{}}
	for _, u := range users {
		door.secret[u.ID] = u.Password.Reveal()
		u.Password, u.Token = "", fixtures.TokenFrom{File: filepath.Join(door.dir, u.ID)}
	}
	door.issue(t)
	ctx, stop := context.WithCancel(t.Context())
	var sidecar sync.WaitGroup
	sidecar.Go(func() {
		for tick := time.Tick(47 * time.Millisecond); ; {
			select {
			case <-ctx.Done():
				return
			case <-tick:
				door.issue(t)
			}
		}
	})
	result, err := Verdicts(t.Context(), Subject{
		Handler: door, Deployment: "UCCE", Release: "12.5(1)", Users: users,
		Only: []string{"SIG-0*", "TRN-UCCE-0*", "ERR-0*", "AUT-01", "AUT-02", "SUP-0*"},
	})
	stop()
	sidecar.Wait()
	if err != nil {
		t.Fatal(err)
	}
	passed := 0
	for _, row := range result.Requirements {
		switch row.Outcome {
		case evidence.Failed:
			t.Errorf("%s %s", row.ID, row.Reason)
		case evidence.Passed:
			passed++
		case evidence.NotExercised:
			if strings.Contains(row.Reason, "token") {
				t.Errorf("%s was not exercised: %s", row.ID, row.Reason)
			}
		}
	}
	if passed < 20 || door.expired == 0 || len(result.Unrestored) > 0 {
		t.Errorf("%d passed; %d requests met an expired token; left behind: %+v", passed, door.expired, result.Unrestored)
	}
	text, err := json.Marshal(result)
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range door.all {
		for _, part := range strings.Split(token, ".") {
			if len(part) > 3 && strings.Contains(string(text), part) {
				t.Errorf("a part of a token is in the result: %s", part)
			}
		}
	}
	t.Logf("%d passed, %d requests met an expired token, of %d that were issued", passed, door.expired, len(door.all))
}
