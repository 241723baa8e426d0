package diagram_test

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"strings"

	"finesse-conformance/reports/internal/diagram"
	"finesse-conformance/spec"
)

// write writes the catalogue as a Markdown page: the state diagrams
// of both deployments, which stand in files of their own (see writeStateDiagram)
// because hosts of repositories show no drawings inside Markdown, and each
// section as a table with what every requirement says in words.
func write(w io.Writer, c *spec.Catalogue) error {
	d := &doc{catalogue: c}
	d.intro()
	for _, s := range c.Sections() {
		d.section(s)
	}
	d.guides()
	_, err := w.Write(d.out.Bytes())
	return err
}

// writeStateDiagram draws the transition table of a deployment as an SVG file, and
// gives the name under which WriteRequirementsDoc refers to it.
func writeStateDiagram(w io.Writer, c *spec.Catalogue, d spec.Deployment) error {
	return diagram.Write(w, diagram.Input{Deployment: d, Requirements: c.All(), Standalone: true})
}

// stateDiagramFile is the name of the file with a deployment's diagram.
func stateDiagramFile(d spec.Deployment) string {
	return "states-" + strings.ToLower(string(d)) + ".svg"
}

type doc struct {
	catalogue *spec.Catalogue
	out       bytes.Buffer
}

func (d *doc) printf(format string, args ...any) { fmt.Fprintf(&d.out, format, args...) }

func (d *doc) intro() {
	n := map[spec.Level]int{}
	for _, q := range d.catalogue.All() {
		n[q.Level]++
	}
	d.printf("# Requirements\n\n<!-- Generated from spec/ by the tests of reports: go test ./reports/internal/diagram -run RequirementsDoc -update -->\n\n")
	d.printf("The catalogue holds %d requirements in %d sections: %d MUST, %d EITHER and %d INFO.\n\n",
		len(d.catalogue.All()), len(d.catalogue.Sections()), n[spec.Must], n[spec.Either], n[spec.Info])
	d.printf(`| Level | Means |
|---|---|
| MUST | plainly documented; a miss is a failure |
| EITHER | the guide contradicts itself or names no error; every outcome listed passes, and the one seen is recorded |
| INFO | recorded and compared; never fails a run |

`)
	d.printf("What the outcomes mean:\n\n")
	d.printf(`- *202 or 200, then* a state: the state is reached within the settle time and is still there after the quiet time.
- *a refusal*: HTTP 400 or 401 with one of the ErrorTypes, or a 2xx and then an apiErrors event with one of them; where no notifications are listened to, a 2xx after which nothing changes for the quiet time.
- *nothing changed*: state, pending state and reason code stay what they were for the quiet time.

`)
	d.printf("## Sections\n\n| Section | About | Requirements |\n|---|---|---|\n")
	for _, s := range d.catalogue.Sections() {
		d.printf("| [%s](#%s) | %s | %d |\n", s.Name, anchor(heading(s)), cell(s.Title), len(s.Requirements))
	}
	d.printf("\n## State diagrams\n\n")
	d.printf("An arrow is a row of the transition table and carries its number; its letter says who causes it. The chips in a state name the states that must not be reached from it by asking for them.\n\n")
	for _, of := range spec.Deployments() {
		d.printf("### %s\n\n![The states of an agent on %s and the documented ways between them](%s)\n\n", of, of, stateDiagramFile(of))
	}
}

func heading(s spec.Section) string { return s.Name + " · " + s.Title }

// anchor gives the fragment that hosts of repositories make of a heading.
func anchor(heading string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(heading) {
		switch {
		case r == ' ':
			b.WriteByte('-')
		case r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z':
			b.WriteRune(r)
		}
	}
	return b.String()
}

func (d *doc) section(s spec.Section) {
	d.printf("## %s\n\n| Id | Requirement | Level | Profiles | Applies | Given, when, then | Source |\n|---|---|---|---|---|---|---|\n", heading(s))
	for _, q := range s.Requirements {
		d.printf("| <a id=\"%s\"></a>%s | %s | %s | %s | %s | %s | %s |\n", strings.ToLower(q.ID), strings.ReplaceAll(q.ID, "-", "&#8209;"),
			cell(q.Title), docLevel(q), strings.Join(q.Profiles, ", "), docApplies(q), docStory(q), docLinks(q))
	}
	d.printf("\n")
}

// docApplies says where a requirement is expected.
func docApplies(q *spec.Requirement) string {
	text := "both"
	if len(q.Deployments) == 1 {
		text = string(q.Deployments[0])
	}
	if r := q.Releases.String(); r != "" {
		text += " " + r
	}
	return text
}

// docStory tells a requirement in words: what is given, what is done, and what
// may come of it.
func docStory(q *spec.Requirement) string {
	var parts []string
	if e := q.Transition; e != nil {
		to := string(e.To)
		if e.Or != "" {
			to += " or " + string(e.Or)
		}
		parts = append(parts, "**"+cell(string(e.From))+" → "+to+"**")
	}
	if q.Never != "" {
		return strings.Join(append(parts, "Never exercised: "+cell(q.Never)), "<br>")
	}
	parts = append(parts, "*Given* "+cell(q.Given.Words())+".")
	for _, s := range q.Steps {
		parts = append(parts, docStep(s))
	}
	if q.Invariant != "" {
		parts = append(parts, "Also judged over everything that a run sees.")
	}
	if q.Note != "" {
		parts = append(parts, "Note: "+cell(q.Note))
	}
	return strings.Join(parts, "<br>")
}

// docLevel gives the level, and where it is another on a deployment that too.
func docLevel(q *spec.Requirement) string {
	text := string(q.Level)
	for _, d := range q.Deployments {
		if l := q.LevelOn(d); l != q.Level {
			text += "; " + string(d) + " " + string(l)
		}
	}
	return text
}

// docStep tells one step as a sentence.
func docStep(s spec.Step) string {
	text := "*When* " + cell(s.Words(nil)) + ", *then* "
	for i, o := range s.Then {
		if i > 0 {
			text += "; *or* "
		}
		text += cell(o.Words(""))
	}
	if s.Again {
		again := "*Given* that again. "
		if s.Later {
			again = "Where the wrap-up timer may have made the change, *given* that again and at another moment of the timer: "
		}
		text = again + text
	}
	if s.Unless != "" {
		text += " (left out when in " + cell(string(s.Unless)) + " already)"
	}
	return text + "."
}

func docLinks(q *spec.Requirement) string {
	var all []string
	for _, s := range q.Sources {
		if s.Guide == "" {
			continue // the fact sheet is no place that a reader can open
		}
		all = append(all, "["+cell(s.Cite())+"]("+s.URL+")")
	}
	return strings.Join(all, ", ")
}

// cell makes a text fit for a cell of a table.
func cell(text string) string {
	text = html.EscapeString(strings.Join(strings.Fields(text), " "))
	text = strings.NewReplacer("&#39;", "'", "&#34;", `"`).Replace(text)
	return strings.NewReplacer("|", `\|`, "_", `\_`, "*", `\*`).Replace(text)
}

func (d *doc) guides() {
	d.printf("## Sources\n\n| Key | Document | Speaks of |\n|---|---|---|\n")
	for _, g := range d.catalogue.Guides() {
		title := cell(g.Title)
		if g.URL != "" {
			title = "[" + title + "](" + g.URL + ")"
		}
		d.printf("| %s | %s | %s |\n", g.Key, title, cell(g.Release))
	}
}
