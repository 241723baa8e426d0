package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"finesse-conformance/reports"
)

// Two runs against the same deployment compare as equal, as often as they are
// made, whatever their times and ids; and their results are what the schema
// says.
func TestRunsAreEqual(t *testing.T) {
	t.Parallel()
	m := target(t, nil)
	schema := resultSchema(t)
	for _, name := range []string{"1", "2", "3"} {
		ok(t, m.dir, "run", "--config", m.config, "--only", "SIG-0[1-3],ERR-0[1-3],RSN-01,USR-0[1-5]", "--out", name)
		contain(t, ok(t, m.dir, "compare", "1/results.json", name+"/results.json", "--fail-on", "drift"), "EQUAL: 0 regressions")
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(contents(t, filepath.Join(m.dir, name, "results.json"))))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(doc); err != nil {
			t.Error(err)
		}
	}
}

func resultSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(reports.Schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("results.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("results.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}
