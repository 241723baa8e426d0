package selftest

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/internal/exit"
	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/runner"
	"finesse-conformance/runner/config"
	"finesse-conformance/spec"
)

// Options say how the suites are proven.
type Options struct {
	// Patterns pick faults and variants by name, * for any text; none is all.
	Patterns []string
	// Jobs is how many reference deployments are certified at the same time;
	// 0 for DefaultJobs. They wait more than they work.
	Jobs int
	// JSON prints the result as JSON.
	JSON bool
	// All exercises every requirement with every variant and fault, not only
	// some with a variant, and with a fault those that it breaks and some of
	// the others, and each with notifications and without, also where that
	// makes no difference to what it breaks.
	All bool
	// Once takes the first outcome of each run, as it is.
	Once bool
}

// DefaultJobs is the number of deployments certified side by side.
const DefaultJobs = 32

// prover is a selftest under way.
type prover struct {
	*runner.CLI
	timing func(pace int) config.Timing // how long things may take in a trial
	serve  func(reference.Config) (*runner.Embedded, runner.Subject, error)
	part   int // of how many requirements a variant's trials are, at most
	share  int // one in how many of these trials is done, unless all are asked for
}

func newProver(app *runner.CLI) *prover { return &prover{app, beats, onLoopback, 40, 3} }

// Run proves the suites: the conformant reference passes in all its
// variants, and every fault is caught by the requirements that it breaks and
// for the reason for which it breaks them. It prints what caught what and
// gives the exit code: 0 when all of that holds, else 1.
func Run(ctx context.Context, app *runner.CLI, o Options) (code int, err error) {
	return newProver(app).run(ctx, o)
}

func (a *prover) run(ctx context.Context, o Options) (code int, err error) {
	result, err := a.prove(ctx, o)
	switch {
	case err != nil:
		return 0, &exit.UsageError{Err: err}
	case ctx.Err() != nil:
		return reports.ExitInterrupted, nil
	}
	if o.JSON {
		err = result.writeJSON(a.Out)
	} else {
		err = result.write(a.Out)
	}
	if err != nil {
		return 0, err
	}
	if !result.Passed {
		return reports.ExitNonconformant, nil
	}
	return reports.ExitConformant, nil
}

func (a *prover) prove(ctx context.Context, o Options) (*result, error) {
	began := time.Now()
	trials, err := a.trials(o)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(trials, func(s, t *trial) int { return cmp.Compare(t.searches(), s.searches()) })
	measuring, stop := context.WithCancel(ctx)
	busy := takePulse(measuring)
	defer func() { stop(); busy.taken.Wait() }()
	progress := &counter{w: a.Err, terminal: a.Terminal, total: len(trials)}
	a.perform(ctx, trials, busy, o.Jobs, progress)
	repeated := 0
	if !o.Once {
		repeated = a.repeat(ctx, trials, busy, progress)
	}
	progress.end()
	return a.sum(o, trials, repeated, time.Since(began)), nil
}

// perform does the trials, some at the same time.
func (a *prover) perform(ctx context.Context, trials []*trial, busy *pulse, jobs int, progress *counter) {
	if jobs <= 0 {
		jobs = DefaultJobs
	}
	var wg sync.WaitGroup
	next := make(chan *trial)
	for range jobs {
		wg.Go(func() {
			for t := range next {
				t.pace = max(t.pace, busy.pace())
				a.attempt(ctx, t)
				progress.done(t)
			}
		})
	}
	for _, t := range trials {
		if ctx.Err() != nil {
			break
		}
		next <- t
	}
	close(next)
	wg.Wait()
}

// repeat does what did not come out as it should once more, with all times
// doubled and little beside it: a machine that was too busy for short times
// proves nothing about the suites. It gives how many trials that were.
func (a *prover) repeat(ctx context.Context, trials []*trial, busy *pulse, progress *counter) int {
	var again []*trial
	for _, t := range trials {
		if !t.asExpected() && ctx.Err() == nil {
			t.pace = min(2*t.pace, 8)
			t.repeated = true
			again = append(again, t)
		}
	}
	progress.total += len(again)
	a.perform(ctx, again, busy, 6, progress)
	return len(again)
}

// trials lists all that is to be certified: the variants of the conformant
// reference and every fault, on their deployments, with notifications and
// without. What takes longest comes first, so that nothing is waited for at
// the end.
func (a *prover) trials(o Options) ([]*trial, error) {
	for _, pattern := range o.Patterns {
		if _, err := path.Match(pattern, ""); err != nil {
			return nil, fmt.Errorf("--fault %q: %w", pattern, err)
		}
	}
	signs, err := Signs()
	if err != nil {
		return nil, err
	}
	list := a.variantTrials(o)
	for i, f := range reference.Faults() {
		list = append(list, a.faultTrials(o, i, f, signs[f.Name])...)
	}
	return pick(list, o.Patterns)
}

