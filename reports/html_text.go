package reports

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// shown makes a text of the target fit to be looked at: what is no UTF-8,
// drives a terminal, turns the direction of the text or has no form at all is
// written as what it is, ⟨0d⟩ or ⟨U+202E⟩. Line ends of either kind are line
// ends. Nothing is taken away.
func shown(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	if utf8.ValidString(text) && strings.IndexFunc(text, func(r rune) bool { return !visible(r) }) < 0 {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, "⟨%02x⟩", text[0])
		case visible(r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, "⟨U+%04X⟩", r)
		}
		text = text[size:]
	}
	return b.String()
}

// visible reports whether a character can be shown as it is.
func visible(r rune) bool {
	switch {
	case !legible(r), r == 0x00ad, r == 0x061c, r == 0xfeff, r >= 0x200b && r <= 0x200f, r >= 0x2060 && r <= 0x206f:
		return false
	case r >= 0xfff0 && r <= 0xfffb, r >= 0xe0000 && r <= 0xe0fff:
		return false
	}
	return true
}

// shownLine is shown for one line of at most limit bytes.
func shownLine(text string, limit int) string { return cut1(shown(oneLine(text)), limit) }

// took writes a duration in milliseconds for people.
func took(ms float64) string {
	switch {
	case ms < 0:
		return "–"
	case ms < 10:
		return fmt.Sprintf("%.1f ms", ms)
	case ms < 1000:
		return fmt.Sprintf("%.0f ms", ms)
	case ms < 60_000:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", ms/1000), ".0") + " s"
	}
	return time.Duration(ms * float64(time.Millisecond)).Round(time.Second).String()
}
