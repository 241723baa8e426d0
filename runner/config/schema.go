package config

import (
	"encoding/json"
	"maps"
	"strings"
)

// SchemaName is the file in which editors find the schema beside a
// configuration.
const SchemaName = "finesse.schema.json"

// object is a schema, or a part of one.
type object map[string]any

// variable is what may stand in the place of any value.
const variable = `\$\{[A-Za-z_][A-Za-z0-9_]*\}`

// Schema gives the JSON Schema of the configuration file, with which editors
// complete and check one while it is written. Load checks more: what belongs
// together, and what is there.
func Schema() ([]byte, error) {
	entry := group(Setting.ofTarget)
	entry["name"] = described(valueSchema(Text, nil), "what reports call the target, default the host of its address")
	entry["users"] = object{"$ref": "#/$defs/users"}
	top := group(func(Setting) bool { return true })
	top["users"] = object{"$ref": "#/$defs/users"}
	top["targets"] = described(object{"type": "array", "minItems": 1, "items": closed(entry)},
		"several targets, each with the keys that a file with one has, run excepted")
	schema := closed(top)
	schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	schema["title"] = "Configuration of finesse-conformance"
	schema["not"] = object{"required": []string{"target", "targets"}}
	schema["$defs"] = object{"users": usersSchema()}
	text, err := json.MarshalIndent(schema, "", "  ")
	return append(text, '\n'), err
}

// closed is a mapping that has these keys and no others.
func closed(properties object) object {
	return object{"type": "object", "additionalProperties": false, "properties": properties}
}

func described(schema object, help string) object {
	schema = maps.Clone(schema)
	schema["description"] = help
	return schema
}

// group makes the schemas of the settings, nested as their keys are.
func group(wanted func(Setting) bool) object {
	nested, top := map[string]object{}, object{}
	for _, s := range Settings() {
		if s.Key == "" || !wanted(s) {
			continue
		}
		schema := described(valueSchema(s.Kind, s.Choices), s.Help)
		if s.Default != "" {
			schema["default"] = s.Default
		}
		before, leaf, deep := strings.Cut(s.Key, ".")
		if !deep {
			top[before] = schema
			continue
		}
		if nested[before] == nil {
			nested[before] = object{}
		}
		nested[before][leaf] = schema
	}
	for name, properties := range nested {
		inner := closed(properties)
		if word, is := top[name]; is { // notifications: off, beside notifications: {url: …}
			top[name] = object{"anyOf": []any{word, inner}}
			continue
		}
		top[name] = inner
	}
	return top
}

// valueSchema is what a value of the kind may look like.
func valueSchema(kind Kind, choices []string) object {
	text := object{"type": []string{"string", "number"}}
	orVariable := func(schemas ...object) object {
		return object{"anyOf": append(schemas, object{"type": "string", "pattern": variable})}
	}
	switch kind {
	case Bool:
		return orVariable(object{"type": "boolean"})
	case Choice:
		any := []any{}
		for _, c := range choices {
			any = append(any, c)
			if c == "off" {
				any = append(any, false) // which editors take off for
			}
		}
		return orVariable(object{"enum": any})
	case List:
		return object{"anyOf": []any{text, object{"type": "array", "minItems": 1, "items": text}}}
	case Command:
		return object{"type": "array", "minItems": 1, "items": text}
	case Headers:
		return object{"type": "object", "additionalProperties": text}
	case Count:
		return orVariable(object{"type": "integer", "minimum": 0}, object{"const": "auto"})
	case Number:
		return orVariable(object{"type": "number", "exclusiveMinimum": 0})
	case Duration:
		return object{"type": "string", "pattern": `^([0-9.]+(ns|us|µs|ms|s|m|h))+$|` + variable}
	case Address:
		return object{"type": "string", "pattern": `^[A-Za-z]+://|` + variable}
	case ShardOf:
		return object{"type": "string", "pattern": `^(auto|[0-9]+)/[0-9]+$|` + variable}
	}
	return text // Text, Path and ReleaseOf: numbers are texts as they are written
}

// usersSchema is that of a list of users.
func usersSchema() object {
	properties := object{}
	for _, k := range userKeys {
		properties[k.name] = described(valueSchema(k.kind, nil), k.help)
	}
	properties["role"] = object{"enum": []string{"agent", "supervisor"}, "description": properties["role"].(object)["description"]}
	mobile := object{}
	for _, name := range mobileKeys {
		mobile[name] = valueSchema(Text, nil)
	}
	inner := described(closed(mobile), "a mobile agent: the extension of its CTI port and the number of its telephone")
	inner["required"] = mobileKeys
	properties["mobile"] = inner
	user := closed(properties)
	user["required"] = []string{"id"}
	var ways []object
	for _, key := range []string{"password", "password_file", "access_token", "access_token_file", "access_token_exec"} {
		ways = append(ways, object{"required": []string{key}})
	}
	user["oneOf"] = ways
	return described(object{"type": "array", "minItems": 1, "items": user}, "everyone whom the run may touch; it touches nobody else")
}
