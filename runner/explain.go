package runner

import (
	"fmt"
	"io"
	"strings"

	"finesse-conformance/internal/exit"
	"finesse-conformance/internal/text"
	"finesse-conformance/spec"
	"finesse-conformance/suites/navigate"
)

// Explain writes what a requirement is about: its clause and page, the
// precondition and how a run gets there, what is done, and every outcome that
// passes.
func (a *CLI) Explain(w io.Writer, id string) error {
	req, ok := a.Catalogue.ByID(strings.ToUpper(id))
	if !ok {
		return &exit.UsageError{Err: fmt.Errorf("there is no requirement %q%s", id, a.near(id))}
	}
	p := &page{}
	p.line("%s  %s", req.ID, req.Title)
	p.line("")
	p.line("level       %s", levelText(req.Level))
	for _, d := range req.Deployments {
		if l := req.LevelOn(d); l != req.Level {
			p.line("            on %s %s", d, levelText(l))
		}
	}
	p.line("applies     %s", appliesText(req))
	switch why := a.Catalogue.Apart(req.ID); {
	case len(req.Profiles) > 0:
		p.line("profiles    %s", strings.Join(req.Profiles, ", "))
	case why != "":
		p.line("profiles    none: it %s", why)
	}
	name := "source"
	for _, cited := range a.Catalogue.Citations(req.Sources) {
		p.line("%-11s %s", name, cited.Text)
		if name = ""; cited.Address != "" {
			p.line("%-11s %s", name, cited.Address)
		}
	}
	if req.Note != "" {
		p.line("note        %s", req.Note)
	}
	if req.Never != "" {
		p.line("")
		p.line("not exercised: %s", req.Never)
		return p.write(w)
	}
	for _, d := range req.Deployments {
		a.explainOn(p, req, d)
	}
	if req.Invariant != "" {
		p.line("")
		p.line("Judged over everything that a run sees, beside its own steps.")
	}
	return p.write(w)
}

// explainOn tells the steps as they are on one deployment.
func (a *CLI) explainOn(p *page, req *spec.Requirement, d spec.Deployment) {
	p.line("")
	p.line("On %s", map[spec.Deployment]string{spec.UCCE: "Unified CCE", spec.UCCX: "Unified CCX"}[d])
	p.line("  given   %s", req.Given.Words())
	if way := a.wayText(req, d); way != "" {
		p.line("  way     %s", way)
	}
	for _, step := range req.Steps {
		when := step.Words(nil)
		if step.Again {
			when += ", the precondition brought about once more"
		}
		if step.Later {
			when += " and the request made at another moment of the wrap-up timer, where the timer may have made the change"
		}
		if step.Unless != "" {
			when += fmt.Sprintf(", unless the user is in %s already", step.Unless)
		}
		p.line("  when    %s", when)
		for i, out := range step.Then.On(d) {
			name := "then"
			if i > 0 {
				name = "  or"
			}
			p.line("  %s    %s", name, out.Words(d))
		}
	}
}

// wayText is the way from being signed out, on a target that offers
// everything.
func (a *CLI) wayText(req *spec.Requirement, d spec.Deployment) string {
	if req.Given.State == "" {
		return ""
	}
	way, err := navigate.Find(a.Catalogue.Moves(d, newestRelease), spec.Situation{State: spec.Logout}, req.Given, everything)
	switch {
	case err != nil:
		return err.Error()
	case len(way.Moves) == 0:
		return "signed out is where every way begins"
	}
	return way.String()
}

func levelText(l spec.Level) string {
	return map[spec.Level]string{
		spec.Must:   "MUST: plainly documented, a miss is a failure",
		spec.Either: "EITHER: the guide leaves it open, each listed outcome passes and the one seen is recorded",
		spec.Info:   "INFO: recorded and compared, never fails a run",
	}[l]
}

func appliesText(req *spec.Requirement) string {
	var names []string
	for _, d := range req.Deployments {
		names = append(names, string(d))
	}
	text := strings.Join(names, " and ")
	if r := req.Releases.String(); r != "" {
		text += ", releases " + r
	}
	return text
}

// near suggests ids that begin like the one that does not exist, or differ
// from it in little.
func (a *CLI) near(id string) string {
	var ids []string
	for _, req := range a.Catalogue.All() {
		ids = append(ids, req.ID)
	}
	if near := text.Near(id, ids); len(near) > 0 {
		return ", perhaps " + text.Or(near)
	}
	return "; `finesse-conformance list` shows them all"
}

// page collects lines.
type page struct{ strings.Builder }

func (p *page) line(format string, args ...any) {
	fmt.Fprintf(p, strings.TrimRight(format, " ")+"\n", args...)
}

func (p *page) write(w io.Writer) error {
	_, err := io.WriteString(w, p.String())
	return err
}
