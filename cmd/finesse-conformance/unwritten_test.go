package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/reports"
)

// A folder of reports that goes in the middle of a run costs no user: exit 8.
// Other things that cannot be written are told by a script.
func TestFolderGone(t *testing.T) {
	t.Parallel()
	m := target(t, nil)
	out := filepath.Join(m.dir, "out")
	var once sync.Once
	m.before = func(r *http.Request) {
		if r.Method == http.MethodPut {
			once.Do(func() {
				if err := errors.Join(os.RemoveAll(out), os.WriteFile(out, nil, 0o600)); err != nil {
					t.Error(err)
				}
			})
		}
	}
	s := invoke(t, m.dir, "run", "--config", m.config, "--out", out, "--only", "SIG-0[123]", "--seed", "0")
	if s.code != reports.ExitUnwritten || !strings.Contains(s.err, "results.json") || !strings.Contains(s.out, "INCOMPLETE IN ") || strings.Contains(s.err, "a fault of") {
		t.Error(s)
	}
	for _, u := range m.Snapshot().Users {
		if u.State != reference.Logout {
			t.Errorf("user %s is in %s", u.ID, u.State)
		}
	}
}

// TestExitCodesAreSaid is that every exit code stands where people look.
func TestExitCodesAreSaid(t *testing.T) {
	t.Parallel()
	help := invoke(t, t.TempDir(), "run", "--help").out
	for name, text := range map[string]string{
		"help": help, "README.md": contents(t, filepath.Join("..", "..", "README.md")),
	} {
		for _, m := range reports.ExitMeanings() {
			if !regexp.MustCompile(fmt.Sprintf(`(?m)^(\| |  )[ ,0-9]*\b%d\b`, m.Code)).MatchString(text) {
				t.Errorf("%s does not tell what exit code %d means", name, m.Code)
			}
		}
	}
}
