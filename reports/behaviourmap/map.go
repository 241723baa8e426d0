// Package behaviourmap writes the behaviour map of a deployment: for every
// situation, every asker and every request what the target did, and how that
// stands to the guide; as data, as a page, as JUnit, and what differs between
// two maps. It owns the form of map.json. It imports the results and what the
// map asks (suites/behaviour); no other report imports it.
//
// No other module is promised anything of it: see docs/stability.md.
package behaviourmap

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"finesse-conformance/reports"
	"finesse-conformance/spec"
	"finesse-conformance/suites/behaviour"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/judge"
)

// SchemaID is what the member "schema" of a map says.
const SchemaID = "finesse-conformance/map/v1"

// Map is the behaviour of a target as map.json holds it.
type Map struct {
	Schema   string           `json:"schema"`
	Tool     reports.Tool     `json:"tool"`
	Spec     reports.SpecInfo `json:"spec"`
	Target   reports.Target   `json:"target"`
	RunID    string           `json:"run_id,omitempty"` // of the run that it was made with, as in its results
	Started  time.Time        `json:"started"`
	Finished time.Time        `json:"finished"`
	Summary  Summary          `json:"summary"`
	Cells    []Cell           `json:"cells"`
	// LeftOut are the rows for which the budget did not suffice, in the order
	// in which they would have been visited.
	LeftOut []string `json:"left_out,omitempty"`
}

// Summary counts the cells by their mark.
type Summary struct {
	AsDocumented int `json:"as_documented"`
	Against      int `json:"against"`
	Undocumented int `json:"undocumented"`
	NotReached   int `json:"not_reached"`
}

// Cell is one request and what came of it.
type Cell struct {
	Row       string         `json:"row"` // MAP-<state>-<asker>: the row of the matrix and the JUnit case
	Situation Situation      `json:"situation"`
	Who       spec.Actor     `json:"who"`
	Ask       string         `json:"ask"`
	Reason    string         `json:"reason"` // what went along as reasonCodeId: none, valid, wrong_category, unknown
	Mark      behaviour.Mark `json:"mark"`
	Result    string         `json:"result,omitempty"`   // what came of it, in a few words; two maps are compared by it
	Expected  string         `json:"expected,omitempty"` // what the guide demands; "" where it says nothing
	Why       string         `json:"why,omitempty"`      // why it is against the guide, or was not reached
	Rules     []string       `json:"rules,omitempty"`    // the rules that say so
	Sources   []Source       `json:"sources,omitempty"`  // where they are written
	Rows      []string       `json:"requirements,omitempty"`
	Request   string         `json:"request,omitempty"` // what was sent
	Answer    string         `json:"answer,omitempty"`  // what came back
	Visit     string         `json:"visit,omitempty"`   // the id under which the evidence has it
	Step      int            `json:"step"`              // and its step there
}

// Situation is where the user was.
type Situation struct {
	State   spec.State  `json:"state"`
	Call    spec.Call   `json:"call,omitempty"`
	Was     spec.State  `json:"was,omitempty"`
	Pending spec.State  `json:"pending,omitempty"`
	WrapUp  spec.Switch `json:"wrap_up,omitempty"`
	Text    string      `json:"text"`
}

// Source is a place where a rule is written.
type Source struct {
	Cite string `json:"cite"`
	URL  string `json:"url,omitempty"`
}

// Input is what a map is made of.
type Input struct {
	Judge    *judge.Judge
	Rows     []*behaviour.Row
	Evidence []*evidence.Evidence // of all visits, in order
	LeftOut  []string             // ids of rows for which there was no time
	Unmade   map[string]string    // why rows were not visited, by the ids of their requirements
	// Deployment is the kind of the target, by which error data differs.
	Deployment spec.Deployment
	// Points names the requirements of the catalogue that are points of a
	// cell; nil for none.
	Points func(spec.Cell) []string
}

// Build gives every cell what its visits come to.
func Build(m Map, in Input) *Map {
	m.Schema, m.LeftOut = SchemaID, in.LeftOut
	visits := map[string][]*evidence.Evidence{}
	for _, ev := range in.Evidence {
		id := behaviour.RowOf(ev.Requirement)
		visits[id] = append(visits[id], ev)
	}
	for _, row := range in.Rows {
		for _, seen := range row.Conclude(in.Judge, visits[row.Requirement.ID]) {
			m.Cells = append(m.Cells, cell(row, seen, visits[row.Requirement.ID], in))
		}
	}
	m.count()
	return &m
}

