// Package overview puts several targets that were certified in one run beside
// each other: each with its verdict in words, targets against sections, and what
// deviates on all of them or on one alone. It imports the results, the form of
// the terminal and the house style of pages.
//
// No other module is promised anything of it: see docs/stability.md.
package overview

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/reports/console"
	"finesse-conformance/suites/evidence"
)

// SchemaID is what the member "schema" of an overview says.
const SchemaID = "finesse-conformance/overview/v1"

// Overview is what became of several targets that were certified in one run.
type Overview struct {
	Schema   string       `json:"schema"`
	Tool     reports.Tool `json:"tool"`
	Started  time.Time    `json:"started"`
	Finished time.Time    `json:"finished"`
	ExitCode int          `json:"exit_code"` // of the worst
	Targets  []Target     `json:"targets"`   // in the order of the configuration
	// Deviations are the requirements that fail somewhere, in the catalogue's
	// order.
	Deviations []Deviation `json:"deviations,omitempty"`

	// Titles are those of the sections, for the page.
	Titles map[string]string `json:"-"`
}

// Deviation is a requirement that fails on some of the targets.
type Deviation struct {
	ID      string   `json:"id"`
	Title   string   `json:"title"`
	Cause   string   `json:"cause,omitempty"` // where it is one on all of them, and fails others on the first
	Page    string   `json:"page,omitempty"`
	Fails   []string `json:"fails"` // the names of the targets on which it fails
	Holds   []string `json:"holds"` // and of those on which it was exercised and holds
	Section string   `json:"section"`

	cause reports.Cause // on the first of them
}

// Everywhere reports whether it fails wherever it was exercised, on two targets
// at least: perhaps the contract or the guide is wrong there.
func (d *Deviation) Everywhere() bool { return len(d.Fails) > 1 && len(d.Holds) == 0 }

// Alone reports whether it fails on one target and holds on others.
func (d *Deviation) Alone() bool { return len(d.Fails) == 1 && len(d.Holds) > 0 }

// Target is one of them, in a line.
type Target struct {
	Name       string                   `json:"name"`
	Folder     string                   `json:"folder"` // of its reports, beside the overview
	URL        string                   `json:"url"`
	Deployment string                   `json:"deployment,omitempty"`
	Release    string                   `json:"release,omitempty"`
	Verdict    reports.Word             `json:"verdict,omitempty"` // "" without a result
	Scope      reports.Scope            `json:"scope,omitempty"`
	ExitCode   int                      `json:"exit_code"`
	Problem    string                   `json:"problem,omitempty"` // why it could not be certified, or its process failed
	Summary    *reports.Summary         `json:"summary,omitempty"`
	Requests   int                      `json:"requests,omitempty"`
	WallMS     float64                  `json:"wall_ms,omitempty"`
	Sections   []Section                `json:"sections,omitempty"` // in the catalogue's order
	Profiles   []reports.ProfileOutcome `json:"profiles,omitempty"` // in the contract's order

	headline string
	result   *reports.Result
}

// Section counts what became of a section's requirements on a target.
type Section struct {
	Name    string          `json:"name"`
	Summary reports.Summary `json:"summary"`
}

// Take fills in what the target's result says.
func (t *Target) Take(r *reports.Result) {
	summary := r.Summary
	t.URL, t.Deployment, t.Release, t.Verdict, t.Scope, t.Summary = r.Target.URL, r.Target.Deployment, r.Target.Release, r.Verdict, r.Scope, &summary
	t.Requests, t.WallMS = r.Timings.Requests, r.Timings.Wall
	t.headline, t.result, t.Sections, t.Profiles = r.Headline(), r, nil, r.ProfileOutcomes()
	for i := range r.Requirements {
		row := &r.Requirements[i]
		if n := len(t.Sections); n == 0 || t.Sections[n-1].Name != row.Section {
			t.Sections = append(t.Sections, Section{Name: row.Section})
		}
		t.Sections[len(t.Sections)-1].Summary.Count(row.Outcome)
	}
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
	return reports.WriteJSON(w, "the overview", o, "  ")
}

