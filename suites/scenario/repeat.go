package scenario

import (
	"sync"
	"time"

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
		Chance: chance(a.ev, v, max(2*s.Poll, s.pace.recent()), s.quietWindow()),
	}
}

// chance is how probable it is that a hand that moves the subject at any moment
// of a watch moves it as a failure shows it: as soon after the request under test
// as this target's own changes show, as far as the looks tell, and to where the
// request asked it to go, which of the places where it may go is one of two or
// three. Who signs in comes to NOT_READY (DG12.5 p.42), so that a user who is
// seen in another state right after LOGOUT was moved twice between two looks,
// which hardly any hand does. 1 is what came later, and what others did, who are
// looked at after a step.
func chance(ev *evidence.Evidence, v evidence.Verdict, soon, watch time.Duration) float64 {
	if v.Outcome != evidence.Failed || v.Mismatch.Kind == evidence.MismatchBystander || v.Step < 0 || v.Step >= len(ev.Steps) || ev.Steps[v.Step].Exchange < 0 {
		return 1
	}
	from, to, moved := whenMoved(ev, ev.Steps[v.Step], v.Mismatch)
	if !moved || from > soon {
		return 1
	}
	share := min(1, float64(max(soon, to))/float64(watch))
	if v.Mismatch.To == v.Mismatch.Asked {
		share /= 2
	}
	if v.Mismatch.From == spec.Logout && v.Mismatch.To != spec.NotReady {
		share /= 10
	}
	return share
}

// whenMoved tells when the subject of a step moved: until how long after the
// answer it was seen where it had been, and since when where it went. Of one who
// was not seen to move nothing is told.
func whenMoved(ev *evidence.Evidence, step evidence.Step, move evidence.Mismatch) (from, to time.Duration, moved bool) {
	there := step.Baseline.State == move.From
	for _, l := range ev.Observations {
		after := max(0, l.Asked.Sub(step.Answered))
		switch {
		case l.User != step.Baseline.User || step.Before(l):
		case l.State == move.From:
			there, from = true, after
		case there && l.State == move.To:
			return from, after, true
		}
	}
	return 0, 0, false
}

// interference notes that somebody else was seen to act on the users.
func (r *repetitions) interference() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.run.Unrelated++
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
