package runner

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"finesse-conformance/internal/text"
	"finesse-conformance/spec"
	"finesse-conformance/suites"
	"finesse-conformance/suites/navigate"
)

// TransitionRow is a documented transition as `list --transitions` shows it.
type TransitionRow struct {
	Deployment  spec.Deployment
	Requirement string // whose row it is
	From, To    string
	Cause       string
	Runs        string   // "", or with a plan yes or why not
	OnTheWayOf  []string // the requirements whose precondition is reached along it
}

// Transitions gives the transition tables of the deployments, with the
// requirements that go along each edge on their way. With a plan, also what a
// run on its target would do.
func (a *CLI) Transitions(deployments []spec.Deployment, plan []suites.Item) []TransitionRow {
	why := map[string]string{}
	for _, item := range plan {
		why[item.Requirement.ID] = "yes"
		if !item.Runs() {
			why[item.Requirement.ID] = "no: " + item.Why
		}
	}
	var rows []TransitionRow
	for _, d := range deployments {
		ways := a.waysAlong(d)
		for _, req := range a.Catalogue.All() {
			if req.Transition == nil || !slices.Contains(req.Deployments, d) {
				continue
			}
			to := string(req.Transition.To)
			if req.Transition.Or != "" {
				to += " or " + string(req.Transition.Or)
			}
			rows = append(rows, TransitionRow{
				Deployment: d, Requirement: req.ID, From: string(req.Transition.From), To: to,
				Cause: string(req.Transition.Cause), Runs: why[req.ID], OnTheWayOf: ways[req.ID],
			})
		}
	}
	return rows
}

// waysAlong gives, by the row of the table, the requirements whose way uses
// its edge, on a target that offers everything.
func (a *CLI) waysAlong(d spec.Deployment) map[string][]string {
	along := map[string][]string{}
	moves := a.Catalogue.Moves(d, newestRelease)
	for _, req := range a.Catalogue.All() {
		if req.Given.State == "" || !slices.Contains(req.Deployments, d) {
			continue
		}
		way, err := navigate.Find(moves, spec.Situation{State: spec.Logout}, req.Given, everything)
		if err != nil {
			continue // explain says why; here it just is on no way
		}
		for _, m := range way.Moves {
			for _, row := range m.Rows {
				if !slices.Contains(along[row], req.ID) {
					along[row] = append(along[row], req.ID)
				}
			}
		}
	}
	return along
}

// everything is the means of a target that offers all that is documented.
var everything = navigate.Means{Stimulus: func(spec.Stimulus) bool { return true }, Dialogs: true, Peer: true, Timer: true}

// newestRelease is later than any that exists.
var newestRelease = spec.Release{Major: 99, Maintenance: 1}

// WriteTransitions writes the rows as a table.
func WriteTransitions(w io.Writer, rows []TransitionRow) error {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	planned := len(rows) > 0 && rows[0].Runs != ""
	head := "DEPLOYMENT\tFROM\tTO\tCAUSE\tREQUIREMENT\tALSO TAKEN ON THE WAY OF"
	if planned {
		head = "DEPLOYMENT\tFROM\tTO\tCAUSE\tREQUIREMENT\tRUNS\tALSO TAKEN ON THE WAY OF"
	}
	fmt.Fprintln(tw, head)
	for _, r := range rows {
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t", r.Deployment, r.From, r.To, r.Cause, r.Requirement)
		if planned {
			fmt.Fprintf(tw, "%s\t", r.Runs)
		}
		fmt.Fprintln(tw, text.Few(r.OnTheWayOf, 4))
	}
	return tw.Flush()
}
