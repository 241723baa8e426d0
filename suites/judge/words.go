package judge

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// action tells what the step did, as the subject of a sentence.
func (c *stepJudge) action() string {
	return c.when.Words(c.step.Values)
}

// describe tells an outcome in words.
func (c *stepJudge) describe(out spec.Outcome) string {
	return c.fill(out.Words(c.ev.Target.Deployment))
}

// label names the outcome that was taken where several are allowed.
func (c *stepJudge) label(out spec.Outcome) string {
	if out.Kind == "" || out.Kind == spec.Recorded {
		return ""
	}
	return string(out.Kind)
}

func states(list []spec.State) string {
	texts := make([]string, len(list))
	for i, s := range list {
		texts[i] = string(s)
	}
	return oneOf(texts)
}

func oneOf(list []string) string {
	switch len(list) {
	case 0:
		return "any ErrorType"
	case 1:
		return list[0]
	}
	return strings.Join(list[:len(list)-1], ", ") + " or " + list[len(list)-1]
}

// statusIn reports whether a status is in a list in which 4 stands for 4xx.
func statusIn(list []int, status int) bool {
	return slices.Contains(list, status) || slices.Contains(list, status/100)
}

// unanswered says that there was no whole answer, and why.
func unanswered(x evidence.Exchange) string {
	const what = "no whole answer"
	switch {
	case x.Status != 0:
		return fmt.Sprintf("%s: %d (%s)", what, x.Status, x.Err)
	case strings.HasPrefix(x.Err, what):
		return x.Err
	}
	return what + ": " + x.Err
}

// answerText tells the answer to the request under test.
func (c *stepJudge) answerText() string {
	if c.act == nil {
		return "nothing"
	}
	if c.act.Err != "" {
		return unanswered(*c.act)
	}
	text := strconv.Itoa(c.act.Status)
	if c.act.Status >= 400 {
		d := c.answer()
		if t, ok := d.text("ApiErrors/ApiError/ErrorType"); ok {
			text += " " + t
			if data, _ := d.text("ApiErrors/ApiError/ErrorData"); data != "" {
				text += " (" + data + ")"
			}
		}
	}
	return text
}

func stateText(l evidence.Observation) string {
	text := string(l.State)
	text = cmp.Or(text, "no state")
	var more []string
	if l.Pending != "" {
		more = append(more, "pending "+l.Pending)
	}
	if r := l.Reason(); r != "" {
		more = append(more, "reasonCodeId "+r)
	}
	if len(more) > 0 {
		text += " (" + strings.Join(more, ", ") + ")"
	}
	return text
}

func eventText(e *evidence.Event) string {
	text := e.ErrorType
	text = cmp.Or(text, "no errorType")
	if e.ErrorData != "" {
		text += " (" + e.ErrorData + ")"
	}
	return text
}

func changedPath(from, to evidence.Observation) string {
	switch {
	case from.State != to.State:
		return "User/state"
	case from.Pending != to.Pending:
		return "User/pendingState"
	case otherExtension(from, to):
		return "User/extension"
	}
	return "User/reasonCodeId"
}

func observedExchange(l evidence.Observation) int {
	if l.Event {
		return -1
	}
	return l.Index
}

// longest is how many characters of what a target says go into a verdict.
const longest = 400

// line makes one line, not too long, of text that a target had a part in.
func line(text string) string {
	plain := func(r rune) bool { return r != utf8.RuneError && (unicode.IsPrint(r) || r == ' ') }
	if len(text) <= longest && strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	var b strings.Builder
	n := 0
	for _, r := range text {
		if n++; n > longest {
			b.WriteRune('…')
			break
		}
		if !plain(r) {
			r = ' '
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func bystanderText(before, after evidence.Observation) string {
	if otherExtension(before, after) {
		return fmt.Sprintf("user %s moved from extension %q to %q", before.User, before.Extension, after.Extension)
	}
	if before.Same(after) {
		return fmt.Sprintf("user %s stayed in %s", before.User, stateText(after))
	}
	return fmt.Sprintf("user %s moved from %s to %s", before.User, stateText(before), stateText(after))
}
