package reports

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"finesse-conformance/internal/text"
	"finesse-conformance/suites/evidence"
)

// SummaryStyle says how a summary is written.
type SummaryStyle struct {
	Color bool // ANSI colours; the caller knows whether the reader is a terminal
	Width int  // columns, 0 for no limit; nothing narrower than 40 is tried
}

// WriteSummary writes what a person at the terminal wants to know: the
// verdict and what it rests on, the counts, each failure in one line, and
// what was not exercised with what would make it run.
func WriteSummary(w io.Writer, r *Result, style SummaryStyle) error {
	if style.Width > 0 {
		style.Width = max(style.Width, 40)
	}
	p := &printer{style: style}
	p.head(r)
	p.counts(r)
	p.failures(r)
	p.unexercised(r)
	p.tail(r)
	if _, err := io.WriteString(w, p.String()); err != nil {
		return fmt.Errorf("writing the summary: %w", err)
	}
	return nil
}

// The colours of a summary.
const (
	red    = "31"
	green  = "32"
	yellow = "33"
	bold   = "1"
	dim    = "2"
)

type printer struct {
	strings.Builder
	style SummaryStyle
}

func (p *printer) paint(color, said string) string {
	if !p.style.Color || said == "" {
		return said
	}
	return "\x1b[" + color + "m" + said + "\x1b[0m"
}

// line writes one line; what does not fit into the width continues below,
// indented by hang. Only the first lead bytes are painted, so that escapes
// never count as width.
func (p *printer) line(color, lead, rest string, hang int) {
	lead, said := text.Clean(oneLineKeepIndent(lead)), text.Clean(text.OneLine(rest))
	lines := wrap(lead, said, p.style.Width, hang)
	first := lines[0]
	if strings.HasPrefix(first, lead) {
		first = p.paint(color, lead) + first[len(lead):]
	}
	p.WriteString(first + "\n")
	for _, l := range lines[1:] {
		p.WriteString(l + "\n")
	}
}

func oneLineKeepIndent(said string) string {
	trimmed := strings.TrimLeft(said, " ")
	return said[:len(said)-len(trimmed)] + text.OneLine(trimmed)
}

func (p *printer) head(r *Result) {
	color, words := green, "CONFORMANT"
	switch r.Verdict {
	case Nonconformant:
		color, words = red, "NOT CONFORMANT"
	case Incomplete:
		color, words = yellow, "INCOMPLETE"
	case Interrupted:
		color, words = yellow, "INTERRUPTED"
	}
	target := r.Target.URL
	if d := strings.TrimSpace(r.Target.Deployment + " " + r.Target.Release); d != "" {
		target += " (" + d + ")"
	}
	p.line(bold+";"+color, words, target, 2)
	p.line(dim, "", restsOn(r), 2)
	if r.Stopped != "" {
		p.line(red, "  cannot be certified:", r.Stopped, 4)
	}
}

// restsOn says on what the verdict stands.
func restsOn(r *Result) string {
	s := r.Summary
	said := fmt.Sprintf("rests on %d of %d applicable requirements, %s, %s", s.Exercised(), s.Applicable(),
		text.Count(r.Timings.Requests, "request"), seconds(int64(r.Timings.Wall))+" s")
	if r.Suite.FaultsDetectable > 0 {
		said += fmt.Sprintf("; the suite %s detects %s", r.Suite.Version, text.Count(r.Suite.FaultsDetectable, "fault"))
		if n := len(r.Suite.Unproven); n > 0 {
			said += fmt.Sprintf(", %s unproven", text.Count(n, "requirement"))
		}
	}
	return said
}

func (p *printer) counts(r *Result) {
	s := r.Summary
	p.line("", "", fmt.Sprintf("%d passed, %d failed, %d waived, %d recorded (info), %d not exercised, %d not applicable",
		s.Passed, s.Failed, s.Waived, s.Info, s.NotExercised, s.NotApplicable), 2)
}

func (p *printer) failures(r *Result) {
	p.rows(r, evidence.Failed, "Failed", red, func(row *Row) string { return failureLine(row) })
	p.rows(r, evidence.Waived, "Waived", yellow, func(row *Row) string { return failureLine(row) + waivedWords(row) })
}

func (p *printer) rows(r *Result, o evidence.Outcome, title, color string, said func(*Row) string) {
	first := true
	for i := range r.Requirements {
		row := &r.Requirements[i]
		if row.Outcome != o {
			continue
		}
		if first {
			p.WriteString("\n" + p.paint(bold, title) + "\n")
			first = false
		}
		p.line(color, "  "+row.ID, said(row), 6)
	}
}

// failureLine is a failure in one line: expected, seen, page. Where the two
// are not told apart the reason stands for both.
func failureLine(row *Row) string {
	said := row.Reason
	if row.Expected != "" && row.Seen != "" {
		said = "expected " + row.Expected + "; saw " + row.Seen
	}
	if page := Page(row); page != "" {
		said += " [" + page + "]"
	}
	return said
}

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

func (p *printer) unexercised(r *Result) {
	if len(r.NotExercised) > 0 {
		p.WriteString("\n" + p.paint(bold, "Not exercised") + "\n")
	}
	for _, g := range r.NotExercised {
		p.line(yellow, "  "+g.Reason+":", fmt.Sprintf("%s (%d)", text.Few(g.Requirements, 6), len(g.Requirements)), 6)
		if g.Remedy != "" {
			p.line(dim, "      to make them run:", g.Remedy, 8)
		}
	}
}

func (p *printer) tail(r *Result) {
	for _, w := range r.Waivers {
		if w.Stale != "" {
			p.line(red, "stale waiver "+w.Requirement+":", w.Stale, 2)
		}
	}
	for _, u := range r.Unrestored {
		p.line(red, "not put back: user "+u.User, fmt.Sprintf("was %s, is %s. %s", u.Was, u.Is, u.Why), 2)
	}
	if len(r.Exit.All) == 0 {
		return
	}
	p.WriteString("\n")
	for _, c := range r.Exit.All {
		p.line(bold, fmt.Sprintf("exit %d:", c.Code), c.Because, 2)
	}
}

// wrap breaks a line at spaces so that none is wider than width; a single
// word that is wider stays whole, so that addresses can be clicked.
func wrap(lead, said string, width, hang int) []string {
	whole := lead
	if lead != "" && said != "" {
		whole += " "
	}
	whole += said
	if width <= 0 || utf8.RuneCountInString(whole) <= width {
		return []string{whole}
	}
	indent := whole[:len(whole)-len(strings.TrimLeft(whole, " "))]
	var lines []string
	current := indent
	fresh := true
	for _, word := range strings.Fields(whole) {
		if !fresh && utf8.RuneCountInString(current)+1+utf8.RuneCountInString(word) > width {
			lines = append(lines, current)
			current, fresh = strings.Repeat(" ", hang), true
		}
		if !fresh {
			current += " "
		}
		current, fresh = current+word, false
	}
	return append(lines, current)
}
