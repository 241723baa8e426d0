package yamlnode

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestDocument(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "is empty at 0"},
		{"# nothing\n", "is empty at 0"},
		{"a: 1\n", " at 0"},
		{"a: 1\n---\nb: 2\n", "has a second document at 2"},
		{"a: 1\nb: [\n", "did not find expected node content at 2"},
		{"a: 1\n---\nb: [\n", "did not find expected node content at 3"},
		{"a: 1\nb: {c: ${X}}\nd: 1\n", "did not find expected ',' or '}' at 2"},
		{"a: 1\nb:\n\tc: 2\nd: 3\n", "cannot start any token at 3"},
		{"a:\n  b: 1\n\tc: 2\n", "that begins in line 2 at 3"},
		{"u:\n  - {id: 1, password: x\n  - {id: 2}\n", "while parsing a flow mapping that begins in line 2 at 3"},
		{"a: 1\nb: 'x\nc: 2\n", "that begins in line 2 at 3"},
	} {
		top, err := Document([]byte(c.text))
		var syntax *SyntaxError
		var many *ManyError
		line, said := 0, ""
		switch {
		case errors.As(err, &syntax):
			line, said = syntax.Line, syntax.Text
		case errors.As(err, &many):
			line, said = many.Line, many.Error()
		case err != nil:
			said = err.Error()
		}
		if got := fmt.Sprintf("%s at %d", said, line); !strings.Contains(got, c.want) {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
		if (err == nil || many != nil) != (top != nil) {
			t.Errorf("%q: node %v with error %v", c.text, top, err)
		}
	}
}

func TestEntries(t *testing.T) {
	many := ""
	for i := range 20 {
		many += fmt.Sprintf("k%d: 1\n", i)
	}
	for _, c := range []struct{ text, want string }{
		{"a: 1\nb: 2\n", ""},
		{"a: 1\nb: 2\na: 3\n", "a first in 1; "},
		{"a: &x k\n*x : 1\nk: 2\n", "k first in 1; "},
		{many + "k3: 2\nk3: 3\n", "k3 first in 4; k3 first in 4; "},
	} {
		top, err := Document([]byte(c.text))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for e := range Entries(top) {
			if e.First > 0 {
				got += fmt.Sprintf("%s first in %d; ", Resolved(e.Key).Value, e.First)
			}
		}
		if got != c.want {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
	}
}
