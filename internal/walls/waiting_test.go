package walls_test

import (
	"go/ast"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// inRealTime are the packages with tests that wait in real time, since what
// they are about is outside of the program, as CONTRIBUTING.md has them.
var inRealTime = []string{
	"cmd/finesse-conformance", "fixtures", "internal/xmpp", "reports", "reports/html", "runner", "runner/internal/notify",
	"runner/internal/preflight", "suites/client",
}

// Tests that wait are in virtual time, but for those of a few packages that
// people find in a list.
func TestWaitingIsVirtual(t *testing.T) {
	t.Parallel()
	waits, virtual := map[string]string{}, map[string]bool{}
	eachGoFile(t, ".", func(name string, f *ast.File) {
		dir := path.Dir(name)
		if !strings.HasSuffix(name, "_test.go") || strings.HasPrefix(dir, "examples") {
			return
		}
		for _, s := range f.Imports {
			virtual[dir] = virtual[dir] || imported(t, s) == "testing/synctest"
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				x, _ := s.X.(*ast.Ident)
				timer := x != nil && x.Name == "time" && slices.Contains([]string{"Sleep", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick"}, s.Sel.Name)
				if timer || s.Sel.Name == "Eventually" || x != nil && x.Name == "context" && s.Sel.Name == "WithTimeout" {
					waits[dir] = name
				}
			}
			return true
		})
	})
	text, err := os.ReadFile(filepath.Join("..", "..", "CONTRIBUTING.md"))
	if err != nil {
		t.Fatal(err)
	}
	for dir, name := range waits {
		if !virtual[dir] && !slices.Contains(inRealTime, dir) {
			t.Errorf("%s waits, and nothing in its package is in virtual time", name)
		}
	}
	for _, dir := range inRealTime {
		if waits[dir] == "" {
			t.Errorf("nothing in %s waits any more", dir)
		}
		if !strings.Contains(string(text), "`"+dir+"`") {
			t.Errorf("CONTRIBUTING.md does not have %s", dir)
		}
	}
}
