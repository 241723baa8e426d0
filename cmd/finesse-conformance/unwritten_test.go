package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"finesse-conformance/reports"
)

// What cannot be written once the run is over costs neither the verdict nor a
// user: exit 8, where nothing stronger applies.
func TestUnwritten(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		command []string // before the program
		env     []string
		change  func(out string) error // between two requests of the run
		want    string
		verdict string
	}{
		{name: "the job's summary", env: []string{"GITHUB_STEP_SUMMARY=/nope/summary.md"}, want: "could not be written: write the job's summary: open /nope/summary.md", verdict: "CONFORMANT"},
		{name: "nowhere to print to", command: []string{"sh", "-c", `exec "$0" "$@" >/dev/full`}, want: "could not be written: write to the output", verdict: "CONFORMANT"},
		{name: "the folder is gone and a file is there", change: func(out string) error {
			if err := os.RemoveAll(out); err != nil {
				return err
			}
			return os.WriteFile(out, nil, 0o600)
		}, want: "results.json", verdict: "INCOMPLETE"},
		{name: "no file may be longer than 4 KiB", command: []string{"sh", "-c", `ulimit -f 8; exec "$0" "$@"`}, want: "report.html", verdict: "CONFORMANT"},
		{name: "no file may be longer than 1 KiB, the journal included", command: []string{"sh", "-c", `ulimit -f 2; exec "$0" "$@"`}, want: "write the journal", verdict: "INCOMPLETE"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m := target(t, nil)
			out := filepath.Join(m.dir, "out")
			if test.change != nil {
				var once sync.Once
				m.before = func(r *http.Request) {
					if r.Method == http.MethodPut {
						once.Do(func() {
							if err := test.change(out); err != nil {
								t.Error(err)
							}
						})
					}
				}
			}
			before := m.Snapshot()
			s := invokeBy(t, m.dir, test.command, append(test.env, "run", "--config", m.config, "--out", out, "--only", "SIG-0[123]", "--seed", "0")...)
			if s.code != reports.ExitUnwritten || !strings.Contains(s.err, test.want) {
				t.Errorf("want %q in\n%v", test.want, s)
			}
			if !strings.Contains(s.out+s.err, test.verdict+" IN ") || strings.Contains(s.err, "a fault of") {
				t.Errorf("the verdict is lost:\n%v", s)
			}
			for _, u := range before.Users {
				if now, _ := m.Snapshot().User(u.ID); now.State != u.State {
					t.Errorf("user %s is in %s and was in %s", u.ID, now.State, u.State)
				}
			}
		})
	}
}

// TestExitCodesAreSaid is that every exit code stands where people look.
func TestExitCodesAreSaid(t *testing.T) {
	t.Parallel()
	help := invoke(t, t.TempDir(), "run", "--help").out
	for name, text := range map[string]string{
		"help": help, "README.md": contents(t, filepath.Join("..", "..", "README.md")), "docs/reports.md": contents(t, filepath.Join("..", "..", "docs", "reports.md")),
	} {
		for _, m := range reports.ExitMeanings() {
			if !regexp.MustCompile(fmt.Sprintf(`(?m)^(\| |  )[ ,0-9]*\b%d\b`, m.Code)).MatchString(text) {
				t.Errorf("%s does not tell what exit code %d means", name, m.Code)
			}
		}
	}
}
