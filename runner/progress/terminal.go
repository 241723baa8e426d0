package progress

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"finesse-conformance/internal/text"
	"finesse-conformance/suites"
	"finesse-conformance/suites/evidence"
)

// terminal keeps one line up to date and lets failures scroll by.
type terminal struct {
	lines
	mu sync.Mutex
	counts
	current string
	began   time.Time
}

const eraseLine = "\r\x1b[2K"

func (p *terminal) Begin(target string, items []suites.Item) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.begin(items)
	p.began = time.Now()
	fmt.Fprintf(p.w, "certifying %s\n", target)
	p.draw()
}

func (p *terminal) Start(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.current = id
	p.draw()
}

func (p *terminal) Done(v evidence.Verdict) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.add(v)
	if v.Outcome == evidence.Failed {
		fmt.Fprint(p.w, eraseLine, p.failure(v), "\n")
	}
	p.draw()
}

func (p *terminal) Say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprint(p.w, eraseLine, text.Printable(fmt.Sprintf(format, args...)), "\n")
	p.draw()
}

func (p *terminal) End() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total = 0
	fmt.Fprint(p.w, eraseLine)
}

const barWidth = 24

// lineWidth is what fits on the narrowest usual terminal: a line that wraps
// cannot be erased.
const lineWidth = 79

func (p *terminal) draw() {
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
