// Package console says in few words what became of a run: the summary at the
// terminal, the Markdown of a job's page, the annotations of a CI service and
// the badge. It imports the results only.
//
// No other module is promised anything of it: see docs/stability.md.
package console

import (
	"fmt"
	"io"
	"strings"

	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/suites/evidence"
)

// SummaryStyle says how a summary is written.
type Style struct {
	Color bool // ANSI colours; the caller knows whether the reader is a terminal
	Width int  // columns, 0 for no limit; nothing narrower than 40 is tried
}

// WriteSummary writes what a person at the terminal wants to know: the
// verdict and what it rests on, the counts, each failure in one line, and
// what was not exercised with what would make it run.
func WriteSummary(w io.Writer, r *reports.Result, style Style) error {
	if style.Width > 0 {
		style.Width = max(style.Width, 40)
	}
	p := &Printer{Style: style}
	p.head(r)
	if !neverBegan(r) {
		p.whole(r)
	}
	p.tail(r)
	if _, err := io.WriteString(w, p.String()); err != nil {
		return fmt.Errorf("writing the summary: %w", err)
	}
	return nil
}

// neverBegan reports whether the target could not be certified at all: the
// reason is then all that there is to say, once.
func neverBegan(r *reports.Result) bool { return r.Stopped != "" && r.Summary.Exercised() == 0 }

// whole tells what became of the requirements.
func (p *Printer) whole(r *reports.Result) {
	p.counts(r)
	p.failures(r)
	for _, g := range r.Abbreviations(reports.Broken) {
		p.Line(Dim, "  "+g.Key+":", g.Title, 6)
	}
	p.repeated(r)
	p.unexercised(r)
}

// The colours of a summary.
const (
	Red    = "31"
	Green  = "32"
	Yellow = "33"
	blue   = "34"
	Bold   = "1"
	Dim    = "2"
)

type Printer struct {
	strings.Builder
	Style Style
}

func (p *Printer) Paint(color, said string) string {
	if !p.Style.Color || said == "" {
		return said
	}
	return "\x1b[" + color + "m" + said + "\x1b[0m"
}

