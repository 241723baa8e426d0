// Package overview puts several targets that were certified in one run beside
// each other. It imports the results and the form of the terminal.
package overview

import (
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"sync"
	"text/tabwriter"
	"time"

	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/reports/console"
)

// OverviewID is what the member "schema" of an overview says.
const SchemaID = "finesse-conformance/overview/v1"

// Overview is what became of several targets that were certified in one run.
type Overview struct {
	Schema   string       `json:"schema"`
	Tool     reports.Tool `json:"tool"`
	Started  time.Time    `json:"started"`
	Finished time.Time    `json:"finished"`
	ExitCode int          `json:"exit_code"` // of the worst
	Targets  []Target     `json:"targets"`   // in the order of the configuration
}

// OverviewTarget is one of them, in a line.
type Target struct {
	Name       string           `json:"name"`
	Folder     string           `json:"folder"` // of its reports, beside the overview
	URL        string           `json:"url"`
	Deployment string           `json:"deployment,omitempty"`
	Release    string           `json:"release,omitempty"`
	Verdict    reports.Word     `json:"verdict,omitempty"` // "" without a result
	Scope      reports.Scope    `json:"scope,omitempty"`
	ExitCode   int              `json:"exit_code"`
	Problem    string           `json:"problem,omitempty"` // why it could not be certified, or its process failed
	Summary    *reports.Summary `json:"summary,omitempty"`
	Requests   int              `json:"requests,omitempty"`
	WallMS     float64          `json:"wall_ms,omitempty"`
}

// Take fills in what the target's result says.
func (t *Target) Take(r *reports.Result) {
	summary := r.Summary
	t.URL, t.Deployment, t.Release, t.Verdict, t.Scope, t.Summary = r.Target.URL, r.Target.Deployment, r.Target.Release, r.Verdict, r.Scope, &summary
	t.Requests, t.WallMS = r.Timings.Requests, r.Timings.Wall
	if t.Problem == "" && r.Stopped != "" {
		t.Problem = r.Stopped
	}
}

// Worst gives the exit code of all: the strongest.
func (o *Overview) Worst() int {
	var codes []int
	for _, t := range o.Targets {
		codes = append(codes, t.ExitCode)
	}
	return reports.Strongest(codes...)
}

// WriteJSON writes the overview for programs.
func (o *Overview) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(o)
}

// words is the verdict, and whether it speaks of a selection alone.
func (t *Target) words() string {
	switch {
	case t.Verdict == "":
		return "none"
	case t.Scope == reports.ScopeSelection:
		return string(t.Verdict) + " (selection)"
	}
	return string(t.Verdict)
}

// WriteText writes the overview as a table.
func (o *Overview) WriteText(w io.Writer, style console.Style) error {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(tw, "TARGET\tVERDICT\tEXIT\tPASSED\tFAILED\tNOT EXERCISED\tREPORTS")
	for _, t := range o.Targets {
		verdict := t.words()
		if t.Summary == nil {
			fmt.Fprintf(tw, "%s\t%s\t%d\t-\t-\t-\t%s\n", t.Name, verdict, t.ExitCode, t.Folder)
			continue
		}
		fmt.Fprintf(tw, "%s\t%s\t%d\t%d\t%d\t%d\t%s\n", t.Name, verdict, t.ExitCode, t.Summary.Passed, t.Summary.Failed, t.Summary.NotExercised, t.Folder)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	p := &console.Printer{Style: style}
	for _, t := range o.Targets {
		if t.Problem != "" {
			p.WriteString(p.Paint(console.Red, t.Name+": ") + text.Clean(text.OneLine(t.Problem)) + "\n")
		}
	}
	_, err := io.WriteString(w, p.String())
	return err
}

var overviewPage = sync.OnceValue(func() *template.Template { return template.Must(template.New("overview").Parse(overviewHTML)) })

const overviewHTML = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Conformance of {{len .Targets}} targets</title>
<style>
:root { color-scheme: light dark; --bad: #b3261e; --good: #1b6e3c; --mid: #8a5a00; }
@media (prefers-color-scheme: dark) { :root { --bad: #ff9a90; --good: #7ddc9e; --mid: #f0c060; } a { color: #8ab4f8; } }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #8885; padding: .4rem .6rem; text-align: left; vertical-align: top; }
td.n { text-align: right; font-variant-numeric: tabular-nums; }
th { overflow-wrap: anywhere; } small { font-weight: normal; }
b { color: var(--mid); } b.conformant { color: var(--good); } b.conformant.selection { color: var(--mid); } b.nonconformant { color: var(--bad); }
@media (max-width: 45rem) {
  thead { display: none; } tr, th, td { display: block; } tr { border-bottom: 1px solid #8885; padding: .6rem 0; }
  th, td, td.n { border: 0; padding: .1rem 0; text-align: left; } td.n::before { content: attr(data-label) ": "; }
}
</style>
</head>
<body>
<main>
<h1>Conformance of {{len .Targets}} targets</h1>
<p>{{.Tool.Name}} {{.Tool.Build}}, {{.Started.Format "2006-01-02 15:04:05"}} UTC; exit code {{.ExitCode}}.</p>
<table>
<thead><tr><th scope="col">Target</th><th scope="col">Deployment</th><th scope="col">Verdict</th><th scope="col">Exit code</th><th scope="col">Passed</th><th scope="col">Failed</th><th scope="col">Not exercised</th><th scope="col">Reports</th></tr></thead>
<tbody>
{{range $t := .Targets}}<tr><th scope="row">{{.Name}}<br><small>{{.URL}}</small></th><td>{{.Deployment}} {{.Release}}</td><td>{{with .Verdict}}<b class="{{.}}{{if eq $t.Scope "selection"}} selection{{end}}">{{.}}{{if eq $t.Scope "selection"}} (selection){{end}}</b>{{else}}none{{end}}{{with .Problem}}<br><small>{{.}}</small>{{end}}</td><td class="n" data-label="Exit code">{{.ExitCode}}</td>
{{with .Summary}}<td class="n" data-label="Passed">{{.Passed}}</td><td class="n" data-label="Failed">{{.Failed}}</td><td class="n" data-label="Not exercised">{{.NotExercised}}</td>{{else}}<td></td><td></td><td></td>{{end}}
<td>{{if .Summary}}<a href="{{.Folder}}/report.html">report</a> · <a href="{{.Folder}}/results.json">JSON</a> · <a href="{{.Folder}}/junit.xml">JUnit</a>{{end}}</td></tr>
{{end}}</tbody>
</table>
</main>
</body>
</html>
`

// WriteHTML writes the overview as a page with links to the reports.
func (o *Overview) WriteHTML(w io.Writer) error { return overviewPage().Execute(w, o) }
