package reports_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"finesse-conformance/internal/reporttest"
	"finesse-conformance/reports"
)

func TestLoadGivesWhatWasWritten(t *testing.T) {
	want := reporttest.Sample()
	file := filepath.Join(t.TempDir(), "results.json")
	if err := os.WriteFile(file, reporttest.Rendered(t, func(b *bytes.Buffer) error { return reports.Write(b, want) }), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := reports.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("written and read back (-written +read):\n%s", diff)
	}
}

func TestRead(t *testing.T) {
	good := string(reporttest.Rendered(t, func(b *bytes.Buffer) error { return reports.Write(b, reporttest.Sample()) }))
	for _, tc := range []struct{ name, text, want string }{
		{"later additions", strings.Replace(good, `"tool": {`, `"colour": {"of": ["the sky"]}, "tool": {"new": 1,`, 1), ""},
		{"empty", " \n", "the file is empty"},
		{"cut", good[:len(good)/2], "no JSON, or cut short"},
		{"no JSON", "{\n\n<html>", "line 3: no JSON"},
		{"no schema", `{"verdict": "conformant"}`, `no member "schema"`},
		{"a later schema", strings.Replace(good, "results/v1", "results/v2", 1), "use the program that wrote it"},
		{"something else", strings.Replace(good, reports.SchemaID, "other/v1", 1), `its schema is "other/v1"`},
		{"schema a number", `{"schema": 1}`, "line 1"},
		{"no requirements", `{"schema": "` + reports.SchemaID + `"}`, "no requirements"},
		{"double", strings.Replace(good, `"id": "SIG-02"`, `"id": "SIG-01"`, 1), "SIG-01 is there twice"},
		{"outcome", strings.Replace(good, `"outcome": "passed"`, `"outcome": "green"`, 1), `outcome "green"`},
		{"level", strings.Replace(good, `"level": "MUST"`, `"level": "SHOULD"`, 1), `level "SHOULD"`},
		{"wrong type", strings.Replace(good, `"attempts": 1`, `"attempts": "one"`, 1), "attempts"},
		{"array", "[]", "line 1"},
	} {
		_, err := reports.Read(strings.NewReader(tc.text))
		switch {
		case tc.want == "" && err != nil:
			t.Errorf("%s: %v", tc.name, err)
		case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
			t.Errorf("%s: got %v, want %s", tc.name, err, tc.want)
		}
	}
	if _, err := reports.Load("testdata/none.json"); err == nil {
		t.Error("a file that is not there can be loaded")
	}
}
