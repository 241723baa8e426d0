package text_test

import (
	"strings"
	"testing"

	"finesse-conformance/internal/text"
)

func TestNear(t *testing.T) {
	words := []string{"--config", "--only", "--skip", "--procs", "--profile", "--progress", "SIG-01", "SIG-10", "ERR-01"}
	for _, c := range []struct{ word, want string }{
		{"--confg", "--config"},
		{"--ony", "--only"},
		{"--porcs", "--procs"},
		{"--pro", "--procs --profile --progress"},
		{"sgi-01", "SIG-01"},
		{"SIG-1", "SIG-01 SIG-10"},
		{"--only", "--only"},
		{"--nothing-like-it", ""},
		{"x", ""},
		{"", ""},
	} {
		if got := strings.Join(text.Near(c.word, words), " "); got != c.want {
			t.Errorf("%q: %q, want %q", c.word, got, c.want)
		}
	}
}
