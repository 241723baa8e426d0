package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// Whoever opens the documentation of a package that other modules can import
// finds there what it may rely on.
func TestPackagesSayWhatIsPromised(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	promised := map[string]bool{"runner": true, "runner/config": true, "fixtures": true, "reports": true} // in docs/stability.md
	docs := map[string]string{}
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := filepath.ToSlash(strings.TrimPrefix(file, root+string(filepath.Separator)))
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && file != root || d.Name() == "internal" || d.Name() == "testdata" || name == "cmd" || name == "examples") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.PackageClauseOnly|parser.ParseComments)
		if err == nil {
			docs[path.Dir(name)] += f.Doc.Text()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(docs) < 20 {
		t.Errorf("only %d packages were found", len(docs))
	}
	for name, doc := range docs {
		doc = strings.Join(strings.Fields(doc), " ")
		want := "No other module is promised anything of it: see docs/stability.md."
		if promised[name] {
			want = "may change with any commit, see docs/stability.md."
		}
		if !strings.HasSuffix(doc, want) {
			t.Errorf("the comment of package %s does not end with %q", name, want)
		}
	}
}
