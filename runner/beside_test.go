package runner_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/bed"
	"finesse-conformance/internal/extent"
	"finesse-conformance/reports/behaviourmap"
	"finesse-conformance/reports/exploration"
	"finesse-conformance/runner"
	"finesse-conformance/runner/config"
)

// arrivals notes when requests arrive.
type arrivals struct {
	mu    sync.Mutex
	times []time.Time
}

func (a *arrivals) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		a.times = append(a.times, time.Now())
		a.mu.Unlock()
		next.ServeHTTP(w, r)
	})
}

// most is how many arrived in any second.
func (a *arrivals) most() int {
	most := 0
	for i := range a.times {
		n := 0
		for ; i+n < len(a.times) && a.times[i+n].Sub(a.times[i]) < time.Second; n++ {
		}
		most = max(most, n)
	}
	return most
}

// shared is a deployment whose cast makes so many troupes.
func shared(kind string, troupes int, around func(http.Handler) http.Handler) bed.Deployment {
	return bed.Deployment{Kind: kind, Notifications: true, Around: around, Configure: func(c *reference.Config) {
		more, err := reference.Default(kind, "12.5(1)", troupes)
		if err != nil {
			panic(err) // the release has one
		}
		c.Users, c.Teams = more.Users, more.Teams
	}}
}

// The limit of requests holds for a map and for an exploration over all troupes
// that they are shared over, in every second, and they come as close to it as
// that many troupes do.
func TestLimitOfMapAndExploration(t *testing.T) {
	const limit, troupes = 25, 4
	for name, do := range map[string]func(*testing.T, *runner.CLI, runner.Subject, config.Run) (int, error){
		"map": func(t *testing.T, a *runner.CLI, u runner.Subject, run config.Run) (int, error) {
			run.Only = []string{"MAP-NOT_READY-self", "MAP-READY-self", "MAP-LOGOUT-*"}
			return a.MapOf(t.Context(), u, run)
		},
		"explore": func(t *testing.T, a *runner.CLI, u runner.Subject, run config.Run) (int, error) {
			return a.ExploreOf(t.Context(), u, run, 60)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var seen arrivals
				_, subject := bed.Serve(t, shared(reference.UCCE, troupes, seen.around))
				app, err := runner.NewCLI(io.Discard, os.Stderr)
				if err != nil {
					t.Fatal(err)
				}
				code, err := do(t, app, subject, config.Run{Procs: troupes, MaxRequestsPerSecond: limit, Seed: 3, Out: t.TempDir()})
				if code != 0 || err != nil {
					t.Fatalf("exit code %d, %v", code, err)
				}
				took := seen.times[len(seen.times)-1].Sub(seen.times[0]).Seconds()
				if most := seen.most(); most > limit+1 {
					t.Errorf("%d requests in one second", most)
				}
				if rate := float64(len(seen.times)) / took; rate < limit/3 || rate > limit+1 {
					t.Errorf("%d requests in %.0f s", len(seen.times), took)
				}
				t.Logf("%d requests in %.0f s, at most %d in a second", len(seen.times), took, seen.most())
			})
		})
	}
}

// A map and an exploration that several troupes share come to what one troupe
// comes to, and maps in less than half of the time: hardly a row is left for the
// whole cast.
func TestSharedOverTroupes(t *testing.T) {
	extent.ForCI(t)
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var maps []*behaviourmap.Map
		steps := map[int]int{}
		took := map[int]time.Duration{}
		for _, troupes := range []int{1, 4} {
			embedded, subject := bed.Serve(t, shared(reference.UCCE, 4, nil))
			app, err := runner.NewCLI(io.Discard, os.Stderr)
			if err != nil {
				t.Fatal(err)
			}
			run := config.Run{Procs: troupes, Seed: 3, Out: t.TempDir(), Only: []string{"MAP-LOGOUT-teammate", "MAP-WORK-supervisor", "MAP-WORK_READY-supervisor"}}
			began := time.Now()
			if code, err := app.MapOf(t.Context(), subject, run); code != 0 || err != nil {
				t.Fatalf("exit code %d, %v", code, err)
			}
			took[troupes] = time.Since(began)
			maps = append(maps, read(t, filepath.Join(run.Out, "map.json"), behaviourmap.Read))
			run.Only = nil
			if code, err := app.ExploreOf(t.Context(), subject, run, 80); code != 0 || err != nil {
				t.Fatalf("exit code %d, %v", code, err)
			}
			steps[troupes] = read(t, filepath.Join(run.Out, "explore.json"), exploration.Read).Steps
			for _, u := range embedded.Deployment.Snapshot().Users {
				if u.State != reference.Logout {
					t.Errorf("user %s was left in %s", u.ID, u.State)
				}
			}
			if err := embedded.Close(); err != nil {
				t.Log(err)
			}
		}
		if changed, err := behaviourmap.Compare(maps[0], maps[1]); err != nil || len(changed.Changed) > 0 || changed.Same != len(maps[0].Cells) {
			t.Errorf("the maps differ: %+v, %v", changed, err)
		}
		if took[4] > took[1]/2 {
			t.Errorf("maps take, by troupes: %v", took)
		}
		if steps[1] < 80 || steps[4] < 80 {
			t.Errorf("steps by troupes: %v", steps)
		}
	})
}

func read[T any](t *testing.T, name string, from func(io.Reader) (T, error)) T {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	v, err := from(f)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
