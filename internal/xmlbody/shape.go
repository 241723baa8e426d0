package xmlbody

import (
	"maps"
	"slices"

	"github.com/antchfx/xmlquery"
	"github.com/getkin/kin-openapi/openapi3"
)

// shape is a schema as the decoder needs it: made once, read by all.
type shape struct {
	schema *openapi3.Schema
	names  []string // of the element, the first as the schema spells it, the others as its extensions do
	space  string   // namespace of the element
	kind   string   // type of the schema; "" where it has none
	props  []property
	items  *shape // of an array
}

type property struct {
	*shape
	key       string // in the value, and so in the schema
	attribute bool
	wrapped   bool
}

// shaper makes shapes, one for each schema and name, so that schemas may refer to themselves.
type shaper struct {
	made  map[shapeKey]*shape
	heard bool // names of x-named-in-notifications are taken too
}

func newShaper(heard bool) shaper { return shaper{made: make(map[shapeKey]*shape), heard: heard} }

type shapeKey struct {
	schema *openapi3.Schema
	name   string
}

// of makes the shape of a schema. The name is for an element that xml.name does not name.
func (m shaper) of(schema *openapi3.Schema, name string) *shape {
	key := shapeKey{schema, name}
	if s := m.made[key]; s != nil {
		return s
	}
	s := &shape{schema: schema, names: m.elementNames(schema, name)}
	m.made[key] = s
	if schema.XML != nil {
		s.space = schema.XML.Namespace
	}
	if schema.Type != nil && len(*schema.Type) > 0 {
		s.kind = (*schema.Type)[0]
	}
	m.addProperties(s, schema)
	for _, alternatives := range []openapi3.SchemaRefs{schema.AllOf, schema.AnyOf, schema.OneOf} {
		for _, ref := range alternatives {
			// A value has one decoding: what the alternatives name is decoded as the first of them has
			// it, and validation then sees which alternative fits.
			m.addProperties(s, ref.Value)
			if s.kind == "" && ref.Value.Type != nil && len(*ref.Value.Type) > 0 {
				s.kind = (*ref.Value.Type)[0]
			}
		}
	}
	if s.kind == openapi3.TypeArray && schema.Items != nil {
		item := s.names[0]
		if schema.XML == nil || !schema.XML.Wrapped {
			item = name
		}
		s.items = m.of(schema.Items.Value, item)
	}
	return s
}

func (m shaper) addProperties(s *shape, schema *openapi3.Schema) {
	for _, key := range slices.Sorted(maps.Keys(schema.Properties)) {
		if slices.ContainsFunc(s.props, func(p property) bool { return p.key == key }) {
			continue
		}
		child := schema.Properties[key].Value
		p := property{shape: m.of(child, key), key: key}
		if child.XML != nil {
			p.attribute, p.wrapped = child.XML.Attribute, child.XML.Wrapped
		}
		s.props = append(s.props, p)
	}
}

func (m shaper) elementNames(schema *openapi3.Schema, name string) []string {
	if schema.XML != nil && schema.XML.Name != "" {
		name = schema.XML.Name
	}
	names := []string{name}
	extensions := []string{"x-also-named"}
	if m.heard {
		extensions = append(extensions, "x-named-in-notifications")
	}
	for _, extension := range extensions {
		also, _ := schema.Extensions[extension].([]any)
		for _, other := range also {
			if other, ok := other.(string); ok {
				names = append(names, other)
			}
		}
	}
	return names
}

// named says whether an element is one of the shape.
func (s *shape) named(node *xmlquery.Node) bool {
	return node.NamespaceURI == s.space && slices.Contains(s.names, node.Data)
}

// element is the shape of the elements that make up the property: for a list without a wrapper that of
// its items, else the property's own.
func (p property) element() *shape {
	if p.kind == openapi3.TypeArray && !p.wrapped && p.items != nil {
		return p.items
	}
	return p.shape
}

// list says whether the property may occur more than once.
func (p property) list() bool { return p.kind == openapi3.TypeArray && !p.wrapped }

// property finds a property by its key.
func (s *shape) property(key string) (property, bool) {
	for _, p := range s.props {
		if p.key == key {
			return p, true
		}
	}
	return property{}, false
}

// childNamed finds the property that an element belongs to.
func (s *shape) childNamed(node *xmlquery.Node) (int, bool) {
	for i, p := range s.props {
		if !p.attribute && p.element().named(node) {
			return i, true
		}
	}
	return 0, false
}

// attributeNamed finds the property that an attribute belongs to.
func (s *shape) attributeNamed(name string) (int, bool) {
	for i, p := range s.props {
		if p.attribute && slices.Contains(p.names, name) {
			return i, true
		}
	}
	return 0, false
}
