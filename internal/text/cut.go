package text

import (
	"fmt"
	"unicode/utf8"
)

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
