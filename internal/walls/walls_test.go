package walls_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "finesse-conformance/"

// TestWalls holds the rooms of the house apart: imports go down only, the
// reference deployment knows nothing of the contract, and Ginkgo stays where
// scheduling is done.
func TestWalls(t *testing.T) {
	// What each folder may import of the project, subfolders included but where
	// a dot ends the name. What lies in internal imports nothing but the handling
	// of texts, and everybody may import it.
	allowed := map[string][]string{
		"internal":                  {"internal/text"},
		"internal/bed":              {"internal", "spec", "fixtures", "suites", "reports", "runner"},
		"internal/worlds":           {"internal", "spec", "fixtures", "suites", "reports", "runner"},
		"internal/contracttest":     {"internal/xmlbody", "spec", "suites/judge"},
		"spec":                      {"internal", "spec"},
		"fixtures":                  {"internal", "spec", "fixtures"},
		"fixtures/reference":        {"internal", "fixtures/reference"},
		"suites":                    {"internal", "spec", "fixtures", "suites"},
		"suites/evidence":           {"internal", "spec"},
		"suites/judge":              {"internal", "spec", "suites/evidence"},
		"suites/navigate":           {"internal", "spec"},
		"suites/behaviour":          {"internal", "spec", "suites/evidence", "suites/judge"},
		"suites/explore":            {"internal", "spec", "suites/evidence", "suites/behaviour"},
		"reports":                   {"internal", "spec", "suites/evidence"},
		"reports/behaviourmap":      {"internal", "spec", "suites/evidence", "suites/judge", "suites/behaviour", "reports.", "reports/junit", "reports/internal/page"},
		"reports/exploration":       {"internal", "spec", "suites/evidence", "suites/explore", "reports.", "reports/junit"},
		"reports/internal/diagram":  {"internal", "spec", "suites/evidence"},
		"reports/junit":             {"internal", "spec", "suites/evidence", "reports."},
		"reports/console":           {"internal", "spec", "suites/evidence", "reports."},
		"reports/har":               {"internal", "spec", "suites/evidence", "reports."},
		"reports/internal/page":     {"internal", "spec", "suites/evidence", "reports.", "reports/internal/diagram"},
		"reports/html":              {"internal", "spec", "suites/evidence", "reports.", "reports/internal/diagram", "reports/internal/page"},
		"reports/compare":           {"internal", "spec", "suites/evidence", "reports.", "reports/junit", "reports/console", "reports/internal/diagram", "reports/internal/page"},
		"reports/history":           {"internal", "spec", "suites/evidence", "reports.", "reports/console", "reports/internal/page", "reports/compare"},
		"reports/overview":          {"internal", "spec", "suites/evidence", "reports.", "reports/console", "reports/internal/page"},
		"reports/statement":         {"internal", "spec", "suites/evidence", "reports."},
		"internal/reporttest":       {"internal", "spec", "suites/evidence", "reports."},
		"runner":                    {"internal", "spec", "fixtures", "suites", "reports", "runner"},
		"runner/config":             {"internal", "spec", "fixtures"},
		"runner/internal/progress":  {"internal", "spec", "suites"},
		"runner/internal/preflight": {"internal", "spec", "fixtures", "suites/client", "suites/evidence", "runner/config"},
		"runner/internal/played":    {"fixtures", "suites/client", "runner/config"},
		"runner/selftest":           {"internal", "spec", "fixtures", "suites.", "suites/evidence", "reports.", "runner.", "runner/internal/preflight", "runner/config"},
		"runner/internal/journal":   {"internal", "spec", "fixtures", "suites"},
		"runner/internal/parallel":  {"internal", "spec", "fixtures", "suites.", "suites/client", "suites/evidence", "reports.", "runner/config", "runner/internal/preflight"},
		"cmd":                       {"internal", "spec", "fixtures", "suites", "reports", "runner"},
	}
	ofTests := []string{"internal/bed", "internal/contracttest", "internal/worlds", "internal/reporttest", "runner/internal/played"} // and of nothing else
	ginkgo := []string{"suites", "runner", "runner/internal/parallel"}
	seen := 0
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		relative, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		dir := path.Dir(filepath.ToSlash(relative))
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if strings.HasPrefix(imported, "github.com/onsi/ginkgo") && !slices.Contains(ginkgo, dir) {
				t.Errorf("%s imports Ginkgo: acting and judging are plain Go", relative)
			}
			mine, ok := strings.CutPrefix(imported, module)
			if !ok {
				continue
			}
			seen++
			if slices.Contains(ofTests, mine) && !slices.Contains(ofTests, dir) {
				t.Errorf("%s imports %s, which is for tests", relative, mine)
			}
			if !slices.ContainsFunc(allowed[room(dir, allowed)], func(r string) bool { return mine == strings.TrimSuffix(r, ".") || strings.HasPrefix(mine, r+"/") }) {
				t.Errorf("%s imports %s: imports go down only", relative, mine)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 50 {
		t.Errorf("only %d imports were looked at", seen)
	}
}

// room gives the innermost folder with a rule.
func room(dir string, rules map[string][]string) string {
	for ; dir != "."; dir = path.Dir(dir) {
		if _, ok := rules[dir]; ok {
			return dir
		}
	}
	return ""
}
