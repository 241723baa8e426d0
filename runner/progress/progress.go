package progress

import (
	"fmt"
	"io"

	"finesse-conformance/internal/text"
	"finesse-conformance/suites"
	"finesse-conformance/suites/evidence"
)

// Display tells how far a run is while it goes on. Implementations are safe
// for concurrent use.
type Display interface {
	// Begin tells what is certified, and what of the plan is exercised.
	Begin(target string, items []suites.Item)
	// Start tells which requirement is acted on.
	Start(id string)
	// Done tells the verdict on a requirement.
	Done(v evidence.Verdict)
	// Say tells something that is worth a line.
	Say(format string, args ...any)
	// End tells that everything was exercised.
	End()
}

// New picks the way of telling: one line that moves on a terminal,
// a line a section otherwise, JSON lines for programs.
func New(mode string, w io.Writer, onTerminal, colour bool) Display {
	switch {
	case mode == "none":
		return None{}
	case mode == "json":
		return &jsonLines{w: w}
	case mode == "auto" && onTerminal:
		return &terminal{lines: lines{w: w, colour: colour}}
	}
	return &plain{lines: lines{w: w, colour: colour}}
}

// None tells nothing.
type None struct{}

func (None) Begin(string, []suites.Item) {}
func (None) Start(string)                {}
func (None) Done(evidence.Verdict)       {}
func (None) Say(string, ...any)          {}
func (None) End()                        {}

// counts is how far a run is.
type counts struct {
	total, done, failed int
	// of, through, bad and gaps count the requirements of each section: all,
	// those with a verdict, those that failed, those that were not exercised.
	of, through, bad, gaps map[string]int
	section                map[string]string // The section of each requirement.
}

func (c *counts) begin(items []suites.Item) {
	c.of, c.through = map[string]int{}, map[string]int{}
	c.bad, c.gaps, c.section = map[string]int{}, map[string]int{}, map[string]string{}
	for _, i := range items {
		if !i.Runs() {
			continue
		}
		s := i.Requirement.Section
		c.of[s]++
		c.total++
		c.section[i.Requirement.ID] = s
	}
}

// add counts a verdict and reports whether its section is through.
func (c *counts) add(v evidence.Verdict) (section string, over bool) {
	s := c.section[v.Requirement]
	c.done++
	c.through[s]++
	switch v.Outcome {
	case evidence.Failed:
		c.failed++
		c.bad[s]++
	case evidence.NotExercised:
		c.gaps[s]++
	}
	return s, c.through[s] == c.of[s]
}

// lines writes whole lines.
type lines struct {
	w      io.Writer
	colour bool
}

func (l lines) failure(v evidence.Verdict) string {
	mark := "FAILED"
	if l.colour {
		mark = "\x1b[31m" + mark + "\x1b[0m"
	}
	reason := fmt.Sprintf(" %s  %s", v.Requirement, v.Reason)
	if v.Clause != "" {
		reason += "  [" + v.Clause + "]"
	}
	return mark + text.Printable(reason)
}
