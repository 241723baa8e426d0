package worlds_test

import (
	"flag"
	"fmt"
	"os"
	"sync"
	"testing"

	"finesse-conformance/internal/extent"
	"finesse-conformance/internal/worlds"
	"finesse-conformance/suites"
	"finesse-conformance/suites/evidence"
)

var (
	conformant = flag.Int("conformant", extent.Of(1, 2, 2), "how many conformant worlds are drawn")
	broken     = flag.Int("broken", extent.Of(3, 6, 6), "how many broken worlds are drawn")
	seed       = flag.Uint64("seed", 302, "seed of the first world; the next has the next")
	twice      = flag.Int("twice", 0, "one world in so many is played twice; 0 for none")
	bearable   = flag.Float64("bearable", 0, "percent of the worlds that may have a problem before the test fails: fresh seeds find what nobody has seen, and a check that runs for every change is there for what a change breaks")
	shrink     = flag.Int("shrink", 0, "how often each smaller world is tried where one has a problem; 0 does not look for one")
)

// count is the figures of many worlds.
type count struct {
	sync.Mutex
	worlds, problems, twice, differ, caught int
	outcomes                                map[evidence.Outcome]int
	reasons                                 map[string]int // why faults need not be caught
}

// verdict fails the test where more worlds have a problem than may: any,
// unless something is bearable.
func (c *count) verdict(t *testing.T) {
	if share := 100 * float64(c.problems) / float64(max(c.worlds, 1)); share > *bearable {
		t.Errorf("%d of %d worlds from seed %d have a problem, %.1f%%: more than %.1f%%", c.problems, c.worlds, *seed, share, *bearable)
	}
}

// finding is a problem of a world: a failure, or a line for who looks into it.
func finding(t *testing.T, w worlds.World, format string, args ...any) {
	t.Helper()
	if *bearable > 0 {
		fmt.Fprintf(os.Stderr, "finding in world %d: %s\n", w.Seed, fmt.Sprintf(format, args...))
		return
	}
	t.Errorf(format, args...)
}

// TestConformant plays correct deployments that are drawn at random: nothing
// fails, everybody is back, nobody else is touched, and all of it twice.
func TestConformant(t *testing.T) {
	total := &count{outcomes: map[evidence.Outcome]int{}}
	t.Run("worlds", func(t *testing.T) {
		for i := range *conformant {
			w := worlds.Draw(*seed + uint64(i))
			t.Run(fmt.Sprint(w.Seed), func(t *testing.T) {
				t.Parallel()
				total.conformant(t, w, *twice > 0 && i%*twice == 0)
			})
		}
	})
	fmt.Fprintf(os.Stderr, "%d conformant worlds from seed %d: %d with a problem; of %d played twice %d differ; %v\n",
		total.worlds, *seed, total.problems, total.twice, total.differ, total.outcomes)
	total.verdict(t)
}

func (c *count) conformant(t *testing.T, w worlds.World, again bool) {
	o := w.Play(t, nil)
	problems := w.Problems(o)
	var differ []string
	if again {
		second := w.Play(t, nil)
		problems = append(problems, w.Problems(second)...)
		differ = worlds.Differences(o, second)
	}
	c.Lock()
	c.worlds++
	for _, v := range o.Verdicts {
		c.outcomes[v.Outcome]++
	}
	if len(problems) > 0 {
		c.problems++
	}
	if again {
		c.twice++
	}
	if len(differ) > 0 {
		c.differ++
	}
	c.Unlock()
	t.Logf("%v: %v of virtual time, stopped: %v", w, o.Took, o.Stopped)
	for _, d := range differ {
		if w.Calm() {
			t.Errorf("not the same twice: %s", d)
		} else {
			t.Logf("not the same twice: %s", d)
		}
	}
	if len(problems) == 0 {
		return
	}
	for _, p := range problems {
		finding(t, w, "%v", p)
	}
	if *shrink > 0 {
		pick := worlds.Failing(o)
		if len(w.Problems(w.Play(t, pick))) == 0 {
			pick = nil // they need the others before them
		}
		small := w.Shrink(*shrink, func(w worlds.World) bool { return len(w.Problems(w.Play(t, pick))) > 0 })
		t.Logf("smaller: %v: %v", small, small.Problems(small.Play(t, pick)))
	}
}

// TestBroken plays a world with one fault: the requirements that it breaks
// notice it, or the world explains why they cannot.
func TestBroken(t *testing.T) {
	total := &count{reasons: map[string]int{}}
	t.Run("worlds", func(t *testing.T) {
		for i := range *broken {
			w := worlds.DrawBroken(*seed + uint64(i))
			t.Run(fmt.Sprint(w.Seed), func(t *testing.T) {
				t.Parallel()
				total.broken(t, w)
			})
		}
	})
	share := 100 * float64(total.caught) / float64(max(total.caught+total.problems, 1))
	fmt.Fprintf(os.Stderr, "%d broken worlds from seed %d: %d caught, %d explained %v, %d missed: %.1f%%\n",
		total.worlds, *seed, total.caught, total.worlds-total.caught-total.problems, total.reasons, total.problems, share)
	total.verdict(t)
}

func (c *count) broken(t *testing.T, w worlds.World) {
	o := w.Play(t, w.Affordable)
	caught, excuse := w.Caught(o)
	why := ""
	if excuse != nil && excuse.Holds(func(w worlds.World, pick func([]suites.Item) []suites.Item) worlds.Outcome { return w.Play(t, pick) }) {
		why = excuse.Why
	} else if excuse != nil {
		t.Logf("no excuse: %s", excuse.Why)
	}
	c.Lock()
	c.worlds++
	switch {
	case caught:
		c.caught++
	case why != "":
		c.reasons[why]++
	default:
		c.problems++
	}
	c.Unlock()
	t.Logf("%v: %v of virtual time; %s", w, o.Took, why)
	problems := w.Problems(o)
	for _, p := range problems {
		finding(t, w, "%v", p)
	}
	if caught || why != "" {
		return
	}
	told := false
	for _, id := range w.Breaks() {
		if v, played := o.Verdicts[id]; played {
			told = true
			finding(t, w, "%s is not caught: %s is %s: %s", w.Fault, id, v.Outcome, v.Reason)
		}
	}
	if !told {
		finding(t, w, "%s is not caught: none of %v was played; stopped: %v", w.Fault, w.Breaks(), o.Stopped)
	}
	if *shrink > 0 {
		t.Logf("smaller: %v", w.Shrink(*shrink, func(w worlds.World) bool {
			caught, why := w.Caught(w.Play(t, w.Affordable))
			return !caught && why == nil
		}))
	}
}
