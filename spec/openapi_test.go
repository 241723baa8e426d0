package spec_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"finesse-conformance/internal/contracttest"
	"finesse-conformance/spec"
)

func openAPI(t testing.TB) *openapi3.T {
	t.Helper()
	doc, err := spec.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestOpenAPIIsValid is what every user of the document relies on, its examples included.
func TestOpenAPIIsValid(t *testing.T) {
	if err := openAPI(t).Validate(t.Context(), openapi3.EnableExamplesValidation()); err != nil {
		t.Error(err)
	}
}

// TestEveryStatusIsDocumented is the status lists of the guide (DG12.5 p.29, 32, 33, 51, 53, 73, 82, 95,
// 108, 150; DevNet, User - Change Agent State), with 500 and 503, which any call may answer.
func TestEveryStatusIsDocumented(t *testing.T) {
	want := map[string][]string{
		"GET /finesse/api/User/{id}":             {"200", "401", "404", "500", "503"},
		"PUT /finesse/api/User/{id}":             {"200", "202", "400", "401", "404", "500", "503"},
		"GET /finesse/api/Users":                 {"200", "401", "500", "503"},
		"GET /finesse/api/UserAuthMode/{id}":     {"200", "403", "500", "503"},
		"GET /finesse/api/User/{id}/ReasonCodes": {"200", "400", "401", "404", "500", "503"},
		"GET /finesse/api/User/{id}/Dialogs":     {"200", "400", "401", "404", "500", "503"},
		"POST /finesse/api/User/{id}/Dialogs":    {"202", "400", "401", "500", "503"},
		"GET /finesse/api/Dialog/{dialogId}":     {"200", "401", "404", "500", "503"},
		"PUT /finesse/api/Dialog/{dialogId}":     {"202", "400", "401", "404", "500", "501", "503"},
		"GET /finesse/api/Team/{id}":             {"200", "401", "404", "500", "503"},
		"GET /finesse/api/SystemInfo":            {"200", "401", "500", "503"},
	}
	have := map[string][]string{}
	for path, item := range openAPI(t).Paths.Map() {
		for method, operation := range item.Operations() {
			have[method+" "+path] = slices.Sorted(maps.Keys(operation.Responses.Map()))
		}
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Error(diff)
	}
}

func TestStatesAndErrorTypes(t *testing.T) {
	states := []spec.State{
		spec.Logout, spec.NotReady, spec.Ready, spec.Reserved, spec.ReservedOutbound, spec.ReservedOutboundPreview,
		spec.Talking, spec.Hold, spec.Work, spec.WorkReady, spec.Unknown,
	}
	if diff := cmp.Diff(states, spec.States()); diff != "" {
		t.Error(diff)
	}
	catalogue := contracttest.Catalogue()
	if diff := cmp.Diff(states, catalogue.States()); diff != "" {
		t.Error(diff)
	}
	types := spec.ErrorTypes()
	for _, documented := range []string{
		"Bad Request", "Generic Error", "Invalid Input", "Invalid State", "Parameter Missing", "Authorization Failure",
		"Invalid Authorization User Specified", "Invalid Supervisor", "Not Found", "User Not Found",
		"Internal Server Error", "Service Unavailable", "Invalid Device", "Device Busy", "Mode Not Allowed",
	} {
		if !slices.Contains(types, documented) {
			t.Errorf("%s is missing", documented)
		}
	}
	if len(types) != len(slices.Compact(slices.Sorted(slices.Values(types)))) {
		t.Errorf("a type occurs twice in %q", types)
	}
}

// TestExamplesAreChecked makes sure that a wrong example cannot stay: it changes one and expects the
// document to be refused.
func TestExamplesAreChecked(t *testing.T) {
	doc := openAPI(t)
	doc.Components.Responses["User"].Value.Content.Get("application/xml").Examples["notReady"].Value.Value.(map[string]any)["state"] = "LOGIN"
	if err := doc.Validate(t.Context(), openapi3.EnableExamplesValidation()); err == nil {
		t.Error("a User example in state LOGIN is accepted")
	}
}

func TestAnswerSchema(t *testing.T) {
	doc := openAPI(t)
	tests := []struct {
		method, path string
		status       int
		want         string
	}{
		{"GET", "/finesse/api/User/1001", 200, "User true"},
		{"GET", "/finesse/api/User/1001/?nocache=1", 200, "User true"},
		{"PUT", "/finesse/api/User/1001", 202, " true"},
		{"PUT", "/finesse/api/User/1001", 200, " true"},
		{"PUT", "/finesse/api/User/1001", 400, "ApiErrors true"},
		{"PUT", "/finesse/api/User/1001", 403, " false"},
		{"DELETE", "/finesse/api/User/1001", 200, " false"},
		{"GET", "/finesse/api/User/", 200, " false"},
		{"GET", "/finesse/api/User/1001/ReasonCodes?category=LOGOUT", 200, "ReasonCodes true"},
		{"GET", "/finesse/api/User/1001/Dialogs", 200, "Dialogs true"},
		{"GET", "/finesse/api/Dialog/77", 200, "Dialog true"},
		{"PUT", "/finesse/api/Dialog/77", 501, "ApiErrors true"},
		{"GET", "/finesse/api/Team/5", 200, "Team true"},
		{"GET", "/finesse/api/SystemInfo", 200, "SystemInfo true"},
		{"GET", "/finesse/api/Users", 200, "Users true"},
		{"GET", "/finesse/api/UserAuthMode/1001", 200, "UserAuthMode true"},
		{"GET", "/finesse/api/Teams", 200, " false"},
	}
	for _, test := range tests {
		schema, documented := answerSchema(doc, test.method, test.path, test.status)
		if have := fmt.Sprint(schema, " ", documented); have != test.want {
			t.Errorf("%s %s %d: %q, want %q", test.method, test.path, test.status, have, test.want)
		}
	}
}

// TestSpellingsAreUnambiguous makes sure that no element could belong to two properties of an object.
func TestSpellingsAreUnambiguous(t *testing.T) {
	doc := openAPI(t)
	names := func(key string, ref *openapi3.SchemaRef) []string {
		schema := ref.Value
		if schema.Type.Is("array") && (schema.XML == nil || !schema.XML.Wrapped) {
			schema = schema.Items.Value
		}
		if schema.XML != nil && schema.XML.Name != "" {
			key = schema.XML.Name
		}
		list := []string{key}
		for _, extension := range []string{"x-also-named", "x-named-in-notifications"} {
			also, ok := schema.Extensions[extension]
			if !ok {
				continue
			}
			text, _ := json.Marshal(also)
			var others []string
			if err := json.Unmarshal(text, &others); err != nil {
				t.Errorf("%s of %s: %v", extension, key, err)
			}
			list = append(list, others...)
		}
		return list
	}
	for name, ref := range doc.Components.Schemas {
		taken := map[string]string{}
		for key, property := range ref.Value.Properties {
			for _, spelling := range names(key, property) {
				if other, ok := taken[spelling]; ok && other != key {
					t.Errorf("%s: %s and %s may both be spelled %s", name, key, other, spelling)
				}
				taken[spelling] = key
			}
		}
	}
}

// answerSchema gives what the document says of an answer: the component schema of its XML body, "" where it
// documents none, and whether it documents the status at all for that method and path. The path is that
// of a request, such as /finesse/api/User/1001; a query and a slash at its end do not matter.
func answerSchema(doc *openapi3.T, method, requestPath string, status int) (schema string, documented bool) {
	requestPath, _, _ = strings.Cut(requestPath, "?")
	for template, item := range doc.Paths.Map() {
		if !matches(template, strings.TrimSuffix(requestPath, "/")) {
			continue
		}
		operation := item.GetOperation(method)
		if operation == nil {
			return "", false
		}
		response := operation.Responses.Status(status)
		if response == nil {
			return "", false
		}
		if media := response.Value.Content.Get("application/xml"); media != nil {
			return path.Base(media.Schema.Ref), true
		}
		return "", true
	}
	return "", false
}

// matches says whether a path is one of a template. No two templates of the document overlap.
func matches(template, requestPath string) bool {
	want, have := strings.Split(template, "/"), strings.Split(requestPath, "/")
	if len(want) != len(have) {
		return false
	}
	for i, part := range want {
		isParameter := strings.HasPrefix(part, "{") && have[i] != ""
		if part != have[i] && !isParameter {
			return false
		}
	}
	return true
}
