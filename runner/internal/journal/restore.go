package journal

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"time"

	"finesse-conformance/spec"
	"finesse-conformance/suites/client"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/scenario"
)

// Restorer puts users back whom a run that was killed left behind.
type Restorer struct {
	// Stage sets a stage at the target of the users, with those of them who
	// are in the configuration and everybody there who can help them.
	Stage func(ctx context.Context, users []Unrestored) (*scenario.Stage, error)
	// Clean is that of the journal.
	Clean func(string) string
	// Say tells a person who is being put back.
	Say func(format string, args ...any)
	// Disk is where the journal is written, nil for the file system.
	Disk Disk
}

// Restoration is what became of a journal in Restore.
type Restoration struct {
	Users  []Restored // everybody who had to be put back, and who else was found to be changed
	Damage []Damage   // what could not be read of the journal
	// Examined: everybody was looked at whom the journal names.
	Examined bool
	// Unwritten is why the journal could not be told who is back: it still
	// names them. Unlocked are the locks that the file system denied.
	Unwritten error
	Unlocked  []error
}

// Restored is what became of a user in Restore.
type Restored struct {
	Unrestored
	Is  evidence.Observation // as last seen
	Err error                // why the user is not back, nil if it is
}

// restoring begins the id of a run that does nothing but put users back.
const restoring = "restore-"

// Whole reports whether nobody can have been missed: everything could be read,
// or all but a record that was never finished, and everybody was looked at whom
// the journal names.
func (r *Restoration) Whole() bool {
	return !slices.ContainsFunc(r.Damage, func(d Damage) bool { return !d.Torn || !r.Examined })
}

// maxRestores is how often users are put back who do not stay there: what the
// killed run asked for last may take effect later.
const maxRestores = 3

