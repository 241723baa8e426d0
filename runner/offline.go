package runner

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"finesse-conformance/internal/exit"
	"finesse-conformance/reports"
	"finesse-conformance/reports/compare"
	"finesse-conformance/reports/console"
	"finesse-conformance/runner/config"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/judge"
	"finesse-conformance/suites/scenario/retry"
)

// Report renders one result again, or merges the results of a sharded run.
// A file may be a result or the evidence of a run. It gives the exit code
// that the run had, or the whole run would have had.
func (a *CLI) Report(names []string, run config.Run, markdown string, propose bool) (int, error) {
	with, err := readReportInputs(run)
	if err != nil {
		return 0, &exit.UsageError{Err: err}
	}
	var results []*reports.Result
	var all []*evidence.Evidence
	for _, name := range names {
		result, seen, err := a.open(name)
		if err != nil {
			return 0, &exit.UsageError{Err: err}
		}
		results, all = append(results, result), append(all, seen...)
	}
	result := results[0]
	if len(results) > 1 || result.Shard != nil { // one shard by itself is no certification
		if result, err = reports.Merge(results); err != nil {
			return 0, &exit.UsageError{Err: err}
		}
	}
	if propose {
		_, err := a.Out.Write(reports.ProposeWaivers(result))
		return reports.ExitConformant, err
	}
	if err := writable(&config.Config{Run: run}); err != nil {
		return 0, &exit.UsageError{Err: err}
	}
	with.mapped = mapBeside(names[0], result)
	code, err := a.publish(result, all, run, with)
	if err != nil || markdown == "" {
		return code, err
	}
	// Last: publishing has applied the waivers to the result.
	return a.end(code, writeFile(markdown, func(w io.Writer) error { return console.WriteMarkdown(w, result) }))
}

// open reads a result file, with the evidence where it lies beside it, or an
// evidence file. That of a run that was killed is judged first.
func (a *CLI) open(name string) (*reports.Result, []*evidence.Evidence, error) {
	if strings.HasSuffix(name, ".gz") {
		again := a.rejudging()
		result, seen, err := openEvidence(name, func(ev *evidence.Evidence, begun *reports.Result) {
			if begun != nil && begun.CutOff {
				again.see(ev)
			}
		})
		if err != nil || !result.CutOff {
			return result, seen, err
		}
		return again.conclude(result, seen).now, seen, nil
	}
	result, err := reports.Load(name)
	if err != nil {
		return nil, nil, err
	}
	other, seen, err := openEvidence(filepath.Join(filepath.Dir(name), evidenceName), nil)
	if err != nil || other.RunID != result.RunID || !other.Started.Equal(result.Started) {
		return result, nil, nil // of another run, or not there: the result stands by itself
	}
	return result, seen, nil
}

// readFrom reads a file; its errors name it.
func readFrom[T any](name string, read func(io.Reader) (*T, error)) (*T, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	what, err := read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return what, nil
}

func openEvidence(name string, see func(*evidence.Evidence, *reports.Result)) (*reports.Result, []*evidence.Evidence, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, err
	}
	result, seen, err := reports.ReadEvidence(f, see)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	return result, seen, nil
}

// Recheck judges the evidence of an old run again with the present contract,
// offline, and prints what would fail today that passed then, and the other
// way round. Of a run that was killed nobody has judged it before.
func (a *CLI) Recheck(name string, run config.Run) (int, error) {
	with, err := readReportInputs(run)
	if err != nil {
		return 0, &exit.UsageError{Err: err}
	}
	if err := writable(&config.Config{Run: run}); err != nil {
		return 0, &exit.UsageError{Err: err}
	}
	again, err := a.judgeAgain(name)
	if err != nil {
		return 0, &exit.UsageError{Err: err}
	}
	then, now := again.then, again.now
	if then.CutOff {
		fmt.Fprintf(a.Out, "%s is of a run that was killed: judged is what it had seen by then\n", name)
		return a.publish(now, again.seen, run, with)
	}
	c, err := compare.Results(then, now)
	if err != nil {
		return 0, &exit.UsageError{Err: err}
	}
	fmt.Fprintf(a.Out, "judged again with the contract %s; the run was judged with %s\n", short(now.Spec.Digest), short(then.Spec.Digest))
	if len(again.unjudged) > 0 {
		fmt.Fprintf(a.Out, "not judged again, since their answers were too long to be kept whole: %s\n", strings.Join(again.unjudged, ", "))
	}
	if err := c.WriteText(a.Out, console.Style{Color: a.Colour, Width: a.Width}); err != nil {
		return 0, err
	}
	return a.publish(now, again.seen, run, with)
}

