package export

import (
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"go.yaml.in/yaml/v3"
)

// The exported document is valid, its examples included, and says of every
// element what the document by which bodies are judged says.
func TestOpenAPI(t *testing.T) {
	text, err := OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context(), openapi3.EnableExamplesValidation()); err != nil {
		t.Error(err)
	}
	var top yaml.Node
	if err := yaml.Unmarshal(text, &top); err != nil {
		t.Fatal(err)
	}
	schemas := get(top.Content[0], "components", "schemas")
	for path, want := range map[[2]string]string{
		{"User", "teams"}:                    "teams>Team,omitempty",
		{"User", "roles"}:                    "roles>role",
		{"User", "reasonCodeId"}:             "reasonCodeId,omitempty",
		{"User", "state"}:                    "state",
		{"ReasonCodes", "category"}:          "category,attr",
		{"ReasonCodes", "ReasonCode"}:        "ReasonCode,omitempty",
		{"ApiErrors", "ApiError"}:            "ApiError",
		{"Participant", "actions"}:           "actions>action,omitempty",
		{"MediaProperties", "callvariables"}: "callvariables>CallVariable,omitempty",
		{"SignIn", "XMLName"}:                "User",
		{"UserUpdate", "XMLName"}:            "Update",
	} {
		if got := value(get(schemas, path[0], "properties", path[1], "x-oapi-codegen-extra-tags"), "xml"); got != want {
			t.Errorf("%s.%s is tagged %q, want %q", path[0], path[1], got, want)
		}
	}
	if get(schemas, "User", "properties", "XMLName") != nil {
		t.Error("User has an XMLName, which its name is already")
	}
	if got := len(texts(get(schemas, "ApiError", "properties", "ErrorType", "x-extensible-enum"))); got < 20 {
		t.Errorf("%d error types are known", got)
	}
	for i := 0; i+1 < len(schemas.Content); i += 2 {
		if s := schemas.Content[i+1]; value(s, "type") == "object" && get(s, "properties") == nil {
			t.Errorf("%s has no properties", schemas.Content[i].Value)
		}
	}
}
