//go:build !unix

package runner

import "time"

// peakMemory is not told here.
func peakMemory() int64 { return 0 }

// computed is not told here.
func computed() time.Duration { return 0 }
