package console

import (
	"fmt"
	"io"
	"strings"

	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/suites/evidence"
)

// WriteMarkdown writes the result as a short page of Markdown, as CI systems
// show it beside a job (GITHUB_STEP_SUMMARY).
func WriteMarkdown(w io.Writer, r *reports.Result) error {
	var b strings.Builder
	mark := map[reports.Word]string{reports.Conformant: "✅", reports.Nonconformant: "❌", reports.Incomplete: "⚠️", reports.Interrupted: "⚠️"}[r.Verdict]
	if r.Verdict == reports.Conformant && r.Scope == reports.ScopeSelection {
		mark = "☑️"
	}
	fmt.Fprintf(&b, "## Finesse conformance: %s %s\n\n", mark, r.Headline())
	target := r.Target.URL
	if d := strings.TrimSpace(r.Target.Deployment + " " + r.Target.Release); d != "" {
		target += " (" + d + ")"
	}
	fmt.Fprintf(&b, "%s  \n%s\n\n", Markdown(target), Markdown(restsOn(r)))
	if words := r.ProfileWords(); words != "" && r.Scope == reports.ScopeWhole {
		fmt.Fprintf(&b, "Profiles: %s\n\n", Markdown(words))
	}
	if r.Stopped != "" {
		fmt.Fprintf(&b, "**Cannot be certified:** %s\n\n", Markdown(r.Stopped))
	}
	s := r.Summary
	b.WriteString("| passed | failed | waived | info | not exercised | not applicable |\n|---:|---:|---:|---:|---:|---:|\n")
	fmt.Fprintf(&b, "| %d | %d | %d | %d | %d | %d |\n", s.Passed, s.Failed, s.Waived, s.Info, s.NotExercised, s.NotApplicable)
	mdFailed(&b, r)
	mdRows(&b, r, evidence.Waived, "Waived")
	for i, g := range r.Abbreviations(reports.Broken) {
		if i == 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "- %s: %s\n", Markdown(g.Key), Markdown(g.Title))
	}
	if len(r.NotExercised) > 0 {
		fmt.Fprintf(&b, "\n<details><summary>Not exercised (%d)</summary>\n\n| why | what would make it run | requirements |\n|---|---|---|\n", s.NotExercised)
		for _, g := range r.NotExercised {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", Markdown(g.Reason), Markdown(g.Remedy), Markdown(text.Few(g.Requirements, 12)))
		}
		b.WriteString("\n</details>\n")
	}
	for _, u := range r.Unrestored {
		fmt.Fprintf(&b, "\n**Not put back:** user %s was %s, is %s. %s  \nTo put it back, in the folder of the reports: `%s`\n", Markdown(u.User), Markdown(u.Was), Markdown(u.Is), Markdown(u.Why), reports.RestoreCommand)
	}
	if len(r.Exit.All) > 0 {
		b.WriteString("\n")
	}
	for _, c := range r.Exit.All {
		fmt.Fprintf(&b, "- exit %d: %s\n", c.Code, Markdown(c.Because))
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing Markdown: %w", err)
	}
	return nil
}

// mdFailed writes the failures, those of one cause under it.
func mdFailed(b *strings.Builder, r *reports.Result) {
	var single []*reports.Row
	for i := range r.Failures {
		g := &r.Failures[i]
		rows := make([]*reports.Row, 0, len(g.Requirements))
		for _, id := range g.Requirements {
			if row := r.Row(id); row != nil {
				rows = append(rows, row)
			}
		}
		if g.One() {
			single = append(single, rows...)
			continue
		}
		mdTable(b, r, "Failed: "+g.Cause.Words()+" ("+groupCounts(g)+")", rows)
		if len(g.Kept) > 0 {
			fmt.Fprintf(b, "\nNot exercised for it: %s\n", Markdown(text.Few(g.Kept, 12)))
		}
	}
	mdTable(b, r, "Failed", single)
}

func mdRows(b *strings.Builder, r *reports.Result, o evidence.Outcome, title string) {
	var rows []*reports.Row
	for i := range r.Requirements {
		if row := &r.Requirements[i]; row.Outcome == o {
			rows = append(rows, row)
		}
	}
	mdTable(b, r, title, rows)
}

func mdTable(b *strings.Builder, r *reports.Result, title string, rows []*reports.Row) {
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(b, "\n### %s\n\n| requirement | asked | expected | seen | page |\n|---|---|---|---|---|\n", Markdown(title))
	for _, row := range rows {
		expected, seen := row.Expected, row.Seen
		if expected == "" || seen == "" {
			expected, seen = row.Title, row.Reason
		}
		if row.WaivedBy != nil {
			seen += reports.WaivedWords(row)
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", Markdown(row.ID+" "+row.Title), Markdown(row.Asked), Markdown(expected), Markdown(seen), mdPage(r, row))
	}
}

// mdPage is the page of the clause, and where that is on a mirror a page of the
// vendor's own before it, as links where their addresses are known. The
// addresses are of the contract, not of the target; a bracket in one would end
// the link.
func mdPage(r *reports.Result, row *reports.Row) string {
	said, clause := reports.Page(row), ""
	var own string
	for i, source := range row.Source {
		link := Markdown(source)
		if i < len(row.Links) && row.Links[i] != "" {
			link = "[" + link + "](" + strings.NewReplacer("(", "%28", ")", "%29", "|", "%7C").Replace(row.Links[i]) + ")"
		}
		switch {
		case source == said && r.OnMirror(source):
			clause = link + " (mirror)"
		case source == said:
			return link
		case own == "" && !r.OnMirror(source):
			own = link
		}
	}
	switch {
	case clause == "":
		return Markdown(said)
	case own == "":
		return clause
	}
	return own + ", " + clause
}

// mdText makes text plain for Markdown: one line, and nothing in it is
// markup, a cell's end, HTML or a mention of somebody.
func Markdown(s string) string {
	return mdSpecial.Replace(reports.Message(s))
}

var mdSpecial = strings.NewReplacer(
	"&", "&amp;", "<", "&lt;", ">", "&gt;", `\`, `\\`, "|", `\|`, "`", "\\`", "*", `\*`, "_", `\_`,
	"[", `\[`, "]", `\]`, "#", `\#`, "~", `\~`, "@", "&#64;", "!", `\!`, "$", `\$`,
)
