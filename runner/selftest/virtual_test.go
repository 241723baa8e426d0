package selftest

import (
	"bytes"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/extent"
	"finesse-conformance/internal/memnet"
	"finesse-conformance/runner"
	"finesse-conformance/runner/config"
)

// whole is the environment variable with which TestVirtualTime proves more
// than a part: "all", or patterns of faults and variants with commas.
const whole = "FINESSE_SELFTEST"

// TestVirtualTime is the selftest in virtual time, where a machine that is
// busy changes nothing: the times are those of a run that is told none, and
// what a trial waits for takes no time. A part of it, unless the environment
// asks for the whole.
func TestVirtualTime(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(800)) // little is kept and much thrown away
	a := selftestApp(t, io.Discard)
	a.unhurry()
	all, err := a.trials(Options{})
	if err != nil {
		t.Fatal(err)
	}
	o := Options{}
	switch pattern := os.Getenv(whole); pattern {
	case "all":
	case "":
		o.Patterns = []string{"a part"}
		var some []*trial
		step := len(all)/extent.Of(3, 8, 8) + 1
		for i := step / 2; i < len(all); i += step {
			some = append(some, all[i])
		}
		all = some
	default:
		o.Patterns = strings.Split(pattern, ",")
		if all, err = pick(all, o.Patterns); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	t.Run("trials", func(t *testing.T) {
		for _, r := range all {
			t.Run(r.name+" "+place(r.deployment, r.heard), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { a.attempt(t.Context(), r) })
				for _, f := range r.survived() {
					t.Errorf("survived %s: %s", f.Requirement, f.Reason)
				}
				for _, f := range r.unexplained() {
					t.Errorf("unexplained %s: %s", f.Requirement, f.Reason)
				}
			})
		}
	})
	result := a.sum(o, all, 0, time.Since(began))
	if !result.Passed {
		t.Errorf("not as expected; unproven: %v", result.Unproven)
	}
	var out bytes.Buffer
	if err := result.write(&out); err != nil {
		t.Fatal(err)
	}
	t.Log(out.String())
}

// unhurry has each deployment certified whole and in memory, with the times of a
// run that is told none.
func (a *prover) unhurry() {
	a.timing, a.serve, a.part, a.share = unhurried, inMemory, len(a.Catalogue.All()), 1
}

// unhurried is the timing of a run that is told none, which also waits for
// the wrap-up timer of a trial.
func unhurried(int) config.Timing {
	timing := config.DefaultTiming()
	timing.LongestWait, timing.Poll = time.Minute, timing.Quiet/5
	return timing
}

// inMemory serves the deployment of a trial on connections in memory.
func inMemory(cfg reference.Config) (*runner.Embedded, runner.Subject, error) {
	listener := memnet.Listen("127.0.0.1:8445", memnet.Constant(time.Millisecond))
	e, err := runner.ServeEmbedded(cfg, listener, true, nil)
	if err != nil {
		return nil, runner.Subject{}, err
	}
	return e, runner.Subject{URL: e.URL.String(), Dial: listener.Dial}, nil
}
