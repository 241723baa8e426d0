package reports_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"finesse-conformance/internal/reporttest"
	"finesse-conformance/reports"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// TestCauses: failures that show the same have one cause, with what it kept
// from being exercised; others stand alone.
func TestCauses(t *testing.T) {
	put := func(status int, body, media string) *reports.ExchangeRef {
		return &reports.ExchangeRef{Method: "PUT", As: "1001", Status: status, RequestBody: body, ResponseHeader: map[string]string{"content-type": media}}
	}
	fails := func(id string, m evidence.Mismatch, xpath string, x *reports.ExchangeRef) reports.Row {
		return reports.Row{ID: id, Outcome: evidence.Failed, Mismatch: &m, XPath: xpath, Exchange: x, Values: map[string]string{"id": "1001"}}
	}
	kept := func(id string, gap reports.Gap) reports.Row {
		return reports.Row{ID: id, Outcome: evidence.NotExercised, Gap: &gap}
	}
	answer := func(said string) evidence.Mismatch {
		return evidence.Mismatch{Kind: evidence.MismatchAnswer, Said: said}
	}
	move := func(kind evidence.MismatchKind, from, to spec.State) evidence.Mismatch {
		return evidence.Mismatch{Kind: kind, From: from, To: to}
	}
	other := fails("foreign", answer(""), "", put(202, "<b/>", ""))
	other.Values = map[string]string{"id": "1002"}
	for name, c := range map[string]struct {
		rows []reports.Row
		want string
	}{
		"one ErrorType, wherever it is told": {[]reports.Row{
			fails("a", answer("Illegal State"), "ApiErrors/ApiError/ErrorType", put(400, "<a/>", "application/xml")), fails("b", answer("Illegal State"), "", put(400, "<b/>", "application/xml")),
			fails("c", answer("Illegal State"), "", put(401, "<b/>", "application/xml")),
		}, "a b; c"},
		"one Content-Type, whatever the body": {[]reports.Row{
			fails("a", evidence.Mismatch{Kind: evidence.MismatchForm}, "", put(404, "", "text/html; charset=UTF-8")), fails("b", evidence.Mismatch{Kind: evidence.MismatchForm}, "html", put(200, "", "text/html")),
			fails("c", evidence.Mismatch{Kind: evidence.MismatchForm}, "User/state", put(200, "", "application/xml")),
		}, "a b; c"},
		"one state that is left": {[]reports.Row{
			fails("a", move(evidence.MismatchLeft, spec.Talking, spec.Ready), "", nil), fails("b", move(evidence.MismatchMoved, spec.Talking, spec.Ready), "", nil),
			fails("c", move(evidence.MismatchMoved, spec.Hold, spec.Ready), "", nil),
		}, "a b; c"},
		"one state that nobody leaves, and what waits for it": {[]reports.Row{
			kept("w", reports.Gap{Kind: evidence.GapPath, Waits: &evidence.Stranded{User: "1001", State: spec.Ready, Since: "gone"}}),
			fails("a", move(evidence.MismatchStayed, spec.Ready, spec.Ready), "", nil), fails("b", move(evidence.MismatchStayed, spec.Ready, spec.Ready), "", nil),
			kept("x", reports.Gap{Kind: evidence.GapPath, Instead: &evidence.Instead{Mismatch: move(evidence.MismatchStayed, spec.Ready, spec.Ready)}}),
			kept("y", reports.Gap{Kind: evidence.GapPath, Waits: &evidence.Stranded{Since: "a"}}), kept("z", reports.Gap{Kind: evidence.GapCast}),
		}, "a b (w x y)"},
		"what is accepted, by what was asked": {[]reports.Row{
			fails("a", answer(""), "", put(202, "<a/>", "")), fails("b", answer(""), "", put(202, "<b/>", "")),
			fails("c", evidence.Mismatch{Kind: evidence.MismatchMoved, From: spec.Logout, To: spec.Ready, Asked: spec.Ready}, "User/state", put(202, "<a/>", "")), other,
			fails("d", evidence.Mismatch{Kind: evidence.MismatchMoved, From: spec.Talking, To: spec.Ready, Asked: spec.NotReady}, "User/state", put(202, "<a/>", "")),
		}, "a c; b; foreign; d"},
		"no status that is wrong for one is for another": {[]reports.Row{
			fails("a", answer(""), "", put(201, "<a/>", "")), fails("b", answer(""), "", put(201, "<b/>", "")), fails("c", answer(""), "", put(500, "<b/>", "")),
		}, "a b; c"},
		"without data": {[]reports.Row{{ID: "a", Outcome: evidence.Failed}, {ID: "b", Outcome: evidence.Failed}}, "a; b"},
	} {
		r := &reports.Result{Requirements: c.rows, Cast: []reports.CastMember{{ID: "1001", Role: "supervisor"}}}
		r.Conclude()
		var got []string
		for _, g := range r.Failures {
			said := strings.Join(g.Requirements, " ")
			if len(g.Kept) > 0 {
				said += " (" + strings.Join(g.Kept, " ") + ")"
			}
			if g.Cause.Words() == "" {
				t.Errorf("%s: a cause without words: %+v", name, g.Cause)
			}
			got = append(got, said)
		}
		if diff := cmp.Diff(c.want, strings.Join(got, "; ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestCausesHideNothing: every failure is in one group, once, and a result that
// was written and read again has the same groups.
func TestCausesHideNothing(t *testing.T) {
	r := reporttest.Sample()
	seen := map[string]int{}
	for _, g := range r.Failures {
		for _, id := range g.Requirements {
			seen[id]++
		}
	}
	for _, row := range r.Requirements {
		if want := map[bool]int{true: 1}[row.Outcome == evidence.Failed]; seen[row.ID] != want {
			t.Errorf("%s is in %d groups", row.ID, seen[row.ID])
		}
	}
}
