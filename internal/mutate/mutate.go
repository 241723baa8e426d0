// Package mutate spoils texts for fuzz tests. The fuzzer chooses a number and
// not the text: where a target takes milliseconds, making a text of some
// hundred bytes small, as the fuzzer does with each that is of interest, takes
// up all of its time.
package mutate

import (
	"math/rand/v2"
	"strings"
)

// odd are pieces that readers of texts stumble over.
var odd = []string{"", "\x00", "\n", "\r\n", "\t", " ", "\xff\xfe", "ß☂", "<", ">", "&", "&#0;", "]]>", "<!--", "{", "}", "[", "]", ":", ": ", "- ", "*a", "&a ", "|", "'", `"`, "#", "~", "null", "-1", "1e999", "99999999999999999999", "true", "${X}", "%", strings.Repeat("x", 300)}

// Text spoils one of the texts: in no place to several, as the number says.
func Text(number uint64, texts ...string) string {
	r := rand.New(rand.NewPCG(number, 0))
	text := texts[r.IntN(len(texts))]
	for range r.IntN(4) {
		from := r.IntN(len(text) + 1)
		to := min(len(text), from+1<<r.IntN(6))
		switch r.IntN(5) {
		case 0:
			text = text[:from] + text[to:]
		case 1:
			text = text[:to] + text[from:]
		case 2:
			text = text[:from] + odd[r.IntN(len(odd))] + text[to:]
		case 3:
			other := texts[r.IntN(len(texts))]
			text = text[:from] + other[r.IntN(len(other)+1):]
		case 4:
			text = text[:from] + string(rune(r.IntN(0x250))) + text[to:]
		}
	}
	return text
}
