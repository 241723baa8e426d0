package evidence

import (
	"net/http"
	"strings"
	"time"

	"finesse-conformance/internal/xmlbody"
)

// Skew is by how much the clock of a node that gave one of two SystemInfo
// answers is ahead of the other's: each is taken to have told the time in the
// middle of its exchange, which bounds the error.
func Skew(first, other Exchange) (skew, within time.Duration, ok bool) {
	a, within1, ok1 := ahead(first)
	b, within2, ok2 := ahead(other)
	return b - a, within1 + within2, ok1 && ok2
}

// ahead is by how much the clock of a node is ahead of the run's.
func ahead(x Exchange) (by, within time.Duration, ok bool) {
	middle := x.Started.Add(x.Duration / 2)
	doc, err := xmlbody.Parse("", []byte(x.ResponseBody))
	if err == nil {
		told, _ := xmlbody.Text(doc, "SystemInfo/currentTimestamp")
		if t, err := time.Parse(time.RFC3339, strings.TrimSpace(told)); err == nil {
			return t.Sub(middle), x.Duration / 2, true
		}
	}
	t, err := http.ParseTime(x.ResponseHeader["Date"])
	const half = 500 * time.Millisecond // it has whole seconds
	return t.Add(half).Sub(middle), x.Duration/2 + half, err == nil
}
