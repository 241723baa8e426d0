package progress

import (
	"sync"

	"finesse-conformance/suites"
	"finesse-conformance/suites/evidence"
)

// InOrder makes the progress of a parallel run read like that of one
// in series: what comes out of order is held back until everything before it
// is there. A line that is drawn anew shows everything as it comes: it leaves
// no order behind. The function tells, at the end of the run, what was held
// back for something that did not come.
func InOrder(to Display, items []suites.Item) (p Display, flush func()) {
	if _, live := to.(*terminal); live {
		return to, func() {}
	}
	o := &ordered{to: to, verdicts: map[played]evidence.Verdict{}}
	for _, i := range items {
		if i.Runs() {
			o.waiting = append(o.waiting, played{i.Requirement.ID, i.Repetition})
		}
	}
	return o, o.flush
}

type ordered struct {
	to Display

	mu       sync.Mutex
	waiting  []played // what was not told yet
	verdicts map[played]evidence.Verdict
}

// played is one playing of a requirement.
type played struct {
	id         string
	repetition int
}

func (o *ordered) Begin(task Task, items []suites.Item) { o.to.Begin(task, items) }
func (o *ordered) Start(string)                         {} // told with the verdict
func (o *ordered) Say(format string, args ...any)       { o.to.Say(format, args...) }

func (o *ordered) Done(v evidence.Verdict) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.verdicts[played{v.Requirement, v.Repetition}] = v
	for len(o.waiting) > 0 && o.tell(o.waiting[0]) {
		o.waiting = o.waiting[1:]
	}
}

func (o *ordered) flush() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, p := range o.waiting {
		o.tell(p)
	}
	o.waiting = nil
}

func (o *ordered) End() { o.to.End() }

func (o *ordered) tell(p played) bool {
	v, ok := o.verdicts[p]
	if ok {
		o.to.Start(p.id)
		o.to.Done(v)
	}
	return ok
}
