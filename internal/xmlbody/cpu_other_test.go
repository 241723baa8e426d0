//go:build !unix

package xmlbody_test

import "time"

var began = time.Now()

// worked is how long this process has worked so far, as far as is known here.
func worked() time.Duration { return time.Since(began) }
