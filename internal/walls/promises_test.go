package walls_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// promised is what other modules may rely on, as docs/stability.md says it.
var promised = map[string][]string{
	"runner":        {"Subject", "Certify", "Verdicts", "Describe", "Timing", "OpenJournal", "Restore"},
	"runner/config": {}, // Timing, under runner's name
	"fixtures":      {"User"},
	"reports":       {"Result"},
}

// Whoever opens the documentation of a package that other modules can import
// finds there what it may rely on; what only its own room imports cannot be
// imported by them.
func TestPackagesSayWhatIsPromised(t *testing.T) {
	t.Parallel()
	docs, importers := map[string]string{}, map[string][]string{}
	eachGoFile(t, ".", func(name string, f *ast.File) {
		dir := path.Dir(name)
		if !strings.HasSuffix(name, "_test.go") {
			docs[dir] += f.Doc.Text()
		}
		for _, s := range f.Imports {
			if mine, ok := strings.CutPrefix(imported(t, s), module); ok && mine != dir {
				importers[mine] = append(importers[mine], dir)
			}
		}
	})
	if len(docs) < 30 {
		t.Errorf("only %d packages were found", len(docs))
	}
	for name, doc := range docs {
		room, _, _ := strings.Cut(name, "/")
		if slices.Contains(strings.Split(name, "/"), "internal") || room == "cmd" || room == "examples" {
			continue
		}
		paragraphs := strings.Split(doc, "\n\n") // what it is for, and then whom
		want := "No other module is promised anything of it: see docs/stability.md."
		_, ok := promised[name]
		if ok {
			want = "may change with any commit, see docs/stability.md."
		}
		if len(paragraphs) < 2 || !strings.HasSuffix(strings.Join(strings.Fields(paragraphs[1]), " "), want) {
			t.Errorf("the second paragraph of the comment of package %s does not end with %q", name, want)
		}
		if !ok && !slices.ContainsFunc(importers[name], func(by string) bool { return by != room && !strings.HasPrefix(by, room+"/") }) {
			t.Errorf("only %s/ imports %s: it belongs into a folder internal", room, name)
		}
	}
}

// What the README and the examples show to other modules is promised, and all
// that is promised is said.
func TestExamplesUseWhatIsPromised(t *testing.T) {
	t.Parallel()
	used := 0
	check := func(at, pkg, name string) {
		used++
		if !slices.Contains(promised[pkg], name) {
			t.Errorf("%s uses %s.%s, which is not promised", at, pkg, name)
		}
	}
	eachGoFile(t, "examples", func(name string, f *ast.File) {
		packages := map[string]string{} // by the name that they have here
		for _, s := range f.Imports {
			if mine, ok := strings.CutPrefix(imported(t, s), module); ok {
				if _, ok := promised[mine]; !ok {
					t.Errorf("%s imports %s, which is not promised", name, mine)
				}
				packages[path.Base(mine)] = mine
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if selector, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := selector.X.(*ast.Ident); ok && packages[x.Name] != "" {
					check(name, packages[x.Name], selector.Sel.Name)
				}
			}
			return true
		})
	})
	readme := read(t, "README.md")
	for _, block := range regexp.MustCompile("(?s)```go\n.*?```").FindAllString(readme, -1) {
		for _, m := range regexp.MustCompile(`\b(runner|config|fixtures|reports)\.([A-Z]\w*)`).FindAllStringSubmatch(block, -1) {
			check("README.md", m[1], m[2])
		}
	}
	if used < 8 {
		t.Errorf("only %d uses were looked at", used)
	}
	stability := read(t, "docs", "stability.md")
	for pkg, names := range promised {
		for _, name := range names {
			if !strings.Contains(stability, "`"+name+"`") {
				t.Errorf("docs/stability.md does not say that %s.%s is promised", pkg, name)
			}
		}
	}
}

func read(t *testing.T, name ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{"..", ".."}, name...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func imported(t *testing.T, s *ast.ImportSpec) string {
	t.Helper()
	name, err := strconv.Unquote(s.Path.Value)
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// eachGoFile shows the files below a folder of the project.
func eachGoFile(t *testing.T, folder string, look func(name string, f *ast.File)) {
	t.Helper()
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(filepath.Join(root, folder), func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && file != root || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(file, ".go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err == nil {
			look(filepath.ToSlash(strings.TrimPrefix(file, root+string(filepath.Separator))), f)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
