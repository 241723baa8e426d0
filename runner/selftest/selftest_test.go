package selftest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/exit"
	"finesse-conformance/internal/reporttest"
	"finesse-conformance/reports"
	"finesse-conformance/runner"
	"finesse-conformance/runner/internal/preflight"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

func selftestApp(t *testing.T, out io.Writer) *prover {
	t.Helper()
	a, err := runner.NewCLI(out, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return newProver(a)
}

// Faults name requirements that there are, and each breaks one wherever it
// shows: a fault that nothing can catch would be counted as detectable.
func TestFaultsMatchTheCatalogue(t *testing.T) {
	a := selftestApp(t, io.Discard)
	for _, f := range reference.Faults() {
		for _, id := range slices.Concat(f.Breaks, f.BreaksWithEvents, f.Requires) {
			if _, ok := a.Catalogue.ByID(id); !ok {
				t.Errorf("fault %s: no requirement %s", f.Name, id)
			}
		}
		for _, pattern := range f.MayAlsoBreak {
			if !slices.ContainsFunc(a.Catalogue.All(), func(r *spec.Requirement) bool { ok, _ := path.Match(pattern, r.ID); return ok }) {
				t.Errorf("fault %s: pattern %s matches no requirement", f.Name, pattern)
			}
		}
		for _, deployment := range []string{reference.UCCE, reference.UCCX} {
			if f.AppliesTo(deployment) && !f.FailsPreflight && len(a.BrokenBy(f, deployment, true)) == 0 {
				t.Errorf("fault %s breaks nothing on %s", f.Name, deployment)
			}
		}
	}
}

// Every requirement that can fail a run is one that some fault makes fail.
func TestNothingIsUnproven(t *testing.T) {
	if list := selftestApp(t, io.Discard).Unproven(); len(list) > 0 {
		t.Errorf("no fault breaks %s", strings.Join(list, ", "))
	}
	if n := runner.FaultCount(); n < 150 {
		t.Errorf("%d faults", n)
	}
}

// TestSelftest runs a part of the selftest: faults of several sections, of
// notifications, of the preflight. All are caught, and what caught them is
// what Unproven counts on. It is the command in virtual time; in real time one
// fault is tried by a script of the command line.
func TestSelftest(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	a := selftestApp(t, &out)
	a.timing, a.serve = unhurried, inMemory
	var code int
	synctest.Test(t, func(t *testing.T) {
		var err error
		code, err = a.run(t.Context(), Options{
			Patterns: []string{"sign-in-again-re*", "sign-in-again-on-call-not-ready", "supervisor-of-any-team", "event-source-[mo]*", "user-html", "state-missing-[dr]*"}, JSON: true,
		})
		if err != nil {
			t.Error(err)
		}
	})
	var r result
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	if code != reports.ExitConformant || !r.Passed || r.Whole {
		t.Errorf("exit code %d:\n%s", code, out.String())
	}
	faults := r.Faults
	if len(faults) < 10 {
		t.Errorf("only %d faults", len(faults))
	}
	for _, sf := range faults {
		f, err := reference.FindFault(sf.Name)
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, deployment := range []string{reference.UCCE, reference.UCCX} {
			if f.AppliesTo(deployment) {
				want = append(want, a.BrokenBy(f, deployment, true)...)
			}
		}
		if f.FailsPreflight {
			want = []string{"preflight"}
		}
		slices.Sort(want)
		by := slices.Sorted(slices.Values(sf.By))
		if !slices.Equal(slices.Compact(want), by) {
			t.Errorf("fault %s is caught by %v, and counted as caught by %v", sf.Name, by, want)
		}
	}
}

// TestOneAnswer: the target that the runner's test of that name asks everybody
// else about gets the same verdicts here.
func TestOneAnswer(t *testing.T) {
	t.Parallel()
	a := selftestApp(t, io.Discard)
	r := &trial{name: "broken", deployment: reference.UCCE, pace: 1,
		faults: []string{"sign-in-again-refused", "state-unknown-500", "reason-unknown-accepted", "change-time-empty", "error-message-missing"},
		only:   []string{"SIG-01", "SIG-02", "TRN-UCCE-06", "ERR-01", "ERR-03", "RSN-06", "USR-01", "USR-02", "USR-03"}}
	a.attempt(t.Context(), r)
	var failed []string
	for id, v := range r.verdicts {
		if v.Outcome == evidence.Failed {
			failed = append(failed, id)
		}
	}
	slices.Sort(failed)
	if got := strings.Join(failed, " "); got != "ERR-01 ERR-03 RSN-06 SIG-02 USR-03" {
		t.Errorf("it fails %s; the preflight ended with %v", got, r.stopped)
	}
}

// A selftest that finds something says what, and fails.
func TestSelftestFails(t *testing.T) {
	t.Parallel()
	ctx, a := context.Background(), selftestApp(t, io.Discard)
	fault, err := reference.FindFault("sign-in-again-refused")
	if err != nil {
		t.Fatal(err)
	}
	signs, err := Signs()
	if err != nil {
		t.Fatal(err)
	}
	try := func(change func(*trial)) *trial {
		r := &trial{name: fault.Name, fault: &fault, deployment: reference.UCCX, pace: 1, must: []string{"SIG-02"},
			signs: signs[fault.Name], only: []string{"SIG-01", "SIG-02"}}
		change(r)
		a.attempt(ctx, r)
		return r
	}
	for _, test := range []struct {
		name                  string
		change                func(*trial)
		survived, unexplained string // what is said
	}{
		{"caught", func(*trial) {}, "", ""},
		{"by a requirement that it does not break", func(r *trial) { r.must = []string{"SIG-01"} }, "SIG-01 passed", ""},
		{"for another reason", func(r *trial) { r.signs = []Sign{{Kind: evidence.MismatchEvent}} }, "SIG-02 failed with another sign than [{kind: event}]: {kind: answer, status: 400", ""},
		{"not explained", func(r *trial) { f := fault; f.Breaks, r.must, r.fault = nil, nil, &f }, "", "SIG-02 PUT LOGIN: expected 2xx"},
		{"a variant with a fault", func(r *trial) { r.faults, r.fault, r.must = []string{fault.Name}, nil, nil }, "", "SIG-02 PUT LOGIN: expected 2xx"},
		{"a variant that cannot be certified", func(r *trial) { r.faults, r.fault, r.must = []string{"user-html"}, nil, nil }, "", "preflight users"},
		{"a fault that cannot be certified", func(r *trial) { r.faults = []string{"user-html"} }, "SIG-02 the preflight ended it", "preflight users"},
		{"a hopeless fault that is none", func(r *trial) {
			f := fault
			f.FailsPreflight, f.Breaks = true, []string{"SIG-02"}
			r.fault, r.must = &f, nil
		}, "preflight ended with <nil>", ""},
		{"not reached", func(r *trial) { r.only = []string{"SIG-01"} }, "SIG-02 was not reached", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := try(test.change)
			for what, said := range map[string]struct {
				list []finding
				want string
			}{"survived": {r.survived(), test.survived}, "unexplained": {r.unexplained(), test.unexplained}} {
				var text string
				for _, f := range said.list {
					text += f.Requirement + " " + f.Reason
				}
				if (said.want == "") != (text == "") || !strings.HasPrefix(text, said.want) {
					t.Errorf("%s: %q, want %q", what, text, said.want)
				}
			}
			if spoilt := unreadable(t, r); found(r) != found(spoilt) {
				t.Errorf("without its sentences it says %s, with them %s", found(spoilt), found(r))
			}
			if r.asExpected() != (test.survived == "" && test.unexplained == "") {
				t.Errorf("as expected: %v", r.asExpected())
			}
			var out bytes.Buffer
			result := a.sum(Options{Patterns: []string{r.name}}, []*trial{r}, 0, 0)
			if err := result.write(&out); err != nil {
				t.Fatal(err)
			}
			if result.Passed != r.asExpected() {
				t.Errorf("passed: %v\n%s", result.Passed, out.String())
			}
			for _, want := range []string{test.survived, test.unexplained} {
				if _, reason, _ := strings.Cut(want, " "); !strings.Contains(out.String(), reason) {
					t.Errorf("the text does not tell %q:\n%s", reason, out.String())
				}
			}
		})
	}
}

