package compare

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"sync"

	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/reports/internal/diagram"
	"finesse-conformance/reports/internal/page"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// Exhibits are what the page of a comparison can show beside the two results.
// Without any of them it says less, and what it says is the same.
type Exhibits struct {
	// Catalogue has the titles of sections, the words of requirements and what
	// the diagram is drawn from.
	Catalogue *spec.Catalogue
	// Old and New are the evidence of the two runs: what was sent and answered.
	Old, New []*evidence.Evidence
	// OldReport and NewReport are the addresses of the pages of the two results,
	// as the page of the comparison can link to them.
	OldReport, NewReport string
}

// Show gives the page what it can show beside the results.
func (c *Comparison) Show(e Exhibits) { c.exhibits = e }

//go:embed assets
var files embed.FS

var parsed = sync.OnceValue(func() *template.Template { return page.Parse(files) })

// comparePage is a page of one comparison or of several in a row.
type comparePage struct {
	page.Head
	Headline    string
	Verdict     reports.Word // whose colours the page has
	Lead        string
	Comparisons []*comparisonPart
	Tool        string
}

// comparisonPart is one comparison on the page.
type comparisonPart struct {
	Prefix   string // of its ids, "" where it is the only one
	Only     bool
	Headline string
	Verdict  reports.Word
	Next     string // what to do
	Sides    []sidePart
	Notes    []string
	Profiles [][2]string // name, and what became of it before and now
	Tally    []countPart
	Groups   []itemGroup
	Total    int
	Sections []sectionPart
	Kinds    []string
	Diagram  template.HTML
	Chart    *timesChart
}

type sidePart struct {
	Name, Where, Headline, Report string
	Label                         string // where and when, for a heading
	Verdict                       reports.Word
	Tally                         []page.Tally
	Facts                         [][2]string
}

// countPart is how many changes of a kind there are.
type countPart struct {
	Kind  string
	Count int
}

type sectionPart struct{ Name, Title string }

// itemGroup is a list of changes under a heading.
type itemGroup struct {
	ID, Title, Hint string
	Causes          []causeGroup
	Count           int
}

// causeGroup are the changes of one cause.
type causeGroup struct {
	Cause string // "" where they have none in common
	Items []item
}

// WriteHTML writes the comparison as one page that needs nothing else.
func (c *Comparison) WriteHTML(w io.Writer) error {
	return writePage(w, []*Comparison{c})
}

func writePage(w io.Writer, all []*Comparison) error {
	css, err := files.ReadFile("assets/compare.css")
	if err != nil {
		return err
	}
	js, err := files.ReadFile("assets/compare.js")
	if err != nil {
		return err
	}
	p := comparePage{Tool: text.ShownLine(strings.TrimSpace(all[0].New.Tool.Name+" "+all[0].New.Tool.Version), 100)}
	worse := 0
	for i, c := range all {
		part, err := c.part(i, len(all) == 1)
		if err != nil {
			return err
		}
		if c.Worse {
			worse++
		}
		p.Comparisons = append(p.Comparisons, part)
	}
	p.Headline, p.Verdict, p.Lead = p.Comparisons[0].Headline, p.Comparisons[0].Verdict, p.Comparisons[0].Next
	if len(all) > 1 {
		p.Headline, p.Verdict = fmt.Sprintf("%d results in a row", len(all)+1), verdictOf(worse > 0, false)
		p.Lead = fmt.Sprintf("Each is held against the one before: %d of %d turned worse.", worse, len(all))
	}
	if p.Head, err = page.NewHead("Compared: "+p.Headline, string(css), string(js)); err != nil {
		return err
	}
	return page.Write(w, parsed(), "compare.html", p)
}

// verdictOf is the word whose colour says how a comparison ended.
func verdictOf(worse, changed bool) reports.Word {
	switch {
	case worse:
		return reports.Nonconformant
	case changed:
		return reports.Incomplete
	}
	return reports.Conformant
}

func (c *Comparison) part(n int, only bool) (*comparisonPart, error) {
	p := &comparisonPart{Only: only, Verdict: verdictOf(c.Worse, len(c.Drifts) > 0), Next: c.next(), Headline: c.word()}
	if !only {
		p.Prefix = fmt.Sprintf("c%d-", n+1)
	}
	p.Sides = []sidePart{c.side("Before", c.Old, c.old, c.exhibits.OldReport), c.side("After", c.New, c.new, c.exhibits.NewReport)}
	if p.Sides[0].Label == p.Sides[1].Label { // of one day: then the hour tells them apart
		for i, s := range []Side{c.Old, c.New} {
			p.Sides[i].Label += s.Started.UTC().Format(", 15:04")
		}
	}
	for _, note := range c.Notes {
		p.Notes = append(p.Notes, text.ShownLine(note, 600))
	}
	for _, x := range c.Profiles {
		p.Profiles = append(p.Profiles, [2]string{text.ShownLine(x.Name, 40), text.ShownLine(x.text(), 100)})
	}
	b := itemBuilder{c: c, prefix: p.Prefix, old: reports.ByRequirement(c.exhibits.Old), new: reports.ByRequirement(c.exhibits.New)}
	p.Groups = b.groups()
	for _, g := range p.Groups {
		p.Total += g.Count
		p.Tally = append(p.Tally, countPart{g.Title, g.Count})
		p.Kinds = append(p.Kinds, g.Title)
		for _, cause := range g.Causes {
			for _, it := range cause.Items {
				p.addSections(c.exhibits.Catalogue, it.Sections)
			}
		}
	}
	p.Chart = newTimesChart(c.old, c.new)
	var err error
	p.Diagram, err = c.draw(p.Prefix)
	return p, err
}

