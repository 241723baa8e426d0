package reports_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"finesse-conformance/internal/contracttest"
	"finesse-conformance/internal/reporttest"
	"finesse-conformance/reports"
	"finesse-conformance/reports/console"
	"finesse-conformance/reports/junit"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
	"finesse-conformance/suites/scenario/retry"
)

// played is the part of the contract that was played.
type played struct {
	*spec.Catalogue
	rows []*spec.Requirement
}

func (p played) All() []*spec.Requirement { return p.rows }
func (played) Digest() string             { return "of the contract, which changes often" }

// TestFixedEvidence judges what a run saw on a target with three faults, and
// renders it: byte for byte what it was. What a change of the contract, of the
// judge or of the reports makes of evidence is seen here as a difference;
// -update takes it over.
func TestFixedEvidence(t *testing.T) {
	contract := contracttest.Catalogue()
	file, err := os.Open(filepath.Join("testdata", "fixed", "evidence.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	then, seen, err := reports.ReadEvidence(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	j := contracttest.Judge()
	standing := j.Invariants()
	attempts := map[string][]evidence.Verdict{}
	for _, ev := range seen {
		if req, ok := contract.ByID(ev.Requirement); ok {
			attempts[req.ID] = append(attempts[req.ID], j.Verdict(req, ev))
		}
		standing.Add(ev)
	}
	catalogue := played{Catalogue: contract}
	var verdicts []evidence.Verdict
	for _, req := range contract.All() {
		if of := attempts[req.ID]; of != nil {
			catalogue.rows = append(catalogue.rows, req)
			verdicts = append(verdicts, retry.Combine(of, evidence.Verdict{}))
		}
	}
	result := reports.Build(catalogue, then.Run(seen), standing.Conclude(verdicts))
	waiver := reporttest.Waiver("ERR-01", "PUT without a state*")
	result.ApplyWaivers([]reports.Waiver{waiver}, reporttest.Noon)
	for name, write := range map[string]func(io.Writer) error{
		"results.json": func(w io.Writer) error { return reports.Write(w, result) },
		"junit.xml":    func(w io.Writer) error { return junit.Write(w, result) },
		"summary.md":   func(w io.Writer) error { return console.WriteMarkdown(w, result) },
		"summary.txt":  func(w io.Writer) error { return console.WriteSummary(w, result, console.Style{}) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		reporttest.Golden(t, filepath.Join("fixed", name), b.Bytes())
	}
}
