// Package html writes report.html, the page of one result for people: verdict,
// failures with the exchange that decided, every requirement, the state diagram
// and the timings. It owns how these look and reads results only; it imports
// the result types, the diagram, the spec and the evidence. Other programs are
// given results.json instead: nothing here is promised to them but [Write].
package html

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"sync"

	"finesse-conformance/reports"
	"finesse-conformance/reports/diagram"
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
	page, err := newPage(in)
	if err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	var out bytes.Buffer
	if err := parsed().ExecuteTemplate(&out, "page.html", page); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	_, err = w.Write(out.Bytes())
	return err
}

// parsed is parsed when the first page is made.
var parsed = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("").Funcs(template.FuncMap{
		"icon": func(o evidence.Outcome) template.HTML { return icon(o) },
		"took": took,
		"word": outcomeWord,
	}).ParseFS(files, "assets/*.html"))
})

// assets are the page's own style and script, as elements, and the policy
// that allows them and nothing else.
type assets struct {
	Style, Script template.HTML
	Policy        string
}

func pageAssets() (assets, error) {
	css, err := files.ReadFile("assets/style.css")
	if err != nil {
		return assets{}, err
	}
	js, err := files.ReadFile("assets/script.js")
	if err != nil {
		return assets{}, err
	}
	style, script := diagram.Style()+string(css), string(js)
	return assets{
		Style:  template.HTML("<style>" + style + "</style>"),
		Script: template.HTML("<script>" + script + "</script>"),
		Policy: "default-src 'none'; style-src '" + hashSource(style) + "'; script-src '" + hashSource(script) +
			"'; img-src data:; base-uri 'none'; form-action 'none'",
	}, nil
}

// hashSource names an inline element in a content security policy.
func hashSource(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// outcomeWords are the outcomes as people read them.
var outcomeWords = map[evidence.Outcome]string{
	evidence.Passed: "passed", evidence.Failed: "failed", evidence.Waived: "waived", evidence.Info: "recorded",
	evidence.NotExercised: "not exercised", evidence.NotApplicable: "not applicable",
}

func outcomeWord(o evidence.Outcome) string {
	if w := outcomeWords[o]; w != "" {
		return w
	}
	return string(o)
}

// icon is the sign of an outcome, the same as in the diagram.
func icon(o evidence.Outcome) template.HTML {
	return template.HTML(`<svg class="icon" viewBox="-6 -6 12 12" aria-hidden="true"><path d="` + diagram.Mark(o).Sign() + `"/></svg>`)
}
