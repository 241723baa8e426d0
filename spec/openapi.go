package spec

import (
	_ "embed"
	"fmt"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

//go:embed openapi.yaml
var openAPISource string

// OpenAPISource is the text of the OpenAPI document of the wire: every path, status and body of the
// User state-change API and of the calls that a run needs beside it.
func OpenAPISource() []byte { return []byte(openAPISource) }

// OpenAPI parses the OpenAPI document. That it is valid, its examples included, a test makes sure. Each
// call gives a document of its own; keep it, since that takes milliseconds.
func OpenAPI() (*openapi3.T, error) {
	doc, err := openapi3.NewLoader().LoadFromData(OpenAPISource())
	if err != nil {
		return nil, fmt.Errorf("load openapi.yaml: %w", err)
	}
	return doc, nil
}

// States lists the eleven states in which the User object may show a user, in the order of the guide
// (DG12.5 p.68). LOGIN is none of them: it is asked for and never kept.
func States() []State { return slices.Clone(embedded.users) }

// ErrorTypes lists every ErrorType that is documented for the calls of the contract, in all documented
// spellings, those of asynchronous errors included. An error body with another type is well formed.
func ErrorTypes() []string { return slices.Clone(embedded.types) }
