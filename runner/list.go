package runner

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"finesse-conformance/internal/exit"
	"finesse-conformance/internal/text"
	"finesse-conformance/spec"
	"finesse-conformance/suites"
)

// Listed is a requirement as `list` shows it.
type Listed struct {
	ID          string   `json:"id" yaml:"id"`
	Title       string   `json:"title" yaml:"title"`
	Section     string   `json:"section" yaml:"section"`
	Level       string   `json:"level" yaml:"level"`
	Deployments []string `json:"deployments" yaml:"deployments,flow"`
	Releases    string   `json:"releases,omitempty" yaml:"releases,omitempty"`
	Source      []string `json:"source" yaml:"source"`
	Profiles    []string `json:"profiles,omitempty" yaml:"profiles,omitempty,flow"`
	// Exercised and Why stand there when a target was looked at.
	Exercised *bool  `json:"exercised,omitempty" yaml:"exercised,omitempty"`
	Why       string `json:"why,omitempty" yaml:"why,omitempty"`
}

// List gives the requirements of the catalogue that are picked; with a plan,
// what a run on its target would do with each. A requirement is picked by its
// id or a pattern that matches it, by its section, or by one of its profiles;
// without any, all are. A word that picks nothing is an *exit.UsageError.
func (a *CLI) List(plan []suites.Item, picked []string) ([]Listed, error) {
	for _, word := range picked {
		if !slices.ContainsFunc(a.Catalogue.All(), func(req *spec.Requirement) bool { return picks(word, req) }) {
			return nil, &exit.UsageError{Err: fmt.Errorf("%q is no id or pattern of ids, no section and no profile%s", word, text.Perhaps(word, a.picks()))}
		}
	}
	var list []Listed
	for i, req := range a.Catalogue.All() {
		if len(picked) > 0 && !slices.ContainsFunc(picked, func(word string) bool { return picks(word, req) }) {
			continue
		}
		l := Listed{
			ID: req.ID, Title: req.Title, Section: req.Section, Level: string(req.Level), Releases: req.Releases.String(), Profiles: req.Profiles,
		}
		for _, d := range req.Deployments {
			l.Deployments = append(l.Deployments, string(d))
		}
		for _, s := range req.Sources {
			l.Source = append(l.Source, a.Catalogue.Cite(s))
		}
		if plan != nil {
			runs := plan[i].Runs()
			l.Exercised, l.Why = &runs, plan[i].Why
		}
		list = append(list, l)
	}
	return list, nil
}

func picks(word string, req *spec.Requirement) bool {
	matches, err := spec.MatchID(word, req.ID)
	return err == nil && matches || strings.EqualFold(word, req.Section) || slices.Contains(req.Profiles, strings.ToLower(word))
}

// picks gives the words that pick requirements: the profiles, the sections and
// the ids.
func (a *CLI) picks() []string {
	var words []string
	for _, p := range a.Catalogue.Profiles() {
		words = append(words, p.Name)
	}
	for _, s := range a.Catalogue.Sections() {
		words = append(words, s.Name)
	}
	for _, req := range a.Catalogue.All() {
		words = append(words, req.ID)
	}
	return words
}

// WriteList writes a list as a table, as JSON or as YAML. A table keeps to the
// terminal, and spells out the guides whose pages it names.
func (a *CLI) WriteList(list []Listed, format string) error {
	w := a.Out
	switch format {
	case "json":
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(list)
	case "yaml":
		return yaml.NewEncoder(w).Encode(list)
	case "table":
		if err := writeTable(w, list, a.Width); err != nil {
			return err
		}
		return a.spellOut(text.Wrapping(w, a.Width), list)
	}
	return &exit.UsageError{Err: fmt.Errorf("--format %q is none of table, json and yaml", format)}
}

// spellOut names the guides that the sources of a list abbreviate.
func (a *CLI) spellOut(w io.Writer, list []Listed) error {
	named := map[string]bool{}
	for _, l := range list {
		if req, ok := a.Catalogue.ByID(l.ID); ok && l.Exercised == nil {
			for _, s := range req.Sources {
				named[s.Guide] = true
			}
		}
	}
	var b strings.Builder
	for _, g := range a.Catalogue.Guides() {
		if named[g.Key] {
			fmt.Fprintf(&b, "\n%s  %s", g.Key, g.Title)
		}
	}
	if b.Len() > 0 {
		b.WriteString("\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// gap is between two columns of a table.
const gap = 2

// leastTitle is the least room in which a title is readable beside the other
// columns.
const leastTitle = 30

func writeTable(w io.Writer, list []Listed, width int) error {
	rows := [][]string{{"ID", "LEVEL", "APPLIES", "SOURCE", "TITLE"}}
	if len(list) > 0 && list[0].Exercised != nil {
		rows[0] = []string{"ID", "LEVEL", "RUNS", "TITLE", "WHY NOT"}
	}
	for _, l := range list {
		rows = append(rows, l.cells())
	}
	last := len(rows[0]) - 1
	widths, others := make([]int, last), 0
	for c := range widths {
		for _, row := range rows {
			widths[c] = max(widths[c], utf8.RuneCountInString(row[c]))
		}
		others += widths[c] + gap
	}
	var b strings.Builder
	for _, row := range rows {
		if width > 0 && width-others < leastTitle {
			stacked(&b, row, width)
			continue
		}
		line := ""
		for c, n := range widths {
			line += row[c] + strings.Repeat(" ", n+gap-utf8.RuneCountInString(row[c]))
		}
		for i, part := range text.Wrap(row[last], max(width-others, 0), 0) {
			if i > 0 {
				line = strings.Repeat(" ", others)
			}
			b.WriteString(strings.TrimRight(line+part, " ") + "\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// stacked writes a row that is too wide for one line: what is short in the
// first, what is long below it.
func stacked(b *strings.Builder, row []string, width int) {
	short, long := row[:len(row)-1], row[len(row)-1:]
	if row[2] == "yes" || row[2] == "no" || row[2] == "RUNS" {
		short, long = row[:3], row[3:]
	}
	for _, part := range text.Wrap(strings.Join(short, "  "), width, 2) {
		b.WriteString(part + "\n")
	}
	for _, cell := range long {
		if cell == "" {
			continue
		}
		for _, part := range text.Wrap("    "+cell, width, 4) {
			b.WriteString(part + "\n")
		}
	}
}

// cells gives the row of a table; what is long comes last.
func (l *Listed) cells() []string {
	if l.Exercised != nil {
		return []string{l.ID, l.Level, map[bool]string{true: "yes", false: "no"}[*l.Exercised], l.Title, l.Why}
	}
	applies := strings.Join(l.Deployments, " ")
	if len(l.Deployments) == len(spec.Deployments()) {
		applies = "both"
	}
	if l.Releases != "" {
		applies += " " + l.Releases
	}
	source := ""
	if len(l.Source) > 0 {
		source = l.Source[0]
	}
	return []string{l.ID, l.Level, applies, source, l.Title}
}
