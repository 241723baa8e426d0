package runner

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/extent"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/internal/played"
	"finesse-conformance/runner/internal/progress"
	"finesse-conformance/suites"
	"finesse-conformance/suites/evidence"
)

// somebody sits at the desks of users: a second client that asks for what
// agents ask for, now and then.
type somebody struct {
	p      *played.Server
	random *rand.Rand
	least  time.Duration // between two moves

	mu    sync.Mutex
	moves []string
}

// act moves one user after the other until the channel is closed.
func (s *somebody) act(over <-chan struct{}) {
	for {
		select {
		case <-over:
			return
		case <-time.After(s.least + time.Duration(s.random.Int64N(int64(s.least)))):
		}
		u := s.p.Config.Users[s.random.IntN(len(s.p.Config.Users))]
		now, _ := s.p.Snapshot().User(u.ID)
		wish := []string{"READY", "NOT_READY", "LOGOUT"}[s.random.IntN(3)]
		body := "<User><state>" + wish + "</state></User>"
		switch {
		case now.State == reference.Logout:
			body = "<User><state>LOGIN</state><extension>" + u.Extension + "</extension></User>"
		case wish != "READY":
			body = "<User><state>" + wish + "</state><reasonCodeId>" + s.code(u.Team, wish) + "</reasonCodeId></User>"
		}
		r := httptest.NewRequest(http.MethodPut, "/finesse/api/User/"+u.ID, strings.NewReader(body))
		r.SetBasicAuth(u.ID, u.Password)
		r.Header.Set("Content-Type", "application/xml")
		w := httptest.NewRecorder()
		s.p.Deployment.ServeHTTP(w, r)
		if w.Code == http.StatusAccepted {
			s.mu.Lock()
			s.moves = append(s.moves, fmt.Sprintf("%s in %s: %s", u.ID, now.State, body))
			s.mu.Unlock()
		}
	}
}

func (s *somebody) code(team, category string) string {
	for _, c := range s.p.Config.ReasonCodes {
		if string(c.Category) == category && (c.ForAll || len(c.Teams) > 0 && c.Teams[0] == team) {
			return fmt.Sprint(c.ID)
		}
	}
	return ""
}

// A hand that is not the run's makes scenarios inconclusive, never failed.
func TestSomebodyElseMovesUsers(t *testing.T) {
	for n := range extent.Of(1, 1, 6) {
		deployment := []string{"UCCE", "UCCX"}[n%2]
		t.Run(fmt.Sprint(deployment, n), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { movedBySomebody(t, deployment) })
		})
	}
}

func movedBySomebody(t *testing.T, deployment string) {
	t.Helper()
	p := played.New(t, deployment)
	s, _ := sessionOn(t, p, config.Run{Skip: []string{"NTF-*", "WRP-*"}})
	if err := s.begin(t.Context(), progress.None{}); err != nil {
		t.Fatal(err)
	}
	seed := rand.Uint64() // the clock is virtual
	t.Logf("moments drawn with %d", seed)
	other := &somebody{p: p, random: rand.New(rand.NewPCG(seed, 0)), least: 500 * time.Millisecond}
	over := make(chan struct{})
	var sitting sync.WaitGroup
	sitting.Go(func() { other.act(over) })
	items := suites.Plan(s.stage, s.selection())
	h := inOrder(t.Context(), items, s.play)
	close(over)
	sitting.Wait()
	left := s.end(t.Context(), progress.None{})
	run := s.facts()
	run.Unrestored = left
	result, _ := s.conclude(items, h, run)
	repeated, inconclusive := 0, 0
	for _, o := range h.outcomes {
		if len(o.Evidence) > 1 {
			repeated++
		}
		if o.Verdict.Outcome == evidence.NotExercised {
			inconclusive++
			t.Logf("%s: %s", o.Verdict.Requirement, o.Verdict.Reason)
		}
	}
	for _, row := range result.Requirements {
		if row.Outcome == evidence.Failed {
			t.Errorf("%s failed: %s", row.ID, row.Reason)
		}
	}
	t.Logf("%d moves, %d scenarios repeated, %d inconclusive; %d passed, %d failed; left %+v", len(other.moves), repeated, inconclusive, result.Summary.Passed, result.Summary.Failed, left)
	if len(other.moves) < 5 || repeated == 0 {
		t.Errorf("%d moves and %d repetitions: too few to say anything", len(other.moves), repeated)
	}
	if t.Failed() {
		t.Log(strings.Join(other.moves, "\n"))
	}
}
