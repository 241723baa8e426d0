package runner

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"finesse-conformance/internal/extent"
	"finesse-conformance/reports"
	"finesse-conformance/suites/evidence"
)

// hostileRun is one of the runs that the suite makes.
type hostileRun struct {
	name  string
	wrong misbehaviour
	onPut int64
	times int64
	only  string
	took  time.Duration
}

// hostileRuns: each misbehaviour from the very first request, and beginning in the
// middle: for ever, for a while, and only in the answers to PUTs. Ordinarily each
// has one of these moments, in CI the first and another one.
func hostileRuns() []*hostileRun {
	var all []*hostileRun
	for i, wrong := range chosen(slices.Concat(connectionMisbehaviours(), wireMisbehaviours(), bodyMisbehaviours(), statusMisbehaviours())) {
		moments := []hostileRun{
			{name: "from the start"}, {name: "from the middle on", onPut: 4}, {name: "for three requests", onPut: 4, times: 3},
			{name: "in answers to PUTs", onPut: 4, only: http.MethodPut},
		}
		if wrong.conn != nil || wrong.tls != nil { // of no answer in particular
			moments = moments[:3]
		}
		for j, r := range moments {
			if extent.Of(j == i%len(moments), j == 0 || j == 1+i%3, true) {
				r.name, r.wrong = wrong.name+", "+r.name, wrong
				all = append(all, &r)
			}
		}
	}
	return all
}

// make makes the run, in virtual time.
func (r *hostileRun) make(t *testing.T, app *CLI) {
	synctest.Test(t, func(t *testing.T) {
		h, err := newHostile(r.wrong)
		if err != nil {
			t.Fatal(err)
		}
		h.onPut, h.times, h.only = r.onPut, r.times, r.only
		outcome, err := h.run(app)
		if err != nil {
			t.Fatal(err)
		}
		r.check(t, outcome)
		r.took = outcome.took
	})
}

// memory is what this process has in use, in bytes.
func memory() uint64 {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64() - samples[1].Value.Uint64()
}

// Over everything that a target can do wrong: the run ends within its time
// limits, keeps its memory, panics nowhere, gives a verdict with a true
// reason, and its users are put back or named.
func TestHostileTargets(t *testing.T) {
	app, err := NewCLI(io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	// What is heavy comes alone, so that it can be said what one run takes up.
	var heavy, light []*hostileRun
	for _, r := range hostileRuns() {
		if r.wrong.heavy {
			heavy = append(heavy, r)
		} else {
			light = append(light, r)
		}
	}
	const bound = 200 << 20
	if most := inUse(func() {
		for _, r := range heavy {
			t.Run(r.name, func(t *testing.T) { r.make(t, app) })
		}
	}); most > bound {
		t.Errorf("%d MB of memory were in use by one run, server included", most>>20)
	} else {
		t.Logf("at most %d MB of memory were in use by one run, server included", most>>20)
	}
	t.Run("light", func(t *testing.T) {
		for _, r := range light {
			t.Run(r.name, func(t *testing.T) {
				t.Parallel()
				r.make(t, app)
			})
		}
	})
	var longest time.Duration
	for _, r := range slices.Concat(heavy, light) {
		longest = max(longest, r.took)
	}
	t.Logf("%d hostile runs, the longest %v of virtual time", len(heavy)+len(light), longest)
}

// inUse does something and gives the most memory that was in use meanwhile.
func inUse(do func()) uint64 {
	var most uint64
	over := make(chan struct{})
	var watching sync.WaitGroup
	runtime.GC()
	debug.FreeOSMemory()
	watching.Go(func() {
		for {
			most = max(most, memory())
			select {
			case <-over:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	})
	do()
	close(over)
	watching.Wait()
	return most
}

// longestHostile is more than the times of a hostile run add up to, those that
// the target asks for included.
const longestHostile = 50 * time.Second

func (r *hostileRun) check(t *testing.T, o hostileOutcome) {
	switch {
	case o.panicked != nil:
		t.Fatalf("panic: %v", o.panicked)
	case o.result == nil:
		t.Fatal("no result")
	}
	if o.took > longestHostile {
		t.Errorf("took %v", o.took)
	}
	if o.strayed > 0 {
		t.Errorf("%d requests went to another host", o.strayed)
	}
	if len(o.blindly) > 0 {
		t.Errorf("sent again without a look: %v", o.blindly)
	}
	if o.bad == 0 {
		t.Error("it never misbehaved")
	}
	var reasons, named []string
	for _, cause := range o.result.Exit.All {
		reasons = append(reasons, cause.Because)
	}
	for _, row := range o.result.Requirements {
		if row.Outcome != evidence.Passed && row.Reason != "" && row.Outcome != evidence.NotApplicable && !strings.HasPrefix(row.Reason, "not selected") {
			reasons = append(reasons, row.ID+" "+string(row.Outcome)+": "+row.Reason)
		}
		if (row.Outcome == evidence.Failed || row.Outcome == evidence.NotExercised) && row.Reason == "" {
			t.Errorf("%s is %s without a reason", row.ID, row.Outcome)
		}
	}
	for _, u := range o.result.Unrestored {
		named = append(named, u.User)
	}
	for _, id := range o.moved {
		if !slices.Contains(named, id) {
			t.Errorf("user %s was neither put back nor named", id)
		}
	}
	text := strings.Join(reasons, "\n")
	code := o.result.Exit.Code
	want := r.wrong.first
	if r.onPut > 0 && r.wrong.mid != "" {
		want = r.wrong.mid
	}
	switch {
	case r.wrong.fine:
	case r.onPut == 0:
		if code != reports.ExitUncertifiable && !strings.Contains(text, "USR-07 failed") || len(o.moved) > 0 {
			t.Errorf("exit code %d, moved %v", code, o.moved)
		}
	case r.times > 0 && len(o.result.Unrestored) > 0 && !r.wrong.locks:
		t.Errorf("it was for a while only, and yet: %+v", o.result.Unrestored)
	}
	if r.only != "" {
		want += `|was answered|did not come about` // what the users show is what counts
	}
	if ok := regexp.MustCompile(want).MatchString(text + notes(o)); !ok && r.times == 0 {
		t.Errorf("no reason says %q, exit code %d:\n%s", want, code, text)
	}
	for _, reason := range reasons {
		if len(reason) > 2000 || strings.ContainsAny(reason, "\x00\x1b\a") {
			t.Errorf("a reason of %d bytes, or with control characters: %.300q", len(reason), reason)
		}
	}
	if testing.Verbose() {
		t.Logf("%v, exit code %d, unrestored %v\n%.600s", o.took.Round(time.Millisecond), code, named, text)
	}
}

// notes is what was recorded of requirements that passed.
func notes(o hostileOutcome) string {
	var b strings.Builder
	for _, row := range o.result.Requirements {
		if row.Observed != nil {
			fmt.Fprintln(&b, row.Observed.Note)
		}
	}
	return b.String()
}

// chosen are the misbehaviours that HOSTILE_ONLY names, all without it.
func chosen(all []misbehaviour) []misbehaviour {
	only := os.Getenv("HOSTILE_ONLY")
	return slices.DeleteFunc(all, func(m misbehaviour) bool { return only != "" && !strings.Contains(m.name, only) })
}
