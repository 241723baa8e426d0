// Package retry decides, after each attempt at a requirement, whether another
// one is made and with whom, and what all of them together say. It is a pure
// function of what the attempts came to: a run decides with it, and a recheck
// decides the same of the same evidence.
//
// No other module is promised anything of it: see docs/stability.md.
//
// A failure that somebody else's hand or the network could explain counts when
// it happens again, and an attempt that proved nothing is made again where the
// next one might prove something:
//
//	first                 second, other users    third, users of the first   verdict
//	passed, or certain    –                      –                           the first
//	failed                the same again         –                           failed
//	failed                the same, by chance    the same                    failed
//	failed                the same, by chance    anything else               nothing proven
//	failed                in another way         like one of both            failed
//	failed                in another way         passed                      passed
//	failed                passed                 the same as the first       failed
//	failed                passed                 anything else               the second
//	failed                waits for its users    –                           the first
//	failed                waits for others       waits for its users         the first
//	failed                unchanged, unheard     as where it passed          as where it passed
//	nothing proven        passed                 –                           passed
//	nothing proven        failed, suspect        –                           nothing proven
//
// An attempt whose request was not answered, or maybe by somebody on the way who
// did not get the target's answer or did not pass the request on, is none of
// these: it is made again, and condemns only where that happens five times, or
// twice where it has condemned several requirements already.
//
// By chance: somebody else was seen to act on the users in this run, and not
// both changes came at once after the request.
package retry

import (
	"slices"
	"strings"

	"finesse-conformance/suites/evidence"
)

// Attempt is what one attempt came to.
type Attempt struct {
	Verdict evidence.Verdict
	// Disturbed: it could not be brought about for a reason that may not be
	// there the next time.
	Disturbed bool
	// Unserved: nothing that it asked for was served. Another user is not
	// served either.
	Unserved bool
	// Subject is who it was about.
	Subject string
	// Promptness is how little chance explains the change by which it failed:
	// 0 for not at all, more for what came at once after the request.
	Promptness int
}

// Whom says with which users the next attempt is made.
type Whom int

// The choices of users.
const (
	Nobody Whom = iota // there is no next attempt
	Others             // who were not used yet, where there are
	First              // those of the first attempt
)

// Decision is what is done after an attempt.
type Decision struct {
	Next    Whom
	Verdict evidence.Verdict // what is said where there is no next attempt
	Run     Run              // what is known of the run from now on
}

// Run is what the requirements of a run had in common so far.
type Run struct {
	// Intermittent are those that failed once by a change right after the
	// request and passed when repeated, in their order.
	Intermittent []string
	// Weight is how little chance explains all of them.
	Weight int
	// Interference: somebody else was seen to act on the users.
	Interference bool
	// Unanswered is how many requirements failed because their request was not
	// answered.
	Unanswered int
}

const (
	// mostUnanswered is how often a request has to go without an answer before
	// that is no chance: of 232 requirements one in a thousand runs, where one in
	// twelve requests is lost.
	mostUnanswered = 5
	// manyUnanswered is how many requirements failed for it where it is no chance
	// any more.
	manyUnanswered = 3
	// mostAttempts at one requirement are made, whatever comes.
	mostAttempts = 7
)

// unanswered reports whether the request under test was not answered by the
// target, as far as can be told.
func unanswered(v evidence.Verdict) bool {
	return v.Outcome == evidence.Failed && v.Suspect && (v.Mismatch.Kind == evidence.MismatchUnanswered || v.Elsewhere)
}

// answered gives the attempts whose requests were.
func answered(attempts []Attempt) []Attempt {
	return slices.DeleteFunc(slices.Clone(attempts), func(a Attempt) bool { return unanswered(a.Verdict) })
}

// manyIntermittent is how much weight may come of chance.
const manyIntermittent = 3

// intermittent notes a requirement that failed and passed when repeated, and
// reports whether that was too often in a run in which nobody else's hand was
// noticed. A change that did not come at once is such a hand.
func (r Run) intermittent(id string, promptness int) (Run, bool) {
	if promptness == 0 {
		r.Interference = true
		return r, false
	}
	often := len(r.Intermittent) > 0 && r.Weight+promptness >= manyIntermittent && !r.Interference
	r.Intermittent = append(slices.Clone(r.Intermittent), id)
	r.Weight += promptness
	return r, often
}

// unsure reports whether a first attempt that was answered need not be the last
// word.
func (a Attempt) unsure() bool {
	certain := a.Verdict.Outcome == evidence.Failed && !a.Verdict.Suspect
	return !certain && !a.Unserved && (a.Verdict.Suspect || a.Disturbed)
}

