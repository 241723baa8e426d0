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
	v := together(list)
	if then.Outcome == evidence.NotExercised && then.Gap.Kind == evidence.GapInterference && then.Mismatch.Kind == evidence.MismatchBystander {
		return Run{Unrelated: manyUnrelated}.doubted(v)
	}
	return v
}

// together is the verdict of all attempts.
func together(attempts []Attempt) evidence.Verdict {
	told := answered(attempts)
	if lost := len(attempts) - len(told); lost > 0 {
		return withoutAnswers(attempts, told, lost)
	}
	all := attempts
	if attempts = telling(all); len(attempts) == 1 && len(all) > 1 {
		return ofTwo(all[0].Verdict, all[len(all)-1].Verdict)
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
	if len(attempts) == 4 && onlyWithFirst(attempts[:3]) {
		if last.Outcome == evidence.Failed && sameAgain(first, last) {
			last.Suspect = false
			last.Observed.Note = "three times with these users, and not with others"
			return last
		}
		return ofTwo(first, other)
	}
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

// alike reports whether two failures are the same one, maybe of other users, and of
// bystanders who came from elsewhere.
func alike(a, b evidence.Verdict) bool {
	x, y := a.Mismatch, b.Mismatch
	x.User, y.User = "", ""
	if x.Kind == evidence.MismatchBystander {
		x.From, y.From = "", ""
	}
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
