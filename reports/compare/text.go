package compare

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/reports/console"
)

// chapter is one list of a comparison, as every rendering shows it.
type chapter struct {
	title   string
	color   string // of the terminal
	entries []entry
}

type entry struct {
	subject string // id, or what drifted
	text    string // one line
	page    string
	cause   string // that it has in common with others of the list, "" for none
}

// chapters lists what a comparison found, the worst first, without empty
// lists.
func (c *Comparison) chapters() []chapter {
	var all []chapter
	changes := func(title, color string, list []Change) {
		ch := chapter{title: title, color: color}
		for _, x := range list {
			ch.entries = append(ch.entries, entry{strings.TrimSpace(x.ID + " " + x.Title), changeText(x), x.Page, ""})
			if cause := c.causeOf(x.ID); cause != x.ID && title == regressions {
				ch.entries[len(ch.entries)-1].cause = cause
			}
		}
		ch.byCause()
		all = append(all, ch)
	}
	profiles := chapter{title: "Profiles that changed", color: console.Yellow}
	for _, x := range c.Profiles {
		profiles.entries = append(profiles.entries, entry{subject: x.Name, text: x.text()})
	}
	all = append(all, profiles)
	changes(regressions, console.Red, c.Regressions)
	for _, class := range []Class{classBreaking, classAdditive, classCosmetic} {
		ch := chapter{title: "Drift, " + string(class), color: console.Yellow}
		for _, d := range c.Drifts {
			if d.Class == class {
				ch.entries = append(ch.entries, entry{subject: driftSubject(d), text: driftLine(d)})
			}
		}
		all = append(all, ch)
	}
	changes("Fail now under a waiver", console.Yellow, c.Waived)
	changes("Repaired", console.Green, c.Repairs)
	changes("Failed both times", console.Dim, c.Failing)
	changes("Newly exercised", console.Dim, c.NewlyRun)
	changes("New in the catalogue", console.Dim, c.Added)
	changes("No longer exercised, as planned", console.Dim, c.Gone)
	out := all[:0]
	for _, ch := range all {
		if len(ch.entries) > 0 {
			out = append(out, ch)
		}
	}
	return out
}

// byCause has changes of one cause follow each other, those of most first.
func (ch *chapter) byCause() {
	count, first := map[string]int{}, map[string]int{}
	for i, e := range ch.entries {
		if count[e.cause]++; count[e.cause] == 1 {
			first[e.cause] = i
		}
	}
	count[""] = 0
	slices.SortStableFunc(ch.entries, func(a, b entry) int {
		return cmp.Or(count[b.cause]-count[a.cause], first[a.cause]-first[b.cause])
	})
}

func changeText(x Change) string {
	said := x.Reason
	if x.Expected != "" && x.Seen != "" && x.To == "failed" {
		said = "expected " + x.Expected + "; saw " + x.Seen
		if x.Asked != "" {
			said = x.Asked + ": " + said
		}
		if x.From != "passed" && x.From != "info" && x.From != "failed" && x.From != "waived" {
			said = "was not exercised before: " + said
		}
	}
	if said == "" {
		return x.Title
	}
	return said
}

func driftSubject(d Drift) string {
	if d.What != "" {
		return strings.ReplaceAll(string(d.Kind), "_", " ") + " of " + d.What
	}
	return strings.ReplaceAll(string(d.Kind), "_", " ")
}

func driftLine(d Drift) string {
	said := fmt.Sprintf("%s, now %s", d.Old, d.New)
	if n := len(d.Requirements); n > 0 {
		said += fmt.Sprintf(" (%s", text.Few(d.Requirements, 4))
		if d.title != "" {
			said += "; the first: " + d.title
		}
		said += ")"
	}
	return said
}

// word is how the comparison ended.
func (c *Comparison) word() string {
	switch {
	case c.Worse:
		return "Worse"
	case c.equal():
		return "Equal"
	case len(c.Drifts) > 0:
		return "Nothing worse, and not the same"
	}
	return "Nothing worse"
}

