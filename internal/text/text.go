// Package text holds the small rules by which every room writes for people:
// one line, bounded, without what a terminal would obey, without credentials.
// It imports nothing of the project, so that each room may use it.
package text

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// OneLine makes one line of a text: runs of white space become one space.
func OneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// Printable puts a space in the place of each control character, so that a
// text of a target drives no terminal, and breaks up commands of CI services.
func Printable(s string) string {
	return Inert(Shown(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)))
}

// Said is one printable line of at most limit bytes of what a target says.
func Said(s string, limit int) string { return Truncate(Printable(OneLine(s)), limit) }

// Truncate keeps the first bytes of a text that is longer than limit, up to
// the edge of a character, and shows with … that something is missing.
func Truncate(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}

// TruncateMiddle keeps the beginning and the end of a long output: what went
// wrong stands at the one or at the other.
func TruncateMiddle(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit/2], "") + "\n…\n" + strings.ToValidUTF8(s[len(s)-limit/2:], "")
}

// Plural gives the word for so many things, "user" or "users".
func Plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

// Count gives "1 user" or "2 users".
func Count(n int, word string) string { return fmt.Sprintf("%d %s", n, Plural(n, word)) }

// Enumerate lists words as "a", "a and b" or "a, b and c".
func Enumerate[T ~string](words []T) string { return list(words, " and ") }

// Or lists words as "a", "a or b" or "a, b or c".
func Or[T ~string](words []T) string { return list(words, " or ") }

func list[T ~string](words []T, last string) string {
	var b strings.Builder
	for i, w := range words {
		switch {
		case i == 0:
		case i+1 == len(words):
			b.WriteString(last)
		default:
			b.WriteString(", ")
		}
		b.WriteString(string(w))
	}
	return b.String()
}

// Few lists the first n words and says how many more there are.
func Few(words []string, n int) string {
	if len(words) <= n {
		return strings.Join(words, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(words[:n], ", "), len(words)-n)
}

// WithoutCredentials leaves user name and password out of an address.
func WithoutCredentials(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		// What cannot be read may hold a password anywhere before the last @.
		return address[strings.LastIndex(address, "@")+1:]
	}
	u.User = nil
	return u.String()
}

// Cut shortens a text of several lines to at most limit bytes, at the edge of
// a character, and says how much is missing.
func Cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	end := limit
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return fmt.Sprintf("%s\n… (%d more bytes)", s[:end], len(s)-end)
}
