package progress

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"

	"finesse-conformance/internal/text"
	"finesse-conformance/suites"
	"finesse-conformance/suites/evidence"
)

// jsonLines writes one JSON object a line.
type jsonLines struct {
	mu sync.Mutex
	w  io.Writer
	counts
}

// jsonLine is a line of --progress json.
type jsonLine struct {
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

func (p *jsonLines) write(l jsonLine) {
	l.Time = time.Now().UTC()
	l.Done, l.Total, l.Failed = p.done, p.total, p.failed
	// Progress that cannot be written is no reason to stop a run.
	_ = json.NewEncoder(p.w).Encode(l)
}

func (p *jsonLines) Begin(task Task, items []suites.Item) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.begin(items)
	p.write(jsonLine{Event: "begin", Target: task.Target})
}

func (p *jsonLines) Start(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.write(jsonLine{Event: "start", Requirement: id})
}

func (p *jsonLines) Done(v evidence.Verdict) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.add(v)
	p.write(jsonLine{Event: "done", Requirement: v.Requirement, Outcome: v.Outcome, Reason: text.Inert(v.Reason)})
}

func (p *jsonLines) Say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.write(jsonLine{Event: "say", Text: fmt.Sprintf(format, args...)})
}

func (p *jsonLines) End() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.write(jsonLine{Event: "end"})
}
