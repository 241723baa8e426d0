package retry

import (
	"fmt"
	"slices"
	"strings"

	"finesse-conformance/suites/evidence"
)

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
