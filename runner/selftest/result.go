package selftest

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/runner"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// result is what a selftest found out.
type result struct {
	Schema       string        `json:"schema"`
	Tool         reports.Tool  `json:"tool"`
	Spec         string        `json:"spec"` // digest of the contract
	Passed       bool          `json:"passed"`
	Whole        bool          `json:"whole"` // no pattern left anything out
	Variants     []variant     `json:"variants"`
	Faults       []fault       `json:"faults"`
	Requirements []requirement `json:"requirements"`
	// Unproven are the requirements that no fault made fail, INFO aside; only
	// a whole selftest can tell.
	Unproven []string `json:"unproven"`
	Trials   int      `json:"trials"`
	Repeated int      `json:"repeated"` // with longer times, because the first go was not as expected
	WallMS   int64    `json:"wall_ms"`
}

// variant is one conformant reference.
type variant struct {
	Name          string    `json:"name"`
	Deployment    string    `json:"deployment"`
	Notifications bool      `json:"notifications"`
	Exercised     int       `json:"exercised"`
	Problems      []finding `json:"problems,omitempty"`
}

// fault is one fault and what became of it.
type fault struct {
	Name    string     `json:"name"`
	Summary string     `json:"summary"`
	Page    string     `json:"page"`
	Caught  bool       `json:"caught"`
	By      []string   `json:"by"` // the requirements that caught it
	Runs    []faultRun `json:"runs"`
}

// faultRun is a fault on one deployment.
type faultRun struct {
	Deployment    string    `json:"deployment"`
	Notifications bool      `json:"notifications"`
	Caught        []finding `json:"caught"`
	Survived      []finding `json:"survived,omitempty"`
	Unexplained   []finding `json:"unexplained,omitempty"`
}

// requirement is a requirement and how many faults make it fail.
type requirement struct {
	ID     string     `json:"id"`
	Level  spec.Level `json:"level"`
	Faults int        `json:"faults"`
}

// sum makes the result of the trials.
func (a *prover) sum(o Options, trials []*trial, repeated int, took time.Duration) *result {
	r := &result{
		Schema: "finesse-conformance/selftest/v1", Tool: runner.Tool(), Spec: a.Catalogue.Digest(), Passed: true, Whole: len(o.Patterns) == 0,
		Variants: []variant{}, Faults: []fault{}, Unproven: []string{},
		Trials: len(trials), Repeated: repeated, WallMS: took.Milliseconds(),
	}
	breaks := map[string]int{}
	byName := map[string][]*trial{}
	for _, t := range trials {
		r.Passed = r.Passed && t.asExpected()
		if t.fault != nil {
			byName[t.name] = append(byName[t.name], t)
			continue
		}
		v := r.variant(t)
		v.Problems = append(v.Problems, t.unexplained()...)
		for _, verdict := range t.verdicts {
			if verdict.Outcome != evidence.NotExercised {
				v.Exercised++
			}
		}
	}
	for _, f := range reference.Faults() {
		ts := byName[f.Name]
		if len(ts) == 0 {
			if r.Whole {
				r.Passed = false
				r.Faults = append(r.Faults, fault{Name: f.Name, Summary: f.Summary, Page: f.Page, By: []string{}})
			}
			continue
		}
		sf := faultOf(f, ts)
		for _, id := range sf.By {
			breaks[id]++
		}
		r.Faults = append(r.Faults, sf)
	}
	for _, req := range a.Catalogue.All() {
		r.Requirements = append(r.Requirements, requirement{req.ID, req.Level, breaks[req.ID]})
		if r.Whole && req.Level != spec.Info && breaks[req.ID] == 0 {
			r.Unproven = append(r.Unproven, req.ID)
		}
	}
	r.Passed = r.Passed && len(r.Unproven) == 0
	return r
}

// faultOf sums up the trials of a fault.
func faultOf(f reference.Fault, trials []*trial) fault {
	sf := fault{Name: f.Name, Summary: f.Summary, Page: f.Page, Caught: true, By: []string{}}
	for _, t := range trials {
		run := faultRun{
			Deployment: t.deployment, Notifications: t.heard, Caught: t.caught(), Survived: t.survived(), Unexplained: t.unexplained(),
		}
		for _, c := range run.Caught {
			if !slices.Contains(sf.By, c.Requirement) {
				sf.By = append(sf.By, c.Requirement)
			}
		}
		sf.Caught = sf.Caught && len(run.Survived) == 0
		sf.Runs = append(sf.Runs, run)
	}
	return sf
}

