package export

import (
	"encoding/json"
	"strings"
	"testing"

	"finesse-conformance/internal/contracttest"
	"finesse-conformance/internal/xmlbody"
	"finesse-conformance/spec"
)

// The bodies of the collection are XML that the contract has as valid, and
// every operation is in it.
func TestPostman(t *testing.T) {
	text, err := Postman()
	if err != nil {
		t.Fatal(err)
	}
	var c collection
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	bodies := xmlbody.NewValidator(spec.OpenAPI)
	seen, valid := map[string]bool{}, 0
	var look func(items []item)
	look = func(items []item) {
		for _, i := range items {
			look(i.Item)
			if i.Request == nil {
				continue
			}
			seen[i.Request.Method+" "+strings.TrimPrefix(i.Request.URL, "{{baseUrl}}")] = true
			if len(i.Event) == 0 {
				t.Errorf("%s has no test", i.Name)
			}
			if b := i.Request.Body; b != nil && strings.Contains(b.Raw, "<state>LOG") {
				raw := strings.NewReplacer("{{extension}}", "1", "{{logoutReason}}", "").Replace(b.Raw)
				if r := bodies.Validate("UserRequest", "application/xml", []byte(raw)); len(r.Problems) > 0 {
					t.Errorf("%s: %v in %s", i.Name, r.Problems, b.Raw)
				}
				valid++
			}
		}
	}
	look(c.Item)
	if valid < 5 {
		t.Errorf("%d bodies were looked at", valid)
	}
	doc, err := spec.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	for path, operations := range doc.Paths.Map() {
		for method := range operations.Operations() {
			if want := method + " " + pathVariables.Replace(path); !seen[want] && !seen[want+"?category=NOT_READY"] {
				t.Errorf("there is no %s", want)
			}
		}
	}
}

// Lists, attributes and values with signs are written as the contract has them.
func TestExampleXML(t *testing.T) {
	top, err := document()
	if err != nil {
		t.Fatal(err)
	}
	e := exporter{schemas: get(top, "components", "schemas")}
	bodies := xmlbody.NewValidator(spec.OpenAPI)
	for _, one := range []struct {
		schema string
		at     []string
	}{
		{"ReasonCodes", []string{"paths", "/finesse/api/User/{id}/ReasonCodes", "get", "responses", "200", "content", "application/xml", "examples", "two", "value"}},
		{"User", []string{"components", "responses", "User", "content", "application/xml", "examples", "supervisorSignedOut", "value"}},
		{"Dialog", []string{"paths", "/finesse/api/Dialog/{dialogId}", "get", "responses", "200", "content", "application/xml", "examples", "connected", "value"}},
	} {
		text, err := e.exampleXML(get(e.schemas, one.schema), get(top, one.at...))
		if err != nil {
			t.Fatal(err)
		}
		if r := bodies.Validate(one.schema, "application/xml", []byte(text)); len(r.Problems) > 0 {
			t.Errorf("%s: %v in\n%s", one.schema, r.Problems, text)
		}
	}
}

// Every state of the transition table is in its diagram.
func TestMermaid(t *testing.T) {
	c := contracttest.Catalogue()
	for _, d := range spec.Deployments() {
		text := Mermaid(c, d)
		for _, q := range c.All() {
			if q.Transition == nil || q.Transition.From == "*" {
				continue
			}
			if !q.AppliesTo(d, spec.Release{}) {
				continue
			}
			if edge := string(q.Transition.From) + " --> " + string(q.Transition.To) + ":"; !strings.Contains(text, edge) {
				t.Errorf("%s: the diagram has no %s of %s", d, edge, q.ID)
			}
		}
	}
}

func TestJSON(t *testing.T) {
	text, err := JSON()
	if err != nil {
		t.Fatal(err)
	}
	var whole struct {
		OpenAPI      struct{ Paths map[string]any }
		Guides       map[string]any
		Moves, Rules []any
		Requirements []struct{ Requirements []any }
	}
	if err := json.Unmarshal(text, &whole); err != nil {
		t.Fatal(err)
	}
	if len(whole.OpenAPI.Paths) < 8 || len(whole.Guides) < 5 || len(whole.Moves) < 10 || len(whole.Rules) < 10 || len(whole.Requirements) < 11 {
		t.Errorf("%d paths, %d guides, %d moves, %d rules, %d sections", len(whole.OpenAPI.Paths), len(whole.Guides), len(whole.Moves), len(whole.Rules), len(whole.Requirements))
	}
}
