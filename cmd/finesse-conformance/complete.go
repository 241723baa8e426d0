package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"finesse-conformance/fixtures/reference"
	"finesse-conformance/runner/config"
	"finesse-conformance/spec"
)

// completion gives the words that may stand in a place of the command line,
// each with a tab and what it means.
type completion = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective)

// completeFlags gives the flags of a command the words that they take.
func completeFlags(c *cobra.Command) {
	known := map[string]completion{
		"only": completeIDs, "skip": completeIDs, "profile": fromCatalogue(profileWords), "section": fromCatalogue(sectionWords), "fault": completeFaults,
	}
	for _, s := range config.Settings() {
		if s.Flag != "" && len(s.Choices) > 0 {
			known[s.Flag] = cobra.FixedCompletions(s.Choices, cobra.ShellCompDirectiveNoFileComp)
		}
	}
	for flag, words := range known {
		if c.Flags().Lookup(flag) != nil {
			_ = c.RegisterFlagCompletionFunc(flag, words) // it fails for a flag that is not there
		}
	}
}

// among completes the last of several words with commas between them.
func among(words []string, start string) ([]string, cobra.ShellCompDirective) {
	before, last := "", start
	if i := strings.LastIndex(start, ","); i >= 0 {
		before, last = start[:i+1], start[i+1:]
	}
	var some []string
	for _, w := range words {
		if len(w) >= len(last) && strings.EqualFold(w[:len(last)], last) {
			some = append(some, before+w)
		}
	}
	return some, cobra.ShellCompDirectiveNoFileComp
}

// fromCatalogue completes with words of the contract.
func fromCatalogue(words func(*spec.Catalogue) []string) completion {
	return func(_ *cobra.Command, _ []string, start string) ([]string, cobra.ShellCompDirective) {
		catalogue, err := spec.Load()
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		return among(words(catalogue), start)
	}
}

func idWords(c *spec.Catalogue) (words []string) {
	for _, req := range c.All() {
		words = append(words, req.ID+"\t"+req.Title)
	}
	return words
}

func profileWords(c *spec.Catalogue) (words []string) {
	for _, p := range c.Profiles() {
		words = append(words, p.Name+"\t"+p.Title)
	}
	return words
}

func sectionWords(c *spec.Catalogue) (words []string) {
	for _, s := range c.Sections() {
		words = append(words, s.Name+"\t"+s.Title)
	}
	return words
}

var (
	completeIDs          = fromCatalogue(idWords)
	completeRequirements = fromCatalogue(func(c *spec.Catalogue) []string { return slices.Concat(profileWords(c), sectionWords(c), idWords(c)) })
)

func completeFaults(_ *cobra.Command, _ []string, start string) ([]string, cobra.ShellCompDirective) {
	words := []string{"list\tshow them all"}
	for _, f := range slices.Concat(reference.Faults(), reference.Harmless()) {
		words = append(words, f.Name)
	}
	return among(words, start)
}
