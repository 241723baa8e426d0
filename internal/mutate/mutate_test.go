package mutate_test

import (
	"testing"

	"finesse-conformance/internal/mutate"
)

// The same number gives the same text, and most numbers another one.
func TestText(t *testing.T) {
	seen := map[string]bool{}
	for n := range uint64(200) {
		text := mutate.Text(n, "a: b", "<User><state>READY</state></User>", "")
		if text != mutate.Text(n, "a: b", "<User><state>READY</state></User>", "") {
			t.Fatalf("%d gives two texts", n)
		}
		seen[text] = true
	}
	if len(seen) < 100 || !seen["a: b"] {
		t.Errorf("%d texts, the unspoilt among them: %v", len(seen), seen["a: b"])
	}
}
