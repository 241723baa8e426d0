// Package exploration writes what random walks over a deployment came to: as
// data, as JUnit, in words, and of each finding a scenario and a script. It
// owns the form of explore.json. No other report imports it.
//
// No other module is promised anything of it: see docs/stability.md.
package exploration

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"finesse-conformance/reports"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/explore"
)

// SchemaID is what the member "schema" says.
const SchemaID = "finesse-conformance/explore/v1"

// Report is what explore.json holds. docs/exploration.md describes it.
type Report struct {
	Schema     string               `json:"schema"`
	Tool       reports.Tool         `json:"tool"`
	Spec       reports.SpecInfo     `json:"spec"`
	Target     reports.Target       `json:"target"`
	Embedded   bool                 `json:"embedded,omitempty"` // the target is the embedded reference, at whatever port
	Started    time.Time            `json:"started"`
	Finished   time.Time            `json:"finished"`
	Seed       uint64               `json:"seed"`
	Wanted     int                  `json:"steps_wanted"`
	Steps      int                  `json:"steps"`              // things done, with what came of them seen
	Walks      int                  `json:"walks"`              // all before it were played: where a resumed exploration goes on
	Played     int                  `json:"walks_played"`       // all of them, those of an exploration that was resumed too
	Unplayed   int                  `json:"unplayed,omitempty"` // walks that could not be begun
	Stopped    string               `json:"stopped,omitempty"`  // why it ended before its end
	Classes    []Class              `json:"classes"`
	Findings   []Finding            `json:"findings"`
	Unrestored []reports.Unrestored `json:"unrestored,omitempty"`
	Waivers    []reports.WaiverUse  `json:"waivers,omitempty"`
}

// Class is one class of rounds: the JUnit case.
type Class struct {
	ID     string `json:"id"` // EXP-<state>-alone, -row or -together
	Rounds int    `json:"rounds"`
	Steps  int    `json:"steps"`
}

// Finding is one deviation, shrunk.
type Finding struct {
	ID        string             `json:"id"` // of its class, with a number
	Certainty explore.Certainty  `json:"certainty"`
	Shown     int                `json:"shown"` // how often the shortest walk showed it
	Of        int                `json:"of"`    // of how many repetitions
	Steps     int                `json:"steps"`
	Sentence  string             `json:"sentence"`
	Expected  string             `json:"expected"`
	Seen      string             `json:"seen"`
	Sources   []string           `json:"sources,omitempty"` // where the rules are written that it breaks
	Scenario  string             `json:"scenario"`          // in the vocabulary of the catalogue
	Script    string             `json:"script"`            // with placeholders for passwords
	Walk      string             `json:"walk"`              // the one that was shrunk; the same of every exploration with this seed
	Replays   int                `json:"replays"`
	WaivedBy  *reports.WaiverRef `json:"waived_by,omitempty"`
}

// Fails reports whether a finding fails the exploration.
func (f Finding) Fails() bool { return f.Certainty != explore.Once && f.WaivedBy == nil }

// Add takes in what a search came to. What was found before it was resumed
// stays.
func (r *Report) Add(m *explore.Model, found explore.Result, url string, cite func(spec.Source) string) {
	r.Schema, r.Steps, r.Walks, r.Played, r.Unplayed = SchemaID, found.Steps, found.Walks, found.Played, found.Unplayed
	r.Classes = nil
	for _, c := range found.Classes {
		r.Classes = append(r.Classes, Class(c))
	}
	for _, f := range found.Findings {
		one := Finding{
			Certainty: f.Certainty, Shown: f.Shown, Of: f.Of, Steps: f.Walk.Steps(), Sentence: f.Sentence(),
			Expected: f.Deviation.Expected, Seen: f.Deviation.Seen, Scenario: m.Scenario(f), Script: m.Script(f, url),
			Walk: f.From.Name, Replays: f.Replays,
		}
		for _, s := range f.Deviation.Sources {
			one.Sources = append(one.Sources, cite(s))
		}
		if slices.ContainsFunc(r.Findings, func(o Finding) bool { return o.Sentence == one.Sentence }) {
			continue
		}
		n := 1
		for _, o := range r.Findings {
			if class(o.ID) == f.ID() {
				n++
			}
		}
		one.ID = fmt.Sprintf("%s.%d", f.ID(), n)
		r.Findings = append(r.Findings, one)
	}
}

// class gives the id of the class of a finding.
func class(finding string) string {
	id, _, _ := strings.Cut(finding, ".")
	return id
}

// ApplyWaivers lets those findings through that waivers name by id and reason,
// and gives those that are stale. Waivers of requirements are not its concern.
func (r *Report) ApplyWaivers(waivers []reports.Waiver, today time.Time) {
	var mine []reports.Waiver
	for _, w := range waivers {
		if strings.HasPrefix(w.Requirement, explore.Section) {
			mine = append(mine, w)
		}
	}
	rows := &reports.Result{Target: r.Target}
	for _, c := range r.Classes {
		if !slices.ContainsFunc(r.Findings, func(f Finding) bool { return class(f.ID) == c.ID }) {
			rows.Requirements = append(rows.Requirements, reports.Row{ID: c.ID, Outcome: evidence.Passed})
		}
	}
	for _, f := range r.Findings {
		if f.Certainty != explore.Once {
			rows.Requirements = append(rows.Requirements, reports.Row{ID: f.ID, Outcome: evidence.Failed, Reason: f.Sentence})
		}
	}
	rows.ApplyWaivers(mine, today)
	r.Waivers = rows.Waivers
	for i := range r.Findings {
		if row := rows.Row(r.Findings[i].ID); row != nil {
			r.Findings[i].WaivedBy = row.WaivedBy
		}
	}
}

// ExitCode is that of a run in which every class is a requirement.
func (r *Report) ExitCode() int {
	var codes []int
	if slices.ContainsFunc(r.Findings, Finding.Fails) {
		codes = append(codes, reports.ExitNonconformant)
	}
	if slices.ContainsFunc(r.Waivers, func(w reports.WaiverUse) bool { return w.Stale != "" }) {
		codes = append(codes, reports.ExitStaleWaiver)
	}
	if len(r.Classes) == 0 {
		codes = append(codes, reports.ExitTooLittle)
	}
	if len(r.Unrestored) > 0 {
		codes = append(codes, reports.ExitNotRestored)
	}
	return reports.Strongest(codes...)
}

// Write writes explore.json.
func (r *Report) Write(w io.Writer) error {
	return reports.WriteJSON(w, "the exploration", r, " ")
}

const mostBytes = 64 << 20 // of explore.json: twelve findings have a few hundred kB

// Read reads explore.json.
func Read(r io.Reader) (*Report, error) {
	var x Report
	if err := json.NewDecoder(io.LimitReader(r, mostBytes)).Decode(&x); err != nil {
		return nil, fmt.Errorf("no exploration, or cut short: %w", err)
	}
	if x.Schema != SchemaID {
		return nil, fmt.Errorf("no exploration: its schema is %q, not %q", x.Schema, SchemaID)
	}
	return &x, nil
}
