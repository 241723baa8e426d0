package progress

import (
	"fmt"
	"io"
	"strings"
	"time"

	"finesse-conformance/internal/text"
	"finesse-conformance/suites"
	"finesse-conformance/suites/evidence"
)

// Display tells how far a run is while it goes on. Implementations are safe
// for concurrent use.
type Display interface {
	// Begin tells what is done, and what of the plan is exercised.
	Begin(task Task, items []suites.Item)
	// Start tells which requirement is acted on.
	Start(id string)
	// Done tells the verdict on a requirement.
	Done(v evidence.Verdict)
	// Say tells something that is worth a line.
	Say(format string, args ...any)
	// End tells that everything was exercised.
	End()
}

// Task is what is done to a target.
type Task struct {
	Target string
	Does   string // "certifying"
	Much   string // how much of it there is to do, in words
}

// Screen is what a run is shown on.
type Screen struct {
	Terminal bool       // a line can be drawn anew
	Colour   bool       // it takes colours
	Width    func() int // columns, which may change; 0 where it does not tell, nil for no limit
}

// New picks the way of telling: one line that moves on a terminal,
// a line a section otherwise, JSON lines for programs.
func New(mode string, w io.Writer, on Screen) Display {
	l := lines{w: w, colour: on.Colour, width: on.Width}
	switch {
	case mode == "none":
		return None{}
	case mode == "json":
		return &jsonLines{w: w}
	case mode == "auto" && on.Terminal:
		return &terminal{lines: l}
	}
	return &plain{lines: l}
}

// None tells nothing.
type None struct{}

func (None) Begin(Task, []suites.Item) {}
func (None) Start(string)              {}
func (None) Done(evidence.Verdict)     {}
func (None) Say(string, ...any)        {}
func (None) End()                      {}

// counts is how far a run is.
type counts struct {
	total, done, failed int
	// of, through, bad and gaps count the requirements of each section: all,
	// those with a verdict, those that failed, those that were not exercised.
	of, through, bad, gaps map[string]int
	section                map[string]string // The section of each requirement.

	began            time.Time
	expected, passed time.Duration            // how long all of it was estimated to take, and what is done of it
	estimates        map[string]time.Duration // the estimate of each requirement
}

func (c *counts) begin(items []suites.Item) {
	c.of, c.through = map[string]int{}, map[string]int{}
	c.bad, c.gaps, c.section = map[string]int{}, map[string]int{}, map[string]string{}
	c.began, c.estimates = time.Now(), map[string]time.Duration{}
	for _, i := range items {
		if !i.Runs() {
			continue
		}
		s := i.Requirement.Section
		c.of[s]++
		c.total++
		c.section[i.Requirement.ID] = s
		c.estimates[i.Requirement.ID] = i.EstimatedDuration
		c.expected += i.EstimatedDuration
	}
}

// add counts a verdict and reports whether its section is through.
func (c *counts) add(v evidence.Verdict) (section string, over bool) {
	s := c.section[v.Requirement]
	c.done++
	c.through[s]++
	c.passed += c.estimates[v.Requirement]
	switch v.Outcome {
	case evidence.Failed:
		c.failed++
		c.bad[s]++
	case evidence.NotExercised:
		c.gaps[s]++
	}
	return s, c.through[s] == c.of[s]
}

// tenth reports whether another tenth part of the only section is done.
func (c *counts) tenth() bool {
	return len(c.of) == 1 && c.total >= 20 && 10*c.done/c.total > 10*(c.done-1)/c.total
}

// enough is how long a run goes on before it tells how much is left: the first
// requirements say little of the others.
const enough = 2 * time.Second

// left estimates how much longer the run takes: as the part that is done took
// compared with its estimate, so will the rest.
func (c *counts) left() (time.Duration, bool) {
	took := time.Since(c.began)
	if took < enough || c.passed <= 0 || c.done >= c.total {
		return 0, false
	}
	return time.Duration(float64(took) * float64(c.expected-c.passed) / float64(c.passed)), true
}

// roughly gives a duration as people estimate one.
func roughly(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return "a few seconds"
	case d < 90*time.Second:
		return fmt.Sprintf("about %d s", int(d.Round(10*time.Second).Seconds()))
	case d < 90*time.Minute:
		return fmt.Sprintf("about %d min", int(d.Round(time.Minute).Minutes()))
	}
	return fmt.Sprintf("about %.1f h", d.Hours())
}

// lines writes whole lines.
type lines struct {
	w      io.Writer
	colour bool
	width  func() int // nil for no limit
}

// hang indents what is continued on another line.
const hang = 6

// print writes a line, broken at spaces where it is too wide.
func (l lines) print(line string) {
	for _, part := range l.wrapped(line) {
		fmt.Fprintln(l.w, part)
	}
}

func (l lines) wrapped(line string) []string {
	width := 0
	if l.width != nil {
		width = l.width()
	}
	return text.Wrap(text.Printable(line), width, hang)
}

func (l lines) failure(v evidence.Verdict) {
	const mark = "FAILED"
	reason := fmt.Sprintf("%s %s  %s", mark, v.Requirement, v.Reason)
	if v.Clause != "" {
		reason += "  [" + v.Clause + "]"
	}
	for i, part := range l.wrapped(reason) {
		if rest, is := strings.CutPrefix(part, mark); is && i == 0 && l.colour {
			part = "\x1b[31m" + mark + "\x1b[0m" + rest
		}
		fmt.Fprintln(l.w, part)
	}
}
