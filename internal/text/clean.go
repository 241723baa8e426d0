package text

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes text safe for every report: invalid UTF-8 and characters that
// XML does not have, that drive a terminal, turn the direction of the text or
// have no form at all are written as what they are, commands of CI services
// are broken up, line ends are those of Unix, and XML
// declarations, which break viewers of JUnit files even where they are escaped,
// go.
func Clean(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = xmlDeclaration().ReplaceAllString(s, "")
	s = strings.ReplaceAll(s, "<?xml", "<? xml")
	s = Inert(s)
	return escaped(s, func(r rune) string {
		if r > 0xffff {
			return fmt.Sprintf(`\U%08x`, r)
		}
		return fmt.Sprintf(`\u%04x`, r)
	}, `\x%02x`)
}

var xmlDeclaration = Pattern(`(?s)<\?xml\s.*?\?>\s*`)

// escaped writes what cannot be shown as it is in another way: characters, and
// bytes that are no UTF-8 by a format.
func escaped(s string, character func(rune) string, octet string) string {
	if utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !Visible(r) }) < 0 {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, octet, s[0])
		case Visible(r):
			b.WriteRune(r)
		default:
			b.WriteString(character(r))
		}
		s = s[size:]
	}
	return b.String()
}

// legible reports whether a character may stand in a report: XML allows it,
// and it neither drives a terminal nor turns the direction of the text.
func legible(r rune) bool {
	switch {
	case r == '\t' || r == '\n':
		return true
	case r < 0x20, r >= 0x7f && r < 0xa0, r == 0xfffe, r == 0xffff:
		return false
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x2028, r == 0x2029:
		return false
	}
	return r <= unicode.MaxRune
}

// Shown makes a text of the target fit to be looked at: what is no UTF-8,
// drives a terminal, turns the direction of the text or has no form at all is
// written as what it is, ⟨0d⟩ or ⟨U+202E⟩. Line ends of either kind are line
// ends. Nothing is taken away.
func Shown(s string) string {
	return escaped(strings.ReplaceAll(s, "\r\n", "\n"), func(r rune) string { return fmt.Sprintf("⟨U+%04X⟩", r) }, "⟨%02x⟩")
}

// Visible reports whether a character can be shown as it is.
func Visible(r rune) bool {
	switch {
	case !legible(r), r == 0x00ad, r == 0x061c, r == 0xfeff, r >= 0x200b && r <= 0x200f, r >= 0x2060 && r <= 0x206f:
		return false
	case r >= 0xfff0 && r <= 0xfffb, r >= 0xe0000 && r <= 0xe0fff:
		return false
	}
	return true
}

// ShownLine is Shown for one line of at most limit bytes.
func ShownLine(s string, limit int) string { return Truncate(Shown(OneLine(s)), limit) }
