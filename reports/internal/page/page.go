// Package page is the house style of the pages that people read: of a result, of
// a comparison, of a history and of many targets. It owns the style, what the
// scripts share, the templates of an exchange and of a tally, and how a body is
// laid out. A page is one file that opens from a disk and on a phone, without
// any network; a policy in it forbids everything but its own style and script,
// and whatever came from a target is text in it, never markup.
package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"strings"
	"time"

	"finesse-conformance/reports"
	"finesse-conformance/reports/internal/diagram"
	"finesse-conformance/suites/evidence"
)

//go:embed assets
var files embed.FS

// Head is what the head of every page holds: its own style and script, as
// elements, the policy that allows them and nothing else, and the title.
type Head struct {
	Title         string
	Style, Script template.HTML
	Policy        string
}

// NewHead makes the head of a page from the style and the script that it has
// beside those that all pages share, "" for none.
func NewHead(title, style, script string) (Head, error) {
	css, err := files.ReadFile("assets/style.css")
	if err != nil {
		return Head{}, err
	}
	js, err := files.ReadFile("assets/common.js")
	if err != nil {
		return Head{}, err
	}
	style = diagram.Style() + string(css) + style
	script = "\n(() => {\n'use strict';\n" + string(js) + script + "})();\n"
	return Head{
		Title:  title,
		Style:  template.HTML("<style>" + style + "</style>"),
		Script: template.HTML("<script>" + script + "</script>"),
		Policy: "default-src 'none'; style-src '" + hashSource(style) + "'; script-src '" + hashSource(script) +
			"'; img-src data:; base-uri 'none'; form-action 'none'",
	}, nil
}

// Part is what a page shows of something that another room makes: as HTML, with
// the style and the script that it needs beside those that all pages share.
type Part struct {
	ID, Title     string // of its section, and its name in the head of the page
	HTML          template.HTML
	Style, Script string
}

// hashSource names an inline element in a content security policy.
func hashSource(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// Parse reads the templates of a page, assets/*.html of its own files, with
// those that all pages share.
func Parse(own fs.FS) *template.Template {
	t := template.New("").Funcs(template.FuncMap{"icon": icon, "took": Took, "word": OutcomeWord})
	return template.Must(template.Must(t.ParseFS(files, "assets/*.html")).ParseFS(own, "assets/*.html"))
}

// Write writes a page. The only errors are those of w, unless the page cannot
// be made.
func Write(w io.Writer, t *template.Template, name string, data any) error {
	var out bytes.Buffer
	if err := t.ExecuteTemplate(&out, name, data); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	_, err := w.Write(out.Bytes())
	return err
}

// outcomeWords are the outcomes as people read them.
//
//exhaustive:enforce
var outcomeWords = map[evidence.Outcome]string{
	evidence.Passed: "passed", evidence.Failed: "failed", evidence.Waived: "waived", evidence.Info: "recorded",
	evidence.NotExercised: "not exercised", evidence.NotApplicable: "not applicable",
}

// OutcomeWord is an outcome as people read it.
func OutcomeWord(o evidence.Outcome) string {
	if w := outcomeWords[o]; w != "" {
		return w
	}
	return string(o)
}

// icon is the sign of an outcome, the same as in the diagram.
func icon(o evidence.Outcome) template.HTML {
	return template.HTML(`<svg class="icon" viewBox="-6 -6 12 12" aria-hidden="true"><path d="` + diagram.Mark(o).Sign() + `"/></svg>`)
}

// Tally is the count of an outcome, and its share of the bar.
type Tally struct {
	Outcome evidence.Outcome
	Count   int
	X, W    float64 // in percent of all that apply
}

// Tallies are the counts of a summary, in the order of the bar.
func Tallies(s reports.Summary) []Tally {
	list := []Tally{{Outcome: evidence.Failed, Count: s.Failed}, {Outcome: evidence.Waived, Count: s.Waived}, {Outcome: evidence.Passed, Count: s.Passed},
		{Outcome: evidence.Info, Count: s.Info}, {Outcome: evidence.NotExercised, Count: s.NotExercised}, {Outcome: evidence.NotApplicable, Count: s.NotApplicable}}
	x := 0.0
	for i := range list {
		if list[i].Outcome == evidence.NotApplicable || s.Applicable() == 0 {
			continue // no part of what the verdict rests on
		}
		list[i].X, list[i].W = x, 100*float64(list[i].Count)/float64(s.Applicable())
		x += list[i].W
	}
	return list
}

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
