package history

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"finesse-conformance/internal/text"
	"finesse-conformance/reports/console"
	"finesse-conformance/suites/evidence"
)

// headline is the history of a target in one line.
func (t *Target) headline() string {
	switch n := len(t.Worse); {
	case len(t.whole()) < 2:
		return "One run: nothing to hold it against"
	case n == 1:
		return "1 requirement turned worse since the run before"
	case n > 1:
		return fmt.Sprintf("%d requirements turned worse since the run before", n)
	}
	return "Nothing turned worse since the run before"
}

// name tells a target.
func (t *Target) name() string { return strings.TrimSpace(t.URL + " " + t.Deployment) }

// failing are the requirements that fail now.
func (t *Target) failing() []Requirement {
	var list []Requirement
	for _, q := range t.Requirements {
		if q.Now == evidence.Failed {
			list = append(list, q)
		}
	}
	return list
}

// since says since when a requirement is as it is.
func (q *Requirement) since() string {
	said := fmt.Sprintf("since %s, in %s", q.Since.UTC().Format("2006-01-02"), text.Count(q.Runs, "run"))
	if q.Release != "" {
		said += ", first on " + q.Release
	}
	return said
}

// WriteText writes the history for a terminal.
func (h *History) WriteText(w io.Writer, style console.Style) error {
	if style.Width > 0 {
		style.Width = max(style.Width, 40)
	}
	p := &console.Printer{Style: style}
	for i := range h.Targets {
		if i > 0 {
			p.WriteString("\n")
		}
		h.Targets[i].text(p)
	}
	for _, l := range h.LeftOut {
		p.Line(console.Yellow, "left out:", l, 2)
	}
	if _, err := io.WriteString(w, p.String()); err != nil {
		return fmt.Errorf("writing the history: %w", err)
	}
	return nil
}

// step is what to do next: look at a requirement by a command that shows the
// run before it changed and that in which it did beside each other.
type step struct{ ID, Command string }

// next is about the last two runs, or where nothing turned worse then, about
// when what fails for the shortest time began to; nil where nothing fails, or
// has since the first run.
func (t *Target) next() *step {
	whole := t.whole()
	if len(t.Worse) > 0 {
		return begin(t.Worse[0], whole[len(whole)-2:])
	}
	id, at := "", 0
	for _, q := range t.Requirements {
		i := slices.IndexFunc(whole, func(run *Run) bool { return run.Started.Equal(q.Since) })
		if q.Now == evidence.Failed && i > at {
			id, at = q.ID, i
		}
	}
	if id == "" {
		return nil
	}
	return begin(id, whole[at-1:])
}

// begin looks at the first two of some runs.
func begin(id string, runs []*Run) *step {
	folder := func(run *Run) string {
		if filepath.Base(run.File) == "results.json" {
			return filepath.ToSlash(filepath.Dir(run.File))
		}
		return run.File
	}
	return &step{id, fmt.Sprintf("finesse-conformance compare %s %s --html changes.html", folder(runs[0]), folder(runs[1]))}
}

func (t *Target) text(p *console.Printer) {
	color := console.Green
	if len(t.Worse) > 0 {
		color = console.Red
	}
	p.Line(console.Bold+";"+color, t.headline()+":", t.name(), 2)
	if next := t.next(); next != nil {
		p.Line("", "begin with "+next.ID+":", next.Command+" shows the runs before and after it changed", 2)
	}
	last := t.Runs[len(t.Runs)-1]
	p.Line("", "", fmt.Sprintf("%s from %s to %s; the last: %s, %d passed, %d failed, %d not exercised", text.Count(len(t.Runs), "run"),
		t.Runs[0].Started.UTC().Format("2006-01-02"), last.Started.UTC().Format("2006-01-02"), last.Verdict, last.Summary.Passed, last.Summary.Failed, last.Summary.NotExercised), 2)
	if said := last.result.ProfileWords(); said != "" {
		p.Line("", "profiles:", said, 2)
	}
	if last.Ended != "" {
		p.Line(console.Yellow, "the last run did not come to its end:", last.Ended, 2)
	}
	for _, run := range t.Runs {
		if run.NewRelease {
			p.Line(console.Dim, "release", run.Release+" from "+run.Started.UTC().Format("2006-01-02"), 2)
		}
	}
	t.chapters(p)
}

// chapters are the requirements by what became of them.
func (t *Target) chapters(p *console.Printer) {
	worse := map[string]bool{}
	for _, id := range t.Worse {
		worse[id] = true
	}
	chapter := func(title, color string, line func(q *Requirement) string) {
		first := true
		for i := range t.Requirements {
			q := &t.Requirements[i]
			said := line(q)
			if said == "" {
				continue
			}
			if first {
				p.WriteString("\n" + p.Paint(console.Bold, title) + "\n")
				first = false
			}
			p.Line(color, "  "+q.ID+" "+q.Title+":", said, 6)
		}
	}
	for i, said := range t.profilesChanged() {
		if i == 0 {
			p.WriteString("\n" + p.Paint(console.Bold, "Profiles that changed") + "\n")
		}
		p.Line(console.Yellow, "  "+said, "", 6)
	}
	chapter("Turned worse since the run before", console.Red, func(q *Requirement) string {
		if !worse[q.ID] {
			return ""
		}
		return string(q.Now) + ": " + q.Reason
	})
	chapter("Fail for longer", console.Red, func(q *Requirement) string {
		if q.Now != evidence.Failed || worse[q.ID] {
			return ""
		}
		return q.since() + ": " + q.Reason
	})
	chapter("Flaky", console.Yellow, func(q *Requirement) string {
		if !q.Flaky {
			return ""
		}
		return fmt.Sprintf("changed %d times, without release or contract changing; %s %s", q.Changes, strings.ReplaceAll(string(q.Now), "_", " "), q.since())
	})
}
