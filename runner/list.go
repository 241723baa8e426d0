package runner

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"go.yaml.in/yaml/v3"

	"finesse-conformance/internal/exit"
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
	// Exercised and Why stand there when a target was looked at.
	Exercised *bool  `json:"exercised,omitempty" yaml:"exercised,omitempty"`
	Why       string `json:"why,omitempty" yaml:"why,omitempty"`
}

// List gives the requirements of the catalogue; with a plan, what a run on
// its target would do with each.
func (a *App) List(plan []suites.Item) []Listed {
	var list []Listed
	for i, req := range a.Catalogue.All() {
		l := Listed{
			ID: req.ID, Title: req.Title, Section: req.Section, Level: string(req.Level), Releases: req.Releases.String(),
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
	return list
}

// WriteList writes a list as a table, as JSON or as YAML.
func WriteList(w io.Writer, list []Listed, format string) error {
	switch format {
	case "json":
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(list)
	case "yaml":
		return yaml.NewEncoder(w).Encode(list)
	case "table":
		return writeTable(w, list)
	}
	return &exit.UsageError{Err: fmt.Errorf("--format %q is none of table, json and yaml", format)}
}

func writeTable(w io.Writer, list []Listed) error {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	planned := len(list) > 0 && list[0].Exercised != nil
	head := "ID\tLEVEL\tAPPLIES\tTITLE\tSOURCE"
	if planned {
		head = "ID\tLEVEL\tRUNS\tTITLE\tWHY NOT"
	}
	fmt.Fprintln(tw, head)
	for _, l := range list {
		applies := strings.Join(l.Deployments, " ")
		if len(l.Deployments) == len(spec.Deployments()) {
			applies = "both"
		}
		if l.Releases != "" {
			applies += " " + l.Releases
		}
		if planned {
			runs := "yes"
			if !*l.Exercised {
				runs = "no"
			}
			fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\n", l.ID, l.Level, runs, l.Title, l.Why)
			continue
		}
		source := ""
		if len(l.Source) > 0 {
			source = l.Source[0]
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\n", l.ID, l.Level, applies, l.Title, source)
	}
	return tw.Flush()
}
