package progress

import (
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"finesse-conformance/suites"
	"finesse-conformance/suites/evidence"
)

// terminal keeps one line up to date and lets failures scroll by.
type terminal struct {
	lines
	mu sync.Mutex
	counts
	current string
}

const eraseLine = "\r\x1b[2K"

func (p *terminal) Begin(task Task, items []suites.Item) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.begin(items)
	p.print(task.Does + " " + task.Target + ": " + task.Much)
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
		fmt.Fprint(p.w, eraseLine)
		p.failure(v)
	}
	p.draw()
}

func (p *terminal) Say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprint(p.w, eraseLine)
	p.print(fmt.Sprintf(format, args...))
	p.draw()
}

func (p *terminal) End() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total = 0
	fmt.Fprint(p.w, eraseLine)
}

// The bar takes what the words leave of the line, within these bounds; without
// room for the smallest there is none.
const (
	barMost  = 24
	barLeast = 6
)

// usualWidth is that of a terminal that does not tell its width.
const usualWidth = 80

func (p *terminal) draw() {
	if p.total == 0 {
		return
	}
	width := usualWidth
	if p.width != nil {
		if w := p.width(); w > 0 {
			width = w
		}
	}
	fmt.Fprint(p.w, eraseLine, p.line(width-1)) // a line that fills the last column wraps, and cannot be erased
}

// line says in at most so many columns how far the run is. What does not fit
// is left out, the least telling first.
func (p *terminal) line(width int) string {
	said := fmt.Sprintf("%d of %d", p.done, p.total)
	add := func(more string) {
		if more != "" && utf8.RuneCountInString(said)+2+utf8.RuneCountInString(more) <= width {
			said += "  " + more
		}
	}
	if p.failed > 0 {
		add(fmt.Sprintf("%d failed", p.failed))
	}
	if left, ok := p.left(); ok {
		add(roughly(left) + " left")
	}
	add(p.current)
	add(time.Since(p.began).Round(time.Second).String())
	if room := min(width-utf8.RuneCountInString(said)-1, barMost); room >= barLeast {
		full := room * p.done / p.total
		said = strings.Repeat("█", full) + strings.Repeat("░", room-full) + " " + said
	}
	return string([]rune(said)[:min(utf8.RuneCountInString(said), max(width, 0))])
}
