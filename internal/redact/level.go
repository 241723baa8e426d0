package redact

import (
	"bytes"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// level is a text as it reads after some rounds of taking escapes away, folded
// to one letter case, with where each byte comes from.
type level struct {
	b        []byte
	from, to []int32 // nil where each byte is its own
}

func (l level) origin(from, to int) span {
	if l.from == nil {
		return span{from, to}
	}
	return span{int(l.from[from]), int(l.to[to-1])}
}

// mostLevels is how often a text is escaped at most that is looked through.
const mostLevels = 5

// levels gives a text as it is and as it reads unescaped once, twice and so
// on, until nothing in it is escaped any more.
func levels(text string) []level {
	l := level{b: fold([]byte(text))}
	all := []level{l}
	for len(all) <= mostLevels && bytes.ContainsAny(l.b, `&%\`) {
		next, changed := l.unescaped()
		if !changed {
			break
		}
		all = append(all, next)
		l = next
	}
	return all
}

// unescaped takes one round of escapes away: those of XML by name and number,
// of addresses, and of JSON and Go.
func (l level) unescaped() (level, bool) {
	next := level{b: make([]byte, 0, len(l.b)), from: make([]int32, 0, len(l.b)), to: make([]int32, 0, len(l.b))}
	changed := false
	for i := 0; i < len(l.b); {
		r, raw, size := escape(l.b[i:])
		if size == 0 {
			r, raw, size = rune(l.b[i]), true, 1
		} else {
			changed = true
		}
		at := l.origin(i, i+size)
		before := len(next.b)
		if raw {
			next.b = append(next.b, byte(r))
		} else {
			next.b = utf8.AppendRune(next.b, r)
		}
		for range len(next.b) - before {
			next.from, next.to = append(next.from, int32(at.from)), append(next.to, int32(at.to))
		}
		i += size
	}
	fold(next.b)
	return next, changed
}

var named = []struct {
	text string
	r    rune
}{{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''}}

// escape reads one escape at the beginning of a folded text: what it stands
// for, whether that is a byte or a rune, and how long it is, 0 for none.
func escape(b []byte) (r rune, raw bool, size int) {
	switch b[0] {
	case '&':
		for _, n := range named {
			if bytes.HasPrefix(b, []byte(n.text)) {
				return n.r, false, len(n.text)
			}
		}
		r, size = numbered(b)
		return r, false, size
	case '%':
		if n, ok := hexadecimal(b, 1, 2); ok {
			return n, true, 3
		}
	case '\\':
		return backslashed(b)
	}
	return 0, false, 0
}

// numbered reads a character reference by number: &#60; or &#x3c;.
func numbered(b []byte) (r rune, size int) {
	end := bytes.IndexByte(b[:min(len(b), 16)], ';')
	if end <= 2 || b[1] != '#' {
		return 0, 0
	}
	digits, base := string(b[2:end]), 10
	if digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 21)
	if err != nil || n == 0 {
		return 0, 0
	}
	return rune(n), end + 1
}

// backslashed reads an escape of JSON and its like.
func backslashed(b []byte) (r rune, raw bool, size int) {
	if len(b) < 2 {
		return 0, false, 0
	}
	switch b[1] {
	case 'u':
		n, ok := hexadecimal(b, 2, 4)
		if !ok {
			return 0, false, 0
		}
		if low, two := hexadecimal(b, 8, 4); two && n >= 0xd800 && n < 0xdc00 && b[6] == '\\' && b[7] == 'u' {
			return 0x10000 + (n-0xd800)<<10 + (low - 0xdc00), false, 12
		}
		return n, false, 6
	case 'x':
		if n, ok := hexadecimal(b, 2, 2); ok {
			return n, true, 4
		}
	case '\\', '/', '"', '\'':
		return rune(b[1]), true, 2
	}
	return 0, false, 0
}

func hexadecimal(b []byte, from, length int) (rune, bool) {
	if len(b) < from+length {
		return 0, false
	}
	n, err := strconv.ParseUint(string(b[from:from+length]), 16, 32)
	return rune(n), err == nil
}

// fold brings a text, in place, to one letter case; an address has + for a
// space. No character changes its length, so that places stay.
func fold(b []byte) []byte {
	for i := 0; i < len(b); {
		c := b[i]
		switch {
		case c >= 'A' && c <= 'Z':
			b[i] = c + 'a' - 'A'
		case c == '+':
			b[i] = ' '
		case c >= utf8.RuneSelf:
			r, size := utf8.DecodeRune(b[i:])
			if lower := unicode.ToLower(r); lower != r && utf8.RuneLen(lower) == size {
				utf8.EncodeRune(b[i:], lower)
			}
			i += size
			continue
		}
		i++
	}
	return b
}

func foldText(text string) string { return string(fold([]byte(strings.TrimSpace(text)))) }
