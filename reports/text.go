package reports

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"finesse-conformance/internal/text"
)

// ObservedText gives what was seen in a few words: "400 Invalid Input, state
// READY, in the answer".
func ObservedText(o Observed) string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	switch {
	case o.Status != 0 && o.ErrorType != "":
		add("%d %s", o.Status, o.ErrorType)
	case o.Status != 0:
		add("%d", o.Status)
	case o.ErrorType != "":
		add("%s", o.ErrorType)
	}
	if o.ErrorData != "" {
		add("ErrorData %s", strconv.Quote(o.ErrorData))
	}
	if o.ErrorMessage != "" {
		add("message %s", strconv.Quote(o.ErrorMessage))
	}
	if o.State != "" {
		add("state %s", o.State)
	}
	if o.ReasonCodeID != "" {
		add("reasonCodeId %s", o.ReasonCodeID)
	}
	switch o.Via {
	case "sync":
		add("in the answer")
	case "event":
		add("seen in an event")
	case "get":
		add("seen in a GET")
	case "unchanged":
		add("nothing changed for the quiet time")
	}
	if o.Note != "" {
		add("%s", text.OneLine(o.Note))
	}
	return strings.Join(parts, ", ")
}

// Account tells of a failed requirement in full: what was expected, what was
// seen, where the guide says so, how the precondition was reached, and the
// exchange that decided. It holds no credentials.
func Account(row *Row) string {
	var b strings.Builder
	field := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%-10s%s\n", name+":", strings.TrimRight(strings.ReplaceAll(value, "\n", "\n          "), " \n"))
		}
	}
	field("reason", row.Reason)
	field("expected", row.Expected)
	field("seen", row.Seen)
	field("at", row.XPath)
	field("clause", row.Clause)
	field("source", strings.Join(row.Source, ", "))
	field("way", strings.Join(row.Path, "\n"))
	if x := row.Exchange; x != nil {
		b.WriteString("\n" + exchangeText(x))
	}
	if e := row.Event; e != nil {
		fmt.Fprintf(&b, "\nevent on %s\n%s\n", e.Node, e.Payload)
	}
	return b.String()
}

// exchangeText writes an exchange as it would stand on the wire.
func exchangeText(x *ExchangeRef) string {
	var b strings.Builder
	fmt.Fprintf(&b, "> %s %s\n", x.Method, x.Path)
	if x.As != "" {
		fmt.Fprintf(&b, "> (signed in as %s)\n", x.As)
	}
	message(&b, "> ", x.RequestHeader, x.RequestBody)
	if x.Status != 0 {
		fmt.Fprintf(&b, "< HTTP %d after %s ms\n", x.Status, strconv.FormatFloat(x.DurationMS, 'f', -1, 64))
	}
	message(&b, "< ", x.ResponseHeader, x.ResponseBody)
	if x.Error != "" {
		fmt.Fprintf(&b, "! %s\n", x.Error)
	}
	return b.String()
}

func message(b *strings.Builder, mark string, header map[string]string, body string) {
	for _, name := range slices.Sorted(maps.Keys(header)) {
		fmt.Fprintf(b, "%s%s: %s\n", mark, name, text.OneLine(header[name]))
	}
	if body != "" {
		fmt.Fprintf(b, "%s\n%s%s\n", mark, mark, strings.ReplaceAll(strings.TrimRight(body, "\n"), "\n", "\n"+mark))
	}
}
