package reports_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"finesse-conformance/internal/reporttest"
	"finesse-conformance/reports"
	"finesse-conformance/suites/evidence"
)

// A histogram has every duration at the bound that it does not exceed.
func TestHistogram(t *testing.T) {
	run := reports.Run{}
	e := &evidence.Evidence{}
	for _, took := range []time.Duration{0, 10 * time.Microsecond, 11 * time.Microsecond, 10 * time.Millisecond, 10100 * time.Microsecond, 12 * time.Millisecond, 99 * time.Second} {
		e.Exchanges = append(e.Exchanges, evidence.Exchange{Method: "GET", Path: "/x", Status: 200, Duration: took})
	}
	run.Evidence = []*evidence.Evidence{e}
	got := reports.TimingsOf(run, 1).Latency[0]
	want := []reports.Bin{{LE: 0.01, N: 3}, {LE: 10, N: 1}, {LE: 12, N: 2}, {LE: 100000, N: 1}}
	if diff := cmp.Diff(want, got.Histogram); diff != "" {
		t.Error(diff)
	}
}

// What an earlier program counted as samples is read as a histogram, with the
// figures that it computed; results of both kinds merge.
func TestSamplesOfAnEarlierProgram(t *testing.T) {
	const old = `{"schema": "finesse-conformance/results/v1", "requirements": [{"id": "A", "level": "MUST", "outcome": "passed"}],
		"timings": {"requests": 3, "p50_ms": 4.07, "latency": [{"kind": "GET User", "requests": 3, "p50_ms": 4.07, "samples": [{"ms": 4.07, "n": 2}, {"ms": 40, "n": 1}]}],
		"convergence": {"changes": 1, "max_ms": 333, "samples": [{"ms": 333, "n": 1}]}}}`
	r, err := reports.Read(strings.NewReader(old))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]reports.Bin{{LE: 4.7, N: 2}, {LE: 47, N: 1}}, r.Timings.Latency[0].Histogram); diff != "" {
		t.Error(diff)
	}
	if r.Timings.P50 != 4.07 || r.Timings.Latency[0].P50 != 4.07 || len(r.Timings.Margins.Histogram) != 1 {
		t.Errorf("%+v", r.Timings)
	}
	var written bytes.Buffer
	if err := reports.Write(&written, r); err != nil || strings.Contains(written.String(), "samples") {
		t.Errorf("%v, %s", err, &written)
	}
	shards := sharded(2)
	shards[1].Timings = r.Timings
	merged, err := reports.Merge(shards)
	if err != nil {
		t.Fatal(err)
	}
	if m := merged.Timings; m.Requests != shards[0].Timings.Requests+3 || m.Margins.Max < 333 {
		t.Errorf("%+v", m)
	}
}

func TestTimings(t *testing.T) {
	run := reports.Run{Started: reporttest.Noon, Finished: reporttest.Noon.Add(3 * time.Second), PeakMemory: 7, Settings: reports.Settings{SettleMS: 10000}}
	e := &evidence.Evidence{Waited: time.Second, Target: evidence.Target{Settle: 10 * time.Second}, Steps: []evidence.Step{
		{Exchange: 0, Converged: 400 * time.Millisecond}, {Exchange: 0, Converged: -1}, {Exchange: -1, Converged: 9 * time.Second},
		{Exchange: 0, Converged: 5 * time.Second, Skipped: "in the state already"},
	}}
	for i := 1; i <= 100; i++ {
		e.Exchanges = append(e.Exchanges, evidence.Exchange{Method: "GET", Path: "/finesse/api/User/1", Status: 200, Duration: time.Duration(i) * time.Millisecond})
	}
	e.Exchanges = append(e.Exchanges,
		evidence.Exchange{Method: "GET", Path: "/finesse/api/User/1", Err: "timed out", Duration: time.Hour},
		evidence.Exchange{Method: "PUT", Path: "/finesse/api/User/1/", Status: 202, Duration: 123456 * time.Microsecond},
		evidence.Exchange{Method: "GET", Path: "/finesse/api/User/1/Dialogs", Status: 200, Duration: 7 * time.Microsecond},
		evidence.Exchange{Method: "GET", Path: "/else", Status: 200})
	run.Evidence = []*evidence.Evidence{e, {Waited: 3 * time.Second}}
	got := reports.TimingsOf(run, 2)
	if got.Requests != 103 || got.P50 != 50 || got.P95 != 96 || got.P99 != 100 || got.Wall != 3000 || got.PeakMemory != 7 {
		t.Errorf("got %+v", got)
	}
	// Two processes wait at least half of it all, and one of them the longest.
	if got.Waiting != 4000 || got.Bound != 3000 || got.Ratio != 1 {
		t.Errorf("waiting %v, bound %v, ratio %v", got.Waiting, got.Bound, got.Ratio)
	}
	if m := got.Margins; m.Changes != 1 || m.Max != 400 || m.AllowedMS != 10000 {
		t.Errorf("margins %+v", m)
	}
	var kinds []string
	for _, l := range got.Latency {
		kinds = append(kinds, l.Kind)
	}
	if text := strings.Join(kinds, ", "); text != "GET User, GET User Dialogs, GET other, PUT User" {
		t.Errorf("kinds %s", text)
	}
	if p := got.Latency[3].P50; p != 123 {
		t.Errorf("123.456 ms stand as %v", p)
	}
	if p := got.Latency[1].P50; p != 0.01 {
		t.Errorf("7 µs stand as %v", p)
	}
}
