package compare

import (
	"fmt"
	"io"

	"finesse-conformance/reports"
	"finesse-conformance/reports/console"
	"finesse-conformance/reports/junit"
)

// seriesSchema is what the member "schema" of several comparisons as JSON says.
const seriesSchema = "finesse-conformance/comparisons/v1"

// Series is several results in a row, each held against the one before.
type Series []*Comparison

// ExitCode is that of the worst step.
func (s Series) ExitCode(failOnDrift bool) int {
	for _, c := range s {
		if code := c.ExitCode(failOnDrift); code != reports.ExitConformant {
			return code
		}
	}
	return reports.ExitConformant
}

// each writes one comparison after the other.
func (s Series) each(w io.Writer, write func(*Comparison) error) error {
	for i, c := range s {
		if i > 0 {
			if _, err := io.WriteString(w, "\n"); err != nil {
				return err
			}
		}
		if err := write(c); err != nil {
			return err
		}
	}
	return nil
}

// WriteText writes them for a terminal.
func (s Series) WriteText(w io.Writer, style console.Style) error {
	return s.each(w, func(c *Comparison) error { return c.WriteText(w, style) })
}

// WriteMarkdown writes them for a pull request or a ticket.
func (s Series) WriteMarkdown(w io.Writer) error {
	return s.each(w, func(c *Comparison) error { return c.WriteMarkdown(w) })
}

// WriteJSON writes them as JSON.
func (s Series) WriteJSON(w io.Writer) error {
	return reports.WriteJSON(w, "the comparisons", struct {
		Schema      string `json:"schema"`
		Comparisons Series `json:"comparisons"`
	}{seriesSchema, s}, "  ")
}

// WriteJUnit writes them as JUnit XML, the suites of each under its number.
func (s Series) WriteJUnit(w io.Writer, failOnDrift bool) error {
	var all junit.Suites
	for i, c := range s {
		for _, suite := range c.junitSuites(failOnDrift) {
			suite.Name = fmt.Sprintf("%d.%s", i+1, suite.Name)
			for n := range suite.Cases {
				suite.Cases[n].Classname = fmt.Sprintf("step-%d.%s", i+1, suite.Cases[n].Classname)
			}
			all.Suites = append(all.Suites, suite)
		}
	}
	return junit.Encode(w, all)
}

// WriteHTML writes them as one page.
func (s Series) WriteHTML(w io.Writer) error { return writePage(w, s) }
