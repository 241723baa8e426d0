package runner

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"finesse-conformance/reports"
	"finesse-conformance/runner/config"
)

// A statement of another contract is not comparable, which is no failure; one
// that says what its results do not say is one.
func TestVerifyJudgesAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		alter func(stated, written *reports.Result)
		code  int
		want  string
	}{
		"the same":         {func(_, _ *reports.Result) {}, 4, "ok  the evidence comes to the same verdicts"},
		"another contract": {func(stated, written *reports.Result) { stated.Spec.Digest, written.Spec.Digest = "0a", "0a" }, 4, "not verified  the verdicts are not comparable"},
		"other verdicts": {func(stated, written *reports.Result) {
			for _, r := range []*reports.Result{stated, written} {
				r.Row("SIG-01").Outcome = "passed"
			}
		}, 1, "FAILED  the evidence comes to other verdicts on SIG-01"},
		"other results": {func(stated, _ *reports.Result) { stated.Row("SIG-01").Outcome = "passed" }, 1, "FAILED  it says of the run what the results do not say"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			a, err := NewCLI(&out, &out)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			run := config.Run{Out: dir, JSON: filepath.Join(dir, "results.json")}
			made := func() *reports.Result {
				return reports.Build(a.Catalogue, reports.Run{Started: time.Unix(1, 0), Finished: time.Unix(2, 0), Stopped: "nobody is there"}, nil)
			}
			judged, stated, written := made(), made(), made()
			c.alter(stated, written)
			stated.Conclude()
			written.Conclude()
			for file, write := range map[string]func(*os.File) error{
				run.JSON:                         func(f *os.File) error { return reports.Write(f, written) },
				filepath.Join(dir, evidenceName): func(f *os.File) error { return reports.WriteEvidence(f, judged, nil) },
			} {
				f, err := os.Create(file)
				if err != nil {
					t.Fatal(err)
				}
				if err := write(f); err != nil {
					t.Fatal(err)
				}
				if err := f.Close(); err != nil {
					t.Fatal(err)
				}
			}
			if err := a.writeStatement(stated, run, nil, true); err != nil {
				t.Fatal(err)
			}
			code, err := a.Verify(t.Context(), filepath.Join(dir, "statement.intoto.json"), "", nil)
			if err != nil || code != c.code || !strings.Contains(out.String(), c.want) {
				t.Errorf("exit %d, %v; want %d and %q in\n%s", code, err, c.code, c.want, out.String())
			}
		})
	}
}
