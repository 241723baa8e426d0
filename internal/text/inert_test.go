package text

import (
	"bytes"
	"strings"
	"testing"
)

// Commands are what CI services obey when they read them.
var commands = []string{
	"##[error]x", "##[section]x", "##vso[task.setvariable variable=a]b", "##teamcity[buildProblem description='x']",
	"::error::x", "::set-output name=a::b", "::add-mask::x", "  ::stop-commands::x", "\u00a0::error::x", "\u3000::error::x",
	"travis_fold:start:x", "travis_time:end:x", "section_start:1:x", "section_end:1:x",
	"[[ATTACHMENT|x]]", "[[PROPERTY|x=1]]",
}

func TestInert(t *testing.T) {
	for _, c := range commands {
		got := Inert("Invalid Input " + c)
		command, _, _ := strings.Cut(strings.TrimSpace(c), "x")
		if strings.Contains(got, command) {
			t.Errorf("%q is still in %q", command, got)
		}
		if plain := func(s string) string { return strings.ReplaceAll(s, " ", "") }; plain(got) != plain("Invalid Input "+c) {
			t.Errorf("%q became %q: more than spaces", c, got)
		}
		for name, clean := range map[string]func(string) string{"Clean": Clean, "Printable": Printable} {
			if got := clean(c); strings.Contains(got, command) {
				t.Errorf("%s left %q", name, got)
			}
		}
	}
	for _, s := range []string{"https://[::1]:8445/finesse", "fe80::abc", "std::string", "# heading ## [link]", "a #1 [x]", "a[[1]]", "longest_wait: 5s"} {
		if got := Inert(s); got != s {
			t.Errorf("%q became %q", s, got)
		}
	}
	var b bytes.Buffer
	n, err := InertWriter(&b).Write([]byte("##vso[x] and ::error::ours\n"))
	if err != nil || n != 27 || b.String() != "# #vso[x] and ::error::ours\n" {
		t.Errorf("wrote %d, %v: %q", n, err, b.String())
	}
}

// What has no form, or turns the direction of the text, is shown as what it is.
func TestCleanShowsTheInvisible(t *testing.T) {
	for in, want := range map[string]string{
		"a\u202eb": `a\u202eb`, "a\u200bb": `a\u200bb`, "a\ufeffb": `a\ufeffb`, "a\u2066b": `a\u2066b`, "a\u00adb": `a\u00adb`,
		"a\U000e0041b": `a\U000e0041b`, "\x1b]8;;http://x\x1b\\y": `\u001b]8;;http://x\u001b\y`, "שלום": "שלום", "日本 é": "日本 é",
	} {
		if got := Clean(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}
