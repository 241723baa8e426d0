package reports

import (
	"strings"
	"testing"
	"time"

	"finesse-conformance/suites/evidence"
)

func TestSteady(t *testing.T) {
	values := []string{"1001", "100", "host.example:8445", "host.example"}
	for _, tc := range []struct{ in, want string }{
		{"user 1001 on 10010 and a1001b, x100", "user … on 10010 and a1001b, x100"},
		{"/finesse/api/User/1001/Dialogs", "/finesse/api/User/…/Dialogs"},
		{"https://host.example:8445/x", "https://…/x"},
		{"257 and 1010 and 50006 stay, 1234567 goes", "257 and 1010 and 50006 stay, … goes"},
		{"at 2026-03-02T12:00:00.123Z, Mon, 02 Mar 2026 12:00:00 GMT", "at …, …"},
		{"after 1m2.5s, 20ms, 300µs", "after …, …, …"},
		{"3f2504e0-4f89-41d3-9a0c-0305e82c3301", "…"},
		{"TLS 1.2 and 1.3", "TLS 1.2 and 1.3"},
		{"port 43211 answered 301", "… answered 301"},
		{"10.0.0.1:8443", "…"},
	} {
		if got := steady(tc.in, values, "…"); got != tc.want {
			t.Errorf("steady(%q) is %q, want %q", tc.in, got, tc.want)
		}
	}
}

// What the run's own values are is no behaviour, whatever they look like.
func TestVolatileValues(t *testing.T) {
	r := &Result{Cast: []CastMember{{ID: "agent.7", Team: "55", Extension: "4711"}}, Target: Target{URL: "https://h1.example:8445/x"}}
	row := &Row{Values: map[string]string{"id": "agent.7", "state": "READY", "extension": "999"}}
	got := strings.Join(volatileValues(r, row), " ")
	if want := "agent.7 4711 agent.7 999 h1.example:8445 h1.example"; !sameWords(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
	observed := func(r *Result, message string) steadyView {
		row := *row
		row.Observed = &Observed{ErrorMessage: message}
		return steadyRow(r, &row)
	}
	other := &Result{Cast: []CastMember{{ID: "agent.8"}}}
	if a, b := observed(r, "no agent.7 here"), observed(other, "no agent.8 here"); a.ErrorMessage != b.ErrorMessage {
		t.Errorf("%q and %q differ only in the user's id", a.ErrorMessage, b.ErrorMessage)
	}
}

func sameWords(a, b string) bool {
	count := map[string]int{}
	for _, w := range strings.Fields(a) {
		count[w]++
	}
	for _, w := range strings.Fields(b) {
		count[w]--
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}

func TestTelling(t *testing.T) {
	for _, tc := range []struct {
		n, total, others int
		want             bool
	}{
		{3, 3, 1, true},      // in every one
		{1, 100, 100, false}, // once, by chance
		{5, 100, 100, true},  // five were to be expected
		{5, 100, 20, false},  // one was to be expected
		{3, 3, 0, false},     // nowhere to look
		{0, 0, 5, false},
	} {
		if got := telling(tc.n, tc.total, tc.others); got != tc.want {
			t.Errorf("telling(%d, %d, %d) is %v", tc.n, tc.total, tc.others, got)
		}
	}
}

func TestDiffers(t *testing.T) {
	for _, tc := range []struct {
		a, b, least float64
		want        bool
	}{
		{1, 15, 20, false}, {1, 25, 20, true}, {25, 1, 20, true}, {100, 150, 20, false}, {100, 200, 20, true},
	} {
		if got := differs(tc.a, tc.b, tc.least); got != tc.want {
			t.Errorf("differs(%v, %v, %v) is %v", tc.a, tc.b, tc.least, got)
		}
	}
}

func TestTimings(t *testing.T) {
	run := Run{Started: noon, Finished: noon.Add(3 * time.Second), PeakMemory: 7, Settings: Settings{SettleMS: 10000}}
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
	got := timings(run, 2)
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
