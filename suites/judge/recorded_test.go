package judge_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"finesse-conformance/internal/contracttest"
	"finesse-conformance/internal/reporttest"
	"finesse-conformance/suites/evidence"
)

// TestRecorded judges attempts as runs recorded them, on references with faults
// and choices of every kind: they are those that, of some thousand, told most
// changed judges from this one. Each verdict is what it was, and so is what the
// checks over a whole run find in the attempt. -update takes differences over;
// look at them first. A line of a run's evidence is a new one.
func TestRecorded(t *testing.T) {
	file, err := os.Open(filepath.Join("testdata", "recorded.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var verdicts bytes.Buffer
	out := json.NewEncoder(&verdicts)
	out.SetEscapeHTML(false)
	for in := json.NewDecoder(unzipped); ; {
		ev := &evidence.Evidence{}
		if err := in.Decode(ev); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if err := out.Encode(judged(t, ev)); err != nil {
			t.Fatal(err)
		}
	}
	reporttest.Golden(t, "recorded-verdicts.jsonl", verdicts.Bytes())
}

// judged gives the verdict on an attempt, and of the rows that stand for checks
// over a whole run those that such a run has something to say of.
func judged(t *testing.T, ev *evidence.Evidence) []evidence.Verdict {
	j, catalogue := contracttest.Judge(), contracttest.Catalogue()
	standing := j.Invariants()
	standing.Add(ev)
	list := []evidence.Verdict{j.Verdict(row(t, ev.Requirement), ev)}
	for _, req := range catalogue.All() {
		if req.Invariant == "" {
			continue
		}
		v := evidence.Verdict{Requirement: req.ID, Outcome: evidence.Passed}
		if v = standing.Conclude([]evidence.Verdict{v})[0]; v.Outcome != evidence.Passed || v.Observed.Note != "" {
			list = append(list, v)
		}
	}
	return list
}
