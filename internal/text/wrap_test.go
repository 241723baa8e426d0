package text_test

import (
	"strings"
	"testing"

	"finesse-conformance/internal/text"
)

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		line        string
		width, hang int
		want        string
	}{
		{"a line that fits", 20, 2, "a line that fits"},
		{"a line that fits", 0, 2, "a line that fits"},
		{"one two three four", 9, 2, "one two|  three|  four"},
		{"  begins indented here", 12, 4, "  begins|    indented|    here"},
		{"see https://example.com/very/long for more", 10, 2, "see|  https://example.com/very/long|  for more"},
		{"\x1b[31mFAILED\x1b[0m one two", 14, 2, "\x1b[31mFAILED\x1b[0m one two"},
		{"\x1b[31mFAILED\x1b[0m one two", 11, 2, "\x1b[31mFAILED\x1b[0m one|  two"},
		{"größe ändert sich", 12, 1, "größe ändert| sich"},
	} {
		if got := strings.Join(text.Wrap(c.line, c.width, c.hang), "|"); got != c.want {
			t.Errorf("%q in %d: %q, want %q", c.line, c.width, got, c.want)
		}
	}
}

func TestWrapping(t *testing.T) {
	for _, c := range []struct {
		width      int
		said, want string
	}{
		{12, "one two three\n\n  four five six\n", "one two\n    three\n\n  four five\n      six\n"},
		{20, "  ok  TCP   answers in one second\n", "  ok  TCP  answers\n      in one second\n"},
		{30, "  \x1b[31mno\x1b[0m  TCP   answers in one second\n", "  \x1b[31mno\x1b[0m  TCP   answers in one\n            second\n"},
		{20, "               -> name one in the file\n", "     -> name one in\n         the file\n"},
		{20, "  a  b              fits\n", "  a  b  fits\n"},
		{24, "            goes on itself there\n", "            goes on\n            itself there\n"},
	} {
		var b strings.Builder
		if _, err := text.Wrapping(&b, c.width).Write([]byte(c.said)); err != nil {
			t.Fatal(err)
		}
		if b.String() != c.want {
			t.Errorf("%q in %d:\n%s, want\n%s", c.said, c.width, b.String(), c.want)
		}
	}
}
