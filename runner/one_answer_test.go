package runner

import (
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"finesse-conformance/fixtures"
	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/extent"
	"finesse-conformance/reports"
	"finesse-conformance/runner/config"
	"finesse-conformance/runner/internal/progress"
	"finesse-conformance/suites/evidence"
)

// brokenFaults are five deviations, two of which only the checks over a whole
// run see: a time of change that is malformed and an error body without its
// message.
var brokenFaults = []string{"sign-in-again-refused", "state-unknown-500", "reason-unknown-accepted", "change-time-empty", "error-message-missing"}

var brokenOnly = []string{"SIG-01", "SIG-02", "TRN-UCCE-06", "ERR-01", "ERR-03", "RSN-06", "USR-01", "USR-02", "USR-03"}

// asBroken is the environment variable by which this test has itself run with
// a target that fails.
const asBroken = "FINESSE_CONFORMANCE_TEST_BROKEN"

// BrokenSubject is a deployment with five deviations.
func BrokenSubject(t interface {
	Cleanup(func())
	Fatal(...any)
}) Subject {
	cfg, err := reference.Default(reference.UCCE, "12.5(1)", 1)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Delay, cfg.Faults = 2*time.Millisecond, brokenFaults
	d, err := reference.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	var users []*fixtures.User
	for _, u := range cfg.Users {
		users = append(users, &fixtures.User{ID: u.ID, Password: fixtures.Secret(u.Password), Extension: u.Extension})
	}
	return Subject{Handler: d, Users: users, Release: "12.5(1)", Only: brokenOnly,
		Timing: Timing{Settle: 500 * time.Millisecond, Quiet: 20 * time.Millisecond}}
}

// IsBroken reports whether this process is to show what comes of the broken
// subject.
func IsBroken() bool { return os.Getenv(asBroken) != "" }

// TestBroken is run by TestOneAnswer alone.
func TestBroken(t *testing.T) {
	if !IsBroken() {
		t.Skip("only to be looked at from outside, since it fails")
	}
	Certify(t, BrokenSubject(t))
}

// TestOneAnswer: a broken target gets the same verdicts from everybody who
// asks. That selftest gives them too, its own test shows.
func TestOneAnswer(t *testing.T) {
	extent.ForCI(t)
	t.Parallel()
	a, err := NewCLI(io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	failedRows := func(r *reports.Result) []string {
		var ids []string
		for _, row := range r.Requirements {
			if row.Outcome == evidence.Failed {
				ids = append(ids, row.ID)
			}
		}
		slices.Sort(ids)
		return ids
	}
	run := func(shard config.Shard) (*reports.Result, []*evidence.Evidence) {
		s, err := a.sessionOf(BrokenSubject(t))
		if err != nil {
			t.Fatal(err)
		}
		defer s.shut()
		s.config.Run.Shard, s.unscheduled = shard, true
		return s.certify(t.Context(), progress.None{})
	}
	fromOutside := func(test, names string) []string {
		c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+test+"$", "-test.v", "-ginkgo.no-color")
		c.Env = append(os.Environ(), asBroken+"=1")
		out, err := c.CombinedOutput()
		if err == nil {
			t.Errorf("%s passed:\n%s", test, out)
		}
		found := map[string]bool{}
		for _, m := range regexp.MustCompile(names).FindAllStringSubmatch(string(out), -1) {
			found[m[1]] = true
		}
		return slices.Sorted(maps.Keys(found))
	}

	result, seen := run(config.Shard{})
	want := failedRows(result)
	if got := strings.Join(want, " "); got != "ERR-01 ERR-03 RSN-06 SIG-02 USR-03" {
		t.Fatalf("the run failed %s", got)
	}

	out := t.TempDir()
	file, err := os.Create(filepath.Join(out, "evidence.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	if err := reports.WriteEvidence(file, result, seen); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Recheck(file.Name(), config.Run{Out: filepath.Join(out, "again"), JSON: filepath.Join(out, "again", "results.json")}); err != nil {
		t.Fatal(err)
	}
	again, err := reports.Load(filepath.Join(out, "again", "results.json"))
	if err != nil {
		t.Fatal(err)
	}

	first, _ := run(config.Shard{Index: 1, Count: 2})
	second, _ := run(config.Shard{Index: 2, Count: 2})
	merged, err := reports.Merge([]*reports.Result{first, second})
	if err != nil {
		t.Fatal(err)
	}

	for who, got := range map[string][]string{
		"recheck": failedRows(again), "merged shards": failedRows(merged),
		"Certify":  fromOutside("TestBroken", `--- FAIL: TestBroken/([A-Z-]+-\d+)`),
		"Describe": fromOutside("TestSuite", `\[FAIL\][^\n]*\[It\] ([A-Z-]+-\d+) `),
	} {
		if !slices.Equal(got, want) {
			t.Errorf("%s fails %v, the run %v", who, got, want)
		}
	}
}
