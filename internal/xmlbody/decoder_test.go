package xmlbody_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"finesse-conformance/internal/xmlbody"
)

// TestDecoderFollowsASchemaOfItsOwn shows the parts of OpenAPI's XML that the contract does not use.
func TestDecoderFollowsASchemaOfItsOwn(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromData([]byte(`
openapi: 3.0.3
info: {title: t, version: '1'}
paths: {}
components:
  schemas:
    Node:
      type: object
      required: [weight]
      xml: {name: node, namespace: 'urn:n'}
      properties:
        weight: {type: number, xml: {attribute: true, namespace: 'urn:n'}}
        label: {type: string, maxLength: 3, xml: {namespace: 'urn:n'}}
        empty:
          type: object
          nullable: true
          required: [x]
          properties: {x: {type: string}}
          xml: {namespace: 'urn:n'}
        node:
          type: array
          maxItems: 2
          items: {$ref: '#/components/schemas/Node'}
`))
	if err != nil {
		t.Fatal(err)
	}
	v := xmlbody.NewValidator(func() (*openapi3.T, error) { return doc, nil })
	tests := []struct{ body, want string }{
		{`<node xmlns="urn:n"><weight>1</weight></node>`, "node/@weight: missing"},
		{`<node xmlns="urn:n" weight="1" label="long"/>`, ""},
		{`<n:node xmlns:n="urn:n" weight="1.5"><n:node weight="2"><n:label>a</n:label></n:node><n:node weight="3"/></n:node>`, ""},
		{`<node xmlns="urn:n" weight="1"><empty/></node>`, ""},
		{`<node xmlns="urn:n" weight="1"><empty><y/></empty></node>`, "node/empty/x: missing"},
		{`<node weight="1"/>`, "{}node: the root element is {}node, expected node"},
		{`<node xmlns="urn:n" weight="1"><node weight="2"><node weight="heavy"/></node></node>`, `node/node[1]/node[1]/@weight: "heavy" is not a number`},
		{`<node xmlns="urn:n" weight="1"><node/></node>`, "node/node[1]/@weight: missing"},
		{`<node xmlns="urn:n" weight="1"><label>long</label></node>`, "node/label: maximum string length is 3"},
		{`<node xmlns="urn:n" weight="1"><node weight="1"/><node weight="1"/><node weight="1"/></node>`, "node/node: maximum number of items is 2"},
	}
	for _, test := range tests {
		if report := v.Validate("Node", "", []byte(test.body)); report.First() != test.want || len(report.Problems) > 1 {
			t.Errorf("%s: %v, want %s", test.body, lines(report.Problems), test.want)
		}
	}
}

func TestValidatorRefusesOpenAPI31(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("accepted")
		}
	}()
	xmlbody.NewValidator(func() (*openapi3.T, error) { return &openapi3.T{OpenAPI: "3.1.0"}, nil }).Prepare()
}

func TestValidateOfAnUnknownKind(t *testing.T) {
	report := newValidator(t).Validate("Usr", "", []byte("<Usr/>"))
	if report.First() != `the contract has no schema "Usr"` {
		t.Errorf("first problem %q", report.First())
	}
}

// TestValidateAnswer makes sure that an answer is not spelled as a notification is, and that what samples
// spell in two ways still may be.
func TestValidateAnswer(t *testing.T) {
	v := newValidator(t)
	for _, test := range []struct{ kind, body, want string }{
		{"User", body(t, "User/guide-order.xml"), ""},
		{"User", body(t, "User/ucce-12.5-not-ready-reason.xml"), ""},
		{"User", body(t, "User/notification-lower-case.xml"), "user: the root element is user, expected User"},
		{"ApiErrors", body(t, "ApiErrors/sync-type-data-message.xml"), ""},
		{"ApiErrors", body(t, "ApiErrors/async-invalid-state.xml"), "apiErrors: the root element is apiErrors, expected ApiErrors"},
		{"ApiErrors", "<ApiErrors><apiError><ErrorType>Invalid Input</ErrorType><ErrorMessage/></apiError></ApiErrors>", "ApiErrors/ApiError: missing"},
		{"ApiErrors", "<ApiErrors><ApiError><errorType>Invalid Input</errorType><ErrorMessage/></ApiError></ApiErrors>", "ApiErrors/ApiError[1]/ErrorType: missing"},
	} {
		if got := v.ValidateAnswer(test.kind, "application/xml", []byte(test.body)).First(); got != test.want {
			t.Errorf("%s: %q, want %q", test.body, got, test.want)
		}
	}
}

func TestValidatorIsSafeForConcurrentUse(t *testing.T) {
	v := newValidator(t)
	good := []byte(body(t, "User/guide-order.xml"))
	bad := []byte(strings.Replace(string(good), ">NOT_READY</state>", ">FOO</state>", 1))
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 50 {
				if report := v.Validate("User", "application/xml", good); !report.Valid() {
					t.Error(report.First())
				}
				if report := v.Validate("User", "application/xml", bad); len(report.Problems) != 1 {
					t.Error(report.Problems)
				}
			}
		})
	}
	group.Wait()
}
