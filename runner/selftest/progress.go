package selftest

import (
	"fmt"
	"io"
	"sync"
)

// counter tells how far a selftest is: on a terminal in one line
// that moves, else a line now and then.
type counter struct {
	w        io.Writer
	terminal bool

	mu         sync.Mutex
	total      int
	made, odd  int
	lastLineAt int
}

// step is after how many runs a line is due where there is no terminal.
const lineEvery = 100

func (p *counter) done(t *trial) {
	odd := !t.asExpected()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.made++
	if odd {
		p.odd++
	}
	switch {
	case p.terminal:
		fmt.Fprintf(p.w, "\r\x1b[Kselftest: %d of %d runs, %d not as expected · %s", p.made, p.total, p.odd, t.name)
	case p.made-p.lastLineAt >= lineEvery:
		p.lastLineAt = p.made
		fmt.Fprintf(p.w, "selftest: %d of %d runs, %d not as expected\n", p.made, p.total, p.odd)
	}
}

func (p *counter) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.terminal {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
