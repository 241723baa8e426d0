package reports_test

import (
	"bytes"
	"testing"

	"finesse-conformance/internal/contracttest"
	"finesse-conformance/internal/reporttest"
	"finesse-conformance/reports"
	"finesse-conformance/reports/har"
	"finesse-conformance/reports/html"
	"finesse-conformance/suites/evidence"
)

// Every report is the same whether the evidence is held as it is or packed.
func TestPackedEvidence(t *testing.T) {
	t.Parallel()
	catalogue := contracttest.Catalogue()
	packed := func(all []*evidence.Evidence) (list []*evidence.Evidence) {
		for _, e := range all {
			held := new(evidence.Room).Hold(e)
			if held.Packed == nil && len(e.Exchanges) > 0 {
				t.Fatal("it is not packed")
			}
			list = append(list, held)
		}
		return list
	}
	verdicts := []evidence.Verdict{}
	for id := range reports.ByRequirement(reporttest.SampleRun().Evidence) {
		verdicts = append(verdicts, evidence.Verdict{Requirement: id, Outcome: evidence.Failed, Attempts: 1, Step: 0, Exchange: 0, Event: -1})
	}
	all := func(pack func([]*evidence.Evidence) []*evidence.Evidence) map[string]string {
		run := reporttest.SampleRun()
		run.Evidence = pack(run.Evidence)
		result := reports.Build(catalogue, run, verdicts)
		return map[string]string{
			"result":   string(reporttest.Rendered(t, func(b *bytes.Buffer) error { return reports.Write(b, result) })),
			"evidence": string(reporttest.Rendered(t, func(b *bytes.Buffer) error { return reports.WriteEvidence(b, result, run.Evidence) })),
			"har":      string(reporttest.Rendered(t, func(b *bytes.Buffer) error { return har.Write(b, result, run.Evidence) })),
			"html": string(reporttest.Rendered(t, func(b *bytes.Buffer) error {
				return html.Write(b, html.Input{Result: result, Catalogue: catalogue, Evidence: run.Evidence})
			})),
		}
	}
	want := all(func(all []*evidence.Evidence) []*evidence.Evidence { return all })
	for name, got := range all(packed) {
		if got != want[name] {
			t.Errorf("%s differs: %d bytes, %d of evidence held as it is", name, len(got), len(want[name]))
		}
	}
}
