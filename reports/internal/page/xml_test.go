package page

import (
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"finesse-conformance/internal/text"
)

func TestLay(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"one line an element", "<User><state>READY</state><roles><role>Agent</role></roles></User>",
			"<User>\n  <state>READY</state>\n  <roles>\n    <role>Agent</role>\n  </roles>\n</User>"},
		{"white space between goes", "\n<User>\n\t<state>READY</state>\n</User>\n", "<User>\n  <state>READY</state>\n</User>"},
		{"white space inside stays", "<User><state> READY\n</state></User>", "<User>\n  <state> READY\n</state>\n</User>"},
		{"empty", "<User><extension></extension><x/><y a='>'/></User>", "<User>\n  <extension></extension>\n  <x/>\n  <y a='>'/>\n</User>"},
		{"declaration and comment", `<?xml version="1.0"?><!-- a < b --><a>1</a>`, "<?xml version=\"1.0\"?>\n<!-- a < b -->\n<a>1</a>"},
		{"section", "<a><![CDATA[<b>]]></a>", "<a><![CDATA[<b>]]></a>"},
		{"mixed", "<a>one<b>two</b>three</a>", "<a>one\n  <b>two</b>\n  three</a>"},
		{"broken stays", "<User> <state>READY</User>", "<User> <state>READY</User>"},
		{"JSON stays", `{ "state":  "READY" }`, `{ "state":  "READY" }`},
		{"text stays", "503  Service\nUnavailable", "503  Service\nUnavailable"},
		{"control characters show", "a\x00b\u202ec\xff", "a⟨U+0000⟩b⟨U+202E⟩c⟨ff⟩"},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, Lay(test.in).Text); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

// FuzzLay: laying out never changes more than white space, whatever comes,
// and colouring a line changes nothing of its text.
func FuzzLay(f *testing.F) {
	for _, seed := range []string{"<a><b>x</b></a>", "<a b='1' c=\"<\">t<!--x--><d/></a>", "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", "<a>\xff</a>", "<a", "", "<?x?><a/>"} {
		f.Add(seed)
	}
	space := regexp.MustCompile(`\s+`)
	tag := regexp.MustCompile(`</?span[^>]*>`)
	f.Fuzz(func(t *testing.T, body string) {
		l := Lay(body)
		if got, want := space.ReplaceAllString(l.Text, ""), space.ReplaceAllString(text.Shown(body), ""); got != want {
			t.Errorf("%q became %q", body, l.Text)
		}
		for _, line := range strings.Split(l.Text, "\n") {
			if got := html.UnescapeString(tag.ReplaceAllString(string(coloured(line)), "")); got != strings.ReplaceAll(line, "\x00", "\ufffd") {
				t.Errorf("%q is coloured as %q", line, coloured(line))
			}
		}
	})
}

func TestLinesAt(t *testing.T) {
	l := Lay("<Update><data><user><state>READY</state><ReasonCode><code>1</code></ReasonCode></user></data><state>x</state></Update>")
	for path, want := range map[string][]int{
		"Update/data/user/state": {3},
		"User/state":             {3},
		"user/reasonCode/code":   {5},
		"state":                  {3, 9},
		"User/extension":         nil,
		"ser/state":              nil,
		"":                       nil,
	} {
		if diff := cmp.Diff(want, l.LinesAt(path)); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
}

func TestColoured(t *testing.T) {
	got := string(coloured(`  <role id="1">A&amp;B</role>`))
	want := `  <span class="xp">&lt;</span><span class="xn">role</span> <span class="xa">id</span><span class="xp">=</span><span class="xv">&#34;1&#34;</span><span class="xp">&gt;</span>A&amp;amp;B<span class="xp">&lt;/</span><span class="xn">role</span><span class="xp">&gt;</span>`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if strings.Contains(string(coloured(`<a b="<script>">`)), "<script") {
		t.Error("markup came through")
	}
}

func TestShown(t *testing.T) {
	for in, want := range map[string]string{
		"plain\ttext\nhere":         "plain\ttext\nhere",
		"Größe 漢字 🙂":                "Größe 漢字 🙂",
		"line\r\nend":               "line\nend",
		"a\rb":                      "a⟨U+000D⟩b",
		"\x1b[31mred":               "⟨U+001B⟩[31mred",
		"\xc3\x28":                  "⟨c3⟩(",
		"zero\u200bwidth\ufeff":     "zero⟨U+200B⟩width⟨U+FEFF⟩",
		"\u2066turn\u2069\u0085":    "⟨U+2066⟩turn⟨U+2069⟩⟨U+0085⟩",
		"tag \U000e0041 \u00ad end": "tag ⟨U+E0041⟩ ⟨U+00AD⟩ end",
	} {
		if got := text.Shown(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestTook(t *testing.T) {
	for in, want := range map[float64]string{0: "0.0 ms", 3.14: "3.1 ms", 250: "250 ms", 1500: "1.5 s", 2000: "2 s", 61000: "1m1s", -1: "–"} {
		if got := Took(in); got != want {
			t.Errorf("%v: %s, want %s", in, got, want)
		}
	}
}
