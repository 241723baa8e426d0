package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"finesse-conformance/internal/contracttest"
	"finesse-conformance/spec"
	"finesse-conformance/spec/export"
)

// The diagrams in the documentation are those of the contract.
func TestDocsOfStates(t *testing.T) {
	t.Parallel()
	catalogue := contracttest.Catalogue()
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