// Conclude works out what follows of the targets: which requirements deviate
// where, and the exit code of all.
func (o *Overview) Conclude() {
	o.ExitCode, o.Deviations = o.Worst(), nil
	at := map[string]int{}
	for _, fails := range []bool{true, false} { // those that hold only where one fails elsewhere
		for i := range o.Targets {
			t := &o.Targets[i]
			if t.result == nil {
				continue
			}
			for n := range t.result.Requirements {
				o.deviation(at, t, &t.result.Requirements[n], fails)
			}
		}
	}
	order := map[string]int{}
	for i := range o.Targets {
		if r := o.Targets[i].result; r != nil {
			for n := range r.Requirements {
				if _, known := order[r.Requirements[n].ID]; !known {
					order[r.Requirements[n].ID] = len(order)
				}
			}
		}
	}
	slices.SortStableFunc(o.Deviations, func(a, b Deviation) int { return order[a.ID] - order[b.ID] })
}

func (o *Overview) deviation(at map[string]int, t *Target, row *reports.Row, fails bool) {
	n, known := at[row.ID]
	switch {
	case fails && row.Outcome == evidence.Failed:
		if !known {
			n = len(o.Deviations)
			at[row.ID] = n
			d := Deviation{ID: row.ID, Title: row.Title, Section: row.Section, Page: reports.Page(row), Holds: []string{}}
			if g := t.result.FailureOf(row.ID); g != nil {
				if d.cause = g.Cause; !g.One() {
					d.Cause = g.Cause.Words()
				}
			}
			o.Deviations = append(o.Deviations, d)
		}
		if g := t.result.FailureOf(row.ID); g == nil || g.Cause != o.Deviations[n].cause {
			o.Deviations[n].Cause = "" // not one of all
		}
		o.Deviations[n].Fails = append(o.Deviations[n].Fails, t.Name)
	case !fails && known && (row.Outcome == evidence.Passed || row.Outcome == evidence.Waived):
		o.Deviations[n].Holds = append(o.Deviations[n].Holds, t.Name)
	}
}

// words is the verdict as people read it, with what else the run ended with.
func (t *Target) words() string {
	said := t.headline
	switch {
	case said == "" && t.Verdict != "":
		said = string(t.Verdict)
	case said == "":
		said = "no result"
	}
	if t.ExitCode == reports.ExitConformant || t.ExitCode == reports.ExitNonconformant {
		return said
	}
	for _, m := range reports.ExitMeanings() {
		if m.Code == t.ExitCode {
			said += ": " + m.Means
		}
	}
	return said
}

