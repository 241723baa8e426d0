package runner

import (
	"os"
	"path/filepath"
	"time"

	"finesse-conformance/runner/internal/parallel"
)

// temporary are the temporary files beside reports and in folders.
const temporary = ".finesse-conformance-*"

// abandoned is how old a temporary file is that nobody writes any more.
const abandoned = time.Hour

// sweep removes what runs that were killed have left in temporary places. It
// is nobody's fault if that does not work.
func sweep(out string) {
	parallel.Sweep(out)
	files, _ := filepath.Glob(filepath.Join(out, temporary))
	for _, file := range files {
		if info, err := os.Lstat(file); err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > abandoned {
			_ = os.Remove(file)
		}
	}
}
