package reports

import (
	"fmt"
	"slices"
	"strings"

	"finesse-conformance/internal/text"
	"finesse-conformance/suites/evidence"
)

// Page is where the guide says what the requirement says.
func Page(row *Row) string {
	if row.Clause != "" {
		return row.Clause
	}
	if len(row.Source) > 0 {
		return row.Source[0]
	}
	return ""
}

// Abbreviations spell out the guides that the pages of rows name, in the order
// in which they are first met.
func (r *Result) Abbreviations(met func(*Row) bool) []Guide {
	var pages []string
	for i := range r.Requirements {
		if row := &r.Requirements[i]; met(row) {
			pages = append(pages, Page(row))
		}
	}
	return r.SpelledOut(pages)
}

// SpelledOut are the guides that pages such as "DG12.5 p.47" name, in the order
// in which they are first met.
func (r *Result) SpelledOut(pages []string) []Guide {
	var list []Guide
	for _, page := range pages {
		key, _, _ := strings.Cut(page, " ")
		at := slices.IndexFunc(r.Guides, func(g Guide) bool { return g.Key == key })
		if at >= 0 && !slices.Contains(list, r.Guides[at]) {
			list = append(list, r.Guides[at])
		}
	}
	return list
}

// RestoreCommand puts users back that a run could not, in the folder of its
// reports; FILE is the configuration of the run.
const RestoreCommand = "finesse-conformance restore --config FILE --journal journal.jsonl"

// OnMirror reports whether a source is known to be on an address that is none
// of the vendor's own.
func (r *Result) OnMirror(source string) bool {
	key, _, _ := strings.Cut(source, " ")
	return slices.ContainsFunc(r.Guides, func(g Guide) bool { return g.Key == key && g.Mirror })
}

// Broken reports whether a row failed, waived or not: those are told with their
// pages.
func Broken(row *Row) bool {
	return row.Outcome == evidence.Failed || row.Outcome == evidence.Waived
}

// WaivedWords says by whom a row is waived, until when and why; "" for others.
func WaivedWords(row *Row) string {
	if row.WaivedBy == nil {
		return ""
	}
	return fmt.Sprintf(" (by %s until %s: %s)", row.WaivedBy.Owner, row.WaivedBy.Until, row.WaivedBy.Why)
}

// Seconds writes milliseconds as seconds with three decimals.
func Seconds(ms int64) string {
	ms = max(ms, 0)
	return fmt.Sprintf("%d.%03d", ms/1000, ms%1000)
}

// MessageLimit is how many bytes a reason takes where it is one line of a list.
const MessageLimit = 1 << 10

// Message makes one line of a text, clean and of at most MessageLimit bytes.
func Message(s string) string {
	return text.Truncate(text.Clean(text.OneLine(s)), MessageLimit)
}
