// Package text makes small pieces of prose: lists, plurals, lengths. It knows
// nothing of the project, so that every room may use it.
package text

import "strings"

// Plural gives the word for n of a thing.
func Plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

// Enumerate gives "a", "a and b", "a, b and c".
func Enumerate(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// Truncate cuts a text that is longer than so many bytes, and shows that it did.
func Truncate(text string, most int) string {
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}