// unansweredAllowed is how many attempts at a requirement may go unanswered.
func (r Run) unansweredAllowed() int {
	if r.Unanswered >= manyUnanswered {
		return 2
	}
	return mostUnanswered
}

// Decide says what follows the attempts so far, of which there is at least
// one. When the run was stopped no attempt follows.
func Decide(attempts []Attempt, run Run, stopped bool) Decision {
	done := func(v evidence.Verdict) Decision { return Decision{Verdict: v, Run: run} }
	again := func(whom Whom) Decision { return Decision{Next: whom, Run: run} }
	all, told := attempts, answered(attempts)
	if last := all[len(all)-1]; unanswered(last.Verdict) {
		if !stopped && !last.Unserved && len(all)-len(told) < run.unansweredAllowed() {
			return again(Others)
		}
		if len(told) == 0 {
			run.Unanswered++
		}
		return done(together(all))
	}
	stopped = stopped || len(all) >= mostAttempts
	attempts = told
	first, last := attempts[0], attempts[len(attempts)-1]
	switch len(attempts) {
	case 1:
		if !stopped && first.unsure() {
			return again(Others)
		}
	case 2:
		return afterTwo(first, last, run, stopped, together(all))
	}
	return done(together(all))
}

// afterTwo is Decide after two attempts that were answered, with the verdict of
// all of them.
func afterTwo(first, last Attempt, run Run, stopped bool, all evidence.Verdict) Decision {
	waits := first.Verdict.Outcome == evidence.Failed && last.Verdict.Gap.Waits != nil && !stranded(first.Verdict, last.Verdict)
	if !stopped && (waits || undecided(first.Verdict, last.Verdict) || run.Interference && chance(first, last)) {
		return Decision{Next: First, Run: run}
	}
	if first.Verdict.Outcome == evidence.Failed && didNotHappen(last.Verdict) {
		before := run.Intermittent
		var often bool
		if run, often = run.intermittent(first.Verdict.Requirement, first.Promptness); often {
			return Decision{Verdict: intermittent(first.Verdict, before), Run: run}
		}
		if !stopped && first.Subject != last.Subject {
			return Decision{Next: First, Run: run}
		}
	}
	return Decision{Verdict: all, Run: run}
}

// Combine is the verdict on a requirement by those on its attempts, in their
// order, as the run that made them would give it now. Then is what the run
// gave: what rested on other requirements still does.
func Combine(attempts []evidence.Verdict, then evidence.Verdict) evidence.Verdict {
	if len(then.Intermittent) > 0 && len(attempts) > 1 && attempts[0].Outcome == evidence.Failed {
		return intermittent(attempts[0], then.Intermittent)
	}
	list := make([]Attempt, len(attempts))
	for i, v := range attempts {
		list[i].Verdict = v
	}
	return together(list)
}

// together is the verdict of all attempts.
func together(attempts []Attempt) evidence.Verdict {
	told := answered(attempts)
	if lost := len(attempts) - len(told); lost > 0 {
		return withoutAnswers(attempts, told, lost)
	}
	first, last := attempts[0].Verdict, attempts[len(attempts)-1].Verdict
	if stranded(first, last) {
		first.Suspect = false
		return first
	}
	switch len(attempts) {
	case 1:
		return first
	case 2:
		return ofTwo(first, last)
	}
	other := attempts[1].Verdict
	switch {
	case repeated(first, other) && last.Outcome == evidence.Failed && alike(first, last):
		last.Suspect = false
		return last
	case repeated(first, other):
		last.Outcome, last.Reason, last.Suspect = evidence.NotExercised, happenedTwice(other), false
		last.Gap = evidence.Gap{Kind: evidence.GapInterference}
		return last
	case !undecided(first, other):
		other = ofTwo(first, other)
	}
	return ofThree(first, other, last)
}

// withoutAnswers is the verdict where some attempts, or all, were not answered.
func withoutAnswers(attempts, told []Attempt, lost int) evidence.Verdict {
	if len(told) > 0 {
		v := together(told)
		v.Observed.Note = strings.TrimPrefix(v.Observed.Note+"; "+notAnswered(attempts, lost), "; ")
		return v
	}
	v := attempts[len(attempts)-1].Verdict
	if lost > 1 {
		v.Suspect = false
		v.Observed.Note = strings.TrimPrefix(v.Observed.Note+"; "+notAnswered(attempts, lost), "; ")
	}
	return v
}

// chance reports whether two failures of one kind may have come of somebody who
// is seen to act on the users: not both came as soon after the request as no
// hand does.
func chance(first, other Attempt) bool {
	return repeated(first.Verdict, other.Verdict) && (first.Promptness == 0 || other.Promptness == 0)
}

