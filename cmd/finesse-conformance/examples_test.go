package main

import (
	"bufio"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"finesse-conformance/internal/extent"
	"finesse-conformance/reports"
)

// The mock that is no Go, which docs/mock.md shows in full, is certified for the
// profile core with the configuration beside it, as its first lines say.
func TestPythonMock(t *testing.T) {
	extent.ForCI(t)
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no python3")
	}
	folder := filepath.Join("..", "..", "examples", "python-mock")
	server := exec.Command(python, filepath.Join(folder, "mock.py"), "0")
	printed, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait() // which says that it was killed
	})
	url, err := bufio.NewReader(printed).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	// A machine that is busy answers later than the configuration has it.
	s := invoke(t, dir, "run", "--config", mustAbs(t, filepath.Join(folder, "finesse.yaml")), "--profile", "core", "--target", strings.TrimSpace(url), "--settle", "10s", "--quiet-time", "50ms")
	if s.code != reports.ExitConformant {
		t.Fatal(s)
	}
	r := result(t, dir)
	if r.Verdict != reports.Conformant || r.Scope != reports.ScopeProfiles || !strings.HasPrefix(r.Headline(), "conformant: core;") {
		t.Errorf("%s: %+v", r.Headline(), r.Profiles)
	}
}

func mustAbs(t *testing.T, path string) string {
	t.Helper()
	abs, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return abs
}
