package worlds

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/bed"
	"finesse-conformance/reports"
	"finesse-conformance/suites"
	"finesse-conformance/suites/evidence"
)

// Outcome is what came of a world.
type Outcome struct {
	// Verdicts are those on the requirements that were played.
	Verdicts map[string]evidence.Verdict
	// Stopped is why the deployment could not be certified.
	Stopped error
	// Left are the users of the cast who were not put back, by the deployment's
	// account or the run's own, and Unnamed those of them whom the run does not
	// name; Touched are those outside of the cast whom the run changed.
	Left, Unnamed, Touched []string
	Took                   time.Duration // of virtual time
}

// Play certifies the world in a bubble of its own: with the items that are
// picked, nil for all.
func (w World) Play(t *testing.T, pick func([]suites.Item) []suites.Item) Outcome {
	return w.Act(t, func(ctx context.Context, b *bed.Bed) []suites.Item {
		items := b.Items()
		if pick != nil {
			items = pick(items)
		}
		for _, item := range items {
			b.Play(ctx, item)
		}
		return items
	})
}

// Act has something done in the world, in a bubble of its own, and gives the
// verdicts on the items of which it says that they were played.
func (w World) Act(t *testing.T, do func(context.Context, *bed.Bed) []suites.Item) (o Outcome) {
	synctest.Test(t, func(t *testing.T) {
		o = w.act(t, do)
	})
	return o
}

func (w World) act(t *testing.T, do func(context.Context, *bed.Bed) []suites.Item) Outcome {
	o := Outcome{Verdicts: map[string]evidence.Verdict{}}
	began, n := time.Now(), w.network()
	t.Cleanup(func() { time.Sleep(time.Minute) }) // until the last end of a connection has arrived, when all else is closed
	b, err := bed.TryOpen(t, w.deployment(n))
	if err != nil {
		o.Stopped = err
		return o
	}
	ours, others := n.sides(b)
	stopped := make(chan struct{})
	var around sync.WaitGroup
	around.Go(func() { n.hangUp(stopped) })
	around.Go(func() { move(b.Reference, others, w.Strangers, w.source("strangers"), stopped) })
	around.Go(func() { move(b.Reference, ours, w.Meddlers, w.source("meddlers"), stopped) })
	items := do(t.Context(), b)
	close(stopped)
	around.Wait()
	played := b.Finish()
	o.Took = time.Since(began)
	for _, item := range items {
		o.Verdicts[item.Requirement.ID] = played.Verdict(item.Requirement.ID)
	}
	kept := w.keptInWrapUp(ours)
	for _, u := range ours {
		named := slices.ContainsFunc(played.Unrestored, func(named reports.Unrestored) bool { return named.User == u.ID })
		if !slices.Contains(played.Left, u.ID) || kept[u.ID] && named {
			continue
		}
		is, _ := b.Reference.Snapshot().User(u.ID)
		o.Left = append(o.Left, fmt.Sprintf("%s is %s", u.ID, is.State))
		if !named {
			o.Unnamed = append(o.Unnamed, fmt.Sprintf("%s is %s, and not named", u.ID, is.State))
		}
	}
	for _, u := range played.Unrestored {
		if !kept[u.User] {
			o.Left = append(o.Left, fmt.Sprintf("%s was %s and is said to be %s: %s", u.User, u.Was, u.Is, u.Why))
		}
	}
	for _, u := range others {
		if n.changed(u.ID) || n.changed(u.LoginName) {
			o.Touched = append(o.Touched, u.ID)
		}
	}
	return o
}

// keptInWrapUp are the users whom nothing brings out of wrap-up but its timer:
// it owes data, which no setting tells, and nobody of the cast supervises them.
func (w World) keptInWrapUp(cast []reference.User) map[string]bool {
	kept := map[string]bool{}
	for _, u := range cast {
		kept[u.ID] = slices.Contains(w.Harmless, "harmless-settings-absent") &&
			(u.WrapUpIncoming == reference.WrapUpRequiredWithData || u.WrapUpOutgoing == reference.WrapUpRequiredWithData) &&
			!slices.ContainsFunc(cast, func(s reference.User) bool { return slices.Contains(s.Supervises, u.Team) })
	}
	return kept
}

// sides gives the users of the cast and all others.
func (n *network) sides(b *bed.Bed) (ours, others []reference.User) {
	for _, u := range b.Reference.Config().Users {
		if n.cast[u.ID] {
			ours = append(ours, u)
		} else {
			others = append(others, u)
		}
	}
	return ours, others
}

// Problems are what must not come of a correct world.
func (w World) Problems(o Outcome) []string {
	var list []string
	if o.Stopped != nil && w.Calm() && !w.stoppedByFault(o) {
		list = append(list, "preflight: "+o.Stopped.Error())
	}
	for id, v := range o.Verdicts {
		if v.Outcome == evidence.Failed && !w.explains(id) {
			list = append(list, fmt.Sprintf("%s: %s", id, v.Reason))
		}
	}
	left := o.Left
	if w.blocks() {
		left = o.Unnamed // nobody can be put back any more
	}
	for _, u := range left {
		if w.Meddlers == 0 && w.Fault == "" {
			list = append(list, "not back: "+u)
		}
	}
	for _, u := range o.Touched {
		if w.Fault != "" {
			break // who is not told apart cannot be left alone
		}
		list = append(list, "not ours, and changed: "+u)
	}
	slices.Sort(list)
	return list
}

// Failing picks the requirements that failed in an outcome, or all where none
// did.
func Failing(o Outcome) func([]suites.Item) []suites.Item {
	return func(all []suites.Item) []suites.Item {
		some := slices.DeleteFunc(slices.Clone(all), func(i suites.Item) bool {
			return o.Verdicts[i.Requirement.ID].Outcome != evidence.Failed
		})
		if len(some) == 0 {
			return all
		}
		return some
	}
}

// Differences are the requirements on which two outcomes of one world are of
// two minds. Whether a wrap-up timer ran out before a request was dealt with is
// a matter of milliseconds, which goroutines decide.
func Differences(one, other Outcome) []string {
	var list []string
	for id, v := range one.Verdicts {
		u := other.Verdicts[id]
		if timed := v.Mismatch.Kind == evidence.MismatchTimer || u.Mismatch.Kind == evidence.MismatchTimer; u.Outcome != v.Outcome && !timed {
			list = append(list, fmt.Sprintf("%s: %s (%s) and %s (%s)", id, v.Outcome, v.Reason, u.Outcome, u.Reason))
		}
	}
	slices.Sort(list)
	return list
}

// Shrink gives the smallest world that still has a problem, with less each
// time, as long as tries of a smaller one show it.
func (w World) Shrink(tries int, bad func(World) bool) World {
	again := func(w World) bool {
		for range tries {
			if bad(w) {
				return true
			}
		}
		return false
	}
	for shrunk := true; shrunk; {
		shrunk = false
		for _, less := range w.smaller() {
			if again(less) {
				w, shrunk = less, true
				break
			}
		}
	}
	return w
}
