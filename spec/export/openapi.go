package export

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"finesse-conformance/spec"
)

// OpenAPI is the OpenAPI document as generators use it. It says the same as
// the document by which bodies are judged, less what stops a generator or
// makes it write types that lose elements without an error:
//
//   - every property has the name of its element as a tag of Go's encoding/xml
//     (x-oapi-codegen-extra-tags), and a type whose name is not that of its
//     element has a property XMLName, which is one in Go alone;
//   - the type of an error is a string, and x-extensible-enum lists those that
//     are documented: a union of an enumeration and any string is a struct to
//     some, and an error with another type is well formed;
//   - a body of several variants is one of them and has no properties of its
//     own, which would be one variant more to some; in Go it is any of their
//     types;
//   - an object of which nothing is known is left out, like every element that
//     the document does not name;
//   - patterns of addresses are told by x-form alone: stubs make values of
//     patterns, and these have examples.
func OpenAPI() ([]byte, error) {
	top, err := document()
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(top); err != nil {
		return nil, fmt.Errorf("write the OpenAPI document: %w", err)
	}
	return out.Bytes(), nil
}

// document is the exported document as YAML.
func document() (*yaml.Node, error) {
	var file yaml.Node
	if err := yaml.Unmarshal(spec.OpenAPISource(), &file); err != nil {
		return nil, fmt.Errorf("read the OpenAPI document: %w", err)
	}
	top := file.Content[0]
	e := exporter{schemas: get(top, "components", "schemas")}
	e.openErrorType()
	for i := 0; i+1 < len(e.schemas.Content); i += 2 {
		s := e.schemas.Content[i+1]
		onlyAlternatives(s)
		e.schema(s)
	}
	e.leaveOutUnused(top)
	for i := 0; i+1 < len(e.schemas.Content); i += 2 {
		e.nameRoot(e.schemas.Content[i].Value, e.schemas.Content[i+1])
	}
	return top, nil
}

// exporter changes the component schemas of a document.
type exporter struct{ schemas *yaml.Node }

// openErrorType makes the type of an error a string that has known values.
func (e exporter) openErrorType() {
	property := get(e.schemas, "ApiError", "properties", "ErrorType")
	known := get(e.schemas, "ErrorType", "enum")
	remove(property, "anyOf")
	set(property, "type", scalar("string"))
	set(property, "minLength", &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: "1"})
	set(property, "x-extensible-enum", known)
}

// leaveOutUnused leaves out the schemas that nothing refers to any more.
func (e exporter) leaveOutUnused(top *yaml.Node) {
	used := map[string]bool{}
	var look func(n *yaml.Node)
	look = func(n *yaml.Node) {
		used[strings.TrimPrefix(value(n, "$ref"), "#/components/schemas/")] = true
		for _, child := range n.Content {
			look(child)
		}
	}
	look(top)
	var kept []*yaml.Node
	for i := 0; i+1 < len(e.schemas.Content); i += 2 {
		if used[e.schemas.Content[i].Value] {
			kept = append(kept, e.schemas.Content[i:i+2]...)
		}
	}
	e.schemas.Content = kept
}

// onlyAlternatives makes a body of several variants these and nothing beside
// them.
func onlyAlternatives(s *yaml.Node) {
	if get(s, "anyOf") == nil {
		return
	}
	for _, key := range []string{"type", "required", "properties"} {
		remove(s, key)
	}
	set(s, "x-go-type", scalar("any"))
}

// schema changes a schema and those in it.
func (e exporter) schema(s *yaml.Node) {
	if get(s, "x-form") != nil && strings.Contains(value(s, "pattern"), "/finesse/api/") {
		set(s, "example", scalar(strings.NewReplacer("<id>", "1", "<object>", "User/1").Replace(value(s, "x-form"))))
		remove(s, "pattern")
	}
	if items := get(s, "items"); items != nil {
		e.schema(items)
	}
	properties := get(s, "properties")
	if properties == nil {
		return
	}
	required := get(s, "required")
	var kept []*yaml.Node
	for i := 0; i+1 < len(properties.Content); i += 2 {
		key, property := properties.Content[i], properties.Content[i+1]
		if value(property, "type") == "object" && get(property, "properties") == nil {
			continue
		}
		e.schema(property)
		tag := e.tag(key.Value, property)
		if !slices.Contains(texts(required), key.Value) {
			tag += ",omitempty"
		}
		kept = append(kept, key, withTag(property, tag))
	}
	properties.Content = kept
}

// tag is the path of a property's element for encoding/xml.
func (e exporter) tag(key string, property *yaml.Node) string {
	s := e.resolve(property)
	name := key
	if n := value(get(s, "xml"), "name"); n != "" {
		name = n
	}
	if value(get(s, "xml"), "attribute") == "true" {
		return name + ",attr"
	}
	if value(s, "type") != "array" {
		return name
	}
	item := key
	if n := value(get(e.resolve(get(s, "items")), "xml"), "name"); n != "" {
		item = n
	}
	if value(get(s, "xml"), "wrapped") == "true" {
		return name + ">" + item
	}
	return item
}

// nameRoot gives a type of another name than its element's the element's name.
func (e exporter) nameRoot(name string, s *yaml.Node) {
	properties, root := get(s, "properties"), value(get(s, "xml"), "name")
	if properties == nil || root == "" || root == name || get(s, "required") == nil {
		return
	}
	field := mapping("description", scalar("The name of the element, for Go; no element of its own."),
		"x-go-type", scalar("xml.Name"), "x-go-type-skip-optional-pointer", boolean(true),
		"x-oapi-codegen-extra-tags", mapping("json", scalar("-"), "xml", scalar(root)))
	properties.Content = append([]*yaml.Node{scalar("XMLName"), field}, properties.Content...)
}

// resolve follows a reference to a component schema.
func (e exporter) resolve(s *yaml.Node) *yaml.Node {
	if name, ok := strings.CutPrefix(value(s, "$ref"), "#/components/schemas/"); ok {
		return get(e.schemas, name)
	}
	return s
}

// withTag gives a schema with a tag of encoding/xml. Nothing may stand beside
// a reference: it becomes the only one of its parts.
func withTag(s *yaml.Node, tag string) *yaml.Node {
	if get(s, "$ref") != nil {
		s = mapping("allOf", &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{s}})
	}
	set(s, "x-oapi-codegen-extra-tags", mapping("xml", scalar(tag)))
	return s
}
