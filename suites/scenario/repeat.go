package scenario

import (
	"sync"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/scenario/retry"
)

// repetitions are what the requirements of a run had in common so far. They
// are safe for concurrent use; the zero value is ready.
type repetitions struct {
	mu  sync.Mutex
	run retry.Run
}

// decide says what follows the attempts at a requirement, and keeps what that
// tells of the run.
func (r *repetitions) decide(attempts []retry.Attempt, stopped bool) retry.Decision {
	r.mu.Lock()
	defer r.mu.Unlock()
	d := retry.Decide(attempts, r.run, stopped)
	r.run = d.Run
	return d
}

// outcome is what an attempt came to.
func (s *Stage) outcome(a *attempt, subject string) retry.Attempt {
	v := s.Judge.Verdict(a.req, a.ev)
	return retry.Attempt{
		Verdict: v, Disturbed: a.disturbed, Unserved: unserved(a.ev), Subject: subject,
		Promptness: s.promptness(a.req, a.ev, v),
	}
}

// promptness tells whether the subject may have left its state as soon after the
// request under test as this target's own changes show, which a hand hardly
// does by chance: 0 for no, 2 where it went to what the request asked for,
// else 1. When others moved, who are looked at after a step, nobody can tell.
func (s *Stage) promptness(req *spec.Requirement, ev *evidence.Evidence, v evidence.Verdict) int {
	if v.Mismatch.Kind == evidence.MismatchBystander || v.Step < 0 || v.Step >= len(ev.Steps) || ev.Steps[v.Step].Exchange < 0 {
		return 0
	}
	soon := max(2*s.Poll, s.pace.recent())
	step, put := ev.Steps[v.Step], req.Steps[v.Step].When.Put
	before := step.Answered // it still was where it had been
	for _, l := range ev.Observations {
		switch {
		case l.User != step.Baseline.User || step.Before(l):
		case l.State == step.Baseline.State:
			before = l.Asked
		case before.Sub(step.Answered) > soon:
			return 0
		case put != nil && put.State == string(l.State):
			return 2
		default:
			return 1
		}
	}
	return 0
}

// interference notes that somebody else was seen to act on the users.
func (r *repetitions) interference() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.run.Interference = true
}

// unserved reports whether nothing that an attempt asked for was served:
// another user is not either.
func unserved(ev *evidence.Evidence) bool {
	for _, x := range ev.Exchanges {
		if x.Served() {
			return false
		}
	}
	return len(ev.Exchanges) > 0
}
