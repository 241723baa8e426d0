package text

import (
	"regexp"
	"sync"
)

// Pattern gives a regular expression that is compiled when it is first used.
// Every process of a run holds the packages that use it, and most never make a
// report: to compile all that reports need would be a good part of their start.
func Pattern(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
