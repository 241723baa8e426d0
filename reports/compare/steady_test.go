package compare

import (
	"strings"
	"testing"

	"finesse-conformance/reports"
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
		if got := reports.Steady(tc.in, values, "…"); got != tc.want {
			t.Errorf("steady(%q) is %q, want %q", tc.in, got, tc.want)
		}
	}
}

// What the run's own values are is no behaviour, whatever they look like.
func TestVolatileValues(t *testing.T) {
	r := &reports.Result{Cast: []reports.CastMember{{ID: "agent.7", Team: "55", Extension: "4711"}}, Target: reports.Target{URL: "https://h1.example:8445/x"}}
	row := &reports.Row{Values: map[string]string{"id": "agent.7", "state": "READY", "extension": "999"}}
	got := strings.Join(reports.VolatileValues(r, row), " ")
	if want := "agent.7 4711 agent.7 999 h1.example:8445 h1.example"; !sameWords(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
	observed := func(r *reports.Result, message string) steadyView {
		row := *row
		row.Observed = &reports.Observed{ErrorMessage: message}
		return steadyRow(r, &row)
	}
	other := &reports.Result{Cast: []reports.CastMember{{ID: "agent.8"}}}
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
