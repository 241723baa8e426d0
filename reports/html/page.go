package html

import (
	"bytes"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/reports/internal/diagram"
	"finesse-conformance/reports/internal/page"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// reportPage is everything that the template shows, as text. What came from the
// target has been through shown.
type reportPage struct {
	page.Head
	Verdict   reports.Word
	Scope     reports.Scope
	Headline  string
	Lead      string
	Where     string
	Tally     []page.Tally
	Facts     []fact
	Alerts    []alert
	Failures  []failure
	Groups    []failureGroup // the same, by cause
	Waived    []failure
	Diagram   *drawing
	Map       *page.Part
	Sections  []pageSection
	Profiles  []string // for the filter
	Total     int
	Gaps      []gapKind
	Timing    timing
	Cast      []reports.CastMember
	Evidence  template.HTML // the packed exchanges, base64
	Packed    bool
	LeftOut   string // what of the exchanges is not in the page
	Tool      reports.Tool
	Generated string
}

type fact struct {
	Name, Value string
	Code        bool // a value to be copied: an address, a digest
	Warn        bool // weakens what the verdict says
}

type alert struct {
	Title string
	Lines []string
}

type drawing struct {
	SVG          template.HTML
	Arrows       []edgeRow
	Refusals     []edgeRow
	Undocumented []reports.EdgeSeen
}

// edgeRow is a row of the table that says what the drawing shows.
type edgeRow struct {
	From, To string
	Mark     diagram.Mark
	IDs      []string
}

// Outcome is the outcome whose style the mark has.
func (e edgeRow) Outcome() evidence.Outcome {
	if e.Mark == diagram.LetThrough {
		return evidence.Passed
	}
	return evidence.Outcome(e.Mark)
}

type gapKind struct {
	Heading string // what would make them run, or that nothing would
	Groups  []reports.GapGroup
	Count   int
}

func newPage(in Input) (*reportPage, error) {
	r := in.Result
	p := &reportPage{Verdict: r.Verdict, Tool: r.Tool, Total: len(r.Requirements), Cast: cast(r.Cast)}
	p.Headline, p.Scope = sentenceCase(r.Headline()), r.Scope
	p.Where = "an unknown deployment"
	if d := r.Target.Deployment; d != "" {
		p.Where = strings.TrimSpace(text.ShownLine(d, 40) + " " + text.ShownLine(r.Target.Release, 40))
	}
	script, err := files.ReadFile("assets/script.js")
	if err != nil {
		return nil, err
	}
	title := strings.TrimSpace(p.Headline + ": " + p.Where + " at " + text.ShownLine(r.Target.URL, 200))
	style, more := "", string(script)
	if p.Map = in.Map; p.Map != nil {
		style, more = p.Map.Style, more+p.Map.Script
	}
	if p.Head, err = page.NewHead(title, style, more); err != nil {
		return nil, err
	}
	p.Lead = lead(r)
	p.Tally = page.Tallies(r.Summary)
	p.Facts = facts(r)
	p.Alerts = alerts(r)
	b := rowBuilder{in: in, by: reports.ByRequirement(in.Evidence)}
	p.Failures, p.Waived = b.failures()
	p.Groups = b.groups(p.Failures)
	p.Sections = b.sections()
	for _, of := range r.Profiles {
		p.Profiles = append(p.Profiles, text.ShownLine(of.Name, 40))
	}
	if p.Diagram, err = draw(in); err != nil {
		return nil, err
	}
	p.Gaps = gaps(r)
	p.Timing = newTiming(r)
	packed, level, err := pack(r, in.Evidence)
	if err != nil {
		return nil, err
	}
	p.Evidence, p.Packed = template.HTML(packed), packed != "" // base64: no character that HTML knows
	if len(in.Evidence) > 0 {
		p.LeftOut = map[detail]string{
			requestsOnly: "Of requirements that did not fail, the page has the bodies of the requests under test only; the evidence file has all.",
			linesOnly:    "Of requirements that did not fail, the page has the exchanges without bodies; the evidence file has all.",
			failuresOnly: "The page has the exchanges of failures only; the evidence file has all.",
			nothing:      "The exchanges are too large for a page; the evidence file has all.",
		}[level]
	} else {
		p.LeftOut = "The page was made without the evidence of the run: it shows the exchanges that decided failures, and no others."
	}
	return p, nil
}

func sentenceCase(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// lead says in one sentence what the verdict means.
func lead(r *reports.Result) string {
	s := r.Summary
	switch {
	case r.Stopped != "":
		return "The target could not be certified: " + text.ShownLine(r.Stopped, 400)
	case s.Failed > 0:
		said := fmt.Sprintf("%d of %s that were put to the test failed", s.Failed, text.Count(s.Exercised(), "requirement"))
		if s.Exercised() == 1 {
			said = "The one requirement that was put to the test failed"
		}
		kept := 0
		for _, g := range r.Failures {
			kept += len(g.Kept)
		}
		if kept > 0 {
			said += fmt.Sprintf(", and kept %d from being exercised", kept)
		}
		switch causes := len(r.Failures); {
		case causes == s.Failed:
			return said + "."
		case causes == 1:
			return said + "; all have one cause."
		default:
			return fmt.Sprintf("%s; they have %d causes. Begin with the first below: it costs most.", said, causes)
		}
	case r.Verdict == reports.Conformant && s.NotExercised > 0:
		return fmt.Sprintf("None of %s that were put to the test failed. %d more apply and were not exercised.", text.Count(s.Exercised(), "requirement"), s.NotExercised)
	case r.Verdict == reports.Conformant:
		return fmt.Sprintf("None of %s failed, and all that apply were put to the test.", text.Count(s.Exercised(), "requirement"))
	case len(r.Exit.All) > 0:
		return text.ShownLine(r.Exit.All[0].Because, 400)
	}
	return fmt.Sprintf("%d of %s were put to the test.", s.Exercised(), text.Count(s.Applicable(), "requirement"))
}

// alerts are what a reader has to know beside the verdict.
func alerts(r *reports.Result) []alert {
	var list []alert
	add := func(title string, lines []string) {
		if len(lines) > 0 {
			list = append(list, alert{title, lines})
		}
	}
	var lines []string
	for _, f := range r.HarnessFaults {
		lines = append(lines, text.ShownLine(strings.TrimSpace(f.Requirement+" "+f.Message), 600))
	}
	add("Faults of the program itself, not of the target", lines)
	lines = nil
	for _, u := range r.Unrestored {
		said := fmt.Sprintf("%s was %s and is %s", u.User, u.Was, u.Is)
		if u.Why != "" {
			said += ": " + u.Why
		}
		lines = append(lines, text.ShownLine(said, 600))
	}
	if len(lines) > 0 {
		lines = append(lines, "To put them back, in the folder of these reports, with the configuration of the run: "+reports.RestoreCommand)
	}
	add("Users who could not be put back", lines)
	lines = nil
	for _, w := range r.Waivers {
		if w.Stale != "" {
			lines = append(lines, text.ShownLine(w.Requirement+": "+w.Stale+" (owner "+w.Owner+", until "+w.Until+")", 600))
		}
	}
	add("Stale waivers", lines)
	return list
}

func cast(members []reports.CastMember) []reports.CastMember {
	out := make([]reports.CastMember, len(members))
	for i, m := range members {
		out[i] = reports.CastMember{ID: text.ShownLine(m.ID, 80), Role: text.ShownLine(m.Role, 80), Team: text.ShownLine(m.Team, 80), Extension: text.ShownLine(m.Extension, 80), Troupe: m.Troupe}
		for _, s := range m.Supervises {
			out[i].Supervises = append(out[i].Supervises, text.ShownLine(s, 80))
		}
	}
	return out
}

// draw draws the diagram of the target's deployment, nil where there is no
// catalogue or the deployment is not known.
func draw(in Input) (*drawing, error) {
	d := spec.Deployment(in.Result.Target.Deployment)
	if in.Catalogue == nil || !slices.Contains(spec.Deployments(), d) {
		return nil, nil
	}
	input := diagram.Input{Deployment: d, Requirements: in.Catalogue.All(), Outcomes: map[string]diagram.Outcome{},
		Link: func(ids []string) string { return "#req-" + ids[0] }}
	for i := range in.Result.Requirements {
		row := &in.Result.Requirements[i]
		o := diagram.Outcome{Outcome: row.Outcome}
		if row.Observed != nil {
			o.Note = row.Observed.Note
		}
		input.Outcomes[row.ID] = o
	}
	var svg bytes.Buffer
	if err := diagram.Write(&svg, input); err != nil {
		return nil, err
	}
	out := &drawing{SVG: template.HTML(svg.String())}
	ids := func(rows []*spec.Requirement) []string {
		var list []string
		for _, q := range rows {
			list = append(list, q.ID)
		}
		return list
	}
	for _, a := range input.Arrows() {
		from := string(a.From)
		if from == "*" {
			from = "any state"
		}
		out.Arrows = append(out.Arrows, edgeRow{from, string(a.To), a.Mark, ids(a.Rows)})
	}
	for _, r := range input.Refusals() {
		to := string(r.To)
		if r.SupervisorOnly {
			to += " (asked by a supervisor)"
		}
		out.Refusals = append(out.Refusals, edgeRow{string(r.From), to, r.Mark, ids(r.Rows)})
	}
	if t := in.Result.Transitions; t != nil {
		for _, u := range t.Undocumented {
			u.From, u.To, u.By = text.ShownLine(u.From, 60), text.ShownLine(u.To, 60), text.ShownLine(u.By, 60)
			out.Undocumented = append(out.Undocumented, u)
		}
	}
	return out, nil
}

func gapHeading(g reports.GapGroup) string {
	switch {
	case g.Remedy != "":
		return text.ShownLine(g.Remedy, 600)
	case g.Kind == evidence.GapNever:
		return "No run can exercise these"
	}
	return "What would make these run is not known"
}

// gaps groups what was not exercised by what would make it run.
func gaps(r *reports.Result) []gapKind {
	var kinds []gapKind
	for _, g := range r.NotExercised {
		g.Reason = text.ShownLine(g.Reason, 600)
		i := slices.IndexFunc(kinds, func(k gapKind) bool { return k.Groups[0].Kind == g.Kind && k.Groups[0].Remedy == g.Remedy })
		if i < 0 {
			i, kinds = len(kinds), append(kinds, gapKind{Heading: gapHeading(g)})
		}
		kinds[i].Groups = append(kinds[i].Groups, g)
		kinds[i].Count += len(g.Requirements)
	}
	return kinds
}
