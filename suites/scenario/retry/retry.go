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
//	failed                passed                 the same as the first       failed; by chance, where a fourth is the same too
//	failed                passed                 anything else               the second
//	failed                waits for its users    –                           the first
//	failed                waits for others       waits for its users         the first
//	failed                unchanged, unheard     as where it passed          as where it passed
//	nothing proven        passed                 –                           passed
//	nothing proven        failed, suspect        as if that were the first   what they say without the first
//
// An attempt whose request was not answered, or maybe by somebody on the way who
// did not get the target's answer or did not pass the request on, is none of
// these: it is made again, and condemns only where that happens five times, or
// twice where it has condemned several requirements already.
//
// By chance: not both came at once after the request, and either the user was
// moved, as anybody at a desk may move it, or somebody else was seen to act on
// the users in this run. Somebody who moves users every two minutes hits the same
// four seconds of a row twice in some runs, and three times in hardly any.
//
// A failure that does not come again is the target's where several requirements
// had one, and so many of them came at once after the request as nobody's hand
// does: see coincidence.
package retry

import (
	"cmp"
	"slices"

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
	// Chance is how probable it is that somebody who moved the user at any
	// moment of the watch did so as soon after the request, and as the request
	// asked for, as it moved: 1 where nothing relates the move to the request.
	// Zero is where nobody can tell, and counts as 1.
	Chance float64
}

// prompt reports whether the user was moved as soon after the request as no hand
// does but by chance.
func (a Attempt) prompt() bool { return a.Chance > 0 && a.Chance < 1 }

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
	// Chance is that of all of them together.
	Chance float64
	// Unrelated is how many moves of users were noticed that came of no request
	// of the run, or not at once after one.
	Unrelated int
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
	// manyUnrelated is how many moves that no request explains tell that somebody
	// is about who moves the users all the time.
	manyUnrelated = 5
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

// improbable is what no coincidence explains. A run makes that test some ten
// times at most.
const improbable = 1.0 / 500

// coincidence is how probable it is at most that of so many moves by a hand that
// knows nothing of the requests some came right after one: those whose chances
// are multiplied to product. Whoever acts on the users hits them at rest and in
// the middle of a watch as well, so that each move that is related to no request
// makes it likelier that those which seem to be are none either.
func coincidence(related int, product float64, unrelated int) float64 {
	ways := 1.0 // in which the related ones can be chosen of all
	for i := range related {
		ways *= float64(unrelated+related-i) / float64(i+1)
	}
	return min(1, ways*product)
}

// intermittent notes a requirement that failed and passed when repeated, and
// reports whether that and those before are no coincidence any more.
func (r Run) intermittent(id string, a Attempt) (Run, bool) {
	if !a.prompt() {
		r.Unrelated++
		return r, false
	}
	r.Chance = a.Chance * cmp.Or(r.Chance, 1)
	before := len(r.Intermittent)
	r.Intermittent = append(slices.Clone(r.Intermittent), id)
	return r, before > 0 && coincidence(before+1, r.Chance, r.Unrelated) < improbable
}

// telling leaves out the attempts that tell nothing of a failure that somebody
// else's hand could explain: those before it that proved nothing or that a
// bystander's move failed, which is another matter, and those that were disturbed
// themselves. Where it is only that a bystander moved, they tell that somebody is
// about who moves bystanders.
func telling(attempts []Attempt) []Attempt {
	bystander := func(a Attempt) bool { return a.Verdict.Mismatch.Kind == evidence.MismatchBystander }
	failed := slices.IndexFunc(attempts, func(a Attempt) bool {
		return a.Verdict.Outcome == evidence.Failed && a.Verdict.Suspect && !bystander(a)
	})
	if failed < 0 || slices.ContainsFunc(attempts[:failed], func(a Attempt) bool { return a.Verdict.Outcome != evidence.NotExercised && !bystander(a) }) {
		return attempts
	}
	return slices.DeleteFunc(slices.Clone(attempts[failed:]), func(a Attempt) bool { return disturbed(a.Verdict) })
}