func (m *Map) count() {
	m.Summary = Summary{}
	for _, c := range m.Cells {
		switch c.Mark {
		case behaviour.AsDocumented:
			m.Summary.AsDocumented++
		case behaviour.Against:
			m.Summary.Against++
		case behaviour.Undocumented:
			m.Summary.Undocumented++
		default:
			m.Summary.NotReached++
		}
	}
}

func cell(row *behaviour.Row, seen behaviour.Seen, visits []*evidence.Evidence, in Input) Cell {
	s := row.Situation
	c := Cell{
		Row: row.ID(), Who: row.Who, Ask: seen.Cell.Ask, Reason: seen.Cell.Reason, Mark: seen.Mark, Result: seen.Result(),
		Situation: Situation{State: s.State, Call: s.Call, Was: s.Was, Pending: s.Pending, WrapUp: s.WrapUp, Text: behaviour.Describe(s)},
		Visit:     row.Requirement.ID, Step: seen.Cell.Step,
	}
	if seen.Cell.Demand.Documented() {
		c.Expected = demanded(seen.Cell.Demand.Then, in.Deployment)
	}
	if seen.Mark == behaviour.Against || seen.Mark == behaviour.NotReached {
		c.Why = seen.Verdict.Reason
		if c.Why == "" {
			c.Why = cmp.Or(in.Unmade[row.Requirement.ID], "it was not visited")
		}
	}
	for _, rule := range seen.Cell.Demand.Rules {
		c.Rules = append(c.Rules, rule.Name)
		for _, s := range rule.Sources {
			if at := (Source{s.Cite(), s.URL}); s.Guide != "" && !slices.Contains(c.Sources, at) {
				c.Sources = append(c.Sources, at)
			}
		}
	}
	if in.Points != nil {
		c.Rows = in.Points(seen.Cell.Cell)
	}
	for _, ev := range visits {
		if ev.Requirement != row.Requirement.ID || seen.Cell.Step >= len(ev.Steps) {
			continue
		}
		if n := ev.Steps[seen.Cell.Step].Exchange; n >= 0 && n < len(ev.Exchanges) {
			x := ev.Exchanges[n]
			c.Request = x.Method + " " + x.Path + "\n" + shortened(x.RequestBody)
			c.Answer = fmt.Sprintf("HTTP %d\n%s", x.Status, shortened(x.ResponseBody))
		}
	}
	return c
}

// demanded tells outcomes in words.
func demanded(then spec.Then, d spec.Deployment) string {
	words := make([]string, len(then))
	for i, o := range then {
		words[i] = o.Words(d)
	}
	return strings.Join(words, ", or ")
}

// Points gives the requirements of a catalogue by the cell that they are
// points of.
func Points(c *spec.Catalogue, d spec.Deployment, release spec.Release) func(spec.Cell) []string {
	rows := map[spec.Cell][]string{}
	for _, req := range c.Applicable(d, release) {
		for i, step := range req.Steps {
			if cell, ok := spec.CellOf(req, step); ok && (i == 0 || step.Again) && !slices.Contains(rows[cell], req.ID) {
				rows[cell] = append(rows[cell], req.ID)
			}
		}
	}
	return func(cell spec.Cell) []string {
		// A row that leaves open what the user was before is a point of all.
		found := slices.Clone(rows[cell])
		cell.Situation.Was = ""
		for _, id := range rows[cell] {
			if !slices.Contains(found, id) {
				found = append(found, id)
			}
		}
		return found
	}
}

// shortened keeps a page small: the evidence has the whole.
func shortened(body string) string {
	const most = 800
	if len(body) > most {
		return body[:most] + "…"
	}
	return body
}

// Write writes map.json.
func (m *Map) Write(w io.Writer) error {
	return reports.WriteJSON(w, "the map", m, " ")
}

// mostBytes is how large a map may be: a whole one has about 3 MB.
const mostBytes = 256 << 20

// Read reads a map. Another schema, and a mark that nobody knows, are errors.
func Read(r io.Reader) (*Map, error) {
	var m Map
	if err := json.NewDecoder(io.LimitReader(r, mostBytes)).Decode(&m); err != nil {
		return nil, fmt.Errorf("no map, or cut short: %w", err)
	}
	if m.Schema != SchemaID {
		return nil, fmt.Errorf("no map: its schema is %q, not %q", m.Schema, SchemaID)
	}
	if len(m.Cells) == 0 {
		return nil, errors.New("the map has no cells")
	}
	for _, c := range m.Cells {
		if !slices.Contains(behaviour.Marks(), c.Mark) {
			return nil, fmt.Errorf("the cell of %s that asks for %s has the mark %q, which nobody knows", c.Row, c.Ask, c.Mark)
		}
	}
	m.count()
	return &m, nil
}
