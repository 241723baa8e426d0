package scenario_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"testing"
)

// No type has the lock of another for its own: who reads s.mu.Lock() knows
// what it guards.
func TestNoLockIsEmbedded(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]*ast.StructType{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok {
				if s, ok := spec.Type.(*ast.StructType); ok {
					types[spec.Name.Name] = s
				}
			}
			return true
		})
	}
	locks := map[string]bool{}
	for name, s := range types {
		for _, f := range s.Fields.List {
			if of, ok := f.Type.(*ast.SelectorExpr); ok && (of.Sel.Name == "Mutex" || of.Sel.Name == "RWMutex") {
				locks[name] = true
				if len(f.Names) == 0 {
					t.Errorf("%s embeds a lock", name)
				}
			}
		}
	}
	if len(locks) < 4 {
		t.Fatalf("only %d types have locks", len(locks))
	}
	for name, s := range types {
		for _, f := range s.Fields.List {
			of := f.Type
			if p, ok := of.(*ast.StarExpr); ok {
				of = p.X
			}
			if id, ok := of.(*ast.Ident); ok && len(f.Names) == 0 && locks[id.Name] {
				t.Errorf("%s embeds %s and with it its lock", name, id.Name)
			}
		}
	}
}
