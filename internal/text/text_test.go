package text

import (
	"strings"
	"testing"
)

func TestTexts(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{OneLine("  a\n\tb  c "), "a b c"},
		{Printable("a\x1b[31m\nü"), "a [31m ü"},
		{Truncate("abc", 3), "abc"},
		{Truncate("aüb", 2), "a…"},
		{Truncate("aüb", 3), "aü…"},
		{TruncateMiddle("abcdef", 6), "abcdef"},
		{TruncateMiddle("abcdefg", 4), "ab\n…\nfg"},
		{TruncateMiddle("aübcdüf", 4), "a\n…\nf"},
		{Plural(0, "user") + Plural(1, "user") + Plural(2, "user"), "usersuserusers"},
		{Count(1, "user") + ", " + Count(0, "call"), "1 user, 0 calls"},
		{Enumerate([]string(nil)) + Enumerate([]string{"a"}), "a"},
		{Enumerate([]string{"a", "b"}) + "; " + Enumerate([]string{"a", "b", "c"}), "a and b; a, b and c"},
		{Or([]string{"a", "b", "c"}), "a, b or c"},
		{Few([]string{"a", "b"}, 2) + "; " + Few([]string{"a", "b", "c"}, 1), "a, b; a and 2 more"},
		{WithoutCredentials("https://joe:secret@host:8445/x?y"), "https://host:8445/x?y"},
		{WithoutCredentials("https://joe:sec ret@ho st"), "ho st"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
	if strings.Contains(WithoutCredentials("://joe:p%zz@host"), "joe") {
		t.Error("an address that cannot be read kept its user")
	}
}
