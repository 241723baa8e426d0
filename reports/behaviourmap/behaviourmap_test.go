package behaviourmap_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"finesse-conformance/internal/reporttest"
	"finesse-conformance/reports"
	"finesse-conformance/reports/behaviourmap"
	"finesse-conformance/reports/junit"
	"finesse-conformance/spec"
	"finesse-conformance/suites/behaviour"
)

const hostile = `</script><script>alert(1)</script>"><img src=x onerror=alert(1)>##[error]x` + "\u202e\x1b[31m"

// sample is a map of four cells, one of each mark, whose target sends what it
// should not.
func sample() *behaviourmap.Map {
	cell := func(ask string, m behaviour.Mark, result string) behaviourmap.Cell {
		return behaviourmap.Cell{
			Row: "MAP-READY-self", Situation: behaviourmap.Situation{State: spec.Ready, Text: "READY"}, Who: spec.Self, Ask: ask, Reason: spec.ReasonNone,
			Mark: m, Result: result, Expected: "202 or 200, then " + ask, Why: hostile, Request: "PUT", Answer: hostile,
			Sources: []behaviourmap.Source{{Cite: "DG12.5 p.43", URL: "javascript:alert(1)"}},
		}
	}
	return &behaviourmap.Map{
		Schema: behaviourmap.SchemaID, Target: reports.Target{URL: "https://f.example", Deployment: "UCCE", Release: "12.5(1)"}, Started: time.Unix(1e9, 0),
		Cells: []behaviourmap.Cell{
			cell("NOT_READY", behaviour.AsDocumented, "202 → NOT_READY"), cell("LOGOUT", behaviour.Against, hostile),
			cell("READY", behaviour.Undocumented, "202 stays"), cell("WORK", behaviour.NotReached, ""),
		},
	}
}

// A map is read as it was written, and what is no map is refused.
func TestReadAndWrite(t *testing.T) {
	var b bytes.Buffer
	if err := sample().Write(&b); err != nil {
		t.Fatal(err)
	}
	m, err := behaviourmap.Read(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if want := (behaviourmap.Summary{AsDocumented: 1, Against: 1, Undocumented: 1, NotReached: 1}); m.Summary != want {
		t.Errorf("counted %+v", m.Summary)
	}
	for name, text := range map[string]string{
		"empty": "", "cut short": b.String()[:b.Len()/2], "a result": `{"schema":"finesse-conformance/results/v1"}`,
		"no cells":     `{"schema":"finesse-conformance/map/v1","cells":[]}`,
		"another mark": strings.Replace(b.String(), `"mark": "against"`, `"mark": "perhaps"`, 1),
	} {
		if m, err := behaviourmap.Read(strings.NewReader(text)); err == nil {
			t.Errorf("%s was read as %+v", name, m)
		}
	}
}

// A heading says no more than what was asked tells.
func TestHeading(t *testing.T) {
	for want, change := range map[string]func(*behaviourmap.Map){
		"AGAINST THE GUIDE ":                func(*behaviourmap.Map) {},
		"NOTHING AGAINST THE GUIDE https":   func(m *behaviourmap.Map) { m.Cells = m.Cells[:1] },
		"NOTHING AGAINST THE GUIDE SO FAR ": func(m *behaviourmap.Map) { m.Cells, m.LeftOut = m.Cells[:1], []string{"MAP-HOLD-self"} },
		"NOTHING WAS ASKED ":                func(m *behaviourmap.Map) { m.Cells, m.LeftOut = m.Cells[3:], []string{"MAP-HOLD-self"} },
	} {
		m := sample()
		change(m)
		var b, text bytes.Buffer
		if err := m.Write(&b); err != nil {
			t.Fatal(err)
		}
		m, err := behaviourmap.Read(&b) // which counts the cells
		if err := errors.Join(err, m.WriteText(&text, "map.html")); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(text.String(), want) {
			t.Errorf("want %q, got %.80q", want, text.String())
		}
	}
}

// Whatever a target sends is text on the page, in JUnit and on the terminal.
func TestHostileTargets(t *testing.T) {
	m := sample()
	var page, terminal, xml bytes.Buffer
	if err := m.WriteHTML(&page); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<script>alert", "<img", "\u202e", "\x1b"} {
		if strings.Contains(page.String(), bad) {
			t.Errorf("%q is in the page", bad)
		}
	}
	if err := m.WriteText(&terminal, "map.html"); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(terminal.String(), "\x1b\u202e") {
		t.Errorf("the terminal gets %q", terminal.String())
	}
	if err := junit.Encode(&xml, junit.Suites{Suites: []junit.Suite{m.Suite()}}); err != nil {
		t.Fatal(err)
	}
	if err := reporttest.ValidJUnit(t, xml.Bytes()); err != nil {
		t.Error(err)
	}
}

// Only an answer that both have seen can have changed; one that is against the
// guide now makes it worse, one that no longer is does not.
func TestCompare(t *testing.T) {
	old, now := sample(), sample()
	now.Cells[0].Mark, now.Cells[0].Result = behaviour.Against, "400 Invalid State"
	now.Cells[1].Mark, now.Cells[1].Result = behaviour.AsDocumented, "202 → LOGOUT"
	now.Cells[3].Mark, now.Cells[3].Result = behaviour.AsDocumented, "202 → WORK"
	c, err := behaviourmap.Compare(old, now)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Changed) != 2 || c.Same != 1 || c.Missing != 1 || !c.Worse() {
		t.Errorf("%+v", c)
	}
	if back, err := behaviourmap.Compare(now, old); err != nil || !back.Worse() || len(back.Changed) != 2 {
		t.Errorf("%+v, %v", back, err)
	}
	if none, err := behaviourmap.Compare(old, old); err != nil || none.Same != 3 || none.Missing != 0 {
		t.Errorf("what neither has seen: %+v, %v", none, err)
	}
	var text, xml, page, md bytes.Buffer
	for _, err := range []error{c.WriteText(&text), c.WriteJUnit(&xml, false), c.WriteHTML(&page), c.WriteMarkdown(&md)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if want := "! in READY, PUT NOT_READY: 202 → NOT_READY before, 400 Invalid State now\n"; !strings.Contains(text.String(), want) {
		t.Errorf("no %q in\n%s", want, text.String())
	}
	if err := reporttest.ValidJUnit(t, xml.Bytes()); err != nil || strings.Count(xml.String(), "<failure") != 1 {
		t.Errorf("%v\n%s", err, xml.String())
	}
	if strings.Contains(page.String()+md.String(), "<img") {
		t.Error("markup of the target is in the comparison")
	}
	now.Target.Deployment = "UCCX"
	if _, err := behaviourmap.Compare(old, now); err == nil {
		t.Error("maps of two kinds of deployment were compared")
	}
}
