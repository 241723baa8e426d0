package evidence

import (
	"net/http"
	"strings"
	"time"

	"finesse-conformance/internal/xmlbody"
)

// ChangeTimeForm is YYYY-MM-DDThh:MM:ss.SSSZ (guide, User parameters), as Go
// writes a layout.
const ChangeTimeForm = "2006-01-02T15:04:05.000Z"

// NodesApart is how far the clocks of two nodes may be apart, which note the time
// of one change each for itself.
const NodesApart = 2 * time.Second

// Later is by how much one time of change is after another. It is not ok where
// one of them is none: that says nothing of which was first, nor how far from
// the other. Whether a time has the documented form is another question.
func Later(from, to string) (by time.Duration, ok bool) {
	a, err1 := time.Parse(time.RFC3339Nano, from)
	b, err2 := time.Parse(time.RFC3339Nano, to)
	if err1 != nil || err2 != nil {
		return 0, false
	}
	return b.Sub(a), true
}

// Apart reports whether two times are further apart than those of one change can
// be.
func Apart(a, b string) bool {
	by, ok := Later(a, b)
	return ok && by.Abs() > NodesApart
}

// Near reports whether two times can be those of one change.
func Near(a, b string) bool {
	by, ok := Later(a, b)
	return ok && by.Abs() <= NodesApart
}

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
