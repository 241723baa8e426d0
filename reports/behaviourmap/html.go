package behaviourmap

import (
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"sync"

	"finesse-conformance/internal/text"
	"finesse-conformance/reports/diagram"
	"finesse-conformance/spec"
	"finesse-conformance/suites/behaviour"
)

//go:embed assets
var files embed.FS

var parsed = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("").ParseFS(files, "assets/*.html"))
})

// page is what the template shows.
type page struct {
	Style, Script template.HTML
	Policy        string
	Title         string
	Headline      string
	Bad           bool
	Facts         []string
	LeftOut       int
	Matrices      []matrix
	Details       []detail // by the number that a cell has
}

// matrix is what one asker may ask: situations down, requests across.
type matrix struct {
	ID, Title string
	Columns   []column
	Rows      []matrixRow
}

type column struct{ Ask, Reason string }

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
	s := m.Summary
	p := page{
		Title: "Behaviour map: " + text.Shown(m.Target.URL), Bad: s.Against > 0, LeftOut: len(m.LeftOut),
		Headline: fmt.Sprintf("%d of %d requests were answered against the guide", s.Against, len(m.Cells)-s.NotReached),
		Facts: []string{
			side(m), fmt.Sprintf("%d as documented", s.AsDocumented), fmt.Sprintf("%d of which the guide says nothing", s.Undocumented),
			fmt.Sprintf("%d not reached", s.NotReached),
		},
	}
	if !p.Bad {
		p.Headline = "Nothing that was asked was answered against the guide"
	}
	cells := make([]shownCell, len(m.Cells))
	for i, c := range m.Cells {
		cells[i] = shownCell{Cell: c, mark: string(c.Mark), symbol: c.Mark.Symbol()}
	}
	return p.write(w, cells)
}

// WriteHTML writes what changed between two maps as a matrix of differences.
func (c *Comparison) WriteHTML(w io.Writer) error {
	p := page{
		Title: "Behaviour compared", Bad: c.Worse(),
		Headline: fmt.Sprintf("%s changed", text.Count(len(c.Changed), "answer")),
		Facts:    []string{"old: " + text.Shown(c.Old), "new: " + text.Shown(c.New), fmt.Sprintf("%d as before", c.Same), fmt.Sprintf("%d seen in one of the two alone", c.Missing)},
	}
	if len(c.Changed) == 0 {
		p.Headline = "Everything that both have seen is answered as before"
	}
	cells := make([]shownCell, len(c.Changed))
	for i, ch := range c.Changed {
		cells[i] = shownCell{Cell: ch.Cell, mark: "changed", symbol: "≠", before: ch.Before}
		if ch.Worse() {
			cells[i].mark, cells[i].symbol = string(behaviour.Against), behaviour.Against.Symbol()
		}
	}
	return p.write(w, cells)
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

func (p page) write(w io.Writer, cells []shownCell) error {
	for _, who := range spec.Askers() {
		var mine []shownCell
		for _, c := range cells {
			if c.Who == who {
				mine = append(mine, c)
			}
		}
		if len(mine) > 0 {
			p.add(who, mine)
		}
	}
	style, err := files.ReadFile("assets/map.css")
	if err != nil {
		return err
	}
	script, err := files.ReadFile("assets/map.js")
	if err != nil {
		return err
	}
	css := diagram.Style() + string(style)
	p.Style, p.Script = template.HTML("<style>"+css+"</style>"), template.HTML("<script>"+string(script)+"</script>")
	p.Policy = "default-src 'none'; style-src '" + hashed(css) + "'; script-src '" + hashed(string(script)) + "'; base-uri 'none'; form-action 'none'"
	if err := parsed().ExecuteTemplate(w, "map.html", p); err != nil {
		return fmt.Errorf("writing the page of the map: %w", err)
	}
	return nil
}

func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// add makes the matrix of an asker.
func (p *page) add(who spec.Actor, cells []shownCell) {
	m := matrix{ID: string(who), Title: "What " + strings.ReplaceAll(string(who), "_", " ") + " may ask"}
	if who == spec.Self {
		m.Title = "What the user itself may ask"
	}
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
		if said == "" {
			said = "not reached"
		}
		m.Rows[i].Cells[slices.Index(m.Columns, column{c.Ask, c.Reason})] = square{Mark: c.mark, Symbol: c.symbol, Text: said, Detail: len(p.Details)}
		p.Details = append(p.Details, detail{
			Heading: "in " + c.Situation.Text + ", " + c.Asks(), Mark: c.mark, Result: said, Expected: c.Expected, Before: text.Shown(c.before),
			Why: text.Shown(c.Why), Rules: c.Rules, Sources: c.Sources, Rows: c.Rows, Request: text.Shown(c.Request), Answer: text.Shown(c.Answer),
		})
	}
	slices.SortStableFunc(m.Rows, func(a, b matrixRow) int {
		return cmp.Compare(slices.Index(stateOrder, a.State), slices.Index(stateOrder, b.State))
	})
	p.Matrices = append(p.Matrices, m)
}

var stateOrder = []string{
	"LOGOUT", "NOT_READY", "READY", "RESERVED", "RESERVED_OUTBOUND", "RESERVED_OUTBOUND_PREVIEW", "TALKING", "HOLD", "WORK", "WORK_READY",
}