// disturbed reports whether an attempt could not be made since somebody else
// acts on the users.
func disturbed(v evidence.Verdict) bool {
	return v.Outcome == evidence.NotExercised && v.Gap.Kind == evidence.GapInterference
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
	done := func(v evidence.Verdict) Decision { return Decision{Verdict: run.doubted(v), Run: run} }
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
	attempts = telling(told)
	if last := told[len(told)-1]; !stopped && len(attempts) < len(told) && (len(attempts) == 1 || disturbed(last.Verdict)) {
		if len(attempts) == 1 {
			return again(Others)
		}
		return again(First)
	}
	first, last := attempts[0], attempts[len(attempts)-1]
	switch len(attempts) {
	case 1:
		if !stopped && first.unsure() {
			return again(Others)
		}
	case 2:
		return afterTwo(first, last, run, stopped, together(all))
	case 3:
		if !stopped && onlyWithFirst(attempts) && run.mayBeChance(first, last) {
			return again(First)
		}
	}
	return done(together(all))
}

// afterTwo is Decide after two attempts that were answered, with the verdict of
// all of them.
func afterTwo(first, last Attempt, run Run, stopped bool, all evidence.Verdict) Decision {
	waits := first.Verdict.Outcome == evidence.Failed && last.Verdict.Gap.Waits != nil && !stranded(first.Verdict, last.Verdict)
	if !stopped && (waits || undecided(first.Verdict, last.Verdict) || repeated(first.Verdict, last.Verdict) && run.mayBeChance(first, last)) {
		return Decision{Next: First, Run: run}
	}
	if first.Verdict.Outcome == evidence.Failed && didNotHappen(last.Verdict) {
		before := run.Intermittent
		var often bool
		if run, often = run.intermittent(first.Verdict.Requirement, first); often {
			return Decision{Verdict: intermittent(first.Verdict, before), Run: run}
		}
		if !stopped && first.Subject != last.Subject {
			return Decision{Next: First, Run: run}
		}
	}
	return Decision{Verdict: all, Run: run}
}

// doubted leaves open who moved a bystander where somebody moves users all the
// time: on a target that takes minutes for an attempt each of them meets a move.
func (r Run) doubted(v evidence.Verdict) evidence.Verdict {
	if v.Outcome == evidence.Failed && v.Mismatch.Kind == evidence.MismatchBystander && r.Unrelated >= manyUnrelated {
		v.Outcome, v.Reason, v.Suspect = evidence.NotExercised, amidOthers(v), false
		v.Gap = evidence.Gap{Kind: evidence.GapInterference}
	}
	return v
}

// mayBeChance reports whether two failures of one kind may both have come of
// somebody who acts on the users: not both came as soon after the request as no
// hand does, and it is a move such as anybody may make, or somebody was seen to
// act.
func (r Run) mayBeChance(first, other Attempt) bool {
	if first.prompt() && other.prompt() {
		return false
	}
	return r.Unrelated > 0 || moved(first.Verdict) && moved(other.Verdict)
}

// moved reports whether a failure is a change that anybody at a desk may make.
func moved(v evidence.Verdict) bool {
	m := v.Mismatch
	return v.Suspect && (m.From != m.To || m.Kind == evidence.MismatchMoved || m.Kind == evidence.MismatchLeft)
}

// onlyWithFirst reports whether three attempts failed with the users of the first
// in one way, and passed with others.
func onlyWithFirst(attempts []Attempt) bool {
	first, other, last := attempts[0].Verdict, attempts[1].Verdict, attempts[2].Verdict
	return first.Outcome == evidence.Failed && other.Outcome != evidence.Failed && last.Outcome == evidence.Failed && last.Suspect && sameAgain(first, last)
}
