package retry

import (
	"fmt"
	"slices"
	"strings"

	"finesse-conformance/suites/evidence"
)

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

// notRepeated tells that a failure was one of several that came now and then.
func notRepeated(others []string) string {
	return "; not when repeated, and so in " + strings.Join(others, ", ") + ": now and then, and no coincidence"
}

func happenedOnce(v evidence.Verdict) string {
	return "happened once, and somebody else's hand could explain it: " + v.Reason
}

// notAnswered tells of the attempts that the target did not answer: so many, as
// far as can be told.
func notAnswered(attempts []Attempt, times int) string {
	what := "not answered"
	if slices.ContainsFunc(attempts, func(a Attempt) bool { return unanswered(a.Verdict) && a.Verdict.Elsewhere }) {
		what = "answered by the target or by a server on the way"
	}
	if times == 1 {
		return what + " at one attempt"
	}
	return fmt.Sprintf("%s at %d attempts", what, times)
}

func happenedTwice(v evidence.Verdict) string {
	return "happened twice and not when repeated once more, so that somebody else's hand could explain it: " + v.Reason
}

func inTwoWays(first, other evidence.Verdict) string {
	return "disturbed in more than one way, and somebody else's hand could explain it: " + first.Reason + "; " + other.Reason
}

func amidOthers(v evidence.Verdict) string {
	return "happened again and again, and somebody else moves the users all the time: " + v.Reason
}
