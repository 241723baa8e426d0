package progress

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"finesse-conformance/spec"
	"finesse-conformance/suites"
	"finesse-conformance/suites/evidence"
)

// plan has two requirements, of which the second takes three times as long.
func plan() []suites.Item {
	return []suites.Item{
		{Requirement: &spec.Requirement{ID: "SUP-06-RESERVED_OUTBOUND_PREVIEW", Section: "SUP"}, EstimatedDuration: time.Second},
		{Requirement: &spec.Requirement{ID: "SIG-01", Section: "SIG"}, EstimatedDuration: 3 * time.Second},
	}
}

var escapes = regexp.MustCompile("\x1b\\[[0-9;]*[A-Za-z]")

// Whatever its width, and also when that changes, no line reaches the last
// column: it would wrap, and could not be erased.
func TestProgressKeepsToTheTerminal(t *testing.T) {
	for _, width := range []int{20, 40, 60, 200} {
		var out bytes.Buffer
		columns := 200
		p := New("auto", &out, Screen{Terminal: true, Width: func() int { return columns }})
		p.Begin(Task{Target: "the target"}, plan())
		out.Reset()
		columns = width
		p.Start("SUP-06-RESERVED_OUTBOUND_PREVIEW")
		p.Done(evidence.Verdict{Requirement: "SUP-06-RESERVED_OUTBOUND_PREVIEW", Outcome: evidence.Failed, Reason: "a reason of some words, which go on below where they do not fit"})
		p.Say("a note of some words, which goes on below where it does not fit")
		for _, frame := range strings.FieldsFunc(escapes.ReplaceAllString(out.String(), ""), func(r rune) bool { return r == '\r' || r == '\n' }) {
			longest := 0
			for _, word := range strings.Fields(frame) {
				longest = max(longest, utf8.RuneCountInString(word))
			}
			if n := utf8.RuneCountInString(frame); n > max(width, longest+hang) || strings.Contains(frame, " of 2") && n >= width {
				t.Errorf("%d columns: %d in %q", width, n, frame)
			}
		}
		if width >= 40 && !strings.Contains(out.String(), "░") {
			t.Errorf("%d columns: there is no bar in %q", width, out.String())
		}
		p.End()
	}
}

// What is left is what the plan expects of the rest, at the pace so far.
func TestProgressSaysWhatIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		p := New("plain", &out, Screen{})
		p.Begin(Task{Target: "the target"}, plan())
		time.Sleep(time.Minute)
		p.Done(evidence.Verdict{Requirement: "SUP-06-RESERVED_OUTBOUND_PREVIEW", Outcome: evidence.Passed})
		if want := "(1 of 2 in all, about 3 min left)"; !strings.Contains(out.String(), want) {
			t.Errorf("no %q in %q", want, out.String())
		}
		p.Done(evidence.Verdict{Requirement: "SIG-01", Outcome: evidence.Passed})
		if strings.Count(out.String(), "left") != 1 {
			t.Errorf("something is left at the end: %q", out.String())
		}
	})
}

func TestRoughly(t *testing.T) {
	for d, want := range map[time.Duration]string{
		3 * time.Second: "a few seconds", 34 * time.Second: "about 30 s", 100 * time.Second: "about 2 min",
		59 * time.Minute: "about 59 min", 150 * time.Minute: "about 2.5 h",
	} {
		if got := roughly(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}
