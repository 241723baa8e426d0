package runner

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"finesse-conformance/internal/reporttest"
	"finesse-conformance/reports/compare"
	"finesse-conformance/runner/config"
)

// TestRecheckReadsNoSentence: where every sentence of an old run is unreadable,
// the same is judged again, and it comes to the same.
func TestRecheckReadsNoSentence(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, err := os.Open(filepath.Join("..", "reports", "testdata", "fixed", "evidence.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(unzipped)
	if err != nil {
		t.Fatal(err)
	}
	recheck := func(name string, evidence []byte) (int, string) {
		t.Helper()
		in, out := filepath.Join(dir, name+".jsonl.gz"), filepath.Join(dir, name)
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		if _, err := w.Write(evidence); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.Close(), os.WriteFile(in, packed.Bytes(), 0o600)); err != nil {
			t.Fatal(err)
		}
		a, err := NewCLI(io.Discard, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		code, err := a.Recheck(in, config.Run{Out: out, JSON: filepath.Join(out, "results.json")})
		if err != nil {
			t.Fatal(err)
		}
		again, err := a.judgeAgain(in)
		if err != nil {
			t.Fatal(err)
		}
		changes, err := compare.Results(again.then, again.now)
		if err != nil {
			t.Fatal(err)
		}
		all, err := json.MarshalIndent([]any{again.now, changes, changes.Drifts}, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		return code, string(reporttest.ScrambledJSON(t, all))
	}
	const known = "the run ended before it"
	unreadable := reporttest.ScrambledJSON(t, plain)
	if bytes.Contains(unreadable, []byte(known)) || !bytes.Contains(plain, []byte(known)) {
		t.Fatal("the sentences are there still, or never were")
	}
	code, result := recheck("plain", plain)
	codeAfter, resultAfter := recheck("scrambled", unreadable)
	if code != codeAfter {
		t.Errorf("exit %d became %d", code, codeAfter)
	}
	if diff := cmp.Diff(result, resultAfter); diff != "" {
		t.Error(diff)
	}
}