func (p *comparisonPart) addSections(catalogue *spec.Catalogue, names []string) {
	for _, name := range names {
		if slices.ContainsFunc(p.Sections, func(s sectionPart) bool { return s.Name == name }) {
			continue
		}
		s := sectionPart{Name: name}
		if catalogue != nil {
			for _, known := range catalogue.Sections() {
				if known.Name == name {
					s.Title = known.Title
				}
			}
		}
		p.Sections = append(p.Sections, s)
	}
}

// next says in one sentence what to do.
func (c *Comparison) next() string {
	breaking := 0
	for _, d := range c.Drifts {
		if d.Class == classBreaking {
			breaking++
		}
	}
	switch n := len(c.Regressions); {
	case n > 0:
		causes := c.causes(c.Regressions)
		return fmt.Sprintf("%s worse than before, of %s. Begin with the first below: what a client relied on there holds no more.", areThey(n, "requirement"), text.Count(causes, "cause"))
	case breaking > 0:
		return fmt.Sprintf("Nothing that held is broken. %s may break a client that was written against the old behaviour: look at them first.", text.Count(breaking, "change"))
	case c.equal():
		return "Nothing that a client could see differs."
	}
	return "Nothing that held is broken, and nothing that a client reads is gone."
}

func areThey(n int, word string) string {
	if n == 1 {
		return text.Count(n, word) + " is"
	}
	return text.Count(n, word) + " are"
}

// causes counts the causes of changes in the new result.
func (c *Comparison) causes(list []Change) int {
	seen := map[string]bool{}
	for _, x := range list {
		seen[c.causeOf(x.ID)] = true
	}
	return len(seen)
}

// causeOf is the cause for which a requirement fails in the new result, or is
// not exercised, in words; its own id where it stands alone.
func (c *Comparison) causeOf(id string) string {
	for _, g := range c.new.Failures {
		if !g.One() && (slices.Contains(g.Requirements, id) || slices.Contains(g.Kept, id)) {
			return g.Cause.Words()
		}
	}
	for _, g := range c.new.NotExercised {
		if len(g.Requirements) > 1 && slices.Contains(g.Requirements, id) {
			return "not exercised: " + g.Reason
		}
	}
	return id
}

func (c *Comparison) side(name string, s Side, r *reports.Result, report string) sidePart {
	p := sidePart{Name: name, Verdict: s.Verdict, Report: report, Tally: page.Tallies(s.Summary), Headline: text.ShownLine(upperFirst(r.Headline()), 200)}
	p.Where = text.ShownLine(strings.TrimSpace(s.Target.Deployment+" "+s.Target.Release), 100)
	p.Label = strings.TrimPrefix(p.Where+", "+s.Started.UTC().Format("2 Jan 2006"), ", ")
	add := func(name, value string) {
		if value != "" {
			p.Facts = append(p.Facts, [2]string{name, text.ShownLine(value, 300)})
		}
	}
	add("Target", s.Target.URL)
	add("When", s.Started.UTC().Format("2 January 2006, 15:04 UTC"))
	add("Rests on", fmt.Sprintf("%d of %s that apply, %s in %s", s.Summary.Exercised(), text.Count(s.Summary.Applicable(), "requirement"),
		text.Count(r.Timings.Requests, "request"), page.Took(r.Timings.Wall)))
	if r.Scope != reports.ScopeProfiles { // else the headline says so
		add("Profiles", upperFirst(r.ProfileWords()))
	}
	add("Suite", strings.TrimSpace(s.Tool.Name+" "+s.Tool.Version))
	add("Notifications", map[bool]string{true: "listened to", false: "none"}[r.Settings.Notifications])
	add("Stopped", r.Stopped)
	return p
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// draw draws the states with what changed, nil where there is no catalogue or
// nothing of it changed.
func (c *Comparison) draw(prefix string) (template.HTML, error) {
	d := spec.Deployment(c.New.Target.Deployment)
	if c.exhibits.Catalogue == nil || !slices.Contains(spec.Deployments(), d) || c.equal() {
		return "", nil
	}
	changes := map[string]diagram.Mark{}
	for _, x := range c.Drifts {
		for _, id := range x.Requirements {
			changes[id] = diagram.Drifted
		}
	}
	for _, x := range c.Repairs {
		changes[x.ID] = diagram.Better
	}
	for _, x := range c.Regressions {
		changes[x.ID] = diagram.Worse
	}
	anchors := map[string]string{}
	for _, x := range c.Drifts {
		for _, id := range x.Requirements {
			anchors[id] = "#" + prefix + "drift-" + x.anchor
		}
	}
	for _, x := range slices.Concat(c.Regressions, c.Repairs) {
		anchors[x.ID] = "#" + prefix + "change-" + x.ID
	}
	var svg bytes.Buffer
	err := diagram.Write(&svg, diagram.Input{Deployment: d, Requirements: c.exhibits.Catalogue.All(), Changes: changes, Link: func(ids []string) string {
		for _, id := range ids {
			if a := anchors[id]; a != "" {
				return a
			}
		}
		return "#" + prefix + "changes"
	}})
	return template.HTML(svg.String()), err
}
