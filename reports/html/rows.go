package html

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/reports/internal/page"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// shownFailures is how many failures show their exchanges in the page itself.
// The others unpack them like every requirement: a target that fails at
// everything is explained by the first of them.
const shownFailures = 25

// pageSection is a section of the catalogue with its rows.
type pageSection struct {
	Name, Title string
	Rows        []pageRow
	Counts      []page.Tally // by outcome, those that are there
}

// pageRow is a requirement in the list.
type pageRow struct {
	ID, Title, Section, Level string
	Profiles                  string // that hold it, with blanks between them
	Outcome                   evidence.Outcome
	Reason                    string
	Story                     []sentence // given, when and then in words
	Note                      string
	Sources                   []page.Link
	Observed                  string
	Details                   []fact
	Took                      float64 // in milliseconds, 0 when it did not run
	Exchanges                 bool    // the packed exchanges have some
}

type sentence struct{ Word, Text string }

// failureGroup are the failures of one cause.
type failureGroup struct {
	Cause    string // "" for one that stands alone
	Failures []failure
	Kept     []string // not exercised for it
}

// failure is a requirement that failed, with what decided it.
type failure struct {
	pageRow
	// Asked is what was done, where the reason says nothing but that, what was
	// expected and what was seen.
	Asked          string
	Expected, Seen string
	Path           []string
	Panes          []page.Pane
	Event          *page.Pane
	Copies         page.Copies
	Waiver         string
}

type rowBuilder struct {
	in Input
	by map[string][]*evidence.Evidence
}

func (b *rowBuilder) requirement(id string) *spec.Requirement {
	if b.in.Catalogue == nil {
		return nil
	}
	q, ok := b.in.Catalogue.ByID(id)
	if !ok {
		return nil
	}
	return q
}

func (b *rowBuilder) sections() []pageSection {
	titles := map[string]string{}
	if b.in.Catalogue != nil {
		for _, s := range b.in.Catalogue.Sections() {
			titles[s.Name] = s.Title
		}
	}
	var out []pageSection
	for i := range b.in.Result.Requirements {
		row := b.row(&b.in.Result.Requirements[i])
		if n := len(out); n == 0 || out[n-1].Name != row.Section {
			out = append(out, pageSection{Name: row.Section, Title: titles[row.Section]})
		}
		s := &out[len(out)-1]
		s.Rows = append(s.Rows, row)
	}
	for i := range out {
		var sum reports.Summary
		for _, row := range out[i].Rows {
			sum.Count(row.Outcome)
		}
		for _, t := range page.Tallies(sum) {
			if t.Count > 0 {
				out[i].Counts = append(out[i].Counts, t)
			}
		}
	}
	return out
}

func (b *rowBuilder) row(r *reports.Row) pageRow {
	q := b.requirement(r.ID)
	row := pageRow{ID: r.ID, Title: text.ShownLine(r.Title, 300), Section: r.Section, Level: r.Level, Outcome: r.Outcome,
		Reason: text.ShownLine(r.Reason, 1500), Exchanges: len(b.by[r.ID]) > 0}
	if r.Exercised() {
		row.Took = float64(r.Duration)
	}
	row.Profiles = text.ShownLine(strings.Join(r.Profiles, " "), 200)
	row.Sources = page.Sources(b.in.Catalogue, r)
	if r.Observed != nil {
		row.Observed = text.ShownLine(reports.ObservedText(*r.Observed), 1000)
	}
	row.Story = b.story(q, r.Values)
	if q != nil {
		row.Note = q.Note
	}
	add := func(name, format string, args ...any) {
		row.Details = append(row.Details, fact{Name: name, Value: text.ShownLine(fmt.Sprintf(format, args...), 600)})
	}
	applies := strings.Join(r.Deployments, " and ")
	if r.Releases != "" {
		applies += ", releases " + r.Releases
	}
	add("Applies to", "%s", applies)
	if len(r.Profiles) > 0 {
		add("Profiles", "%s", strings.Join(r.Profiles, ", "))
	}
	if r.Standing {
		add("Judged", "also over everything that the run saw")
	}
	if m := r.Margin; m != nil {
		add("Settled", "in %s of the %s allowed", page.Took(float64(m.UsedMS)), page.Took(float64(m.AllowedMS)))
	}
	if r.Rates != nil {
		add("Repeated", "%s", reports.RatesText(r.Rates))
	}
	if r.Attempts > 1 {
		add("Attempts", "%d: the first outcome could also have come of somebody else's hand", r.Attempts)
	}
	if len(r.Events) > 0 {
		add("Events", "%s", text.Few(r.Events, 12))
	}
	if r.Gap != nil && r.Gap.Remedy != "" {
		add("What would make it run", "%s", r.Gap.Remedy)
	}
	if w := r.WaivedBy; w != nil {
		add("Waived", "by %s until %s: %s", w.Owner, w.Until, w.Why)
	}
	return row
}