// variant is the variant that a trial is a part of.
func (r *result) variant(t *trial) *variant {
	i := slices.IndexFunc(r.Variants, func(v variant) bool {
		return v.Name == t.name && v.Deployment == t.deployment && v.Notifications == t.heard
	})
	if i < 0 {
		i = len(r.Variants)
		r.Variants = append(r.Variants, variant{Name: t.name, Deployment: t.deployment, Notifications: t.heard})
	}
	return &r.Variants[i]
}

func (r *result) writeJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(r)
}

// write prints the matrix: for each fault the requirements that caught it,
// for each requirement how many faults make it fail, and everything that is
// not as it should be.
func (r *result) write(out io.Writer) error {
	w := bufio.NewWriter(out)
	bad := r.writeVariants(w)
	caught, unexplained := r.writeFaults(w)
	fmt.Fprintf(w, "\nrequirements, and how many faults make them fail\n")
	for _, req := range r.Requirements {
		if req.Level == spec.Info || !r.Whole && req.Faults == 0 {
			continue
		}
		fmt.Fprintf(w, "  %4d     %s\n", req.Faults, req.ID)
	}
	fmt.Fprintln(w)
	if len(r.Unproven) > 0 {
		fmt.Fprintf(w, "unproven, because no fault makes them fail: %s\n", strings.Join(r.Unproven, " "))
	}
	fmt.Fprintf(w, "%d of %d variants passed; %d faults: %d caught, %d survived; %d runs with failures that the fault does not explain\n",
		len(r.Variants)-bad, len(r.Variants), len(r.Faults), caught, len(r.Faults)-caught, unexplained)
	fmt.Fprintf(w, "%d runs (%d repeated with longer times) in %v\n", r.Trials, r.Repeated, (time.Duration(r.WallMS) * time.Millisecond).Round(100*time.Millisecond))
	if !r.Whole {
		fmt.Fprintln(w, "a part of the selftest: which requirements are unproven, only the whole one tells")
	}
	return w.Flush()
}

// writeVariants gives how many variants did not pass.
func (r *result) writeVariants(w io.Writer) (bad int) {
	fmt.Fprintf(w, "conformant variants of the reference\n")
	fine := map[string][]string{}
	var names []string
	for _, v := range r.Variants {
		where := place(v.Deployment, v.Notifications)
		if len(v.Problems) == 0 {
			if fine[v.Name] == nil {
				names = append(names, v.Name)
			}
			fine[v.Name] = append(fine[v.Name], where)
			continue
		}
		bad++
		fmt.Fprintf(w, "  FAILED   %s (%s)\n", v.Name, where)
		findings(w, v.Problems)
	}
	for _, name := range names {
		fmt.Fprintf(w, "  passed   %s (%s)\n", name, strings.Join(fine[name], ", "))
	}
	return bad
}

// writeFaults gives how many faults were caught, and how many runs had
// failures that their fault does not explain.
func (r *result) writeFaults(w io.Writer) (caught, unexplained int) {
	fmt.Fprintf(w, "\nfaults, and what caught them\n")
	for _, f := range r.Faults {
		word := "SURVIVED"
		if f.Caught {
			caught++
			word = "caught  "
		}
		fmt.Fprintf(w, "  %s %s: %s\n           by %s\n", word, f.Name, f.Summary, cmp.Or(strings.Join(f.By, " "), "nothing"))
		for _, run := range f.Runs {
			if len(run.Survived) > 0 {
				fmt.Fprintf(w, "           not by, on %s:\n", place(run.Deployment, run.Notifications))
				findings(w, run.Survived)
			}
			if len(run.Unexplained) > 0 {
				unexplained++
				fmt.Fprintf(w, "           UNEXPLAINED on %s:\n", place(run.Deployment, run.Notifications))
				findings(w, run.Unexplained)
			}
		}
	}
	return caught, unexplained
}

func place(deployment string, notifications bool) string {
	if notifications {
		return deployment + " with notifications"
	}
	return deployment
}

func findings(w io.Writer, list []finding) {
	for _, f := range list {
		fmt.Fprintf(w, "             %s: %s\n", f.Requirement, text.Truncate(strings.ReplaceAll(f.Reason, "\n", " "), 400))
	}
}

// WriteFaults lists the faults that the reference deployment can have.
func WriteFaults(out io.Writer) error {
	w := bufio.NewWriter(out)
	for _, f := range reference.Faults() {
		where := ""
		if len(f.Deployments) > 0 {
			where = " (" + strings.Join(f.Deployments, ", ") + ")"
		}
		fmt.Fprintf(w, "%s%s\n    %s [%s]\n", f.Name, where, f.Summary, f.Page)
	}
	return w.Flush()
}
