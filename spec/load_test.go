package spec_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"finesse-conformance/internal/mutate"
	"finesse-conformance/spec"
)

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := spec.Load(); err != nil {
			b.Fatal(err)
		}
	}
}

// words is an OpenAPI document with as much as the loader takes from one.
const words = `components:
  schemas:
    State: {enum: [LOGOUT, NOT_READY, READY, RESERVED, TALKING, WORK, UNKNOWN]}
    RequestState: {enum: [LOGIN, LOGOUT, NOT_READY, READY]}
    ErrorType: {enum: [Bad Request, Invalid State, User Not Found, Not Found]}
    User: {}
`

// small is a contract of one requirement and one move.
func small() fstest.MapFS {
	files := fstest.MapFS{}
	for name, text := range map[string]string{
		"openapi.yaml": words,
		"sources.yaml": "guides:\n  G: {title: A guide, release: 12.5(1), page_url: 'https://g.example/{page}'}\n" +
			"  W: {title: A page, release: 12.6(2), url: 'https://w.example/'}\n",
		"aliases.yaml":             "error_types: {not_found: [User Not Found, Not Found]}\n",
		"moves.yaml":               "moves:\n  - {name: sign in, action: {put: LOGIN}, from: {state: LOGOUT}, to: {state: NOT_READY}, sources: [{guide: W}]}\n",
		"profiles.yaml":            "profiles:\n  core: {title: all of it, needs: an agent, requirements: 'SIG-*'}\n",
		"requirements/01-sig.yaml": section(good),
	} {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return files
}

// good is a requirement of the small contract; tests spoil it.
const good = `  - id: SIG-01
    title: an agent signs in
    level: MUST
    sources: [{guide: G, page: 29}]
    given: {state: LOGOUT}
    when: {put: LOGIN}
    then: {accepted: NOT_READY}
`

// section puts rows below the header of a section; they begin in line 4.
func section(rows string) string {
	return "section: SIG\ntitle: Signing in\nrequirements:\n" + rows
}

func TestLoadFSTakesASmallContract(t *testing.T) {
	c, err := spec.LoadFS(small())
	if err != nil {
		t.Fatal(err)
	}
	if got := len(c.All()); got != 1 {
		t.Errorf("%d requirements, want 1", got)
	}
	if g := c.Guides(); len(g) != 2 || g[0].Key != "G" || g[1].URL != "https://w.example/" {
		t.Errorf("guides are %+v", g)
	}
}

func TestLoadFSReportsAllProblemsInOrder(t *testing.T) {
	files := small()
	files["requirements/01-sig.yaml"].Data = []byte(section(strings.NewReplacer("MUST", "SHOULD", "LOGIN}", "LOGON}").Replace(good)))
	files["moves.yaml"].Data = []byte("moves:\n  - {name: sign in}\n")
	_, err := spec.LoadFS(files)
	want := []string{
		"moves.yaml:2: a move has no action",
		"moves.yaml:2: a move has no from",
		"moves.yaml:2: a move has no to",
		"moves.yaml:2: a move has no sources",
		`requirements/01-sig.yaml:6: level is "SHOULD": use MUST, EITHER or INFO`,
		`requirements/01-sig.yaml:9: put is "LOGON", a state that openapi.yaml does not have: use LOGOUT, NOT_READY, READY, RESERVED, TALKING, WORK, UNKNOWN or LOGIN`,
	}
	if diff := cmp.Diff(strings.Join(want, "\n"), err.Error()); diff != "" {
		t.Error(diff)
	}
	var list spec.Problems
	if !errors.As(err, &list) || list[4].File != "requirements/01-sig.yaml" || list[4].Line != 6 {
		t.Errorf("the error is no list of problems with their places: %#v", err)
	}
}

func TestDigestTellsContractsApart(t *testing.T) {
	digest := func(files fs.FS) string {
		c, err := spec.LoadFS(files)
		if err != nil {
			t.Fatal(err)
		}
		return c.Digest()
	}
	first := digest(small())
	if again := digest(small()); again != first || len(first) != 64 {
		t.Errorf("the same contract has the digests %q and %q", first, again)
	}
	for _, name := range []string{"openapi.yaml", "sources.yaml", "moves.yaml", "profiles.yaml", "requirements/01-sig.yaml"} {
		files := small()
		files[name].Data = append(files[name].Data, "# changed\n"...)
		if digest(files) == first {
			t.Errorf("a change of %s does not show in the digest", name)
		}
	}
}

// FuzzLoadFS: whatever a file of the contract holds, loading gives a catalogue
// or says what is wrong.
func FuzzLoadFS(f *testing.F) {
	names := []string{"requirements/01-sig.yaml", "moves.yaml", "sources.yaml", "aliases.yaml", "openapi.yaml"}
	texts := map[string][]string{
		"requirements/01-sig.yaml": {
			section("  - &a {id: SIG-01, then: *a}\n"),
			section("  - {id: 'SIG-01-{x}', for_each: [{x: A, given: [1]}], given: {state: '{x}'}}\n"),
		},
		"moves.yaml": {"moves:\n  - {from: {state: [LOGOUT]}, to: 1, action: []}\n"},
	}
	entries, err := fs.Glob(spec.Files(), "requirements/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range entries {
		data, err := fs.ReadFile(spec.Files(), name)
		if err != nil {
			f.Fatal(err)
		}
		for _, row := range strings.Split(string(data), "\n\n")[1:] {
			texts[names[0]] = append(texts[names[0]], section(row+"\n"))
		}
	}
	for _, name := range names {
		texts[name] = append(texts[name], string(small()[name].Data))
	}
	for n := range uint64(40) {
		f.Add(uint8(n), n)
	}
	f.Fuzz(func(t *testing.T, file uint8, number uint64) {
		name := names[int(file)%len(names)]
		files := small()
		files[name].Data = []byte(mutate.Text(number, texts[name]...))
		c, err := spec.LoadFS(files)
		var list spec.Problems
		switch {
		case (c == nil) != (err != nil):
			t.Fatalf("%s: a catalogue %t beside the error %v:\n%s", name, c != nil, err, files[name].Data)
		case err != nil && (!errors.As(err, &list) || len(list) == 0):
			t.Fatalf("%s: the error is no list of problems: %v:\n%s", name, err, files[name].Data)
		}
	})
}
