package main

import (
	"bytes"
	"errors"
	"flag"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"finesse-conformance/internal/extent"
	"finesse-conformance/runner/config"
)

var updateScripts = flag.Bool("update-scripts", false, "write what commands print into the scripts that compare it")

// Each script of testdata/script is a behaviour of the command line, told as
// somebody at a terminal sees it. Beside the usual commands of such scripts there
// are:
//
//	exits CODE[,CODE] COMMAND…   which has to end with the code, or one of them
//	takes LEAST exits …          the same, and takes so long
//	alike OLD NEW                compare finds no drift between results but in how long answers took
//	silent NAME                  the address of a target to which nothing may be sent becomes a
//	                             variable, and stands for @NAME@ in every file
//	target NAME WORD…            begins a deployment; stop-target ends it, sent and refused tell
//	                             what came to it, at-home that everybody is signed out
//	exercised FOLDER OUTCOMES    reads results, and schema FILE holds them against their schema
//	change FILE EXPRESSION TEXT NEW
//
// What takes many processes begins with `[!wide] skip`, and is for CI.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:           filepath.Join("testdata", "script"),
		UpdateScripts: *updateScripts,
		Setup: func(e *testscript.Env) error {
			e.Setenv("XDG_CACHE_HOME", e.WorkDir)
			e.Setenv("FINESSE_CONFORMANCE_PROCS", "1")
			e.Values[targetsKey] = targets{}
			e.Setenv(asProgram, "1") // and whatever the program starts is no test either
			return nil
		},
		Condition: func(c string) (bool, error) {
			if c != "wide" {
				return false, errors.New("there is no such condition")
			}
			return extent.Wide(), nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "silent": leftAlone(t), "target": beginTarget, "stop-target": stopTarget, "sent": sentBy, "refused": refusedBy,
			"exercised": exercised, "change": change, "at-home": atHome, "takes": takesLong, "schema": ofSchema, "alike": alike,
		},
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
	if !slices.Contains(strings.Split(args[0], ","), code) {
		ts.Fatalf("exit %s, want %s (%v)", code, args[0], err)
	}
}

// onlySlower is what a comparison says that found nothing but other times, as
// where the machine was busier in one of the runs.
var onlySlower = regexp.MustCompile(`0 regressions, 0 repairs, 0 breaking, 0 additive and \d+ cosmetic drifts\n(?:.*\n)*Drift, cosmetic\n(?:  (?:latency|convergence) of .*\n)+(?:\n|$)`)

// alike is the command `alike OLD NEW`: two results have no drift, but in times.
func alike(ts *testscript.TestScript, _ bool, args []string) {
	exits(ts, false, append([]string{"0,1", "finesse-conformance", "compare", "--fail-on", "drift"}, args...))
	if out := ts.ReadFile("stdout"); !strings.Contains(out, "EQUAL: 0 regressions") && !onlySlower.MatchString(out) {
		ts.Fatalf("they are not alike")
	}
}

// takesLong is exits that takes at least as long.
func takesLong(ts *testscript.TestScript, _ bool, args []string) {
	least, err := time.ParseDuration(args[0])
	ts.Check(err)
	began := time.Now()
	exits(ts, false, args[2:])
	if took := time.Since(began); took < least {
		ts.Fatalf("it took %v", took)
	}
}

// exitCode gives the exit code of a process as a word.
func exitCode(err error) string {
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		return strconv.Itoa(ended.ExitCode())
	}
	return err.Error()
}

// leftAlone opens a target that nobody may speak to.
func leftAlone(t *testing.T) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, _ bool, args []string) {
		if len(args) != 1 {
			ts.Fatalf("usage: silent NAME")
		}
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		ts.Check(err)
		var spoken atomic.Bool
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for {
				c, err := listener.Accept()
				if err != nil {
					return
				}
				spoken.Store(true)
				_ = c.Close()
			}
		}()
		ts.Defer(func() {
			_ = listener.Close()
			<-ended
			if spoken.Load() {
				t.Errorf("%s spoke to a target that has to be left alone", ts.Name())
			}
		})
		address := "http://" + listener.Addr().String()
		ts.Setenv(args[0], address)
		files, err := filepath.Glob(ts.MkAbs("*"))
		ts.Check(err)
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err != nil {
				continue // a folder
			}
			ts.Check(os.WriteFile(name, bytes.ReplaceAll(text, []byte("@"+args[0]+"@"), []byte(address)), 0o644))
		}
	}
}

// Every flag of run is used by a script or by a test: each has one that shows
// what it does.
func TestEveryFlagIsTried(t *testing.T) {
	t.Parallel()
	var tried strings.Builder
	for _, pattern := range []string{filepath.Join("testdata", "script", "*.txtar"), "*_test.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(names), err)
		}
		for _, name := range names {
			tried.WriteString(contents(t, name))
		}
	}
	for _, s := range config.Settings() {
		if s.Flag != "" && !regexp.MustCompile(`--`+s.Flag+`\b`).MatchString(tried.String()) {
			t.Errorf("--%s is in no script and no test", s.Flag)
		}
	}
}
