package scenario

import (
	"regexp"
	"strings"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/judge"
)

// CombineAttempts is the verdict on a requirement of the verdicts on its attempts, in
// their order, as the run gave it that made them; then is what it said. What
// rested on other requirements of that run still does.
func CombineAttempts(attempts []evidence.Verdict, then evidence.Verdict) evidence.Verdict {
	first, last := attempts[0], attempts[len(attempts)-1]
	if len(attempts) == 1 {
		return first
	}
	if _, others, ok := strings.Cut(then.Reason, notRepeated); ok && strings.HasSuffix(others, noCoincidence) &&
		first.Outcome == evidence.Failed {
		first.Suspect, first.Reason = false, first.Reason+notRepeated+others
		return first
	}
	if len(attempts) == 2 {
		return second(first, last)
	}
	other := attempts[1]
	if !undecided(first, other) {
		other = second(first, other)
	}
	return third(first, other, last)
}

// undecided reports whether two failures may have come of two different
// causes, so that only a third attempt can decide.
func undecided(first, v evidence.Verdict) bool {
	return v.Outcome == evidence.Failed && v.Suspect && first.Outcome == evidence.Failed && !conclusive(first, v)
}

// promptness tells whether the subject may have left its state as soon after the
// request under test as this target's own changes show, which a hand hardly
// does by chance: 0 for no, 2 where it went to what the request asked for,
// else 1.
func (s *Stage) promptness(req *spec.Requirement, ev *evidence.Evidence, v evidence.Verdict) int {
	if v.Step < 0 || v.Step >= len(ev.Steps) || ev.Steps[v.Step].Exchange < 0 {
		return 0
	}
	s.mu.Lock()
	soon := max(2*s.Poll, s.slow)
	s.mu.Unlock()
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

// manyReflexes is how much may come of chance: what requirements count that
// failed once by a prompt change and passed when repeated.
const manyReflexes = 3

// What stands before and behind the other requirements in the reason of what
// failed now and then.
const (
	notRepeated   = "; not when repeated, and so in "
	noCoincidence = ": now and then, and no coincidence"
)

// recordIntermittent notes a requirement that failed and passed on its repetition, and
// says when that was too often, in a run in which nobody else's hand was
// noticed otherwise. A change that was not prompt is such a hand.
func (s *Stage) recordIntermittent(id string, prompt int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if prompt == 0 {
		s.foreign = true
		return ""
	}
	before := strings.Join(s.reflexes, ", ")
	s.reflexes = append(s.reflexes, id)
	s.prompted += prompt
	if before == "" || s.prompted < manyReflexes || s.foreign {
		return ""
	}
	return notRepeated + before + noCoincidence
}

// noteInterference notes that somebody else was seen to act on the users.
func (s *Stage) noteInterference() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.foreign = true
}

// third is the verdict when it failed with some users and passed with others:
// what happens to the same users in the same way once more is no coincidence.
func third(first, other, v evidence.Verdict) evidence.Verdict {
	if other.Outcome == evidence.Failed {
		if v.Outcome == evidence.Failed && (alike(first, v) || alike(other, v)) {
			v.Suspect = false
			return v
		}
		if v.Outcome == evidence.Passed || v.Outcome == evidence.Info {
			v.Observed.Note = "on the third attempt; those before were disturbed: " + first.Seen + "; " + other.Seen
			return v
		}
		v.Outcome, v.Suspect = evidence.NotExercised, false
		v.Reason = "disturbed in more than one way, and somebody else's hand could explain it: " + first.Reason + "; " + other.Reason
		return v
	}
	if v.Outcome != evidence.Failed || v.Step != first.Step || v.XPath != first.XPath || v.Observed.State != first.Observed.State ||
		v.Expected == judge.OnlySubject && withoutTimes(v.Seen) != withoutTimes(first.Seen) {
		return other
	}
	v.Suspect = false
	v.Observed.Note = "twice with these users, and not with others"
	return v
}

// conclusive reports whether two failures in a row are enough. That somebody
// moved who had no part in it is seen of everybody, so that people who work
// bring it about by chance more often than anything else: that takes three.
func conclusive(first, v evidence.Verdict) bool {
	return alike(first, v) && v.Expected != judge.OnlySubject
}

// alike reports whether two failures are the same one, maybe of other users.
func alike(a, b evidence.Verdict) bool {
	return a.Step == b.Step && a.XPath == b.XPath && a.Expected == b.Expected && a.Observed.State == b.Observed.State &&
		a.Observed.Status == b.Observed.Status && withoutUsers(a.Seen) == withoutUsers(b.Seen)
}

var (
	someAnswer = regexp.MustCompile(`^(\d+) .*(, and the user went (from|to) )`)
	someReason = regexp.MustCompile(` \(reasonCodeId [^(),]*\)|, reasonCodeId [^(),]*`)
	someUser   = regexp.MustCompile(`user \S+`)
	someTime   = regexp.MustCompile(`\b(\d+(\.\d+)?(ns|µs|ms|h|m|s))+\b`)
)

// withoutUsers leaves out of what was seen who it was, how long it took, which
// reason code was his, and in what words a refusal came after which the state
// changed all the same: type and data may be others for another user.
func withoutUsers(seen string) string {
	seen = someReason.ReplaceAllString(someAnswer.ReplaceAllString(seen, "$1$2"), "")
	return withoutTimes(someUser.ReplaceAllString(seen, "user"))
}

func withoutTimes(seen string) string { return someTime.ReplaceAllString(seen, "some time") }

// unanswered reports whether nothing that an attempt asked for was served:
// another user is not either.
func unanswered(ev *evidence.Evidence) bool {
	for _, x := range ev.Exchanges {
		if x.Served() {
			return false
		}
	}
	return len(ev.Exchanges) > 0
}

// second is the verdict after a repetition: a failure that did not happen
// again proves nothing, unless the repetition proved the contrary.
func second(first, v evidence.Verdict) evidence.Verdict {
	if v.Outcome == evidence.Failed && v.Suspect && first.Outcome != evidence.Failed {
		v.Outcome, v.Reason = evidence.NotExercised, "happened once, and somebody else's hand could explain it: "+v.Reason
	}
	if v.Outcome == evidence.NotExercised && first.Reason != "" && first.Reason != v.Reason {
		v.Reason += "; before that: " + first.Reason
	}
	if (v.Outcome == evidence.Passed || v.Outcome == evidence.Info) && first.Outcome == evidence.Failed {
		v.Observed.Note = "on the second attempt; the first was disturbed: " + first.Seen
	}
	v.Suspect = false
	return v
}
