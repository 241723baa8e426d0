package spec

import (
	"io/fs"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// longestWord bounds what counts as a word of the contract: what is longer is
// a sentence about it.
const longestWord = 60

// proseKeys are the keys under which the contract's files speak to people.
var proseKeys = []string{"title", "description", "summary", "note", "never", "why", "sources", "x-form"}

// Words lists what the contract is written in, as messages have it: states,
// elements, error types, media types, methods, paths and everything else that
// stands in its files and is not prose. Each comes once, in no order that
// matters. A text with spaces is there as a whole and by its parts.
func Words() []string {
	found := map[string]bool{}
	names, _ := fs.Glob(contract, "*.yaml") // the patterns are right ones
	sections, _ := fs.Glob(contract, "requirements/*.yaml")
	for _, name := range append(names, sections...) {
		if name == "sources.yaml" {
			continue // of the guides, which no message names
		}
		data, err := fs.ReadFile(contract, name)
		if err != nil {
			continue // a file that cannot be read is a mistake that Load reports
		}
		var top yaml.Node
		if yaml.Unmarshal(data, &top) == nil {
			gatherWords(&top, found)
		}
	}
	list := make([]string, 0, len(found))
	for word := range found {
		list = append(list, word)
	}
	slices.Sort(list)
	return list
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