// unreadable is a trial of which no sentence can be read.
func unreadable(t *testing.T, r *trial) *trial {
	spoilt := *r
	spoilt.verdicts = reporttest.Scrambled(t, r.verdicts)
	if r.stopped != nil {
		spoilt.stopped = &preflight.Unable{Obstacle: preflight.ObstacleOf(r.stopped), Reason: "xq"}
	}
	return &spoilt
}

// found is what a trial comes to, without its words.
func found(r *trial) string {
	ids := func(list []finding) (ids []string) {
		for _, f := range list {
			ids = append(ids, f.Requirement)
		}
		return ids
	}
	return fmt.Sprintf("caught %v, survived %v, unexplained %v, as expected %v", ids(r.caught()), ids(r.survived()), ids(r.unexplained()), r.asExpected())
}

// A whole selftest that left a requirement unproven fails, and names it.
func TestSelftestUnproven(t *testing.T) {
	a := selftestApp(t, io.Discard)
	r := a.sum(Options{}, nil, 0, 0)
	if r.Passed || !slices.Contains(r.Unproven, "SIG-01") || slices.Contains(r.Unproven, "SIG-11") || slices.ContainsFunc(r.Faults, func(f fault) bool { return f.Caught }) {
		t.Errorf("passed %v, unproven %v", r.Passed, r.Unproven)
	}
}

func TestSelftestUsage(t *testing.T) {
	a := selftestApp(t, io.Discard)
	for _, pattern := range []string{"no-such-fault", "[", "CONFORMANT*"} {
		_, err := Run(t.Context(), a.CLI, Options{Patterns: []string{"user-html", pattern}})
		if got := exit.Code(err); got != exit.Usage || !strings.Contains(err.Error(), pattern) {
			t.Errorf("%s: %d, %v", pattern, got, err)
		}
	}
}
