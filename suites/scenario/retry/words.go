package retry

import (
	"fmt"
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

func notAnswered(times int) string {
	if times == 1 {
		return "not answered at one attempt"
	}
	return fmt.Sprintf("not answered at %d attempts", times)
}

func happenedTwice(v evidence.Verdict) string {
	return "happened twice and not when repeated once more, while somebody else acts on the users: " + v.Reason
}

func inTwoWays(first, other evidence.Verdict) string {
	return "disturbed in more than one way, and somebody else's hand could explain it: " + first.Reason + "; " + other.Reason
}
