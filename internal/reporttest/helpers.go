package reporttest

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"finesse-conformance/reports"
)

// Awkward is a result with whatever a target may answer.
func Awkward() *reports.Result {
	run, verdicts := SampleRun(), SampleVerdicts()
	bad := "a\x00b\x1b[31mred \xff\xfe ]]> <b>&amp; <?xml version='1.0'?><?xml \u202e שלום 日本 \ufffe 😀"
	for i := range verdicts {
		v := &verdicts[i]
		v.Reason += bad
		v.Observed.Note, v.Expected, v.Seen = bad, bad, bad+strings.Repeat("long ", 50000)
	}
	run.Evidence[3].Exchanges[0].ResponseBody = bad + strings.Repeat("x", 1<<20)
	run.Evidence[3].Exchanges[0].ResponseHeader["X-\x01"] = bad
	run.HarnessFaults = []reports.HarnessFault{{Requirement: "SIG-02", Message: bad}}
	return reports.Build(Small(), run, verdicts)
}

func Waiver(requirement, reason string, more ...func(*reports.Waiver)) reports.Waiver {
	w := reports.Waiver{Requirement: requirement, Reason: reason, Owner: "jane", Why: "known", Until: Noon.AddDate(0, 1, 0), Line: 2}
	for _, f := range more {
		f(&w)
	}
	return w
}

func Decode(t *testing.T, data []byte) any {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// Browser gives the Chromium of this machine. Without one, and in short tests,
// the test is skipped.
func Browser(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes seconds")
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome", "headless-shell"} {
		if program, err := exec.LookPath(name); err == nil {
			return program
		}
	}
	t.Skip("no Chromium is installed: what pages do in a browser was not tested")
	return ""
}
