package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"
	"unsafe"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/extent"
)

// On a terminal there are colours and a line that moves; --no-color, NO_COLOR
// and a dumb terminal take the colours away, and what is no terminal never
// sees an escape.
func TestTerminal(t *testing.T) {
	t.Parallel()
	m := target(t, func(c *reference.Config) { c.Faults = []string{"state-missing-data"} })
	run := []string{"run", "--config", m.config, "--only", "SIG-03,ERR-01"}
	text := onTerminal(t, m.dir, nil, run...)
	contain(t, text, "\r\x1b[2K", "2 of 2", "\x1b[31mFAILED\x1b[0m ERR-01", "\x1b[1;31mNOT CONFORMANT IN 2 OF ", ", SELECTED\x1b[0m")
	last := text[strings.LastIndex(text, "\x1b[2K"):]
	if strings.Contains(last, "█") {
		t.Errorf("the line of the progress stays: %q", last)
	}
	for name, plain := range map[string]string{
		"--no-color": onTerminal(t, m.dir, nil, append(run, "--no-color")...),
		"NO_COLOR":   onTerminal(t, m.dir, []string{"NO_COLOR=1"}, run...),
		"dumb":       onTerminal(t, m.dir, []string{"TERM=dumb"}, run...),
	} {
		contain(t, plain, "NOT CONFORMANT", "FAILED ERR-01")
		if strings.Contains(plain, "\x1b[1") || strings.Contains(plain, "\x1b[3") {
			t.Errorf("%s: colours in %q", name, plain)
		}
		if name == "dumb" && strings.Contains(plain, "\x1b") {
			t.Errorf("escapes for a dumb terminal: %q", plain)
		}
	}
	if s := invoke(t, m.dir, run...); strings.Contains(s.out+s.err, "\x1b") {
		t.Errorf("escapes where there is no terminal: %v", s)
	}
}

// On a terminal of 40 columns nothing is wider, but for words that cannot be
// broken: the line that moves leaves no trail, and text is broken at spaces.
func TestNarrowTerminal(t *testing.T) {
	extent.ForCI(t)
	t.Parallel()
	m := target(t, func(c *reference.Config) { c.Faults = []string{"state-missing-data"} })
	other := target(t, func(c *reference.Config) { c.Faults = []string{"withheld-not-ready-to-ready"} })
	for _, args := range [][]string{
		{"run", "--config", m.config, "--only", "SIG-03,ERR-01"},
		{"run", "--config", m.config, "--only", "SIG-*,TRN-UCCE-1*,PND-0*,AUT-*", "--dry-run"},
		{"doctor", "--config", m.config},
		{"list", "SIG", "core"},
		{"explain", "SIG-03"},
		{"run", "--help"},
		{"list", "--config", m.config, "SUP"},
		{"map", "--config", m.config, "--only", "MAP-NOT_READY-self", "--out", "before"},
		{"map", "--config", other.config, "--only", "MAP-NOT_READY-self", "--out", "after"},
		{"compare", "before", "after"},
		{"explore", "--config", other.config, "--only", "EXP-NOT_READY-alone", "--steps", "5"},
	} {
		shown := onTerminalOf(t, 40, m.dir, nil, args...)
		plain := regexp.MustCompile("\x1b\\[[0-9;]*[A-Za-z]").ReplaceAllString(shown, "")
		lines := strings.FieldsFunc(plain, func(r rune) bool { return r == '\r' || r == '\n' })
		for _, line := range lines {
			if utf8.RuneCountInString(line) > 40 && len(strings.Fields(line)) > 1 {
				t.Errorf("%v: %d columns: %q", args, utf8.RuneCountInString(line), line)
			}
			if strings.ContainsAny(line, "█░") && utf8.RuneCountInString(line) >= 40 {
				t.Errorf("%v: the bar reaches the last column: %q", args, line)
			}
		}
		if args[0] == "run" && len(args) == 5 {
			contain(t, plain, "reports in conformance-report", "to read them:")
		}
		if args[0] == "compare" {
			contain(t, plain, "! in NOT_READY, PUT READY: 202 →")
		}
	}
}

// onTerminal runs the program with a terminal for its output, and gives what
// arrived there.
func onTerminal(t *testing.T, dir string, env []string, args ...string) string {
	t.Helper()
	return onTerminalOf(t, 0, dir, env, args...)
}

// onTerminalOf is onTerminal with a terminal of so many columns, 0 for one that
// does not tell.
func onTerminalOf(t *testing.T, columns uint16, dir string, env []string, args ...string) string {
	t.Helper()
	ours, theirs := terminal(t)
	size := struct{ rows, columns, x, y uint16 }{24, columns, 0, 0}
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, theirs.Fd(), syscall.TIOCSWINSZ, uintptr(unsafe.Pointer(&size))); errno != 0 {
		t.Fatal(errno)
	}
	ctx, cancel := context.WithTimeout(t.Context(), longest)
	defer cancel()
	c := exec.CommandContext(ctx, executable(t), args...)
	c.Dir, c.Stdout, c.Stderr = dir, theirs, theirs
	c.Env = append(append(neutral(), asProgram+"=1", "XDG_CACHE_HOME="+dir, "TERM=xterm"), env...)
	var text bytes.Buffer
	read := make(chan struct{})
	go func() { defer close(read); _, _ = io.Copy(&text, ours) }() // ends with an error when nobody has the other side
	if err := c.Run(); c.ProcessState == nil {
		t.Fatal(err)
	}
	_ = theirs.Close()
	<-read
	return text.String()
}

// terminal opens a pseudo-terminal.
func terminal(t *testing.T) (ours, theirs *os.File) {
	t.Helper()
	ours, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no pseudo-terminals here: ", err)
	}
	t.Cleanup(func() { _ = ours.Close() })
	var number, unlocked uint32
	for request, value := range map[uintptr]*uint32{syscall.TIOCSPTLCK: &unlocked, syscall.TIOCGPTN: &number} {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, ours.Fd(), request, uintptr(unsafe.Pointer(value))); errno != 0 {
			t.Skip("no pseudo-terminals here: ", errno)
		}
	}
	theirs, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no pseudo-terminals here: ", err)
	}
	return ours, theirs
}
