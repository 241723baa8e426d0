package text

import (
	"slices"
	"strings"
)

// Near gives the candidates that a misspelt word may have meant, the nearest
// first, at most three: those that differ in the fewest letters, a swapped
// pair counting as one, and those that the word begins. Capitals do not matter.
func Near(word string, candidates []string) []string {
	type candidate struct {
		word     string
		distance int
	}
	var some []candidate
	given := strings.ToLower(word)
	for _, c := range candidates {
		lower := strings.ToLower(c)
		d := distance(given, lower)
		begins := len(given) > 1 && strings.HasPrefix(lower, given)
		if d > 0 && d <= max(1, min(len(given), len(lower))/3) || begins {
			some = append(some, candidate{c, d})
		}
	}
	slices.SortStableFunc(some, func(a, b candidate) int { return a.distance - b.distance })
	var words []string
	for _, c := range some {
		if len(words) < 3 && (c.distance == some[0].distance || strings.HasPrefix(strings.ToLower(c.word), given)) {
			words = append(words, c.word)
		}
	}
	return words
}

// Perhaps puts what a misspelt word may have meant into words that go behind a
// message: ", perhaps core or calls"; "" where nothing is near.
func Perhaps(word string, candidates []string) string {
	near := Near(word, candidates)
	if len(near) == 0 {
		return ""
	}
	return ", perhaps " + Or(near)
}

// distance counts the letters to put in, take out, change, or swap with the
// next one, until one word is the other.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
