package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"finesse-conformance/spec"
	"finesse-conformance/spec/export"
)

// The diagrams in the documentation are those of the contract.
func TestDocsOfStates(t *testing.T) {
	t.Parallel()
	catalogue, err := spec.Load()
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join("..", "..", "docs", "contract.md")
	text := contents(t, name)
	deployments := spec.Deployments()
	made := regexp.MustCompile("(?s)```mermaid\n.*?```").ReplaceAllStringFunc(text, func(string) string {
		d := deployments[0]
		deployments = deployments[1:]
		return "```mermaid\n" + export.Mermaid(catalogue, d) + "```"
	})
	if len(deployments) > 0 {
		t.Fatalf("%s has no diagram of %v", name, deployments)
	}
	if *update {
		if err := os.WriteFile(name, []byte(made), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if made != text {
		t.Errorf("%s is not what the contract makes of it; -update renews it", name)
	}
}

// Each form is printed, and what is none is refused with those that are.
func TestSpecFormats(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for format, want := range map[string]string{
		"openapi": "x-oapi-codegen-extra-tags", "postman": "Walk through", "postman-environment": "baseUrl", "mermaid": "stateDiagram-v2", "json": `"requirements"`,
	} {
		contain(t, ok(t, dir, "spec", "--format", format), want)
	}
	if ok(t, dir, "spec") != ok(t, dir, "spec", "--format", "openapi") {
		t.Error("spec prints something else than --format openapi")
	}
	for _, args := range [][]string{{"spec", "--format", "postmann"}, {"spec", "--deployment", "x"}, {"spec", "moves", "--format", "json"}} {
		if r := invoke(t, dir, args...); r.code != 2 {
			t.Errorf("%s: %v", strings.Join(args, " "), r)
		}
	}
}
