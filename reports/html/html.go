// Package html writes report.html, the page of one result for people: verdict,
// failures with the exchange that decided, every requirement, the state diagram
// and the timings. It owns how these look and reads results only; it imports
// the result types, the diagram, the spec and the evidence. Other programs are
// given results.json instead.
//
// No other module is promised anything of it: see docs/stability.md.
package html

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"sync"

	"finesse-conformance/reports"
	"finesse-conformance/reports/internal/page"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// Input is what the page of a result shows.
type Input struct {
	Result *reports.Result
	// Catalogue is the one that was judged by. Without it (nil) the page has
	// neither the state diagram nor the requirements in words.
	Catalogue *spec.Catalogue
	// Evidence is that of the run, of every attempt. Without it (nil) the page
	// shows the exchanges that the result itself holds: those that decided
	// failures.
	Evidence []*evidence.Evidence
	// Map is the behaviour map that was made with the run, nil for none.
	Map *page.Part
}

//go:embed assets
var files embed.FS

// Write writes report.html: one file that opens from a disk, from the
// artifacts of a CI job and on a phone, without any network. The verdict, the
// failures with the exchange that decided, and every requirement stand in the
// page itself, so that they can be read where scripts are forbidden; the
// exchanges of all requirements are packed and unpacked when they are asked
// for. A policy inside the page forbids everything but its own style and
// script. Whatever came from the target is text, never markup. The only
// errors are those of w, unless Result is nil.
func Write(w io.Writer, in Input) error {
	if in.Result == nil {
		return fmt.Errorf("write the page: there is no result")
	}
	p, err := newPage(in)
	if err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return page.Write(w, parsed(), "report.html", p)
}

// parsed is parsed when the first page is made.
var parsed = sync.OnceValue(func() *template.Template { return page.Parse(files) })
