package behaviourmap

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"sync"

	"finesse-conformance/internal/text"
	"finesse-conformance/reports/internal/page"
	"finesse-conformance/spec"
	"finesse-conformance/suites/behaviour"
)

//go:embed assets
var files embed.FS

var parsed = sync.OnceValue(func() *template.Template {
	return page.Parse(files)
})

// view is what the templates show.
type view struct {
	page.Head
	Headline string
	Bad      bool
	Facts    []string
	LeftOut  int
	Compared bool // of two maps
	Words    []sentence
	Matrices []matrix
	Details  []detail // by the number that a cell has
}

// title of the section that a map is on the page of a result.
const partTitle = "Behaviour map"

// matrix is what one asker may ask: situations down, requests across.
type matrix struct {
	ID, Title string
	Columns   []column
	Rows      []matrixRow
}

type column struct{ Ask, Reason string }

// Name says in words what is asked for.
func (c column) Name() string {
	switch c.Ask {
	case spec.AskNone:
		return "no state"
	case spec.AskUnknown:
		return "no such state"
	}
	return c.Ask
}

// With says in words which reason code goes along, "" where none does.
func (c column) With() string {
	return map[string]string{
		spec.ReasonValid: "reason code", spec.ReasonWrongCategory: "code of the other category", spec.ReasonUnknown: "no such code",
	}[c.Reason]
}

type matrixRow struct {
	State, Rest string
	Cells       []square
}

// square is a cell of the matrix. Detail is its number, -1 where the asker
// does not ask that there.
type square struct {
	Mark   string
	Symbol string
	Text   string
	Detail int
}

// detail is what a click on a cell shows. Everything is text.
type detail struct {
	Heading  string   `json:"heading"`
	Mark     string   `json:"mark"`
	Result   string   `json:"result"`
	Expected string   `json:"expected"`
	Before   string   `json:"before,omitempty"`
	Why      string   `json:"why"`
	Rules    []string `json:"rules"`
	Sources  []Source `json:"sources"`
	Rows     []string `json:"rows"`
	Request  string   `json:"request"`
	Answer   string   `json:"answer"`
}

// WriteHTML writes the map as one page that opens from a disk and on a phone,
// without any network. Whatever came from the target is text, never markup.
func (m *Map) WriteHTML(w io.Writer) error {
	return m.view().write(w, "Behaviour map: "+text.Shown(m.Target.URL))
}

// Part is the map as a part of the page of the run that it was made with.
func (m *Map) Part() (*page.Part, error) {
	style, script, err := assets()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := page.Write(&b, parsed(), "part.html", m.view()); err != nil {
		return nil, err
	}
	return &page.Part{ID: "map", Title: partTitle, HTML: template.HTML(b.String()), Style: style, Script: script}, nil
}

func (m *Map) view() *view {
	s := m.Summary
	v := &view{
		Bad: s.Against > 0, LeftOut: len(m.LeftOut),
		Headline: fmt.Sprintf("%d of %d requests were answered against the guide", s.Against, len(m.Cells)-s.NotReached),
		Facts: []string{
			side(m), fmt.Sprintf("%d as documented", s.AsDocumented), fmt.Sprintf("%d of which the guide says nothing", s.Undocumented),
			fmt.Sprintf("%d not reached", s.NotReached),
		},
	}
	if !v.Bad {
		v.Headline = "Nothing that was asked was answered against the guide"
	}
	cells := make([]shownCell, len(m.Cells))
	for i, c := range m.Cells {
		cells[i] = shownCell{Cell: c, mark: string(c.Mark), symbol: c.Mark.Symbol()}
	}
	v.show(cells)
	return v
}

// WriteHTML writes what changed between two maps as a matrix of differences.
func (c *Comparison) WriteHTML(w io.Writer) error {
	v := &view{
		Bad: c.Worse(), Compared: true, Words: c.inWords(),
		Headline: fmt.Sprintf("%s changed", text.Count(len(c.Changed), "answer")),
		Facts:    []string{"old: " + text.Shown(c.Old), "new: " + text.Shown(c.New), fmt.Sprintf("%d as before", c.Same), fmt.Sprintf("%d seen in one of the two alone", c.Missing)},
	}
	if n := c.worse(); n > 0 {
		v.Headline += fmt.Sprintf(", %d of them against the guide now", n)
	}
	if len(c.Changed) == 0 {
		v.Headline = "Everything that both have seen is answered as before"
	}
	cells := make([]shownCell, len(c.Changed))
	for i, ch := range c.Changed {
		cells[i] = shownCell{Cell: ch.Cell, mark: "changed", symbol: "≠", before: ch.Before}
		if ch.Worse() {
			cells[i].mark, cells[i].symbol = string(behaviour.Against), behaviour.Against.Symbol()
		}
	}
	v.show(cells)
	return v.write(w, "Behaviour compared")
}

