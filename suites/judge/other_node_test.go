package judge_test

import (
	"strings"
	"testing"
	"time"

	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// What the other node of a system of two shows is recorded, each deviation in
// words of its own, and figures apart from what comparisons hold.
func TestOtherNode(t *testing.T) {
	const (
		there = "https://finesse2.example.com:8445/finesse/api/User/1001"
		code  = `<ReasonCodes category="%"><ReasonCode><category>NOT_READY</category><code>1</code><label>Break</label><uri>/finesse/api/ReasonCode/1</uri></ReasonCode></ReasonCodes>`
	)
	changes := func(first, second evidence.OtherNode) *scene {
		s := begin(in(spec.NotReady)).puts(202, "").sees(0, in(spec.Ready)).converged().stays(in(spec.Ready))
		s.step().OtherNode = &first
		s.puts(202, "").sees(0, in(spec.NotReady)).converged().stays(in(spec.NotReady))
		s.step().OtherNode = &second
		return s
	}
	shown := evidence.OtherNode{Shown: true, Lag: 150 * time.Millisecond}
	signs := begin(in(spec.Logout)).puts(202, "").sees(0, in(spec.NotReady)).converged().stays(in(spec.NotReady))
	signs.step().OtherNode = &shown
	signs.puts(202, "").sees(0, in(spec.Ready)).converged().stays(in(spec.Ready))
	signs.step().OtherNode = &evidence.OtherNode{}
	pair := func(one, other string) *scene {
		return begin(in(spec.NotReady)).reads(one).asks("GET", there, 200, other)
	}
	rests := user{state: spec.NotReady, ext: "1001", changed: "2026-01-02T03:04:05.000Z"}
	later := rests
	later.changed = "2026-01-02T03:04:05.400Z"
	moved := rests
	moved.ext = "1002"
	clocks := begin(in(spec.NotReady)).asks("GET", "/finesse/api/SystemInfo", 200, "<SystemInfo><currentTimestamp>2026-01-02T03:04:05.200Z</currentTimestamp></SystemInfo>").
		asks("GET", there, 200, "<SystemInfo><currentTimestamp>2026-01-02T03:04:05.720Z</currentTimestamp></SystemInfo>")
	for _, test := range []struct {
		name, id      string
		scene         *scene
		note, passing string // a part of each
		want          evidence.Outcome
	}{
		{"both change", "NOD-01", changes(shown, shown), "", "", evidence.Info},
		{"the other stays", "NOD-01", changes(evidence.OtherNode{}, shown), "the other node still showed NOT_READY after 10s", "", evidence.Info},
		{"the other is silent", "NOD-01", changes(evidence.OtherNode{Exchange: -1}, shown), "", "", evidence.NotExercised},
		{"the lag", "NOD-02", signs, "within 150ms", "within 150ms; not shown by the other node for 10s", evidence.Info},
		{"clocks apart", "NOD-07", pair(rests.xml(), later.xml()), "", "", evidence.Info},
		{"another extension", "NOD-07", pair(rests.xml(), moved.xml()), `on the other node no User/extension "1001"`, "", evidence.Info},
		{"another status", "NOD-07", begin(in(spec.NotReady)).reads(rests.xml()).asks("GET", there, 404, ""), "404", "", evidence.Info},
		{"a code more", "NOD-03", begin(in(spec.NotReady)).reads(code).asks("GET", there, 200, strings.Replace(code, "</ReasonCodes>", "<ReasonCode/></ReasonCodes>", 1)).
			reads(code).asks("GET", there, 200, code), `on the other node ReasonCodes/ReasonCode ""`, "", evidence.Info},
		{"a skew", "NOD-06", clocks, "apart by 400ms, to within 20ms", "apart by 400ms", evidence.Info},
	} {
		v := test.scene.verdict(row(t, test.id))
		if v.Outcome != test.want || !strings.Contains(v.Observed.Note, test.note) || !strings.Contains(v.Observed.Passing, test.passing) {
			t.Errorf("%s: %s, note %q, passing %q: %s", test.name, v.Outcome, v.Observed.Note, v.Observed.Passing, v.Reason)
		}
		if test.note == "" && strings.Contains(v.Observed.Note, "saw") {
			t.Errorf("%s: %s", test.name, v.Observed.Note)
		}
	}
}

// Without the time in the body the header tells it, in whole seconds.
func TestSkewOfHeaders(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	told := func(date string) evidence.Exchange {
		return evidence.Exchange{Started: at, Duration: 10 * time.Millisecond, ResponseHeader: map[string]string{"Date": date}}
	}
	skew, within, ok := evidence.Skew(told("Fri, 02 Jan 2026 03:04:05 GMT"), told("Fri, 02 Jan 2026 03:04:08 GMT"))
	if !ok || skew != 3*time.Second || within < time.Second {
		t.Errorf("%v to within %v, %v", skew, within, ok)
	}
	if _, _, ok := evidence.Skew(told("now"), told("")); ok {
		t.Error("a clock is made of nothing")
	}
}
