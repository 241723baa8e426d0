package runner

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestSweep removes what a run left that was killed, and nothing else.
func TestSweep(t *testing.T) {
	out := t.TempDir()
	for _, file := range []struct {
		name string
		age  time.Duration
		gone bool
	}{
		{".finesse-conformance-1", 2 * abandoned, true},
		{".finesse-conformance-2", time.Second, false}, // being written
		{"results.json", 2 * abandoned, false},
	} {
		path := filepath.Join(out, file.name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		then := time.Now().Add(-file.age)
		if err := os.Chtimes(path, then, then); err != nil {
			t.Fatal(err)
		}
		defer func() {
			if _, err := os.Lstat(path); file.gone != os.IsNotExist(err) {
				t.Errorf("%s: %v", path, err)
			}
		}()
	}
	sweep(out)
}