// repeated reports whether a failure that somebody else's hand could explain
// came again.
func repeated(first, v evidence.Verdict) bool {
	return first.Outcome == evidence.Failed && first.Suspect && v.Outcome == evidence.Failed && v.Suspect && !undecided(first, v)
}

// stranded reports whether an attempt could not be made because a failure left
// its user where nothing leads out: what was seen then is so still, and no
// passing hand's.
func stranded(failure, v evidence.Verdict) bool {
	return failure.Outcome == evidence.Failed && v.Outcome == evidence.NotExercised && v.Gap.Waits != nil && v.Gap.Waits.Since == failure.Requirement
}

// intermittent is a failure that did not come again, of which there were too
// many in the run to be a coincidence: before it the others.
func intermittent(v evidence.Verdict, others []string) evidence.Verdict {
	v.Suspect, v.Intermittent = false, slices.Clone(others)
	v.Reason += notRepeated(others)
	return v
}

// ofTwo is the verdict after a repetition: a failure that did not happen again
// proves nothing, unless the repetition proved the contrary.
func ofTwo(first, v evidence.Verdict) evidence.Verdict {
	if v.Outcome == evidence.Failed && v.Suspect && first.Outcome != evidence.Failed {
		v.Outcome, v.Reason = evidence.NotExercised, happenedOnce(v)
		v.Gap.Kind = evidence.GapInterference
	}
	if v.Outcome == evidence.NotExercised && first.Reason != "" && first.Reason != v.Reason {
		v.Reason += "; before that: " + first.Reason
	}
	if (v.Outcome == evidence.Passed || v.Outcome == evidence.Info) && first.Outcome == evidence.Failed {
		v.Observed.Note = "on the second attempt; the first was disturbed: " + first.Seen
	}
	if v.Outcome == evidence.Failed && v.Suspect && v.Mismatch.Kind == evidence.MismatchAnswer {
		v.Observed.Note = strings.TrimPrefix(v.Observed.Note+"; answered so twice", "; ")
	}
	v.Suspect = false
	return v
}

// ofThree is the verdict when it failed with some users in one way and passed
// with others, or failed with them in another way: what happens to the same
// users in the same way once more is no coincidence.
func ofThree(first, other, v evidence.Verdict) evidence.Verdict {
	if other.Outcome != evidence.Failed {
		if v.Outcome != evidence.Failed || !sameAgain(first, v) {
			return other
		}
		v.Suspect = false
		v.Observed.Note = "twice with these users, and not with others"
		return v
	}
	switch {
	case v.Outcome == evidence.Failed && (alike(first, v) || alike(other, v)):
	case v.Outcome == evidence.Passed || v.Outcome == evidence.Info:
		v.Observed.Note = "on the third attempt; those before were disturbed: " + first.Seen + "; " + other.Seen
	default:
		v.Outcome, v.Reason = evidence.NotExercised, inTwoWays(first, other)
		v.Gap = evidence.Gap{Kind: evidence.GapInterference}
	}
	v.Suspect = false
	return v
}

// undecided reports whether two failures may have come of two different
// causes, so that only a third attempt can decide. That somebody moved who had
// no part in it is seen of everybody, so that people who work bring it about
// by chance more often than anything else: that takes three as well.
func undecided(first, v evidence.Verdict) bool {
	return v.Outcome == evidence.Failed && v.Suspect && first.Outcome == evidence.Failed &&
		!(alike(first, v) && v.Mismatch.Kind != evidence.MismatchBystander)
}

// alike reports whether two failures are the same one, maybe of other users.
func alike(a, b evidence.Verdict) bool {
	x, y := a.Mismatch, b.Mismatch
	x.User, y.User = "", ""
	return x == y && a.Step == b.Step && a.XPath == b.XPath && a.Expected == b.Expected &&
		a.Observed.State == b.Observed.State && a.Observed.Status == b.Observed.Status
}

// didNotHappen reports whether an attempt was seen to its end and nothing was
// wrong with it, as far as can be seen where nobody would hear a refusal.
func didNotHappen(v evidence.Verdict) bool {
	return v.Outcome == evidence.Passed || v.Outcome == evidence.NotExercised && v.Mismatch.Kind == evidence.MismatchUnheard && !v.Suspect
}

// sameAgain reports whether what happened to the users of the first attempt
// happened to them once more.
func sameAgain(first, v evidence.Verdict) bool {
	if v.Step != first.Step || v.XPath != first.XPath || v.Observed.State != first.Observed.State {
		return false
	}
	return v.Mismatch.Kind != evidence.MismatchBystander || v.Mismatch == first.Mismatch
}
