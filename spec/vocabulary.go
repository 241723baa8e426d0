package spec

import (
	_ "embed"
	"strings"
)

//go:embed words.txt
var wordList string

// Words lists what the contract is written in, as messages have it: states,
// elements, error types, media types, methods, paths and everything else that
// stands in its files and is not prose. Each comes once, in no order that
// matters. A text with spaces is there as a whole and by its parts. They are
// listed in a file that is generated: every run needs them, and gathering them
// takes a good part of its start.
func Words() []string { return strings.Split(strings.TrimSpace(wordList), "\n") }