// rejudged is what becomes of evidence that is judged with the present
// contract.
type rejudged struct {
	then, now *reports.Result
	seen      []*evidence.Evidence
	unjudged  []string // ids of requirements whose answers were not kept whole
}

// rejudging judges attempts one after the other, as they are read.
type rejudging struct {
	app       *CLI
	attempts  map[itemKey][]evidence.Verdict
	standing  *judge.Invariants
	shortened map[string]bool // whose answers were too long to be kept whole
}

func (a *CLI) rejudging() *rejudging {
	return &rejudging{a, map[itemKey][]evidence.Verdict{}, a.Judge.Invariants(), map[string]bool{}}
}

func (r *rejudging) see(ev *evidence.Evidence) {
	whole := ev.Whole()
	if req, ok := r.app.Catalogue.ByID(ev.Requirement); ok {
		key := itemKey{req.ID, ev.Repetition}
		of := append(r.attempts[key], r.app.Judge.Verdict(req, ev))
		if n := len(of); n > 1 && of[n-2].Gap.Kind == evidence.GapAway {
			of = slices.Delete(of, n-2, n-1) // the run did not count it either
		}
		r.attempts[key] = of
		r.shortened[req.ID] = r.shortened[req.ID] || !whole
	}
	r.standing.Add(ev)
}

// judgeAgain judges what an evidence file holds.
func (a *CLI) judgeAgain(name string) (*rejudged, error) {
	again := a.rejudging()
	then, all, err := openEvidence(name, func(ev *evidence.Evidence, _ *reports.Result) { again.see(ev) })
	if err != nil {
		return nil, err
	}
	return again.conclude(then, all), nil
}

// conclude puts the verdicts together.
func (r *rejudging) conclude(then *reports.Result, all []*evidence.Evidence) *rejudged {
	out := &rejudged{then: then, seen: all}
	again := judgedAgain(then, r.attempts)
	var verdicts []evidence.Verdict
	for _, req := range r.app.Catalogue.All() {
		row := then.Row(req.ID)
		switch {
		case r.shortened[req.ID] && row != nil:
			verdicts, out.unjudged = append(verdicts, row.Verdict()), append(out.unjudged, req.ID)
		case again[req.ID] != nil:
			verdicts = append(verdicts, *again[req.ID])
		case row != nil:
			verdicts = append(verdicts, row.Verdict())
		default:
			verdicts = append(verdicts, evidence.Verdict{
				Requirement: req.ID, Outcome: evidence.NotExercised, Reason: "the run did not know this requirement yet", Gap: evidence.Gap{Kind: evidence.GapOther}, Step: -1, Exchange: -1, Event: -1,
			})
		}
	}
	out.now = reports.Build(r.app.Catalogue, then.Run(all), r.standing.Conclude(verdicts))
	return out
}

// judgedAgain are the verdicts on the attempts at each requirement, put
// together as the run did.
func judgedAgain(then *reports.Result, attempts map[itemKey][]evidence.Verdict) map[string]*evidence.Verdict {
	var list []evidence.Verdict
	for key, of := range attempts {
		var was evidence.Verdict
		if row := then.Row(key.id); row != nil && row.Repetition == key.repetition {
			was = row.Verdict()
		}
		v := retry.Combine(of, was)
		v.Repetition = key.repetition
		list = append(list, v)
	}
	again := map[string]*evidence.Verdict{}
	for _, v := range retry.Repeated(list) {
		again[v.Requirement] = &v
	}
	return again
}

func short(digest string) string { return digest[:min(len(digest), 12)] }
