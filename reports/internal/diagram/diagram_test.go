package diagram

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"finesse-conformance/internal/contracttest"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// TestEveryRowIsDrawn: each row of a transition table is in an arrow with its
// ends, and only rows of the deployment are.
func TestEveryRowIsDrawn(t *testing.T) {
	c := catalogue(t)
	for _, d := range spec.Deployments() {
		drawn := map[string][]spec.State{}
		for _, a := range (Input{Deployment: d, Requirements: c.All()}).Arrows() {
			for _, q := range a.Rows {
				drawn[q.ID] = append(drawn[q.ID], a.From, a.To)
			}
		}
		for _, q := range c.All() {
			var want []spec.State
			if q.Transition != nil && slices.Contains(q.Deployments, d) {
				want = []spec.State{q.Transition.From, q.Transition.To}
				if q.Transition.Or != "" {
					want = append(want, q.Transition.From, q.Transition.Or)
				}
			}
			if diff := cmp.Diff(want, drawn[q.ID]); diff != "" {
				t.Errorf("%s: %s: %s", d, q.ID, diff)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	c := catalogue(t)
	list := func(d spec.Deployment) []string {
		var all []string
		for _, r := range (Input{Deployment: d, Requirements: c.All()}).Refusals() {
			all = append(all, string(r.From)+" → "+r.label()+" "+strings.Join(idsOf(r.Rows), " "))
		}
		return all
	}
	ucce, uccx := list(spec.UCCE), list(spec.UCCX)
	for _, want := range []string{
		"LOGOUT → NOT_READY SUP-06-LOGOUT ERR-11", "LOGOUT → READY SUP-16 ERR-12", "LOGOUT → LOGOUT SUP-08 ERR-09",
		"READY → LOGOUT ERR-10-READY", "READY → WORK ERR-13", "WORK_READY → LOGOUT ERR-10-WORK_READY",
		"NOT_READY → HOLD SUP-09-HOLD ERR-08-HOLD", "TALKING → NOT_READY (sup.) SUP-06-TALKING",
	} {
		if !slices.Contains(ucce, want) {
			t.Errorf("UCCE lacks %q in\n%s", want, strings.Join(ucce, "\n"))
		}
	}
	for _, want := range []string{"RESERVED_OUTBOUND → READY PND-07", "RESERVED_OUTBOUND_PREVIEW → READY PND-08"} {
		if !slices.Contains(uccx, want) {
			t.Errorf("UCCX lacks %q in\n%s", want, strings.Join(uccx, "\n"))
		}
	}
	for _, r := range append(ucce, uccx...) {
		switch {
		case strings.Contains(r, "SUP-14"), strings.Contains(r, "RSN-"), strings.Contains(r, "SUP-02"), strings.Contains(r, "PND-05"):
			t.Errorf("%q forbids no edge", r)
		case strings.HasPrefix(r, "TALKING → READY"), strings.HasPrefix(r, "TALKING → NOT_READY SUP"):
			t.Errorf("%q: a change that waits for the end of the call is not refused", r)
		}
	}
	if slices.ContainsFunc(uccx, func(r string) bool { return strings.HasPrefix(r, "READY → LOGOUT") }) {
		t.Error("UCCX signs out directly from READY")
	}
}

func row(id string, level spec.Level) *spec.Requirement {
	return &spec.Requirement{ID: id, Level: level, Title: id, Deployments: spec.Deployments()}
}

func TestMark(t *testing.T) {
	a, b, either := row("A-01", spec.Must), row("A-02", spec.Must), row("A-03", spec.Either)
	outcome := func(o evidence.Outcome) Outcome { return Outcome{Outcome: o} }
	tests := []struct {
		name     string
		rows     []*spec.Requirement
		refusal  bool
		outcomes map[string]Outcome
		want     Mark
	}{
		{"no outcomes", []*spec.Requirement{a}, false, nil, Plain},
		{"one", []*spec.Requirement{a}, false, map[string]Outcome{"A-01": outcome(evidence.Passed)}, "passed"},
		{"the failure counts", []*spec.Requirement{a, b}, false, map[string]Outcome{"A-01": outcome(evidence.Passed), "A-02": outcome(evidence.Failed)}, "failed"},
		{"what ran counts", []*spec.Requirement{a, b}, false, map[string]Outcome{"A-01": outcome(evidence.NotExercised), "A-02": outcome(evidence.Info)}, "info"},
		{"waived shows", []*spec.Requirement{a, b}, false, map[string]Outcome{"A-01": outcome(evidence.Waived), "A-02": outcome(evidence.Passed)}, "waived"},
		{"a row without outcome", []*spec.Requirement{a}, false, map[string]Outcome{}, "not_exercised"},
		{"refused, left open", []*spec.Requirement{either}, true, map[string]Outcome{"A-03": {evidence.Passed, "refused"}}, "passed"},
		{"let through, left open", []*spec.Requirement{either}, true, map[string]Outcome{"A-03": {evidence.Passed, "deferred"}}, LetThrough},
	}
	for _, test := range tests {
		if got := (Input{Outcomes: test.outcomes}).mark(test.rows, test.refusal); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

// TestWrite: the drawing is well-formed, says the same twice, names every
// requirement in a link, and shows each mark by a sign too, not by colour
// alone.
func TestWrite(t *testing.T) {
	c := catalogue(t)
	outcomes := map[string]Outcome{}
	for i, q := range c.All() {
		outcomes[q.ID] = Outcome{Outcome: []evidence.Outcome{evidence.Passed, evidence.Failed, evidence.NotExercised, evidence.Waived, evidence.Info}[i%5]}
	}
	for _, d := range spec.Deployments() {
		in := Input{Deployment: d, Requirements: c.All(), Outcomes: outcomes,
			Link: func(ids []string) string { return "#" + ids[0] }}
		text := draw(t, in)
		if text != draw(t, in) {
			t.Errorf("%s: two drawings of the same differ", d)
		}
		for _, a := range in.Arrows() {
			if !strings.Contains(text, `data-ids="`+strings.Join(idsOf(a.Rows), " ")+`"`) {
				t.Errorf("%s: no link to %v", d, idsOf(a.Rows))
			}
		}
		for _, r := range in.Refusals() {
			if !strings.Contains(text, `data-ids="`+strings.Join(idsOf(r.Rows), " ")+`"`) {
				t.Errorf("%s: no link to %v", d, idsOf(r.Rows))
			}
		}
		for _, m := range []Mark{"passed", "failed", "not_exercised", "waived", "info"} {
			if !strings.Contains(text, signs[m]) {
				t.Errorf("%s: the sign of %s is missing", d, m)
			}
			if !strings.Contains(text, ">"+markWords[m]+"</text>") {
				t.Errorf("%s: the legend lacks %s", d, m)
			}
		}
		if strings.Contains(text, "style") {
			t.Errorf("%s: styles inside, which a strict page forbids", d)
		}
	}
}

func TestStandalone(t *testing.T) {
	text := draw(t, Input{Deployment: spec.UCCE, Requirements: catalogue(t).All(), Standalone: true})
	for _, want := range []string{"prefers-color-scheme:dark", "<title id=", ">06 A<", ">07·37 D<", ">08 S<"} {
		if !strings.Contains(text, want) {
			t.Errorf("the drawing lacks %q", want)
		}
	}
	if strings.Contains(text, "<a ") {
		t.Error("links without addresses")
	}
}

// TestHostile: no text of the catalogue becomes markup.
func TestHostile(t *testing.T) {
	q := row(`TRN-X-"><script>`, spec.Must)
	q.Title = `</title><script>alert(1)</script>`
	q.Transition = &spec.Edge{From: spec.Ready, To: spec.Hold, Cause: spec.ByAgent}
	text := draw(t, Input{Deployment: spec.UCCE, Requirements: []*spec.Requirement{q}, Link: func(ids []string) string { return "#" + ids[0] }})
	if strings.Contains(text, "<script") {
		t.Error("a script came through")
	}
}

func draw(t *testing.T, in Input) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, in); err != nil {
		t.Fatal(err)
	}
	dec := xml.NewDecoder(bytes.NewReader(b.Bytes()))
	for {
		if _, err := dec.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
	}
	return b.String()
}

// What the drawing says below itself stays inside it, however much it is.
func TestLegendIsNotCutOff(t *testing.T) {
	c := contracttest.Catalogue()
	every := map[string]Outcome{}
	for i, q := range c.All() {
		every[q.ID] = Outcome{Outcome: []evidence.Outcome{evidence.Passed, evidence.Failed, evidence.Waived, evidence.Info, evidence.NotExercised, evidence.NotApplicable}[i%6]}
	}
	entry := regexp.MustCompile(`<g transform="translate\(([\d.]+) (\d+)\)">.*?<text x="([\d.]+)" y="4">([^<]*)</text>`)
	for _, d := range spec.Deployments() {
		for name, outcomes := range map[string]map[string]Outcome{"documented": nil, "of a run": every} {
			text := draw(t, Input{Deployment: d, Requirements: c.All(), Outcomes: outcomes, Standalone: true})
			_, legend, _ := strings.Cut(text, `class="d-legend"`)
			entries := entry.FindAllStringSubmatch(legend, -1)
			if len(entries) < 4 {
				t.Fatalf("%s, %s: %d entries", d, name, len(entries))
			}
			var tall int
			if _, err := fmt.Sscanf(text[strings.Index(text, "viewBox="):], `viewBox="0 0 1170 %d"`, &tall); err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				var x, y, words float64
				fmt.Sscan(e[1], &x)
				fmt.Sscan(e[2], &y)
				fmt.Sscan(e[3], &words)
				if right := 20 + x + words + 6.1*float64(len(html.UnescapeString(e[4]))); right > width || height+18+y+10 > float64(tall) {
					t.Errorf("%s, %s: %q ends at %.0f in row %.0f of a drawing of %d x %d", d, name, e[4], right, y, width, tall)
				}
			}
		}
	}
}
