package main

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"finesse-conformance/runner/config"
)

var updateScripts = flag.Bool("update-scripts", false, "write what commands print into the scripts that compare it")

// Each script of testdata/script is a behaviour of the command line, told as
// somebody at a terminal sees it. `exits CODE command…` is beside the usual
// commands of such scripts: it runs one that has to end with the code.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:           filepath.Join("testdata", "script"),
		UpdateScripts: *updateScripts,
		Setup: func(e *testscript.Env) error {
			e.Setenv("XDG_CACHE_HOME", e.WorkDir)
			e.Setenv("FINESSE_CONFORMANCE_PROCS", "1")
			e.Setenv(asProgram, "1") // and whatever the program starts is no test either
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

// exits runs the program and checks its exit code; stdout and stderr look at
// what it printed.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: exits CODE command…")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := "0"
	if err != nil {
		code = exitCode(err)
	}
	if code != args[0] {
		ts.Fatalf("exit %s, want %s (%v)", code, args[0], err)
	}
}

// The schema that init writes is the one that spec prints, and the file that
// it stands beside is taken by it.
func TestInitWritesASchema(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ok(t, dir, "init", "--write", "finesse.yaml")
	schema, err := os.ReadFile(filepath.Join(dir, config.SchemaName))
	if err != nil {
		t.Fatal(err)
	}
	if string(schema) != ok(t, dir, "spec", "config") {
		t.Error("the schema is not the one that is printed")
	}
	contain(t, contents(t, filepath.Join(dir, "finesse.yaml")), "# yaml-language-server: $schema="+config.SchemaName+"\n")
}

// exitCode gives the exit code of a process as a word.
func exitCode(err error) string {
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		return strconv.Itoa(ended.ExitCode())
	}
	return err.Error()
}