// headline is the comparison in one line.
func (c *Comparison) headline() string {
	n := map[Class]int{}
	for _, d := range c.Drifts {
		n[d.Class]++
	}
	return fmt.Sprintf("%s: %s, %s, %d breaking, %d additive and %d cosmetic drifts",
		strings.ToLower(c.word()), text.Count(len(c.Regressions), "regression"), text.Count(len(c.Repairs), "repair"), n[classBreaking], n[classAdditive], n[classCosmetic])
}

func (s Side) text() string {
	name := s.Target.URL
	if d := strings.TrimSpace(s.Target.Deployment + " " + s.Target.Release); d != "" {
		name += " (" + d + ")"
	}
	return fmt.Sprintf("%s of %s: %s, %d passed, %d failed", name, s.Started.Format("2006-01-02 15:04"), s.Verdict, s.Summary.Passed, s.Summary.Failed)
}

// WriteText writes the comparison for a terminal.
func (c *Comparison) WriteText(w io.Writer, style console.Style) error {
	if style.Width > 0 {
		style.Width = max(style.Width, 40)
	}
	p := &console.Printer{Style: style}
	color := console.Green
	switch {
	case c.Worse:
		color = console.Red
	case len(c.Drifts) > 0:
		color = console.Yellow
	}
	word, rest, _ := strings.Cut(c.headline(), ":")
	p.Line(console.Bold+";"+color, strings.ToUpper(word)+":", rest, 2)
	p.Line(console.Dim, "old:", c.Old.text(), 2)
	p.Line(console.Dim, "new:", c.New.text(), 2)
	for _, n := range c.Notes {
		p.Line(console.Yellow, "note:", n, 2)
	}
	for _, ch := range c.chapters() {
		p.WriteString("\n" + p.Paint(console.Bold, ch.title) + "\n")
		cause := ""
		for _, e := range ch.entries {
			said, indent := e.text, "  "
			if e.page != "" {
				said += " [" + e.page + "]"
			}
			if e.cause != "" {
				indent = "    "
			}
			if e.cause != cause && e.cause != "" {
				p.Line(console.Bold, "  "+e.cause, "", 6)
			}
			cause = e.cause
			p.Line(ch.color, indent+e.subject+":", said, 6)
		}
	}
	for i, g := range c.guides() {
		if i == 0 {
			p.WriteString("\n")
		}
		p.Line(console.Dim, g.Key+":", g.Title, 2)
	}
	if _, err := io.WriteString(w, p.String()); err != nil {
		return fmt.Errorf("writing the comparison: %w", err)
	}
	return nil
}

// guides spell out the abbreviations of the pages that the chapters name.
func (c *Comparison) guides() []reports.Guide {
	var pages []string
	for _, ch := range c.chapters() {
		for _, e := range ch.entries {
			pages = append(pages, e.page)
		}
	}
	return c.new.SpelledOut(pages)
}

// WriteJSON writes the comparison as JSON; its member names are kept stable.
func (c *Comparison) WriteJSON(w io.Writer) error {
	return reports.WriteJSON(w, "the comparison", c, "  ")
}

// WriteMarkdown writes the comparison for a pull request or a ticket.
func (c *Comparison) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	word, rest, _ := strings.Cut(c.headline(), ":")
	fmt.Fprintf(&b, "## Finesse conformance, compared: %s\n\n%s\n\n", console.Markdown(word), console.Markdown(strings.TrimSpace(rest)))
	fmt.Fprintf(&b, "- old: %s\n- new: %s\n", console.Markdown(c.Old.text()), console.Markdown(c.New.text()))
	for _, n := range c.Notes {
		fmt.Fprintf(&b, "- note: %s\n", console.Markdown(n))
	}
	for _, ch := range c.chapters() {
		fmt.Fprintf(&b, "\n### %s (%d)\n\n| what | asked, before and now | page | cause |\n|---|---|---|---|\n", console.Markdown(ch.title), len(ch.entries))
		for _, e := range ch.entries {
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", console.Markdown(e.subject), console.Markdown(e.text), console.Markdown(e.page), console.Markdown(e.cause))
		}
	}
	for i, g := range c.guides() {
		if i == 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "- %s: %s\n", console.Markdown(g.Key), console.Markdown(g.Title))
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing the comparison: %w", err)
	}
	return nil
}