// Restore puts back everyone whom the journal has as touched and not
// returned: no call, no reservation, no pending change, the state, reason code
// and extension as they were found. It looks again after the quiet time, and
// notes in the journal who is back, so that it can be repeated. Where a part
// of the journal cannot be read it looks at those as well who were returned,
// and changes nobody whose beginning is not known.
//
// Users come before files: on a disk that is full or cannot be written it
// does the same, and says what it could not note.
//
// The error is a *BusyError while the run still goes on, or that of reading
// the journal; who could not be put back is in the list, with the reason.
func (r *Restorer) Restore(ctx context.Context, path string, targets []Target) (*Restoration, error) {
	c, err := Read(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && c.Clean() {
		return &Restoration{}, nil
	}
	if err != nil {
		return nil, err
	}
	held, err := lockRun(path, targets, lenient)
	if err != nil {
		return nil, err
	}
	// Between reading and locking the run may have ended on its own.
	if c, err = Read(path); err != nil {
		return nil, errors.Join(err, held.release())
	}
	result := &Restoration{Damage: c.Damage, Unlocked: held.unheld}
	j := Join(path, Run{ID: restoring + rand.Text()[:8], Disk: r.Disk})
	j.locks, j.Clean = held, r.Clean
	result.Examined = true
	for _, here := range byTarget(c) {
		list, looked := r.target(ctx, here.left, here.returned)
		result.Users, result.Examined = append(result.Users, list...), result.Examined && looked
		account(j, list)
	}
	if len(c.Damage) > 0 && result.Examined {
		_ = j.write(entry{Type: entryExamined}) // which failed, Close says
	}
	result.Unwritten = j.Close()
	return result, nil
}

// atTarget are the users of a journal who are on one target.
type atTarget struct {
	left     []Unrestored
	returned []Unrestored // to be looked at
}

// byTarget gives who has to be put back or looked at, in the order of the
// journal.
func byTarget(c *Contents) []*atTarget {
	var order []*atTarget
	targets := map[string]*atTarget{}
	at := func(u Unrestored) *atTarget {
		if targets[u.Target] == nil {
			targets[u.Target] = &atTarget{}
			order = append(order, targets[u.Target])
		}
		return targets[u.Target]
	}
	for _, u := range c.Left {
		t := at(u)
		t.left = append(t.left, u)
	}
	if len(c.Damage) > 0 {
		for _, u := range c.Returned {
			t := at(u)
			t.returned = append(t.returned, u)
		}
	}
	return order
}

// target puts back the users of one target who are left, and looks at the
// others. Of these it gives those who are not as they were returned. It
// reports whether everybody could be looked at.
func (r *Restorer) target(ctx context.Context, left, returned []Unrestored) ([]Restored, bool) {
	list := make([]Restored, len(left))
	for i, u := range left {
		list[i] = Restored{Unrestored: u}
	}
	stage, err := r.Stage(ctx, slices.Concat(left, returned))
	if err != nil {
		for i := range list {
			list[i].Err = err
		}
		return list, false
	}
	var asked []int // who can be asked for
	for i := range list {
		if list[i].Err = reachable(stage, list[i].User); list[i].Err != nil {
			continue
		}
		if list[i].Initial.State == "" {
			list[i].Err = r.unknown(ctx, stage, &list[i])
			continue
		}
		r.Say("putting user %s back into %s", list[i].User, list[i].Initial.State)
		asked = append(asked, i)
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
	changed, looked := r.changed(ctx, stage, returned)
	list = append(list, changed...)
	if err := context.Cause(ctx); err != nil {
		for i := range list {
			list[i].Err = err
		}
		looked = false
	}
	return list, looked
}

// reachable says why a user of the journal cannot be asked for.
func reachable(stage *scenario.Stage, user string) error {
	switch u := stage.Cast.ByID(user); {
	case u == nil:
		return errors.New("is not among the users of the configuration")
	case u.Barred != "":
		return errors.New(u.Barred)
	}
	return nil
}

// unknown says of a user whose beginning the journal has lost where it is: a
// person has to know whether that is right.
func (r *Restorer) unknown(ctx context.Context, stage *scenario.Stage, u *Restored) error {
	now, err := look(ctx, stage, u.User)
	if err != nil {
		return err
	}
	u.Is = now
	return fmt.Errorf("how it was found is not in the journal; it is in %s", now.State)
}

// changed gives those who were returned and are not where they were brought:
// a record that cannot be read may be about them.
func (r *Restorer) changed(ctx context.Context, stage *scenario.Stage, returned []Unrestored) (list []Restored, looked bool) {
	looked = true
	for _, u := range returned {
		err := reachable(stage, u.User)
		var now evidence.Observation
		if err == nil {
			now, err = look(ctx, stage, u.User)
		}
		looked = looked && err == nil
		if err == nil && atInitial(now, u.Initial) {
			continue
		}
		if err == nil {
			err = fmt.Errorf("it was put back into %s and is in %s now, and the journal cannot be read to its end", u.Initial.State, now.State)
		}
		list = append(list, Restored{Unrestored: u, Is: now, Err: err})
	}
	return list, looked
}

// round puts users back, several at the same time.
func (r *Restorer) round(ctx context.Context, stage *scenario.Stage, list []Restored, asked []int) {
	var wg sync.WaitGroup
	for _, i := range asked {
		wg.Go(func() { list[i].Err = stage.RestoreUser(ctx, list[i].LeftBehind()) })
	}
	wg.Wait()
}

// moved gives those who are not where they were brought.
func (r *Restorer) moved(ctx context.Context, stage *scenario.Stage, list []Restored, asked []int) []int {
	var again []int
	for _, i := range asked {
		now, err := look(ctx, stage, list[i].User)
		if err != nil {
			list[i].Err = err
			again = append(again, i)
			continue
		}
		list[i].Is = now
		if !atInitial(now, list[i].Initial) {
			again = append(again, i)
		}
	}
	return again
}

// look sees where a user is.
func look(ctx context.Context, stage *scenario.Stage, user string) (evidence.Observation, error) {
	x := stage.Client.Do(ctx, nil, client.Call{
		As: stage.Cast.ByID(user), Method: "GET", Path: "/finesse/api/User/" + user, Purpose: evidence.ForReturn,
	})
	now, ok := evidence.ObservationOf(x)
	if !ok {
		return now, fmt.Errorf("its state could not be read: HTTP %d %s", x.Status, x.Err)
	}
	now.User = user
	return now, nil
}

// atInitial reports whether a user is as it was found, as far as it can be: a
// call that it had is gone.
func atInitial(now, initial evidence.Observation) bool {
	want := initial.State
	if !want.Resting() {
		want = spec.NotReady
	}
	return now.State == want && now.Pending == "" &&
		(want == spec.Logout || initial.Extension == "" || now.Extension == initial.Extension)
}

// account notes in the journal what became of each. What cannot be noted the
// journal tells when it is closed.
func account(j *Journal, list []Restored) {
	for _, u := range list {
		w := who{u.Target, u.User}
		if u.Err == nil {
			j.returned(w, entry{Type: entryReturned, Target: u.Target, User: u.User}.found(u.Is))
		} else {
			_ = j.write(entry{Type: entryUnrestored, Target: u.Target, User: u.User, Why: u.Err.Error()})
		}
	}
}