type shownCell struct {
	Cell
	mark, symbol, before string
}

// columnOrder is that in which an agent's day has the requests.
var columnOrder = []string{
	"LOGIN", "LOGOUT", "NOT_READY", "READY", "RESERVED", "RESERVED_OUTBOUND", "RESERVED_OUTBOUND_PREVIEW", "TALKING", "HOLD", "WORK",
	"WORK_READY", "UNKNOWN", spec.AskUnknown, spec.AskNone,
}

// show makes the matrices of the cells, one for each who asks.
func (v *view) show(cells []shownCell) {
	for _, who := range spec.Askers() {
		var mine []shownCell
		for _, c := range cells {
			if c.Who == who {
				mine = append(mine, c)
			}
		}
		if len(mine) > 0 {
			v.add(who, mine)
		}
	}
}

// assets gives the style and the script of the matrices.
func assets() (style, script string, err error) {
	css, err := files.ReadFile("assets/map.css")
	if err != nil {
		return "", "", err
	}
	js, err := files.ReadFile("assets/map.js")
	return string(css), string(js), err
}

func (v *view) write(w io.Writer, title string) error {
	style, script, err := assets()
	if err == nil {
		v.Head, err = page.NewHead(title, style, script)
	}
	if err != nil {
		return fmt.Errorf("writing the page of the map: %w", err)
	}
	return page.Write(w, parsed(), "map.html", v)
}

// askers says in a heading who asks.
//
//exhaustive:enforce
var askers = map[spec.Actor]string{
	spec.Self: "the user itself", spec.Supervisor: "its supervisor", spec.ForeignSupervisor: "a supervisor of another team", spec.Teammate: "a team mate",
	spec.Nobody: "a request without credentials", spec.WrongCredentials: "who has a wrong password",
	spec.Colleague: "another agent", spec.Peer: "the other party of a call",
}

// add makes the matrix of an asker.
func (v *view) add(who spec.Actor, cells []shownCell) {
	m := matrix{ID: "map-" + string(who), Title: "What " + askers[who] + " may ask"}
	for _, c := range cells {
		if at := (column{c.Ask, c.Reason}); !slices.Contains(m.Columns, at) {
			m.Columns = append(m.Columns, at)
		}
	}
	slices.SortStableFunc(m.Columns, func(a, b column) int {
		return cmp.Or(cmp.Compare(slices.Index(columnOrder, a.Ask), slices.Index(columnOrder, b.Ask)), strings.Compare(a.Reason, b.Reason))
	})
	rows := map[Situation]int{}
	for _, c := range cells {
		i, ok := rows[c.Situation]
		if !ok {
			i = len(m.Rows)
			rows[c.Situation] = i
			r := matrixRow{State: string(c.Situation.State), Rest: strings.TrimPrefix(c.Situation.Text, string(c.Situation.State))}
			r.Cells = make([]square, len(m.Columns))
			for n := range r.Cells {
				r.Cells[n].Detail = -1
			}
			m.Rows = append(m.Rows, r)
		}
		said := text.Shown(c.Result)
		said = cmp.Or(said, "not reached")
		m.Rows[i].Cells[slices.Index(m.Columns, column{c.Ask, c.Reason})] = square{Mark: c.mark, Symbol: c.symbol, Text: said, Detail: len(v.Details)}
		v.Details = append(v.Details, detail{
			Heading: "in " + c.Situation.Text + ", " + c.Asks(), Mark: c.mark, Result: said, Expected: c.Expected, Before: text.Shown(c.before),
			Why: text.Shown(c.Why), Rules: c.Rules, Sources: c.Sources, Rows: c.Rows, Request: text.Shown(c.Request), Answer: text.Shown(c.Answer),
		})
	}
	slices.SortStableFunc(m.Rows, func(a, b matrixRow) int {
		return cmp.Compare(slices.Index(stateOrder, a.State), slices.Index(stateOrder, b.State))
	})
	v.Matrices = append(v.Matrices, m)
}

var stateOrder = []string{
	"LOGOUT", "NOT_READY", "READY", "RESERVED", "RESERVED_OUTBOUND", "RESERVED_OUTBOUND_PREVIEW", "TALKING", "HOLD", "WORK", "WORK_READY",
}
