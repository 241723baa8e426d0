package redact

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// pattern is a spelling of a secret, folded.
type pattern struct {
	text  string
	word  bool    // only where no letter or digit stands beside it
	plain bool    // not encoded: it may be a part of a word
	tags  bool    // markup of the contract: it says nothing where it is not escaped
	spare []place // the words in which it says nothing
}

// place is where in a word a pattern stands.
type place struct {
	word string
	at   int
}

// index finds all patterns in one pass: it looks at every three bytes of a
// text. The zero value has none.
type index struct {
	version  int // how often it took something in
	patterns []pattern
	known    map[string]int  // patterns by their text
	bits     [1 << 13]uint64 // of hashes of the first three bytes
	byStart  map[[3]byte][]int
	words    []string // folded
}

// take takes in secrets, and words to spare.
func (x *index) take(list []addition) {
	x.version++
	if x.byStart == nil {
		x.byStart, x.known = map[[3]byte][]int{}, map[string]int{}
	}
	for _, a := range list {
		if a.word != "" {
			x.spare(a.word)
		}
	}
	for _, a := range list {
		if a.secret == "" {
			continue
		}
		for _, l := range levels(a.secret) { // a secret may itself look like an escaped text
			if p, ok := x.plain(string(l.b)); ok {
				x.add(p)
			}
		}
	}
	for _, a := range list {
		if a.encoded != "" {
			x.add(pattern{text: foldText(a.encoded)})
		}
	}
}

// add has a pattern found. What stands for itself goes before the same text as
// an encoding of another.
func (x *index) add(p pattern) {
	if len(p.text) < shortestWord {
		return
	}
	if n, known := x.known[p.text]; known {
		if p.plain && !x.patterns[n].plain {
			x.patterns[n] = p
		}
		return
	}
	x.known[p.text] = len(x.patterns)
	start := [3]byte([]byte(p.text))
	h := hash(start[0], start[1], start[2])
	x.bits[h>>6] |= 1 << (h & 63)
	x.byStart[start] = append(x.byStart[start], len(x.patterns))
	x.patterns = append(x.patterns, p)
}

// spare has a word spared in what is found, now and later.
func (x *index) spare(word string) {
	x.words = append(x.words, word)
	for i := range x.patterns {
		if p := &x.patterns[i]; p.plain {
			p.in(word)
			p.tags = x.tags(p.text)
		}
	}
}

// in notes where in a word the pattern stands.
func (p *pattern) in(word string) {
	for from := 0; ; {
		i := strings.Index(word[from:], p.text)
		if i < 0 {
			return
		}
		p.spare = append(p.spare, place{word, from + i})
		from += i + 1
	}
}

// plain is the pattern of a secret as it is.
func (x *index) plain(text string) (pattern, bool) {
	length := utf8.RuneCountInString(text)
	number := strings.Trim(text, "0123456789") == ""
	if length < shortestWord || number && length < shortestNumber || strings.TrimSpace(text) == "" {
		return pattern{}, false
	}
	p := pattern{text: text, plain: true, word: number || length < shortestAnywhere}
	for _, word := range x.words {
		if len(word) >= len(text) {
			p.in(word)
		}
	}
	p.tags = x.tags(text)
	return p, true
}

// tags reports whether a text is nothing but tags of words to spare: as a
// text they would be escaped.
func (x *index) tags(text string) bool {
	if !strings.ContainsAny(text, "<>") {
		return false
	}
	names := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("<>/", r) })
	return !slices.ContainsFunc(names, func(name string) bool { return !slices.Contains(x.words, name) })
}

func hash(a, b, c byte) uint32 {
	return ((uint32(a)<<16 | uint32(b)<<8 | uint32(c)) * 2654435761) >> 13
}

// span is a part of the original text.
type span struct{ from, to int }

func (x *index) text(text string) string {
	var found []span
	if len(x.patterns) > 0 {
		for _, l := range levels(text) {
			found = x.find(l, found)
		}
	}
	return replace(text, byPlace(text, found))
}

// find adds where secrets stand in a level.
func (x *index) find(l level, found []span) []span {
	for i := 0; i+2 < len(l.b); i++ {
		h := hash(l.b[i], l.b[i+1], l.b[i+2])
		if x.bits[h>>6]&(1<<(h&63)) == 0 {
			continue
		}
		for _, n := range x.byStart[[3]byte(l.b[i:i+3])] {
			p := &x.patterns[n]
			end := i + len(p.text)
			if end > len(l.b) || string(l.b[i:end]) != p.text || !p.counts(l.b, i, end) {
				continue
			}
			if at := l.origin(i, end); !p.tags || at.to-at.from > len(p.text) { // escaped, tags are a text
				found = append(found, at)
			}
		}
	}
	return found
}

// counts reports whether what was found at a place is the secret.
func (p *pattern) counts(text []byte, from, to int) bool {
	if p.word && !stands(text, from, to) {
		return false
	}
	return !slices.ContainsFunc(p.spare, func(w place) bool {
		start := from - w.at
		end := start + len(w.word)
		return start >= 0 && end <= len(text) && string(text[start:end]) == w.word && stands(text, start, end)
	})
}

// stands reports whether no letter or digit is beside a part of a text.
func stands(text []byte, from, to int) bool {
	before, _ := utf8.DecodeLastRune(text[:from])
	after, _ := utf8.DecodeRune(text[to:])
	return !part(before) && !part(after)
}

func part(r rune) bool { return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) }

// replace masks parts of a text. Those that touch are one.
func replace(text string, found []span) string {
	if len(found) == 0 {
		return text
	}
	slices.SortFunc(found, func(a, b span) int { return a.from - b.from })
	var b strings.Builder
	done, masked := 0, -1 // masked: where the last mask ended
	for _, f := range found {
		if f.to <= done {
			continue
		}
		if f.from > done {
			b.WriteString(text[done:f.from])
		}
		if masked < 0 || f.from > masked {
			b.WriteString(Mask)
		}
		done, masked = f.to, f.to
	}
	b.WriteString(text[done:])
	return b.String()
}
