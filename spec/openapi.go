package spec

import (
	_ "embed"
	"fmt"
	"path"
	"slices"
	"strings"

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

// RequestStates lists the states that may be asked for: LOGIN, LOGOUT, NOT_READY and READY.
func RequestStates() []State { return slices.Clone(embedded.asked) }

// ErrorTypes lists every ErrorType that is documented for the calls of the contract, in all documented
// spellings, those of asynchronous errors included. An error body with another type is well formed.
func ErrorTypes() []string { return slices.Clone(embedded.types) }

// AnswerSchema gives what the document says of an answer: the component schema of its XML body, "" where it
// documents none, and whether it documents the status at all for that method and path. The path is that
// of a request, such as /finesse/api/User/1001; a query and a slash at its end do not matter.
func AnswerSchema(doc *openapi3.T, method, requestPath string, status int) (schema string, documented bool) {
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
