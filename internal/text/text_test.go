package text_test

import (
	"testing"

	"finesse-conformance/internal/text"
)

func TestEnumerate(t *testing.T) {
	for want, words := range map[string][]string{"": nil, "a": {"a"}, "a and b": {"a", "b"}, "a, b and c": {"a", "b", "c"}} {
		if got := text.Enumerate(words); got != want {
			t.Errorf("%v: got %q, want %q", words, got, want)
		}
	}
}

func TestPlural(t *testing.T) {
	for n, want := range map[int]string{0: "users", 1: "user", 2: "users"} {
		if got := text.Plural(n, "user"); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
}

func TestTruncate(t *testing.T) {
	for _, test := range []struct{ text, want string }{{"abc", "abc"}, {"abcd", "abc…"}, {"abäx", "ab…"}} {
		if got := text.Truncate(test.text, 3); got != test.want {
			t.Errorf("%q: got %q, want %q", test.text, got, test.want)
		}
	}
}
