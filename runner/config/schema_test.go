package config

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

// compiled is the schema of the configuration, which is itself a valid one.
func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(SchemaName, document); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile(SchemaName)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func against(schema *jsonschema.Schema, text string) error {
	var value any
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		return err
	}
	return schema.Validate(value)
}

// What the documentation and the examples show, editors take.
func TestSchemaTakesTheExamples(t *testing.T) {
	schema := compiled(t)
	root := filepath.Join("..", "..")
	texts := map[string]string{}
	doc, err := os.ReadFile(filepath.Join(root, "docs", "configuration.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range strings.Split(string(doc), "```yaml\n")[1:] {
		block, _, _ := strings.Cut(part, "```")
		texts["docs/configuration.md: "+strings.SplitN(block, "\n", 2)[0]] = block
	}
	files, err := filepath.Glob(filepath.Join(root, "examples", "*", "finesse.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = string(text)
	}
	texts["several targets"] = "targets:\n  - name: a\n    target: {url: https://a.example}\n    users: [{id: 1, access_token_exec: [./token.sh]}]\ntiming: {settle: 5s}\nnotifications: off\n"
	texts["variables"] = "target: {url: \"${URL}\", insecure: \"${YES}\"}\nusers: [{id: 1, password: prompt}]\nrun: {procs: auto, only: SIG-*, repeat: \"${N}\"}\n"
	if len(texts) < 5 {
		t.Errorf("only %d examples were found", len(texts))
	}
	for name, text := range texts {
		if err := against(schema, text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What Load refuses for its form, editors mark.
func TestSchemaRefuses(t *testing.T) {
	schema := compiled(t)
	for name, text := range map[string]string{
		"unknown key":        "tinming: {settle: 5s}\n",
		"unknown nested key": "timing: {setle: 5s}\n",
		"wrong type":         "timing: 5\n",
		"no duration":        "timing: {settle: soon}\n",
		"no choice":          "deployment: ucc\n",
		"no address":         "target: {url: finesse1}\n",
		"a user without id":  "users: [{password: x}]\n",
		"two passwords":      "users: [{id: 1, password: x, password_file: y}]\n",
		"no password":        "users: [{id: 1}]\n",
		"an unknown role":    "users: [{id: 1, password: x, role: boss}]\n",
		"run in an entry":    "targets: [{target: {url: https://a.example}, run: {procs: 2}}]\n",
	} {
		if err := against(schema, text); err == nil {
			t.Errorf("%s: nothing is wrong with\n%s", name, text)
		}
	}
}

// Every setting that the file may have is in the schema, with its help.
func TestSchemaHasEverySetting(t *testing.T) {
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range Settings() {
		if s.Key != "" && !bytes.Contains(text, []byte(strings.Trim(strings.SplitAfter(s.Help, ";")[0], "\""))) {
			t.Errorf("%s is not in the schema", s.Key)
		}
	}
}