// WriteText writes the overview as a table, and what deviates where.
func (o *Overview) WriteText(w io.Writer, style console.Style) error {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(tw, "TARGET\tPASSED\tFAILED\tNOT EXERCISED\tREPORTS\tVERDICT")
	for _, t := range o.Targets {
		counts := "-\t-\t-"
		if t.Summary != nil {
			counts = fmt.Sprintf("%d\t%d\t%d", t.Summary.Passed, t.Summary.Failed, t.Summary.NotExercised)
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\n", text.Clean(text.OneLine(t.Name)), counts, text.Clean(t.Folder), text.Clean(text.OneLine(t.words())))
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	p := &console.Printer{Style: style}
	for _, t := range o.Targets {
		if t.Problem != "" {
			p.Line(console.Red, t.Name+":", t.Problem, 2)
		}
	}
	for i, of := range o.profiles() {
		if i == 0 {
			p.WriteString("\n" + p.Paint(console.Bold, "Profiles") + "\n")
		}
		p.Line("", "  "+of.Name+":", of.said(), 6)
	}
	for _, l := range o.lists() {
		p.WriteString("\n" + p.Paint(console.Bold, l.title) + "\n")
		for _, g := range l.byCause() {
			writeGroup(p, g)
		}
	}
	for i, g := range o.guides() {
		if i == 0 {
			p.WriteString("\n")
		}
		p.Line(console.Dim, g.Key+":", g.Title, 2)
	}
	_, err := io.WriteString(w, p.String())
	return err
}

// writeGroup writes deviations of one cause below it, or one by itself.
func writeGroup(p *console.Printer, g []Deviation) {
	indent := "  "
	if g[0].Cause != "" && len(g) > 1 {
		p.Line(console.Bold, "  "+g[0].Cause+":", g[0].where(), 6)
		indent = "    "
	}
	for _, d := range g {
		said := d.where()
		if len(indent) > 2 {
			said = "" // the cause says it
		}
		lead := indent + d.ID + " " + d.Title
		if said != "" {
			lead += ":"
		}
		if d.Page != "" {
			said = strings.TrimSpace(said + " [" + d.Page + "]")
		}
		p.Line(console.Red, lead, said, len(indent)+4)
	}
}

// guides spell out the abbreviations of the pages that deviations name.
func (o *Overview) guides() []reports.Guide {
	var pages []string
	for _, d := range o.Deviations {
		pages = append(pages, d.Page)
	}
	for i := range o.Targets {
		if r := o.Targets[i].result; r != nil {
			return r.SpelledOut(pages)
		}
	}
	return nil
}

// list is what deviates alike.
type list struct {
	id, title, hint string
	of              []Deviation
}

// where says on which targets it fails, and on how many it holds.
func (d *Deviation) where() string {
	where := text.Few(d.Fails, 6)
	if n := len(d.Holds); n > 0 {
		where += fmt.Sprintf("; holds on %d", n)
	}
	return where
}

// byCause puts the deviations of one cause on the same targets together, in the
// order of the first of each.
func (l *list) byCause() [][]Deviation {
	var groups [][]Deviation
	for _, d := range l.of {
		i := slices.IndexFunc(groups, func(g []Deviation) bool {
			return g[0].Cause == d.Cause && slices.Equal(g[0].Fails, d.Fails) && slices.Equal(g[0].Holds, d.Holds)
		})
		if i < 0 {
			i, groups = len(groups), append(groups, nil)
		}
		groups[i] = append(groups[i], d)
	}
	return groups
}

// lists sorts the deviations by where they are, without empty lists. Of one
// target there is nothing to hold against another.
func (o *Overview) lists() []list {
	all := []list{
		{"everywhere", "Deviate everywhere", "Fail on every target that exercised them: look first whether the contract, or the guide, is wrong there.", nil},
		{"alone", "Deviate on one alone", "Fail on one target and hold on the others: that target is the one to look at.", nil},
		{"some", "Deviate on some", "", nil},
	}
	for _, d := range o.Deviations {
		n := 2
		switch {
		case d.Everywhere():
			n = 0
		case d.Alone():
			n = 1
		}
		all[n].of = append(all[n].of, d)
	}
	return slices.DeleteFunc(all, func(l list) bool { return len(l.of) == 0 })
}

// headline is the overview in one line.
func (o *Overview) headline() string {
	not, other := 0, 0
	for _, t := range o.Targets {
		switch t.Verdict {
		case reports.Conformant:
		case reports.Nonconformant:
			not++
		default:
			other++
		}
	}
	var parts []string
	if not > 0 {
		parts = append(parts, fmt.Sprintf("%d not conformant", not))
	}
	if other > 0 {
		parts = append(parts, fmt.Sprintf("%d without a verdict", other))
	}
	if n := len(o.Targets) - not - other; n > 0 {
		parts = append(parts, fmt.Sprintf("%d conformant", n))
	}
	return text.Count(len(o.Targets), "target") + ": " + strings.Join(parts, ", ")
}