// Line writes one line; what does not fit into the width continues below,
// indented by hang. Only the first lead bytes are painted, so that escapes
// never count as width.
func (p *Printer) Line(color, lead, rest string, hang int) {
	lead, said := text.Clean(oneLineKeepIndent(lead)), text.Clean(text.OneLine(rest))
	whole := lead
	if lead != "" && said != "" {
		whole += " "
	}
	lines := text.Wrap(whole+said, p.Style.Width, hang)
	first := lines[0]
	if strings.HasPrefix(first, lead) {
		first = p.Paint(color, lead) + first[len(lead):]
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

func (p *Printer) head(r *reports.Result) {
	color, words, target := Green, r.ShortHeadline(), r.Target.URL
	if verdict := r.Verdict.Words(); r.Scope == reports.ScopeProfiles {
		words = strings.ToUpper(verdict) + words[len(verdict):] // names stay as they are given
		target = "at " + target
	} else {
		words = strings.ToUpper(words)
	}
	switch {
	case r.Verdict == reports.Nonconformant:
		color = Red
	case r.Verdict != reports.Conformant:
		color = Yellow
	case r.Scope == reports.ScopeSelection:
		color = blue // green is for a whole certification
	}
	if d := strings.TrimSpace(r.Target.Deployment + " " + r.Target.Release); d != "" {
		target += " (" + d + ")"
	}
	p.Line(Bold+";"+color, words, target, 2)
	if !neverBegan(r) {
		p.standing(r)
	}
	if r.Stopped != "" {
		p.Line(Red, "  cannot be certified:", r.Stopped, 4)
	}
}

// standing says on what the verdict rests, and what it is of each profile.
func (p *Printer) standing(r *reports.Result) {
	if words := r.ProfileWords(); words != "" && r.Scope != reports.ScopeSelection {
		p.Line("", "profiles:", words, 2)
	}
	p.Line(Dim, "", restsOn(r), 2)
	if o := r.Target.OtherNode; o != nil {
		p.Line(Dim, "", "other node: "+o.Words(), 2)
	}
}

// restsOn says on what the verdict stands.
func restsOn(r *reports.Result) string {
	s := r.Summary
	said := fmt.Sprintf("rests on %d of %d applicable requirements, %s, %s", s.Exercised(), s.Applicable(),
		text.Count(r.Timings.Requests, "request"), reports.Seconds(int64(r.Timings.Wall))+" s")
	if r.Suite.FaultsDetectable > 0 {
		said += fmt.Sprintf("; the suite %s detects %s", r.Suite.Version, text.Count(r.Suite.FaultsDetectable, "fault"))
		if n := len(r.Suite.Unproven); n > 0 {
			said += fmt.Sprintf(", %s unproven", text.Count(n, "requirement"))
		}
	}
	return said
}

func (p *Printer) counts(r *reports.Result) {
	s := r.Summary
	p.Line("", "", fmt.Sprintf("%d passed, %d failed, %d waived, %d recorded (info), %d not exercised, %d not applicable",
		s.Passed, s.Failed, s.Waived, s.Info, s.NotExercised, s.NotApplicable), 2)
}

func (p *Printer) failures(r *reports.Result) {
	p.failed(r)
	p.rows(r, evidence.Waived, "Waived", Yellow, func(row *reports.Row) string { return failureLine(row) + reports.WaivedWords(row) })
}

// inFull is how many failures of one cause are told with what was expected and
// seen: of the others that says no more than the cause does.
const inFull = 3

// failed tells the failures, those of one cause together. Where each has a cause
// of its own there is nothing to put together.
func (p *Printer) failed(r *reports.Result) {
	if len(r.Failures) == 0 {
		return
	}
	title := "Failed"
	if n := len(r.Failures); n < r.Summary.Failed {
		title += fmt.Sprintf(": %s of %s", text.Count(r.Summary.Failed, "requirement"), text.Count(n, "cause"))
	}
	p.WriteString("\n" + p.Paint(Bold, title) + "\n")
	for i := range r.Failures {
		g, indent := &r.Failures[i], "  "
		if !g.One() {
			p.Line(Bold, "  "+g.Cause.Words()+":", groupCounts(g), 6)
			indent = "    "
		}
		for n, id := range g.Requirements {
			if row := r.Row(id); row != nil {
				line := failureLine(row)
				if n >= inFull {
					line = strings.TrimSuffix(row.Title+": "+row.Asked, ": ")
				}
				p.Line(Red, indent+row.ID, line, len(indent)+4)
			}
		}
		if len(g.Kept) > 0 {
			p.Line(Yellow, indent+"not exercised for it:", fmt.Sprintf("%s (%d)", text.Few(g.Kept, 6), len(g.Kept)), len(indent)+4)
		}
	}
}

// groupCounts says what one cause costs.
func groupCounts(g *reports.FailureGroup) string {
	verb := "fail"
	if len(g.Requirements) == 1 {
		verb = "fails"
	}
	said := fmt.Sprintf("%d %s", len(g.Requirements), verb)
	if n := len(g.Kept); n > 0 {
		said += fmt.Sprintf(", %d not exercised", n)
	}
	return said
}

func (p *Printer) rows(r *reports.Result, o evidence.Outcome, title, color string, said func(*reports.Row) string) {
	first := true
	for i := range r.Requirements {
		row := &r.Requirements[i]
		if row.Outcome != o {
			continue
		}
		if first {
			p.WriteString("\n" + p.Paint(Bold, title) + "\n")
			first = false
		}
		p.Line(color, "  "+row.ID, said(row), 6)
	}
}

// failureLine is a failure in one line: what it is about and [failureText].
func failureLine(row *reports.Row) string { return row.Title + ": " + failureText(row) }

// failureText is what was asked, expected and seen, and the page. Where the two
// are not told apart the reason stands for both.
func failureText(row *reports.Row) string {
	said := row.Reason
	if row.Expected != "" && row.Seen != "" {
		said = "expected " + row.Expected + "; saw " + row.Seen
		if row.Asked != "" {
			said = row.Asked + ": " + said
		}
	}
	if page := reports.Page(row); page != "" {
		said += " [" + page + "]"
	}
	return said
}

// repeated tells what of the requirements that were played several times did
// not always come to the same.
func (p *Printer) repeated(r *reports.Result) {
	if r.Settings.Repeat < 2 {
		return
	}
	p.WriteString("\n" + p.Paint(Bold, "Repeated") + "\n")
	same := 0
	for i := range r.Requirements {
		switch row := &r.Requirements[i]; {
		case row.Unsteady():
			p.Line(Yellow, "  "+row.ID, reports.RatesText(row.Rates), 6)
		case row.Rates != nil && row.Rates.Exercised > 0:
			same++
		}
	}
	_, high := evidence.Wilson(0, r.Settings.Repeat)
	p.Line("", "  the same every time:", fmt.Sprintf("%s. What never failed in %d repetitions fails less often than %.0f%%, with 95%% confidence; seed %d",
		text.Count(same, "requirement"), r.Settings.Repeat, high*100, r.Seed), 6)
}

func (p *Printer) unexercised(r *reports.Result) {
	if len(r.NotExercised) > 0 {
		p.WriteString("\n" + p.Paint(Bold, "Not exercised") + "\n")
	}
	for _, g := range r.NotExercised {
		p.Line(Yellow, "  "+toldAbove(r, g.Reason)+":", fmt.Sprintf("%s (%d)", text.Few(g.Requirements, 6), len(g.Requirements)), 6)
		if g.Remedy != "" {
			p.Line(Dim, "      to make them run:", g.Remedy, 8)
		}
	}
}

func (p *Printer) tail(r *reports.Result) {
	for _, w := range r.Waivers {
		if w.Stale != "" {
			p.Line(Red, "stale waiver "+w.Requirement+":", w.Stale, 2)
		}
	}
	for _, u := range r.Cast {
		if u.LeftAlone != "" {
			p.Line(Yellow, "left alone: user "+u.ID+":", u.LeftAlone, 2)
		}
	}
	for _, u := range r.Unrestored {
		p.Line(Red, "not put back: user "+u.User, fmt.Sprintf("was %s, is %s. %s", u.Was, u.Is, u.Why), 2)
	}
	if len(r.Unrestored) > 0 {
		p.Line(Red, "  to put them back, in the folder of the reports:", reports.RestoreCommand, 4)
	}
	if len(r.Exit.All) == 0 {
		return
	}
	p.WriteString("\n")
	for _, c := range r.Exit.All {
		if c.Code == reports.ExitTooLittle && neverBegan(r) {
			continue // follows from the reason
		}
		p.Line(Bold, fmt.Sprintf("exit %d:", c.Code), toldAbove(r, c.Because), 2)
	}
}

// toldAbove leaves away why the target cannot be certified, which the head says.
func toldAbove(r *reports.Result, said string) string {
	if r.Stopped == "" {
		return said
	}
	return strings.TrimSuffix(said, ": "+text.OneLine(r.Stopped))
}
