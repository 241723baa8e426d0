package spec_test

import (
	"slices"
	"strings"
	"testing"

	"finesse-conformance/spec"
)

// Everything that a message has of the contract is among its words, and what
// explains it to people is not.
func TestWords(t *testing.T) {
	words := spec.Words()
	want := []string{"User", "state", "reasonCodeId", "application/xml", "xml", "Invalid Input", "Invalid", "GET", "PUT", "MAKE_CALL", "true", "REQUIRED_WITH_WRAP_UP_DATA", "finesse", "UCCX", "IN_SERVICE"}
	for _, s := range spec.States() {
		want = append(want, string(s))
	}
	want = append(want, spec.ErrorTypes()...)
	for _, word := range want {
		if !slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, word) }) {
			t.Errorf("%q is not among the words", word)
		}
	}
	for _, word := range words {
		if len(word) > 60 || strings.TrimSpace(word) == "" {
			t.Errorf("%q is no word", word)
		}
	}
	for _, prose := range []string{"paraphrases", "spoil"} {
		if slices.Contains(words, prose) {
			t.Errorf("%q is from a sentence about the contract", prose)
		}
	}
}
