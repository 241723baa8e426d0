package spec

import (
	_ "embed"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// longestWord bounds what counts as a word of the contract: what is longer is
// a sentence about it.
const longestWord = 60

// proseKeys are the keys under which the contract's files speak to people.
var proseKeys = []string{"title", "description", "summary", "note", "never", "why", "sources", "x-form"}

//go:embed words.txt
var wordList string

// Words lists what the contract is written in, as messages have it: states,
// elements, error types, media types, methods, paths and everything else that
// stands in its files and is not prose. Each comes once, in no order that
// matters. A text with spaces is there as a whole and by its parts. They are
// listed in a file that is generated: every run needs them, and gathering them
// takes a good part of its start.
func Words() []string { return strings.Split(strings.TrimSpace(wordList), "\n") }

// wordsOf gathers the words of a contract's files.
func wordsOf(files fs.FS) ([]string, error) {
	found := map[string]bool{}
	names, _ := fs.Glob(files, "*.yaml") // the patterns are right ones
	sections, _ := fs.Glob(files, "requirements/*.yaml")
	for _, name := range append(names, sections...) {
		if name == "sources.yaml" {
			continue // of the guides, which no message names
		}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		var top yaml.Node
		if err := yaml.Unmarshal(data, &top); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		gatherWords(&top, found)
	}
	return slices.Sorted(maps.Keys(found)), nil
}

func gatherWords(n *yaml.Node, found map[string]bool) {
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i], n.Content[i+1]
			addWord(key.Value, found)
			if !slices.Contains(proseKeys, key.Value) || value.Kind == yaml.MappingNode { // a property may have such a name
				gatherWords(value, found)
			}
		}
		return
	}
	if n.Kind == yaml.ScalarNode {
		addWord(n.Value, found)
		return
	}
	for _, child := range n.Content {
		gatherWords(child, found)
	}
}

// addWord adds a text and its parts.
func addWord(text string, found map[string]bool) {
	text = strings.TrimSpace(text)
	if text == "" || len(text) > longestWord {
		return
	}
	found[text] = true
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" /{}<>=\"',;()[]:#$", r) }) {
		found[part] = true
	}
}
