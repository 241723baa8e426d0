package progress

import (
	"fmt"
	"sync"

	"finesse-conformance/suites"
	"finesse-conformance/suites/evidence"
)

// plain writes a line for each section that is done and for each failure, and
// where there is one section alone for each tenth part of it.
type plain struct {
	lines
	mu sync.Mutex
	counts
}

func (p *plain) Begin(task Task, items []suites.Item) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.begin(items)
	p.print(task.Does + " " + task.Target + ": " + task.Much)
}

func (p *plain) Start(string) {}

func (p *plain) Done(v evidence.Verdict) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, over := p.add(v)
	if v.Outcome == evidence.Failed {
		p.failure(v)
	}
	if over || p.tenth() {
		text := fmt.Sprintf("%-9s %3d of %d done", s, p.through[s], p.of[s])
		if p.bad[s] > 0 {
			text += fmt.Sprintf(", %d failed", p.bad[s])
		}
		if p.gaps[s] > 0 {
			text += fmt.Sprintf(", %d not exercised", p.gaps[s])
		}
		text += fmt.Sprintf("  (%d of %d in all", p.done, p.total)
		if left, ok := p.left(); ok {
			text += ", " + roughly(left) + " left"
		}
		p.print(text + ")")
	}
}

func (p *plain) Say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.print(fmt.Sprintf(format, args...))
}

func (p *plain) End() {}
