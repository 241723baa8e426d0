package reports_test

import (
	"strings"
	"testing"
	"time"

	"finesse-conformance/reports"
	"finesse-conformance/reports/reporttest"
	"finesse-conformance/suites/evidence"
)

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