// variantTrials are those of the conformant references: each plays all of the
// catalogue that has nothing else about it, the others take turns at its parts.
func (a *prover) variantTrials(o Options) []*trial {
	var list []*trial
	n := 0
	for _, deployment := range []string{reference.UCCE, reference.UCCX} {
		for _, heard := range []bool{true, false} {
			for _, v := range variants(deployment, heard) {
				n++
				for i, part := range a.parts(deployment) {
					if !o.All && (n+i)%a.share != 0 && !strings.HasPrefix(v.name, "conformant") {
						continue
					}
					t := v
					t.only = part
					list = append(list, &t)
				}
			}
		}
	}
	return list
}

// faultTrials are those of the i-th fault.
func (a *prover) faultTrials(o Options, i int, f reference.Fault, signs []Sign) []*trial {
	var list []*trial
	for _, deployment := range []string{reference.UCCE, reference.UCCX} {
		if !f.AppliesTo(deployment) {
			continue
		}
		for _, heard := range []bool{false, true} {
			t := trial{name: f.Name, fault: &f, deployment: deployment, heard: heard, signs: signs}
			t.must = a.BrokenBy(f, deployment, heard)
			if len(t.must) == 0 && !f.FailsPreflight {
				continue
			}
			// As the variants: in one of the two ways where both must end
			// alike, and not the same one on both deployments.
			one := (i%2 == 0) == (deployment == reference.UCCE)
			if !o.All && heard != one && len(f.BreaksWithEvents) == 0 && len(a.BrokenBy(f, deployment, one)) > 0 {
				continue
			}
			if !o.All {
				t.only = a.affordable(f, t)
			}
			list = append(list, &t)
		}
	}
	return list
}

// pick keeps the trials whose name a pattern matches, all of them without
// one. A pattern that matches nothing is an error.
func pick(all []*trial, patterns []string) ([]*trial, error) {
	var list []*trial
	matched := map[string]bool{}
	for _, t := range all {
		picked := len(patterns) == 0
		for _, pattern := range patterns {
			if ok, _ := path.Match(pattern, t.name); ok {
				picked, matched[pattern] = true, true
			}
		}
		if picked {
			t.pace = 1
			list = append(list, t)
		}
	}
	for _, pattern := range patterns {
		if !matched[pattern] {
			var names []string
			for _, t := range all {
				names = append(names, t.name)
			}
			slices.Sort(names)
			return nil, fmt.Errorf("--fault %q matches no fault and no variant%s; --fault list shows their names", pattern, text.Perhaps(pattern, slices.Compact(names)))
		}
	}
	return list, nil
}

// parts splits the requirements of a deployment over several references of
// one kind: no run is much longer than the others.
func (a *prover) parts(deployment string) [][]string {
	reqs := a.Catalogue.Applicable(spec.Deployment(deployment), runner.ReferenceRelease)
	list := make([][]string, (len(reqs)+a.part-1)/a.part)
	for i, req := range reqs {
		list[i%len(list)] = append(list[i%len(list)], req.ID)
	}
	return list
}

// variants are the conformant references of a deployment: spelled as
// documented and as captured, answering 202 and 200, each choice that the
// guide leaves open, and what no rule forbids.
func variants(deployment string, heard bool) []trial {
	var list []trial
	add := func(name string, faults []string, b reference.Behaviour) {
		list = append(list, trial{name: name, deployment: deployment, heard: heard, behaviour: b, faults: faults})
	}
	add("conformant", nil, reference.Behaviour{})
	add("conformant-documented", nil, reference.Behaviour{Documented: true})
	add("conformant-200", nil, reference.Behaviour{Success: 200})
	add("conformant-documented-200", nil, reference.Behaviour{Documented: true, Success: 200})
	for i, alt := range reference.Alternatives() {
		// Each is tried with notifications on one deployment and without on
		// the other, where it shows on both.
		if alt.AppliesTo(deployment) && (len(alt.Deployments) == 1 || heard == (i%2 == 0) == (deployment == reference.UCCE)) {
			var b reference.Behaviour
			alt.Apply(&b)
			add("alternative-"+alt.Name, nil, b)
		}
	}
	for i, f := range reference.Harmless() {
		if f.AppliesTo(deployment) && (strings.Contains(f.Name, "event") && heard || !strings.Contains(f.Name, "event") && heard == (i%2 == 0) == (deployment == reference.UCCE)) {
			add(f.Name, []string{f.Name}, reference.Behaviour{})
		}
	}
	return list
}
