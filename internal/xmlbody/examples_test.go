package xmlbody_test

import (
	"encoding/xml"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// TestExamplesOfTheContractAreValidXML writes each example of the document as XML, as its schema says,
// and reads it again: what the document shows and what the decoder takes are then the same.
func TestExamplesOfTheContractAreValidXML(t *testing.T) {
	doc := contract(t)
	v := newValidator(t)
	count := 0
	check := func(where string, content openapi3.Content) {
		for mediaType, media := range content {
			kind := path.Base(media.Schema.Ref)
			for name, example := range media.Examples {
				var b strings.Builder
				writeXML(&b, kind, media.Schema.Value, example.Value.Value)
				report := v.Validate(kind, mediaType, []byte(b.String()))
				if !report.Valid() || len(report.Extra) > 0 {
					t.Errorf("%s, %s: %v, extra %v in %s", where, name, lines(report.Problems), report.Extra, b.String())
				}
				count++
			}
		}
	}
	for path, item := range doc.Paths.Map() {
		for method, operation := range item.Operations() {
			where := method + " " + path
			if operation.RequestBody != nil {
				check(where, operation.RequestBody.Value.Content)
			}
			for status, response := range operation.Responses.Map() {
				check(where+" "+status, response.Value.Content)
			}
		}
	}
	if count < 50 {
		t.Errorf("only %d examples", count)
	}
}

// writeXML writes a value in the way that OpenAPI has for XML.
func writeXML(b *strings.Builder, name string, schema *openapi3.Schema, value any) {
	if schema.XML != nil && schema.XML.Name != "" {
		name = schema.XML.Name
	}
	wrapped := schema.XML != nil && schema.XML.Wrapped
	list, isList := value.([]any)
	if isList && !wrapped {
		for _, item := range list {
			writeXML(b, name, schema.Items.Value, item)
		}
		return
	}
	properties, isObject := value.(map[string]any)
	fmt.Fprintf(b, "<%s", name)
	for _, key := range slices.Sorted(maps.Keys(properties)) {
		if isAttribute(schema, key) {
			fmt.Fprintf(b, " %s=%q", key, fmt.Sprint(properties[key]))
		}
	}
	b.WriteString(">")
	switch {
	case isList:
		for _, item := range list {
			writeXML(b, name, schema.Items.Value, item)
		}
	case isObject:
		for _, key := range slices.Sorted(maps.Keys(properties)) {
			if !isAttribute(schema, key) {
				writeXML(b, key, propertyOf(schema, key), properties[key])
			}
		}
	default:
		_ = xml.EscapeText(b, []byte(scalarText(value)))
	}
	fmt.Fprintf(b, "</%s>", name)
}

func scalarText(value any) string {
	if f, ok := value.(float64); ok {
		return fmt.Sprintf("%.0f", f)
	}
	return fmt.Sprint(value)
}

func isAttribute(schema *openapi3.Schema, key string) bool {
	p := propertyOf(schema, key)
	return p.XML != nil && p.XML.Attribute
}

func propertyOf(schema *openapi3.Schema, key string) *openapi3.Schema {
	if ref := schema.Properties[key]; ref != nil {
		return ref.Value
	}
	for _, alternative := range schema.AnyOf {
		if ref := alternative.Value.Properties[key]; ref != nil {
			return ref.Value
		}
	}
	return &openapi3.Schema{}
}
