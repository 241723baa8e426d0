package text

import (
	"strings"
	"unicode/utf8"
)

// Wrap breaks a line at spaces so that none is wider than width, 0 for no
// limit; what is continued is indented by hang. A single word that is wider
// stays whole, so that addresses can be clicked.
func Wrap(line string, width, hang int) []string {
	if width <= 0 || utf8.RuneCountInString(line) <= width {
		return []string{line}
	}
	current := line[:len(line)-len(strings.TrimLeft(line, " "))]
	var lines []string
	fresh := true
	for _, word := range strings.Fields(line) {
		if !fresh && utf8.RuneCountInString(current)+1+utf8.RuneCountInString(word) > width {
			lines = append(lines, current)
			current, fresh = strings.Repeat(" ", hang), true
		}
		if !fresh {
			current += " "
		}
		current, fresh = current+word, false
	}
	return append(lines, current)
}
