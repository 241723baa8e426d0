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
		{"größe ändert sich", 12, 1, "größe ändert| sich"},
	} {
		if got := strings.Join(text.Wrap(c.line, c.width, c.hang), "|"); got != c.want {
			t.Errorf("%q in %d: %q, want %q", c.line, c.width, got, c.want)
		}
	}
}
