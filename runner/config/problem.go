package config

import (
	"fmt"
	"strings"

	"finesse-conformance/internal/exit"
)

// Problem is one thing that is wrong with what a run is told. It names where
// that stands and what to do.
type Problem struct {
	File string // the configuration file; "" for a flag or a variable
	Line int    // 0 where no line is to blame
	Key  string // the key, flag or variable
	Text string
}

// Error gives "conf.yaml:12: timing.settle: must be …".
func (p Problem) Error() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File)
		if p.Line > 0 {
			fmt.Fprintf(&b, ":%d", p.Line)
		}
		b.WriteString(": ")
	}
	if p.Key != "" {
		b.WriteString(p.Key + ": ")
	}
	b.WriteString(p.Text)
	return b.String()
}

// Problems is the error of a configuration that cannot be used: everything
// that is wrong with it, so that it can be put right at once. Nothing was
// sent to the target (exit 2).
type Problems []Problem

// Error gives one line a problem.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// ExitCode is that of wrong usage.
func (ps Problems) ExitCode() int { return exit.Usage }
