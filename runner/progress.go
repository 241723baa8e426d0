package runner

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"finesse-conformance/internal/text"
	"finesse-conformance/suites"
	"finesse-conformance/suites/evidence"
)

// Progress tells how far a run is while it goes on. Implementations are safe
// for concurrent use.
type Progress interface {
	Begin(target string, items []suites.Item)
	Start(id string)                // a requirement is being acted on
	Done(v evidence.Verdict)        // it has its verdict
	Say(format string, args ...any) // something worth a line
	End()
}

// newProgress picks the way of telling: one line that moves on a terminal,
// a line a section otherwise, JSON lines for programs.
func newProgress(mode string, w io.Writer, terminal, colour bool) Progress {
	switch {
	case mode == "none":
		return silent{}
	case mode == "json":
		return &jsonProgress{w: w}
	case mode == "auto" && terminal:
		return &terminalProgress{lines: lines{w: w, colour: colour}}
	}
	return &plainProgress{lines: lines{w: w, colour: colour}}
}

type silent struct{}

func (silent) Begin(string, []suites.Item) {}
func (silent) Start(string)                {}
func (silent) Done(evidence.Verdict)       {}
func (silent) Say(string, ...any)          {}
func (silent) End()                        {}

// counts is how far a run is.
type counts struct {
	total, done, failed int
	sections            []string // in order
	of, through         map[string]int
	bad, gaps           map[string]int
	section             map[string]string // by requirement
}

func (c *counts) begin(items []suites.Item) {
	c.of, c.through = map[string]int{}, map[string]int{}
	c.bad, c.gaps, c.section = map[string]int{}, map[string]int{}, map[string]string{}
	for _, i := range items {
		if !i.Runs() {
			continue
		}
		s := i.Requirement.Section
		if c.of[s] == 0 {
			c.sections = append(c.sections, s)
		}
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

type plainProgress struct {
	lines
	mu sync.Mutex
	counts
}

func (p *plainProgress) Begin(target string, items []suites.Item) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.begin(items)
	fmt.Fprintf(p.w, "certifying %s: %d %s to exercise\n", target, p.total, text.Plural(p.total, "requirement"))
}

func (p *plainProgress) Start(string) {}

func (p *plainProgress) Done(v evidence.Verdict) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, over := p.add(v)
	if v.Outcome == evidence.Failed {
		fmt.Fprintln(p.w, p.failure(v))
	}
	if over {
		text := fmt.Sprintf("%-9s %3d of %d done", s, p.through[s], p.of[s])
		if p.bad[s] > 0 {
			text += fmt.Sprintf(", %d failed", p.bad[s])
		}
		if p.gaps[s] > 0 {
			text += fmt.Sprintf(", %d not exercised", p.gaps[s])
		}
		fmt.Fprintf(p.w, "%s  (%d of %d in all)\n", text, p.done, p.total)
	}
}

func (p *plainProgress) Say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintln(p.w, text.Printable(fmt.Sprintf(format, args...)))
}

func (p *plainProgress) End() {}

// terminalProgress keeps one line up to date and lets failures scroll by.
type terminalProgress struct {
	lines
	mu sync.Mutex
	counts
	current string
	began   time.Time
}

const eraseLine = "\r\x1b[2K"

func (p *terminalProgress) Begin(target string, items []suites.Item) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.begin(items)
	p.began = time.Now()
	fmt.Fprintf(p.w, "certifying %s\n", target)
	p.draw()
}

func (p *terminalProgress) Start(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.current = id
	p.draw()
}

func (p *terminalProgress) Done(v evidence.Verdict) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.add(v)
	if v.Outcome == evidence.Failed {
		fmt.Fprint(p.w, eraseLine, p.failure(v), "\n")
	}
	p.draw()
}

func (p *terminalProgress) Say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprint(p.w, eraseLine, text.Printable(fmt.Sprintf(format, args...)), "\n")
	p.draw()
}

func (p *terminalProgress) End() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total = 0
	fmt.Fprint(p.w, eraseLine)
}

const barWidth = 24

// lineWidth is what fits on the narrowest usual terminal: a line that wraps
// cannot be erased.
const lineWidth = 79

func (p *terminalProgress) draw() {
	if p.total == 0 {
		return
	}
	full := barWidth * p.done / p.total
	text := fmt.Sprintf("%s%s %d of %d  %s", strings.Repeat("█", full), strings.Repeat("░", barWidth-full), p.done, p.total,
		time.Since(p.began).Round(time.Second))
	if p.failed > 0 {
		text += fmt.Sprintf("  %d failed", p.failed)
	}
	line := []rune(text + "  " + p.current)
	fmt.Fprint(p.w, eraseLine, string(line[:min(len(line), lineWidth)]))
}

// jsonProgress writes one JSON object a line.
type jsonProgress struct {
	mu sync.Mutex
	w  io.Writer
	counts
}

// progressLine is a line of --progress json.
type progressLine struct {
	Event       string           `json:"event"` // begin, start, done, say or end
	Time        time.Time        `json:"time"`
	Target      string           `json:"target,omitempty"`
	Requirement string           `json:"requirement,omitempty"`
	Outcome     evidence.Outcome `json:"outcome,omitempty"`
	Reason      string           `json:"reason,omitempty"`
	Text        string           `json:"text,omitempty"`
	Done        int              `json:"done"`
	Total       int              `json:"total"`
	Failed      int              `json:"failed"`
}

func (p *jsonProgress) write(l progressLine) {
	l.Time = time.Now().UTC()
	l.Done, l.Total, l.Failed = p.done, p.total, p.failed
	// Progress that cannot be written is no reason to stop a run.
	_ = json.NewEncoder(p.w).Encode(l)
}

func (p *jsonProgress) Begin(target string, items []suites.Item) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.begin(items)
	p.write(progressLine{Event: "begin", Target: target})
}

func (p *jsonProgress) Start(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.write(progressLine{Event: "start", Requirement: id})
}

func (p *jsonProgress) Done(v evidence.Verdict) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.add(v)
	p.write(progressLine{Event: "done", Requirement: v.Requirement, Outcome: v.Outcome, Reason: v.Reason})
}

func (p *jsonProgress) Say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.write(progressLine{Event: "say", Text: fmt.Sprintf(format, args...)})
}

func (p *jsonProgress) End() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.write(progressLine{Event: "end"})
}
