package export

import (
	"bytes"
	"encoding/xml"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// exampleXML is an example of a body as XML, as its schema has it.
func (e exporter) exampleXML(schema, example *yaml.Node) (string, error) {
	var out bytes.Buffer
	enc := xml.NewEncoder(&out)
	enc.Indent("", "  ")
	s := e.resolve(schema)
	if err := e.element(enc, value(get(s, "xml"), "name"), s, example); err != nil {
		return "", err
	}
	if err := enc.Close(); err != nil {
		return "", fmt.Errorf("write an example as XML: %w", err)
	}
	return out.String(), nil
}

// element writes a value as an element.
func (e exporter) element(enc *xml.Encoder, name string, s, v *yaml.Node) error {
	start := xml.StartElement{Name: xml.Name{Local: name}}
	var children []*yaml.Node // keys and values in turns
	for i := 0; v.Kind == yaml.MappingNode && i+1 < len(v.Content); i += 2 {
		key, child := v.Content[i], v.Content[i+1]
		if value(get(e.property(s, key.Value), "xml"), "attribute") == "true" {
			start.Attr = append(start.Attr, xml.Attr{Name: xml.Name{Local: key.Value}, Value: child.Value})
			continue
		}
		children = append(children, key, child)
	}
	if err := enc.EncodeToken(start); err != nil {
		return err
	}
	if v.Kind == yaml.ScalarNode {
		if err := enc.EncodeToken(xml.CharData(v.Value)); err != nil {
			return err
		}
	}
	for i := 0; i+1 < len(children); i += 2 {
		if err := e.children(enc, children[i].Value, e.property(s, children[i].Value), children[i+1]); err != nil {
			return err
		}
	}
	return enc.EncodeToken(start.End())
}

// children writes a property: an element, or a list of them, with one around
// it or without.
func (e exporter) children(enc *xml.Encoder, key string, s, v *yaml.Node) error {
	name := key
	if n := value(get(s, "xml"), "name"); n != "" {
		name = n
	}
	if v.Kind != yaml.SequenceNode {
		return e.element(enc, name, s, v)
	}
	items := e.resolve(get(s, "items"))
	item := key
	if n := value(get(items, "xml"), "name"); n != "" {
		item = n
	}
	around := xml.StartElement{Name: xml.Name{Local: name}}
	wrapped := value(get(s, "xml"), "wrapped") == "true"
	if wrapped {
		if err := enc.EncodeToken(around); err != nil {
			return err
		}
	}
	for _, one := range v.Content {
		if err := e.element(enc, item, items, one); err != nil {
			return err
		}
	}
	if wrapped {
		return enc.EncodeToken(around.End())
	}
	return nil
}

// property is the schema of a property, also of one of several variants.
func (e exporter) property(s *yaml.Node, key string) *yaml.Node {
	s = e.resolve(s)
	if all := get(s, "allOf"); all != nil {
		s = e.resolve(all.Content[0])
	}
	if p := get(s, "properties", key); p != nil {
		if all := get(p, "allOf"); all != nil {
			return e.resolve(all.Content[0])
		}
		return e.resolve(p)
	}
	if alternatives := get(s, "anyOf"); alternatives != nil {
		for _, a := range alternatives.Content {
			if p := e.property(a, key); p != nil {
				return p
			}
		}
	}
	return nil
}
