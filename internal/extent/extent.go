// Package extent says how much of what there is tests play. Where a test plays
// a sample, `go test ./...` plays a small one, CI a larger one with
// WIDE_TESTS=1, and with LONG_TESTS=1 all is played. CONTRIBUTING.md has the
// list. It imports nothing of the project.
package extent

import (
	"os"
	"testing"
)

// Long reports whether everything is played.
func Long() bool { return os.Getenv("LONG_TESTS") != "" }

// Wide reports whether at least the samples of CI are played.
func Wide() bool { return Long() || os.Getenv("WIDE_TESTS") != "" }

// ForCI skips a test that starts many processes or browsers, or takes long
// otherwise, where not at least the samples of CI are played.
func ForCI(t testing.TB) {
	t.Helper()
	if !Wide() {
		t.Skip("CI plays it: WIDE_TESTS=1")
	}
}

// Of gives what is played ordinarily, what CI plays, or all.
func Of[T any](ordinary, wide, all T) T {
	switch {
	case Long():
		return all
	case Wide():
		return wide
	}
	return ordinary
}