// story tells the requirement in words, as the deployment of the target has
// it, with the values that its placeholders stood for.
func (b *rowBuilder) story(q *spec.Requirement, values map[string]string) []sentence {
	if q == nil {
		return nil
	}
	if q.Never != "" {
		return []sentence{{"Never", q.Never}}
	}
	d := spec.Deployment(b.in.Result.Target.Deployment)
	out := []sentence{{"Given", q.Given.Words()}}
	for _, s := range q.Steps {
		deed := s.Words(nil)
		if s.Again {
			deed = "given that again, " + deed
		}
		if s.Unless != "" {
			deed += " (left out when in " + string(s.Unless) + " already)"
		}
		out = append(out, sentence{"When", deed})
		for i, o := range s.Then {
			word := "Then"
			if i > 0 {
				word = "or"
			}
			said := o.Words(d)
			for _, name := range spec.Placeholders() {
				if v := values[name]; v != "" {
					said = strings.ReplaceAll(said, "{"+name+"}", text.ShownLine(v, 100))
				}
			}
			out = append(out, sentence{word, said})
		}
	}
	return out
}

// failures gives the failures and the waived ones.
func (b *rowBuilder) failures() (failed, waived []failure) {
	for i := range b.in.Result.Requirements {
		r := &b.in.Result.Requirements[i]
		switch {
		case r.Outcome == evidence.Failed:
			failed = append(failed, b.failure(r, len(failed) < shownFailures))
		case r.Outcome == evidence.Waived:
			waived = append(waived, b.failure(r, false))
		}
	}
	return failed, waived
}

func (b *rowBuilder) failure(r *reports.Row, whole bool) failure {
	f := failure{pageRow: b.row(r), Expected: text.ShownLine(r.Expected, 1500), Seen: text.ShownLine(r.Seen, 1500)}
	if w := r.WaivedBy; w != nil {
		f.Waiver = text.ShownLine(fmt.Sprintf("waived by %s until %s: %s", w.Owner, w.Until, w.Why), 600)
	}
	f.Asked = text.ShownLine(r.Asked, 400)
	e := reports.Attempt(b.by[r.ID], r.Repetition, r.Attempts)
	way := r.Path
	if len(way) == 0 && e != nil {
		way = e.Path
	}
	for _, w := range way {
		f.Path = append(f.Path, text.ShownLine(w, 300))
	}
	if f.Asked != "" {
		f.Asked = text.ShownLine(b.askedBefore(r, e)+f.Asked, 600)
	}
	act := underTest(r, e)
	f.Copies = page.Copies{Key: r.ID, Curl: page.Curl(b.in.Result, act)}
	f.Copies.Ticket = b.ticket(&f, r, act)
	if !whole {
		return f
	}
	f.Panes = b.panes(r, e)
	if v := r.Event; v != nil {
		p := page.Pane{Heading: "The event that showed it", Line: "Event on " + text.ShownLine(v.Node, 300)}
		p.Answer = page.Fold(b.lines(v.Payload, r, true, &p))
		f.Event = &p
	}
	return f
}

// askedBefore tells what was asked in the steps before the one that failed:
// the end of a call means little without the state that was asked for in it.
func (b *rowBuilder) askedBefore(r *reports.Row, e *evidence.Evidence) string {
	q, before := b.requirement(r.ID), ""
	for n := range r.Step - 1 {
		skipped := e != nil && n < len(e.Steps) && e.Steps[n].Skipped != ""
		if q != nil && n < len(q.Steps) && !skipped {
			before += q.Steps[n].Words(nil) + ", then "
		}
	}
	return before
}

