package spec

import (
	"io/fs"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// words is the vocabulary that other files of the contract lay down: the
// states, error types and bodies of openapi.yaml, the guides of sources.yaml,
// the aliases of aliases.yaml. Requirements use these words and no others.
type words struct {
	vocabulary
	guides  []Guide
	aliases map[string][]string // without the dollar sign
}

// vocabulary is what openapi.yaml gives to the other files.
type vocabulary struct {
	users   []State  // those that the User object may show
	asked   []State  // those that may be asked for
	states  []State  // both
	types   []string // of errors
	schemas []string // names of the component schemas
}

// readWords parses files of a contract by their names, and reads the
// vocabulary that they use. What openapi.yaml gives to it is read unless it is
// known. The vocabulary is nil where it has problems: without it every row
// would be wrong.
func readWords(files fs.FS, known *vocabulary, found *problems, names ...string) (documents, *words) {
	w := &words{}
	names = append([]string{"sources.yaml", "aliases.yaml"}, names...)
	if known == nil {
		names = append(names, "openapi.yaml")
	}
	docs := parse(files, names)
	if known != nil {
		w.vocabulary = *known
	} else {
		w.readOpenAPI(docs, found)
	}
	w.readGuides(docs, found)
	if len(w.types) > 0 {
		w.readAliases(docs, found)
	}
	if found.err() != nil {
		return nil, nil
	}
	return docs, w
}

func (w *words) guide(key string) *Guide {
	for i := range w.guides {
		if w.guides[i].Key == key {
			return &w.guides[i]
		}
	}
	return nil
}

// readOpenAPI takes the vocabulary from the document's schemas. It reads the
// YAML and no more: whether the document is valid, OpenAPI tells.
func (w *words) readOpenAPI(docs documents, found *problems) {
	r, top := docs.open("openapi.yaml", w, found)
	if top == nil {
		return
	}
	schemas := at(top, "components", "schemas")
	if schemas == nil {
		r.errorf(nil, "has no components/schemas: states and error types stand there")
		return
	}
	for i := 0; i+1 < len(schemas.Content); i += 2 {
		w.schemas = append(w.schemas, schemas.Content[i].Value)
	}
	w.types = r.enum(schemas, "ErrorType")
	for _, s := range r.enum(schemas, "State") {
		w.users = append(w.users, State(s))
	}
	w.states = slices.Clone(w.users)
	for _, s := range r.enum(schemas, "RequestState") {
		w.asked = append(w.asked, State(s))
		if !slices.Contains(w.states, State(s)) {
			w.states = append(w.states, State(s))
		}
	}
}

// enum gives the values of an enumerated schema.
func (r *reader) enum(schemas *yaml.Node, schema string) []string {
	list := at(schemas, schema, "enum")
	if list == nil || len(list.Content) == 0 {
		r.errorf(schemas, "has no enum in components/schemas/%s", schema)
		return nil
	}
	values := make([]string, len(list.Content))
	for i, v := range list.Content {
		values[i] = v.Value
	}
	return values
}

// at follows keys down from a mapping; nil where there is no such key.
func at(n *yaml.Node, keys ...string) *yaml.Node {
	for _, key := range keys {
		var next *yaml.Node
		if n.Kind == yaml.MappingNode {
			for i := 0; i+1 < len(n.Content); i += 2 {
				if n.Content[i].Value == key {
					next = n.Content[i+1]
				}
			}
		}
		if next == nil {
			return nil
		}
		n = next
	}
	return n
}

// state reads a state of openapi.yaml.
func (r *reader) state(n *yaml.Node, what string) State {
	s := State(r.text(n, what))
	if s != "" && !slices.Contains(r.words.states, s) {
		r.errorf(n, "%s is %q, a state that openapi.yaml does not have: use %s", what, string(s), orList(r.words.states))
		return ""
	}
	return s
}

// states reads one state or a list of them.
func (r *reader) states(n *yaml.Node, what string) []State {
	var all []State
	r.list(n, func(e *yaml.Node) {
		if s := r.state(e, what); s != "" {
			all = append(all, s)
		}
	})
	return all
}

// errorTypes reads error types of openapi.yaml and resolves aliases.
func (r *reader) errorTypes(n *yaml.Node) []string {
	var all []string
	add := func(e *yaml.Node, t string) {
		if slices.Contains(all, t) {
			r.errorf(e, "the error type %q is there twice: keep one", t)
			return
		}
		all = append(all, t)
	}
	r.list(n, func(e *yaml.Node) {
		t := r.text(e, "an error type")
		switch name, isAlias := strings.CutPrefix(t, "$"); {
		case t == "":
		case isAlias && r.words.aliases[name] == nil:
			r.errorf(e, "%s is an alias that aliases.yaml does not have", t)
		case isAlias:
			for _, each := range r.words.aliases[name] {
				add(e, each)
			}
		case !slices.Contains(r.words.types, t):
			r.errorf(e, "%q is an error type that openapi.yaml does not have: mend it, or add it to components/schemas/ErrorType", t)
		default:
			add(e, t)
		}
	})
	return all
}

// readAliases reads aliases.yaml: names for error types that the guide spells
// in several ways.
func (w *words) readAliases(docs documents, found *problems) {
	r, top := docs.open("aliases.yaml", w, found)
	if top == nil {
		return
	}
	aliases := map[string][]string{}
	r.mapping(top, "aliases.yaml", fields{{"error_types", func(n *yaml.Node) {
		if n.Kind != yaml.MappingNode {
			r.errorf(n, "error_types is %s: write names, each with a list of error types", kindOf(n))
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			aliases[n.Content[i].Value] = r.errorTypes(n.Content[i+1])
		}
	}}})
	w.aliases = aliases
}
