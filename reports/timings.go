package reports

import (
	"math"
	"slices"
	"sort"
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
	// Samples counts the durations by value, rounded to three digits, so that
	// results can be merged and percentiles computed again.
	Samples []Bucket `json:"samples"`
}

// Bucket is how often a duration was measured.
type Bucket struct {
	MS float64 `json:"ms"`
	N  int     `json:"n"`
}

// MarginStats are the convergence margins of a run: how long accepted changes
// took to show, of the settle time that is allowed.
type MarginStats struct {
	Changes   int      `json:"changes"`
	P50       float64  `json:"p50_ms"`
	P95       float64  `json:"p95_ms"`
	Max       float64  `json:"max_ms"`
	AllowedMS int64    `json:"allowed_ms"`
	Samples   []Bucket `json:"samples"`
}

// timings computes the figures from the evidence of a run.
func timings(run Run, procs int) Timings {
	byKind := map[string][]Bucket{}
	var margins []Bucket
	var waiting, longest time.Duration
	allowed := run.Settings.SettleMS
	for _, e := range run.Evidence {
		waiting += e.Waited
		longest = max(longest, e.Waited)
		for _, x := range e.Exchanges {
			if x.Status == 0 {
				continue // no answer says nothing of the target's speed
			}
			kind := requestKind(x.Method, x.Path)
			byKind[kind] = append(byKind[kind], Bucket{threeDigits(x.Duration), 1})
		}
		for _, s := range e.Steps {
			if converged(s) {
				margins = append(margins, Bucket{threeDigits(s.Converged), 1})
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
	for kind, samples := range byKind {
		t.Latency = append(t.Latency, Latency{Kind: kind, Samples: samples})
	}
	t.Margins = MarginStats{AllowedMS: allowed, Samples: margins}
	t.sum()
	return t
}

// sum computes everything that follows from the samples, the wall time and
// the bound.
func (t *Timings) sum() {
	sort.Slice(t.Latency, func(i, j int) bool { return t.Latency[i].Kind < t.Latency[j].Kind })
	var every []Bucket
	for i := range t.Latency {
		l := &t.Latency[i]
		l.Samples = tidy(l.Samples)
		l.Requests = total(l.Samples)
		l.P50, l.P95, l.P99 = percentile(l.Samples, 50), percentile(l.Samples, 95), percentile(l.Samples, 99)
		every = append(every, l.Samples...)
	}
	every = tidy(every)
	t.Requests = total(every)
	t.P50, t.P95, t.P99 = percentile(every, 50), percentile(every, 95), percentile(every, 99)
	m := &t.Margins
	m.Samples = tidy(m.Samples)
	m.Changes, m.P50, m.P95, m.Max = total(m.Samples), percentile(m.Samples, 50), percentile(m.Samples, 95), percentile(m.Samples, 100)
	t.Ratio = 0
	if t.Bound > 0 {
		t.Ratio = math.Round(t.Wall/t.Bound*1000) / 1000
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

// threeDigits rounds a duration to three significant digits, in milliseconds,
// and to no less than a hundredth of one.
func threeDigits(d time.Duration) float64 {
	us := float64(max(d, 0).Microseconds())
	if us < 1000 {
		return math.Round(us/10) / 100
	}
	unit := math.Pow(10, math.Floor(math.Log10(us))-2)
	return math.Round(us/unit) * unit / 1000
}

// tidy adds up equal values and sorts them.
func tidy(buckets []Bucket) []Bucket {
	n := map[float64]int{}
	for _, b := range buckets {
		n[b.MS] += b.N
	}
	out := make([]Bucket, 0, len(n))
	for ms, k := range n {
		out = append(out, Bucket{ms, k})
	}
	slices.SortFunc(out, func(a, b Bucket) int {
		if a.MS < b.MS {
			return -1
		}
		return 1
	})
	return out
}

func total(buckets []Bucket) int {
	n := 0
	for _, b := range buckets {
		n += b.N
	}
	return n
}

// percentile gives the smallest measured value that at least p percent of the
// sorted samples do not exceed, 0 without samples.
func percentile(buckets []Bucket, p float64) float64 {
	need := int(math.Ceil(float64(total(buckets)) * p / 100))
	for _, b := range buckets {
		if need -= b.N; need <= 0 {
			return b.MS
		}
	}
	return 0
}
