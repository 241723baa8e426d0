package diagram_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"finesse-conformance/internal/contracttest"
	"finesse-conformance/internal/reporttest"
	"finesse-conformance/spec"
)

// TestRequirementsDoc keeps docs/requirements.md and the diagrams beside it
// what the catalogue says; -update writes them.
func TestRequirementsDoc(t *testing.T) {
	c := contracttest.Catalogue()
	files := map[string][]byte{}
	var page bytes.Buffer
	if err := write(&page, c); err != nil {
		t.Fatal(err)
	}
	files["requirements.md"] = page.Bytes()
	for _, d := range spec.Deployments() {
		var drawing bytes.Buffer
		if err := writeStateDiagram(&drawing, c, d); err != nil {
			t.Fatal(err)
		}
		files[stateDiagramFile(d)] = drawing.Bytes()
		if !bytes.Contains(page.Bytes(), []byte("("+stateDiagramFile(d)+")")) {
			t.Errorf("the page does not show %s", stateDiagramFile(d))
		}
	}
	for name, want := range files {
		path := filepath.Join("..", "..", "..", "docs", name)
		if *reporttest.Update {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		have, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(have, want) {
			t.Errorf("docs/%s is not what the catalogue says; run the test with -update.\n%s", name, cmp.Diff(string(have), string(want)))
		}
	}
}

// TestRequirementsDocIsWhole: every requirement has a row with its level and
// an address, and no row breaks its table.
func TestRequirementsDocIsWhole(t *testing.T) {
	c := contracttest.Catalogue()
	var page bytes.Buffer
	if err := write(&page, c); err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for _, l := range strings.Split(page.String(), "\n") {
		if id, rest, ok := strings.Cut(strings.TrimPrefix(l, `| <a id="`), `"></a>`); ok {
			rows[id] = rest
		}
	}
	for _, q := range c.All() {
		row := rows[strings.ToLower(q.ID)]
		if n := strings.Count(strings.ReplaceAll(row, `\|`, ""), "|"); n != 7 {
			t.Errorf("%s: %d bars in its row, not 7: %s", q.ID, n, row)
		}
		for _, want := range []string{"| " + string(q.Level), "](http"} {
			if !strings.Contains(row, want) {
				t.Errorf("%s: its row lacks %q: %s", q.ID, want, row)
			}
		}
	}
	if len(rows) != len(c.All()) {
		t.Errorf("%d rows for %d requirements", len(rows), len(c.All()))
	}
	for _, s := range c.Sections() {
		if !strings.Contains(page.String(), "](#"+anchor(heading(s))+")") {
			t.Errorf("no link to %s", s.Name)
		}
	}
}

func TestCell(t *testing.T) {
	for in, want := range map[string]string{
		"a|b":                `a\|b`,
		"READY_X *":          `READY\_X \*`,
		"<script> & 'x'":     "&lt;script&gt; &amp; 'x'",
		"two\nlines\t there": "two lines there",
	} {
		if got := cell(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
