package runner

import prose "finesse-conformance/internal/text"

func plural(n int, word string) string { return prose.Plural(n, word) }

func enumerate(words []string) string { return prose.Enumerate(words) }

// bounded cuts what a target says.
func bounded(said string) string { return prose.Truncate(said, 200) }
