package journal

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"finesse-conformance/spec"
	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/scenario"
)

// Restorer puts users back whom a run that was killed left behind.
type Restorer struct {
	// Stage sets a stage at a target, by its key, with those of its users who
	// are in the configuration.
	Stage func(ctx context.Context, target string, users []Unrestored) (*scenario.Stage, error)
	// Clean is that of the journal.
	Clean func(string) string
	// Say tells a person who is being put back.
	Say func(format string, args ...any)
}

// Restored is what became of a user in Restore.
type Restored struct {
	Unrestored
	Is  evidence.Observation // as last seen
	Err error                // why the user is not back, nil if it is
}

// maxRestores is how often users are put back who do not stay there: what the
// killed run asked for last may take effect later.
const maxRestores = 3

// Restore puts back everyone whom the journal has as touched and not
// returned: no call, no reservation, no pending change, the state, reason code
// and extension as they were found. It looks again after the quiet time, and
// notes in the journal who is back, so that it can be repeated. Without a
// journal, or with nobody left in it, it does nothing.
//
// The error is a *BusyError while the run still goes on, or that of the file
// system; who could not be put back is in the list, with the reason.
func (r *Restorer) Restore(ctx context.Context, path string, targets []Target) ([]Restored, error) {
	left, err := Read(path)
	if errors.Is(err, os.ErrNotExist) || err == nil && len(left) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	held, err := lockRun(path, targets)
	if err != nil {
		return nil, err
	}
	j, err := Join(path, "restore-"+rand.Text()[:8])
	if err != nil {
		return nil, errors.Join(err, held.release())
	}
	j.locks, j.Clean = held, r.Clean
	// Between reading and locking the run may have ended on its own.
	if left, err = Read(path); err != nil {
		return nil, errors.Join(err, j.Close())
	}
	var all []Restored
	for len(left) > 0 {
		target := left[0].Target
		var here, elsewhere []Unrestored
		for _, u := range left {
			if u.Target == target {
				here = append(here, u)
			} else {
				elsewhere = append(elsewhere, u)
			}
		}
		all, left = append(all, r.target(ctx, j, target, here)...), elsewhere
	}
	return all, j.Close()
}

// target puts back the users of one target.
func (r *Restorer) target(ctx context.Context, j *Journal, key string, users []Unrestored) []Restored {
	list := make([]Restored, len(users))
	for i, u := range users {
		list[i] = Restored{Unrestored: u}
	}
	stage, err := r.Stage(ctx, key, users)
	if err != nil {
		for i := range list {
			list[i].Err = err
		}
		return list
	}
	var asked []int // who can be asked for
	for i := range list {
		u := stage.Cast.ByID(list[i].User)
		switch {
		case u == nil:
			list[i].Err = errors.New("is not among the users of the configuration")
		case u.Barred != "":
			list[i].Err = errors.New(u.Barred)
		default:
			r.Say("putting user %s back into %s", list[i].User, list[i].Initial.State)
			asked = append(asked, i)
		}
	}
	for n := 0; n < maxRestores && len(asked) > 0 && ctx.Err() == nil; n++ {
		r.round(ctx, stage, list, asked)
		select {
		case <-ctx.Done():
		case <-time.After(stage.Target.Quiet):
		}
		asked = r.moved(ctx, stage, list, asked)
	}
	for _, i := range asked {
		if list[i].Err == nil {
			list[i].Err = fmt.Errorf("does not stay in %s: it is in %s", list[i].Initial.State, list[i].Is.State)
		}
	}
	if err := context.Cause(ctx); err != nil {
		for i := range list {
			list[i].Err = err
		}
	}
	r.account(j, stage, list)
	return list
}

// round puts users back, several at the same time.
func (r *Restorer) round(ctx context.Context, stage *scenario.Stage, list []Restored, asked []int) {
	var wg sync.WaitGroup
	for _, i := range asked {
		wg.Go(func() { list[i].Err = stage.SendHome(ctx, list[i].Initial, list[i].WrapUpSwitched()) })
	}
	wg.Wait()
}

// moved gives those who are not where they were brought.
func (r *Restorer) moved(ctx context.Context, stage *scenario.Stage, list []Restored, asked []int) []int {
	var again []int
	for _, i := range asked {
		u := stage.Cast.ByID(list[i].User)
		x := stage.Client.Do(ctx, nil, client.Call{As: u, Method: "GET", Path: "/finesse/api/User/" + u.ID, Purpose: evidence.ForReturn})
		now, ok := evidence.ObservationOf(x)
		if !ok {
			list[i].Err = fmt.Errorf("its state could not be read: HTTP %d %s", x.Status, x.Err)
			again = append(again, i)
			continue
		}
		now.User = u.ID
		list[i].Is = now
		if !atHome(now, list[i].Initial) {
			again = append(again, i)
		}
	}
	return again
}

// atHome reports whether a user is as it was found, as far as it can be: a
// call that it had is gone.
func atHome(now, home evidence.Observation) bool {
	want := home.State
	if !want.Resting() {
		want = spec.NotReady
	}
	return now.State == want && now.Pending == "" &&
		(want == spec.Logout || home.Extension == "" || now.Extension == home.Extension)
}

// account notes in the journal what became of each.
func (r *Restorer) account(j *Journal, stage *scenario.Stage, list []Restored) {
	for i := range list {
		ledger := &Ledger{journal: j, target: list[i].Target, cast: stage.Cast}
		var err error
		if list[i].Err == nil {
			err = ledger.Returned(list[i].User, list[i].Is)
		} else {
			err = ledger.Astray(list[i].User, list[i].Err.Error())
		}
		if err != nil && list[i].Err == nil {
			list[i].Err = err
		}
	}
}
