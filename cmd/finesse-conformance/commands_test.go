package main

import (
	"strings"
	"syscall"
	"testing"

	"finesse-conformance/reports"
	"finesse-conformance/runner/config"
)

// ok runs a command that ends well and gives what it printed.
func ok(t *testing.T, dir string, args ...string) string {
	t.Helper()
	s := invoke(t, dir, args...)
	if s.code != 0 {
		t.Fatalf("%v: %v", args, s)
	}
	return s.out
}

// printed gives what a command prints that needs no process of its own.
func printed(t *testing.T, args ...string) string {
	t.Helper()
	var out strings.Builder
	c := root()
	c.SetArgs(args)
	c.SetOut(&out)
	if err := c.ExecuteContext(t.Context()); err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return out.String()
}

// contain looks for texts.
func contain(t *testing.T, text string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// Every command has a help that names its flags, and exits 0 for it.
func TestHelp(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	contain(t, ok(t, dir), "Available Commands", "run ", "selftest ")
	contain(t, ok(t, dir, "run", "--help"), "Usage:\n  finesse-conformance run", "--only")
	for _, c := range root().Commands() {
		if c.Runnable() {
			help := printed(t, c.Name(), "--help")
			contain(t, help, "Usage:\n  finesse-conformance "+c.Name())
			contain(t, strings.ToLower(help), strings.ToLower(c.Short))
			for _, s := range config.Settings() { // what a flag takes stands there once
				if words := strings.Join(strings.Fields(help), " "); s.Arg != "" && strings.Contains(words, s.Arg+" "+s.Arg+" "+s.Help) || strings.Contains(words, "default []") {
					t.Errorf("%s, %s: %s", c.Name(), s.Flag, help)
				}
			}
		}
	}
}

// The served reference announces itself, is certified with the configuration
// that it wrote, has the faults that it is told to have, and ends well.
func TestServe(t *testing.T) {
	t.Parallel()
	s := serve(t, "--fault", "sign-in-forgets-extension", "--deployment", "uccx", "--release", "12.6(1)")
	contain(t, s.out.String(), "UCCX 12.6(1)", "with the fault sign-in-forgets-extension", "run --config "+s.config)
	got := invoke(t, s.dir, "run", "--config", s.config, "--only", "SIG-01,SIG-03")
	if r := result(t, s.dir); got.code != reports.ExitNonconformant || outcomes(r) != "SIG-01 failed, SIG-03 passed" || r.Target.Release != "12.6(1)" {
		t.Errorf("%+v: %v", r.Target, got)
	}
	if err := s.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if code := s.code(t, longest); code != 0 {
		t.Errorf("exit code %d: %s", code, s.out.String())
	}
	contain(t, ok(t, s.dir, "serve", "--fault", "list"), "sign-in-forgets-extension\n    who signs in has no extension afterwards")
}
