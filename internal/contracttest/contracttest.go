// Package contracttest gives tests the contract as the program has it: its
// catalogue, its rules, and the judge of both. Each is loaded once, and nobody
// may change it.
package contracttest

import (
	"sync"

	"finesse-conformance/internal/xmlbody"
	"finesse-conformance/spec"
	"finesse-conformance/suites/judge"
)

// Catalogue, Rules and Judge give the contract's. One that does not load is a
// mistake in the project's own data, and a panic.
var (
	Catalogue = sync.OnceValue(func() *spec.Catalogue { return must(spec.Load()) })
	Rules     = sync.OnceValue(func() *spec.Rules { return must(spec.LoadRules()) })
	Judge     = sync.OnceValue(func() *judge.Judge { return judge.New(Catalogue(), xmlbody.NewValidator(spec.OpenAPI)) })
)

func must[T any](loaded T, err error) T {
	if err != nil {
		panic(err)
	}
	return loaded
}
