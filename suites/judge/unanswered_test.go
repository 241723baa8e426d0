package judge

import (
	"testing"

	"finesse-conformance/suites/evidence"
)

// Each way of not getting a whole answer is told in words that can be read
// aloud, by the judge and by whoever brings users along.
func TestUnansweredReads(t *testing.T) {
	for _, c := range []struct {
		x                 evidence.Exchange
		answered, noWhole string
	}{
		{evidence.Exchange{Status: 404}, "answered 404", ""},
		{evidence.Exchange{Err: "reset"}, "not answered: reset", "no whole answer: reset"},
		{evidence.Exchange{Err: "no whole answer within 2s"}, "not answered: no whole answer within 2s", "no whole answer within 2s"},
		{evidence.Exchange{Status: 502, Err: "the target was away"}, "answered 502 (the target was away)", "no whole answer: 502 (the target was away)"},
	} {
		if got := c.x.Answered(); got != c.answered {
			t.Errorf("got %q, want %q", got, c.answered)
		}
		if c.noWhole == "" {
			continue
		}
		if got := unanswered(c.x); got != c.noWhole {
			t.Errorf("got %q, want %q", got, c.noWhole)
		}
	}
}
