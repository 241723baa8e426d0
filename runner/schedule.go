package runner

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/formatter"
	"github.com/onsi/ginkgo/v2/types"

	"finesse-conformance/reports"
	"finesse-conformance/suites"
	"finesse-conformance/suites/evidence"
)

// results are what a schedule brought in.
type results struct {
	outcomes   []suites.Outcome
	faults     []reports.HarnessFault
	unrestored []reports.Unrestored
	afterwards []*evidence.Evidence // of putting users back when the scenarios were over
	peakMemory int64                // of the processes beside this one, in bytes
	room       *evidence.Room       // for what was seen, nil before there was something
}

// add takes an outcome, and holds what was seen with it.
func (h *results) add(o suites.Outcome) {
	if h.room == nil {
		room := evidence.NewRoom()
		h.room = &room
	}
	o.Evidence = slices.Clone(o.Evidence) // whoever played it may hold it as it is
	for i, ev := range o.Evidence {
		o.Evidence[i] = h.room.Hold(ev)
	}
	h.outcomes = append(h.outcomes, o)
}

func (h *results) fault(requirement, message string) {
	h.faults = append(h.faults, reports.HarnessFault{Requirement: requirement, Message: message})
}

// inOrder exercises the items one after the other, as they stand, without a scheduler: for
// callers that make many runs in one process, which Ginkgo does not allow.
func inOrder(ctx context.Context, items []suites.Item, exercise suites.Exercise) *results {
	h := &results{}
	for _, item := range items {
		if !item.Runs() {
			continue
		}
		if ctx.Err() != nil {
			break
		}
		verdict, seen := exercise(ctx, item)
		h.add(suites.Outcome{Verdict: verdict, Evidence: seen})
	}
	return h
}

// withGinkgo has the items exercised by Ginkgo in this process. It can be
// called once in the life of a process.
func withGinkgo(ctx context.Context, name string, items []suites.Item, seed int64, exercise suites.Exercise) *results {
	h := &results{}
	silenceGinkgo()
	suites.Specs(name, items, func(within context.Context, item suites.Item) (evidence.Verdict, []*evidence.Evidence) {
		both, cancel := either(within, ctx)
		defer cancel()
		return exercise(both, item)
	})
	ginkgo.ReportAfterSuite("results", func(report ginkgo.Report) { h.collect(report.SpecReports) })
	suite, reporter := ginkgo.GinkgoConfiguration()
	configureGinkgo(&suite, &reporter, seed)
	suite.RandomizeAllSpecs = slices.ContainsFunc(items, func(i suites.Item) bool { return i.Rank != 0 }) // ranks order nothing otherwise
	ginkgo.RunSpecs(failure{}, name, suite, reporter)
	return h
}

// silenceGinkgo keeps Ginkgo's own report off the terminal: the run has its
// own, of the same facts.
func silenceGinkgo() {
	formatter.ColorableStdOut = io.Discard
	formatter.ColorableStdErr = io.Discard
}

// configureGinkgo: the run's own time limits are shorter than any of these.
func configureGinkgo(suite *types.SuiteConfig, reporter *types.ReporterConfig, seed int64) {
	suite.RandomSeed = seed
	suite.Timeout = 24 * time.Hour
	suite.GracePeriod = 15 * time.Minute
	suite.FailOnEmpty = false // nothing selected is told by the run's own verdict
	reporter.NoColor = true
	reporter.Succinct = true
}

// failure is the test that Ginkgo marks as failed; the verdicts say it all.
type failure struct{}

func (failure) Fail() {}

// collect takes the outcomes out of Ginkgo's report. A spec that ended
// without one says why in Ginkgo's words: a panic, a lost process.
func (h *results) collect(list types.SpecReports) {
	for _, report := range list {
		if report.LeafNodeType != types.NodeTypeIt {
			if report.State.Is(types.SpecStateFailureStates) {
				h.fault("", report.LeafNodeType.String()+": "+report.FailureMessage())
			}
			continue
		}
		outcome, ok, err := suites.OutcomeOf(report)
		switch {
		case err != nil:
			h.fault(suites.RequirementOf(report), "its outcome could not be read: "+err.Error())
		case ok:
			h.add(outcome)
		case report.State.Is(types.SpecStatePanicked):
			h.fault(suites.RequirementOf(report), fmt.Sprintf("panic: %s\n%s", report.Failure.ForwardedPanic, report.Failure.Location.FullStackTrace))
		}
	}
}

// either gives a context that ends with the first of two.
func either(a, b context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(a)
	stop := context.AfterFunc(b, func() { cancel(context.Cause(b)) })
	return ctx, func() { stop(); cancel(nil) }
}
