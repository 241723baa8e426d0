package overview

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"sync"

	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/reports/internal/page"
	"finesse-conformance/suites/evidence"
)

//go:embed assets
var files embed.FS

var parsed = sync.OnceValue(func() *template.Template { return page.Parse(files) })

type overviewPage struct {
	page.Head
	Headline, Lead, When string
	Verdict              reports.Word
	Targets              []targetPart
	Sections             []page.Link // name and title
	Profiles             []profilePart
	Lists                []listPart
	Guides               [][2]string // keys and titles
}

type targetPart struct {
	Name, URL, Where, Words, Problem, Folder string
	Verdict                                  reports.Word
	Selection                                bool
	Tally                                    []page.Tally
	Cells                                    []cell // by section
	ByProfile                                []cell
	Result                                   bool // there are reports
}

// cell is what became of a section on a target.
type cell struct {
	Outcome evidence.Outcome // the worst that there is, "" for a section that does not apply
	Tally   []page.Tally
	Words   string
	Failed  int
}

// profilePart heads a column of profiles.
type profilePart struct{ Name, Said string }

type listPart struct {
	ID, Title, Hint string
	Groups          []groupPart
	Count           int
}

// groupPart are deviations of one cause on the same targets.
type groupPart struct {
	Cause, Fails, Holds string
	Of                  []deviationPart
}

type deviationPart struct{ ID, Title, Page, Report string }

// WriteHTML writes the overview as one page with links to the reports.
func (o *Overview) WriteHTML(w io.Writer) error {
	css, err := files.ReadFile("assets/overview.css")
	if err != nil {
		return err
	}
	p := overviewPage{Headline: o.headline(), Verdict: reports.Conformant, Lead: o.lead(),
		When: text.ShownLine(fmt.Sprintf("%s %s, %s UTC", o.Tool.Name, o.Tool.Version, o.Started.UTC().Format("2 January 2006, 15:04")), 200)}
	for _, t := range o.Targets {
		for _, s := range t.Sections {
			if !slices.ContainsFunc(p.Sections, func(l page.Link) bool { return l.Text == s.Name }) && s.Summary.Applicable() > 0 {
				p.Sections = append(p.Sections, page.Link{Text: s.Name, Address: o.Titles[s.Name]})
			}
		}
	}
	profiles := o.profiles()
	for _, of := range profiles {
		p.Profiles = append(p.Profiles, profilePart{text.ShownLine(of.Name, 40), text.ShownLine(of.said(), 400)})
	}
	for i := range o.Targets {
		t := &o.Targets[i]
		switch {
		case t.Verdict == reports.Nonconformant:
			p.Verdict = reports.Nonconformant
		case t.Verdict != reports.Conformant && p.Verdict == reports.Conformant:
			p.Verdict = reports.Incomplete
		}
		part := t.part(p.Sections)
		for _, of := range profiles {
			part.ByProfile = append(part.ByProfile, t.profileCell(of.Name))
		}
		p.Targets = append(p.Targets, part)
	}
	for i := range p.Sections {
		p.Sections[i] = page.Link{Text: text.ShownLine(p.Sections[i].Text, 40), Address: text.ShownLine(p.Sections[i].Address, 100)}
	}
	for _, l := range o.lists() {
		p.Lists = append(p.Lists, o.list(l))
	}
	for _, g := range o.guides() {
		p.Guides = append(p.Guides, [2]string{text.ShownLine(g.Key, 40), text.ShownLine(g.Title, 300)})
	}
	if p.Head, err = page.NewHead("Conformance of "+p.Headline, string(css), ""); err != nil {
		return err
	}
	return page.Write(w, parsed(), "overview.html", p)
}

// lead says where to look first.
func (o *Overview) lead() string {
	for _, l := range o.lists() {
		switch l.id {
		case "everywhere":
			d := l.of[0]
			return text.ShownLine(fmt.Sprintf("%s on all targets that exercised it, %s first (%s): look whether the contract or the guide is wrong there before you look at a target.",
				text.Count(len(l.of), "requirement")+map[bool]string{true: " fails", false: " fail"}[len(l.of) == 1], d.ID, d.Title), 400)
		case "alone":
			return text.ShownLine(fmt.Sprintf("%s on one target alone: begin with %s on %s.",
				text.Count(len(l.of), "requirement")+map[bool]string{true: " fails", false: " fail"}[len(l.of) == 1], l.of[0].ID, l.of[0].Fails[0]), 400)
		}
	}
	return ""
}

func (t *Target) part(sections []page.Link) targetPart {
	p := targetPart{Name: text.ShownLine(t.Name, 100), URL: text.ShownLine(t.URL, 200), Where: text.ShownLine(t.Deployment+" "+t.Release, 60), Words: text.ShownLine(t.words(), 300),
		Problem: text.ShownLine(t.Problem, 500), Folder: t.Folder, Verdict: t.Verdict, Selection: t.Scope == reports.ScopeSelection, Result: t.Summary != nil}
	if t.Summary != nil {
		p.Tally = page.Tallies(*t.Summary)
	}
	for _, s := range sections {
		i := slices.IndexFunc(t.Sections, func(x Section) bool { return x.Name == s.Text })
		if i < 0 || t.Sections[i].Summary.Applicable() == 0 {
			p.Cells = append(p.Cells, cell{Words: "does not apply"})
			continue
		}
		p.Cells = append(p.Cells, cellOf(t.Sections[i].Summary))
	}
	return p
}

func cellOf(s reports.Summary) cell {
	c := cell{Tally: page.Tallies(s), Failed: s.Failed, Outcome: evidence.Passed}
	switch {
	case s.Failed > 0:
		c.Outcome, c.Words = evidence.Failed, fmt.Sprintf("%d of %d failed", s.Failed, s.Applicable())
	case s.Waived > 0:
		c.Outcome, c.Words = evidence.Waived, fmt.Sprintf("%d of %d waived", s.Waived, s.Applicable())
	case s.Exercised() == 0:
		c.Outcome, c.Words = evidence.NotExercised, fmt.Sprintf("none of %d exercised", s.Applicable())
	default:
		c.Words = fmt.Sprintf("%d of %d hold", s.Exercised(), s.Applicable())
	}
	return c
}

// list puts deviations of one cause on the same targets together.
func (o *Overview) list(l list) listPart {
	p := listPart{ID: l.id, Title: l.title, Hint: l.hint, Count: len(l.of)}
	for _, of := range l.byCause() {
		g := groupPart{Cause: text.ShownLine(of[0].Cause, 300), Fails: text.ShownLine(text.Few(of[0].Fails, 12), 300), Holds: text.ShownLine(text.Few(of[0].Holds, 12), 300)}
		for _, d := range of {
			part := deviationPart{ID: text.ShownLine(d.ID, 80), Title: text.ShownLine(d.Title, 300), Page: text.ShownLine(d.Page, 100)}
			for _, t := range o.Targets {
				if t.Name == d.Fails[0] {
					part.Report = t.Folder + "/report.html#req-" + d.ID
				}
			}
			g.Of = append(g.Of, part)
		}
		p.Groups = append(p.Groups, g)
	}
	return p
}
