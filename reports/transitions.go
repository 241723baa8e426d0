package reports

import (
	"slices"
	"sort"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// Transitions tell which edges of the deployment's documented transition
// table a run took, and which it saw that the table does not have.
type Transitions struct {
	Documented   []EdgeUse  `json:"documented"`   // in the order of the table
	Undocumented []EdgeSeen `json:"undocumented"` // sorted by states
}

// EdgeUse is what became of a row of the table.
type EdgeUse struct {
	Requirement string           `json:"requirement"`
	From        string           `json:"from"` // "*" for any state
	To          string           `json:"to"`
	Cause       string           `json:"cause"`
	Outcome     evidence.Outcome `json:"outcome"` // of the requirement
	// TakenBy are the requirements in whose evidence a user went along the
	// edge, whatever caused it; the row's own first, where it holds.
	TakenBy  []string `json:"taken_by"`
	NotTaken string   `json:"not_taken,omitempty"` // why TakenBy is empty
}

// EdgeSeen is an edge that was seen and that the table does not have.
type EdgeSeen struct {
	From string `json:"from"`
	To   string `json:"to"`
	// By is a state by way of which the table has it: the state between may
	// have passed between two looks.
	By           string   `json:"by,omitempty"`
	Requirements []string `json:"requirements"` // in whose evidence it was seen, in the catalogue's order
}

type edge struct{ from, to spec.State }

// coverage compares what users were seen to do with the table.
func coverage(all []*spec.Requirement, d spec.Deployment, r *Result, seen []*evidence.Evidence) *Transitions {
	t := &Transitions{Documented: []EdgeUse{}, Undocumented: []EdgeSeen{}}
	order := map[string]int{}
	table := map[edge]bool{}
	for i, req := range all {
		order[req.ID] = i
		if req.Transition != nil && slices.Contains(req.Deployments, d) {
			table[edge{req.Transition.From, req.Transition.To}] = true
		}
	}
	taken := edgesSeen(seen, table)
	for i, req := range all {
		row := &r.Requirements[i]
		if req.Transition == nil || row.Outcome == evidence.NotApplicable || !slices.Contains(req.Deployments, d) {
			continue
		}
		use := EdgeUse{Requirement: req.ID, From: string(req.Transition.From), To: string(req.Transition.To),
			Cause: string(req.Transition.Cause), Outcome: row.Outcome, TakenBy: []string{}}
		for e, ids := range taken {
			if e.to == req.Transition.To && (e.from == req.Transition.From || use.From == "*") {
				use.TakenBy = append(use.TakenBy, ids...)
			}
		}
		if row.Outcome == evidence.Passed {
			use.TakenBy = append(use.TakenBy, req.ID)
		}
		use.TakenBy = ownFirst(use.TakenBy, req.ID, order)
		if len(use.TakenBy) == 0 {
			use.NotTaken = notTaken(row)
		}
		t.Documented = append(t.Documented, use)
	}
	for e, ids := range taken {
		if table[e] || table[edge{"*", e.to}] || throughLogin(e, table) {
			continue
		}
		t.Undocumented = append(t.Undocumented, EdgeSeen{From: string(e.from), To: string(e.to), By: between(e, table),
			Requirements: ownFirst(ids, "", order)})
	}
	t.sort()
	return t
}

func (t *Transitions) sort() {
	sort.Slice(t.Undocumented, func(i, j int) bool {
		a, b := t.Undocumented[i], t.Undocumented[j]
		return a.From < b.From || a.From == b.From && a.To < b.To
	})
}

func notTaken(row *Row) string {
	if row.Reason == "" {
		return "it was not seen"
	}
	return row.Reason
}

// edgesSeen gives for each edge the requirements in whose evidence a user
// went along it. LOGIN is a passing moment that is hardly ever seen: whoever
// was in LOGOUT and is signed in now went through it.
func edgesSeen(all []*evidence.Evidence, table map[edge]bool) map[edge][]string {
	taken := map[edge][]string{}
	add := func(e edge, id string) { taken[e] = append(taken[e], id) }
	for _, e := range all {
		last := map[string]spec.State{}
		for _, l := range e.Load().Observations {
			before, known := last[l.User]
			last[l.User] = l.State
			if !known || before == l.State || before == "" || l.State == "" {
				continue
			}
			step := edge{before, l.State}
			add(step, e.Requirement)
			if throughLogin(step, table) {
				if in := (edge{before, spec.Login}); table[in] {
					add(in, e.Requirement)
				}
				add(edge{spec.Login, l.State}, e.Requirement)
			}
		}
	}
	return taken
}

func throughLogin(e edge, table map[edge]bool) bool {
	return e.from == spec.Logout && table[edge{spec.Login, e.to}]
}

// between gives a state by way of which the table leads along the edge, the
// first in the order of names where there are several.
func between(e edge, table map[edge]bool) string {
	var by []string
	for first := range table {
		if first.from == e.from && table[edge{first.to, e.to}] {
			by = append(by, string(first.to))
		}
	}
	if len(by) == 0 {
		return ""
	}
	return slices.Min(by)
}

// ownFirst sorts ids by the catalogue's order, without doubles, own before
// the others.
func ownFirst(ids []string, own string, order map[string]int) []string {
	out := append([]string{}, ids...)
	rank := func(id string) int {
		if id == own {
			return -1
		}
		return order[id]
	}
	sort.Slice(out, func(i, j int) bool { return rank(out[i]) < rank(out[j]) })
	return slices.Compact(out)
}
