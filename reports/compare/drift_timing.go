package compare

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"finesse-conformance/reports"
)

// When latency and convergence count as drift: from this many samples on
// either side, when the medians differ by the factor and by the least
// difference that is more than the noise of a busy machine and of polling.
const (
	timingSamples   = 20
	timingFactor    = 2.0
	leastLatency    = 20.0  // ms
	leastConverging = 250.0 // ms
)

// timingDrifts compares the medians. All kinds of requests that became slower
// are one drift, told by the one of which there were most; and so for faster.
func timingDrifts(old, new *reports.Result) []Drift {
	var out []Drift
	for _, slower := range []bool{true, false} {
		if d := latencyDrift(old, new, slower); d != nil {
			out = append(out, *d)
		}
	}
	// A change is seen by a request: its latency explains as much.
	a, b := old.Timings.Margins, new.Timings.Margins
	slack := 2 * math.Abs(new.Timings.P50-old.Timings.P50)
	if min(a.Changes, b.Changes) >= timingSamples && differs(a.P50, b.P50, leastConverging+slack) {
		out = append(out, Drift{Kind: driftConvergence, Class: classCosmetic, What: "accepted changes",
			Old: medianText(a.P50, a.Changes), New: medianText(b.P50, b.Changes)})
	}
	return out
}

func latencyDrift(old, new *reports.Result, slower bool) *Drift {
	var a, b reports.Latency
	changed, compared := 0, 0
	for _, y := range new.Timings.Latency {
		i := slices.IndexFunc(old.Timings.Latency, func(x reports.Latency) bool { return x.Kind == y.Kind })
		if i < 0 || min(old.Timings.Latency[i].Requests, y.Requests) < timingSamples {
			continue
		}
		x := old.Timings.Latency[i]
		compared++
		if !differs(x.P50, y.P50, leastLatency) || slower != (y.P50 > x.P50) {
			continue
		}
		if changed++; y.Requests > b.Requests {
			a, b = x, y
		}
	}
	if changed == 0 {
		return nil
	}
	d := &Drift{Kind: driftLatency, Class: classCosmetic, What: b.Kind, Old: medianText(a.P50, a.Requests), New: medianText(b.P50, b.Requests)}
	if changed > 1 {
		d.New += fmt.Sprintf("; and %d of %d other kinds of requests", changed-1, compared-1)
	}
	return d
}

func differs(a, b, least float64) bool {
	return math.Abs(a-b) >= least && max(a, b) >= timingFactor*min(a, b)
}

func medianText(ms float64, samples int) string {
	return fmt.Sprintf("median %s ms of %d", strconv.FormatFloat(ms, 'f', -1, 64), samples)
}
