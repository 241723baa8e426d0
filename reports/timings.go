package reports

import (
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"finesse-conformance/internal/text"
	"finesse-conformance/suites/evidence"
)

// Timings are the figures of a run. Those in milliseconds have at most three
// decimals.
type Timings struct {
	Requests int     `json:"requests"`
	P50      float64 `json:"p50_ms"`
	P95      float64 `json:"p95_ms"`
	P99      float64 `json:"p99_ms"`
	Wall     float64 `json:"wall_ms"`
	// Waiting is all the time in which the run waited for what requirements
	// demand, added up over its processes.
	Waiting float64 `json:"waiting_ms"`
	// Bound is the part of it on the critical path: no run of these
	// requirements with these processes is faster.
	Bound float64 `json:"bound_ms"`
	// Ratio is Wall / Bound, 0 where there is no bound.
	Ratio      float64     `json:"ratio"`
	PeakMemory int64       `json:"peak_memory_bytes,omitempty"`
	Latency    []Latency   `json:"latency"`
	Margins    MarginStats `json:"convergence"`
}

// Latency is how long the target took for one kind of request.
type Latency struct {
	Kind     string  `json:"kind"` // such as "GET User"
	Requests int     `json:"requests"`
	P50      float64 `json:"p50_ms"`
	P95      float64 `json:"p95_ms"`
	P99      float64 `json:"p99_ms"`
	// Histogram is what merged results are computed from. The durations
	// themselves stand in the evidence.
	Histogram []Bin `json:"histogram"`
	// Samples are those of a result of an earlier program.
	Samples []sample `json:"samples,omitempty"`
}

// MarginStats are the convergence margins of a run: how long accepted changes
// took to show, of the settle time that is allowed.
type MarginStats struct {
	Changes   int      `json:"changes"`
	P50       float64  `json:"p50_ms"`
	P95       float64  `json:"p95_ms"`
	Max       float64  `json:"max_ms"`
	AllowedMS int64    `json:"allowed_ms"`
	Histogram []Bin    `json:"histogram"`
	Samples   []sample `json:"samples,omitempty"` // as in Latency
}

// timings computes the figures from the evidence of a run.
func timings(run Run, procs int) Timings {
	byKind := map[string][]float64{}
	var every, margins []float64
	var waiting, longest time.Duration
	allowed := run.Settings.SettleMS
	for _, e := range run.Evidence {
		e = e.Load()
		waiting += e.Waited
		longest = max(longest, e.Waited)
		for _, x := range e.Exchanges {
			if x.Status == 0 {
				continue // no answer says nothing of the target's speed
			}
			kind := requestKind(x.Method, x.Path)
			took := threeDigits(x.Duration)
			byKind[kind], every = append(byKind[kind], took), append(every, took)
		}
		for _, s := range e.Steps {
			if converged(s) {
				margins = append(margins, threeDigits(s.Converged))
				allowed = max(allowed, e.Target.Settle.Milliseconds())
			}
		}
	}
	t := Timings{Waiting: Millis(waiting), PeakMemory: run.PeakMemory}
	if !run.Finished.Before(run.Started) {
		t.Wall = Millis(run.Finished.Sub(run.Started))
	}
	bound := run.Bound
	if bound == 0 {
		bound = max(longest, waiting/time.Duration(procs))
	}
	t.Bound = Millis(bound)
	t.Latency = []Latency{}
	for _, kind := range slices.Sorted(maps.Keys(byKind)) {
		of := byKind[kind]
		slices.Sort(of)
		t.Latency = append(t.Latency, Latency{Kind: kind, Requests: len(of), P50: percentile(of, 50), P95: percentile(of, 95), P99: percentile(of, 99), Histogram: histogram(of)})
	}
	slices.Sort(every)
	t.Requests, t.P50, t.P95, t.P99 = len(every), percentile(every, 50), percentile(every, 95), percentile(every, 99)
	slices.Sort(margins)
	t.Margins = MarginStats{Changes: len(margins), P50: percentile(margins, 50), P95: percentile(margins, 95), Max: percentile(margins, 100),
		AllowedMS: allowed, Histogram: histogram(margins)}
	t.compareBound()
	return t
}

// sum computes what follows of a merged result: its percentiles are bounds of
// the histograms.
func (t *Timings) sum() {
	slices.SortFunc(t.Latency, func(a, b Latency) int { return strings.Compare(a.Kind, b.Kind) })
	every := []Bin{}
	for i := range t.Latency {
		l := &t.Latency[i]
		l.Requests = total(l.Histogram)
		l.P50, l.P95, l.P99 = percentileOf(l.Histogram, 50), percentileOf(l.Histogram, 95), percentileOf(l.Histogram, 99)
		every = together(every, l.Histogram)
	}
	t.Requests = total(every)
	t.P50, t.P95, t.P99 = percentileOf(every, 50), percentileOf(every, 95), percentileOf(every, 99)
	m := &t.Margins
	m.Changes, m.P50, m.P95 = total(m.Histogram), percentileOf(m.Histogram, 50), percentileOf(m.Histogram, 95)
	t.compareBound()
}

// compareBound computes how far from its bound the run was.
func (t *Timings) compareBound() {
	t.Ratio = 0
	if t.Bound > 0 {
		t.Ratio = math.Round(t.Wall/t.Bound*1000) / 1000
	}
}

// modernise puts histograms in the place of the samples of an earlier program.
func (t *Timings) modernise() {
	for i := range t.Latency {
		if l := &t.Latency[i]; l.Histogram == nil {
			l.Histogram, l.Samples = counted(l.Samples), nil
		}
	}
	if m := &t.Margins; m.Histogram == nil {
		m.Histogram, m.Samples = counted(m.Samples), nil
	}
}

// converged reports whether the step's change was accepted and seen. Steps
// without a request wait for timers and calls, whose time is not the
// target's choice.
func converged(s evidence.Step) bool { return s.Skipped == "" && s.Exchange >= 0 && s.Converged >= 0 }

// margin is the tightest margin of an attempt, nil when nothing converged.
func margin(e *evidence.Evidence) *Margin {
	var m *Margin
	for _, s := range e.Steps {
		if converged(s) && (m == nil || s.Converged.Milliseconds() > m.UsedMS) {
			m = &Margin{UsedMS: s.Converged.Milliseconds(), AllowedMS: e.Target.Settle.Milliseconds()}
		}
	}
	return m
}

var apiPath = text.Pattern(`/finesse/api/([A-Za-z]+)(?:/[^/?]+(?:/([A-Za-z]+))?)?`)

// requestKind names a request without its ids: "GET User",
// "GET User Dialogs", "PUT Dialog".
func requestKind(method, path string) string {
	m := apiPath().FindStringSubmatch(path)
	if m == nil {
		return method + " other"
	}
	return strings.TrimSpace(method + " " + m[1] + " " + m[2])
}
