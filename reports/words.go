package reports

import (
	"fmt"

	"finesse-conformance/internal/text"
)

// Page is where the guide says what the requirement says.
func Page(row *Row) string {
	if row.Clause != "" {
		return row.Clause
	}
	if len(row.Source) > 0 {
		return row.Source[0]
	}
	return ""
}

// WaivedWords says by whom a row is waived, until when and why; "" for others.
func WaivedWords(row *Row) string {
	if row.WaivedBy == nil {
		return ""
	}
	return fmt.Sprintf(" (by %s until %s: %s)", row.WaivedBy.Owner, row.WaivedBy.Until, row.WaivedBy.Why)
}

// Seconds writes milliseconds as seconds with three decimals.
func Seconds(ms int64) string {
	ms = max(ms, 0)
	return fmt.Sprintf("%d.%03d", ms/1000, ms%1000)
}

// MessageLimit is how many bytes a reason takes where it is one line of a list.
const MessageLimit = 1 << 10

// Message makes one line of a text, clean and of at most MessageLimit bytes.
func Message(s string) string {
	return text.Truncate(text.Clean(text.OneLine(s)), MessageLimit)
}
