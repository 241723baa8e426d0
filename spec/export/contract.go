package export

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"path"

	"go.yaml.in/yaml/v3"

	"finesse-conformance/spec"
)

// JSON is the whole contract as one JSON document: openapi (as OpenAPI gives
// it), sources, requirements by section, moves, rules and aliases, each as its
// file has it.
func JSON() ([]byte, error) {
	top, err := document()
	if err != nil {
		return nil, err
	}
	var openapi any
	if err := top.Decode(&openapi); err != nil {
		return nil, fmt.Errorf("read the OpenAPI document: %w", err)
	}
	whole := map[string]any{"openapi": openapi, "digest": spec.Digest()}
	for _, name := range []string{"sources.yaml", "aliases.yaml", "moves.yaml", "rules.yaml"} {
		content, err := read(name)
		if err != nil {
			return nil, err
		}
		for key, value := range content {
			whole[key] = value // each has one key at its top, which says what it is
		}
	}
	sections, err := fs.Glob(spec.Files(), "requirements/*.yaml")
	if err != nil {
		return nil, err
	}
	var all []any
	for _, name := range sections {
		section, err := read(name)
		if err != nil {
			return nil, err
		}
		all = append(all, section)
	}
	whole["requirements"] = all
	return json.MarshalIndent(whole, "", "  ")
}

func read(name string) (map[string]any, error) {
	text, err := fs.ReadFile(spec.Files(), name)
	if err != nil {
		return nil, err
	}
	content := map[string]any{}
	if err := yaml.Unmarshal(text, &content); err != nil {
		return nil, fmt.Errorf("read %s: %w", path.Base(name), err)
	}
	return content, nil
}
