package page

import (
	"fmt"
	"strings"
	"time"
)

// Took writes a duration in milliseconds for people.
func Took(ms float64) string {
	switch {
	case ms < 0:
		return "–"
	case ms < 10:
		return fmt.Sprintf("%.1f ms", ms)
	case ms < 1000:
		return fmt.Sprintf("%.0f ms", ms)
	case ms < 60_000:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", ms/1000), ".0") + " s"
	}
	return time.Duration(ms * float64(time.Millisecond)).Round(time.Second).String()
}
