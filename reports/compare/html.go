package compare

import (
	_ "embed" // the page
	"fmt"
	"html/template"
	"io"

	"finesse-conformance/internal/text"
	"finesse-conformance/reports/console"
)

//go:embed compare.html.tmpl
var comparePage string

// WriteHTML writes the comparison as one page that needs nothing else.
func (c *Comparison) WriteHTML(w io.Writer) error {
	t, err := template.New("compare").Parse(comparePage)
	if err != nil {
		return fmt.Errorf("reading the page of the comparison: %w", err)
	}
	type line struct{ Subject, Text, Page string }
	type list struct {
		Title string
		Bad   bool
		Lines []line
	}
	data := struct {
		Headline, Old, New string
		Worse, Equal       bool
		Notes              []string
		Lists              []list
	}{Headline: text.Clean(c.headline()), Old: text.Clean(c.Old.text()), New: text.Clean(c.New.text()), Worse: c.Worse, Equal: c.Equal()}
	for _, n := range c.Notes {
		data.Notes = append(data.Notes, text.Clean(n))
	}
	for _, ch := range c.chapters() {
		l := list{Title: ch.title, Bad: ch.color == console.Red}
		for _, e := range ch.entries {
			l.Lines = append(l.Lines, line{text.Clean(text.OneLine(e.subject)), text.Clean(text.OneLine(e.text)), text.Clean(text.OneLine(e.page))})
		}
		data.Lists = append(data.Lists, l)
	}
	if err := t.Execute(w, data); err != nil {
		return fmt.Errorf("writing the comparison: %w", err)
	}
	return nil
}