// panes are what was sent, step by step, and the answer that decided.
func (b *rowBuilder) panes(r *reports.Row, e *evidence.Evidence) []page.Pane {
	var list []page.Pane
	shown := false
	for n := range r.Step {
		last := n == r.Step-1
		for _, i := range sent(e, n) {
			heading := fmt.Sprintf("Step %d of %d", n+1, r.Step)
			if last {
				heading = "The request under test"
			}
			decided := r.Exchange != nil && r.Exchange.Index == i
			shown = shown || decided
			list = append(list, b.pane(heading, r, reports.NewExchangeRef(e, i, true), decided && r.Event == nil))
		}
	}
	if r.Exchange != nil && !shown {
		heading := "The answer that showed it"
		if e == nil {
			heading = "The exchange that decided"
		}
		list = append(list, b.pane(heading, r, r.Exchange, r.Event == nil))
	}
	return list
}

// sent gives the exchanges that carried out a step: the request under test
// or, for the end of a call, which has none, what was sent to end it. No step
// is at fault where n is -1.
func sent(e *evidence.Evidence, n int) []int {
	if e == nil || n < 0 || n >= len(e.Steps) || e.Steps[n].Skipped != "" {
		return nil
	}
	s := e.Steps[n]
	if s.Exchange >= 0 && s.Exchange < len(e.Exchanges) {
		return []int{s.Exchange}
	}
	var list []int
	for i, x := range e.Exchanges {
		if x.Purpose == evidence.ForPath && x.Method != http.MethodGet && x.Started.After(s.Baseline.At) && x.Started.Before(s.Until) {
			list = append(list, i)
		}
	}
	return list
}

func (b *rowBuilder) pane(heading string, r *reports.Row, x *reports.ExchangeRef, decided bool) page.Pane {
	p := page.Exchange(heading, x)
	p.Request = b.lines(x.RequestBody, r, false, nil)
	p.Answer = page.Fold(b.lines(x.ResponseBody, r, decided, &p))
	p.Differs = decided && r.XPath == "" && !statusWanted(b.requirement(r.ID), r.Step, x.Status)
	return p
}

// lines lays a body out and marks what is not as expected.
func (b *rowBuilder) lines(body string, r *reports.Row, marked bool, p *page.Pane) []page.Line {
	if !marked {
		return page.Lines(body, nil)
	}
	return page.Lines(body, func(l page.Layout) map[int]string {
		note := "not as expected"
		if states := statesWanted(b.requirement(r.ID), r.Step); strings.HasSuffix(strings.ToLower(r.XPath), "/state") && len(states) > 0 {
			note = "expected " + strings.Join(states, " or ")
		}
		at := map[int]string{}
		for _, n := range l.LinesAt(r.XPath) {
			at[n] = note
		}
		if r.XPath != "" && len(at) == 0 {
			p.Missing = text.ShownLine(r.XPath, 200)
		}
		return at
	})
}

// statesWanted gives the states that the outcomes of a requirement's step
// name, for the note beside a state that is another one.
func statesWanted(q *spec.Requirement, step int) []string {
	if q == nil || step < 1 || step > len(q.Steps) {
		return nil
	}
	var out []string
	for _, o := range q.Steps[step-1].Then {
		for _, s := range o.States {
			if !slices.Contains(out, string(s)) {
				out = append(out, string(s))
			}
		}
	}
	return out
}

// statusWanted reports whether an outcome of a requirement's step begins with
// the status, or nothing is known of that. The status can be right and what
// followed wrong.
func statusWanted(q *spec.Requirement, step, status int) bool {
	if q == nil || step < 1 || step > len(q.Steps) || status == 0 {
		return true
	}
	for _, o := range q.Steps[step-1].Then {
		wanted := o.Status
		switch o.Kind {
		case spec.Accepted, spec.Deferred:
			wanted = []int{200, 202}
		case spec.Refused:
			wanted = []int{200, 202, 400, 401}
		}
		if len(wanted) == 0 || slices.Contains(wanted, status) || slices.Contains(wanted, status/100) {
			return true
		}
	}
	return false
}
