package suites

import (
	"fmt"
	"slices"
	"strings"

	"finesse-conformance/internal/text"
	"finesse-conformance/spec"
)

// Selection picks requirements by profiles and by patterns on their ids, in
// which * stands for any text. The zero Selection picks all.
type Selection struct {
	Profiles []string // where there are any, only what is in one of them
	Only     []string // where there are any, only what one of them matches
	Skip     []string // and never what one of these matches
}

// Check gives an error for a profile that does not exist, and for a pattern
// that is malformed or matches nothing in the catalogue: a selection with a
// typo must not look like a quiet success.
func (s Selection) Check(c *spec.Catalogue) error {
	var names []string
	for _, p := range c.Profiles() {
		names = append(names, p.Name)
	}
	for _, name := range s.Profiles {
		if !slices.Contains(names, strings.ToLower(name)) {
			return fmt.Errorf("--profile %q is no profile%s; there are %s", name, text.Perhaps(name, names), text.Enumerate(names))
		}
	}
	return s.CheckIDs(idsOf(c), noRequirement, listed)
}

// CheckIDs gives an error for a pattern that is malformed or matches none of the ids
// of a command: none says what they are the ids of, and where how they are known.
func (s Selection) CheckIDs(ids []string, none, where string) error {
	for _, p := range s.Only {
		if err := checkPattern(p, ids, none, where); err != nil {
			return fmt.Errorf("--only %w", err)
		}
	}
	for _, p := range s.Skip {
		if err := checkPattern(p, ids, none, where); err != nil {
			return fmt.Errorf("--skip %w", err)
		}
	}
	return nil
}

const (
	noRequirement = "no requirement"
	listed        = "`finesse-conformance list` shows their ids"
)

// CheckPattern gives an error for a pattern that is malformed or matches no
// requirement, and names those that may have been meant.
func CheckPattern(c *spec.Catalogue, pattern string) error {
	return checkPattern(pattern, idsOf(c), noRequirement, listed)
}

// idsOf lists what a pattern may be for: requirements, and sections of them.
func idsOf(c *spec.Catalogue) (ids []string) {
	for _, r := range c.All() {
		ids = append(ids, r.ID)
	}
	for _, s := range c.Sections() {
		ids = append(ids, s.Name+"-*")
	}
	return ids
}

func checkPattern(pattern string, ids []string, none, where string) error {
	for _, id := range ids {
		switch ok, err := spec.MatchID(pattern, id); {
		case err != nil:
			return fmt.Errorf("%q: %w", pattern, err)
		case ok:
			return nil
		}
	}
	return fmt.Errorf("%q matches %s%s; %s", pattern, none, text.Perhaps(pattern, ids), where)
}

// Why says why a requirement with the id and the profiles is not picked, "" if
// it is.
func (s Selection) Why(id string, profiles ...string) string {
	for _, p := range s.Skip {
		if matches(p, id) {
			return "not selected: --skip " + p
		}
	}
	if len(s.Profiles) > 0 && !slices.ContainsFunc(s.Profiles, func(p string) bool { return slices.Contains(profiles, strings.ToLower(p)) }) {
		return "not selected: --profile " + strings.Join(s.Profiles, " ")
	}
	if len(s.Only) == 0 {
		return ""
	}
	for _, p := range s.Only {
		if matches(p, id) {
			return ""
		}
	}
	return "not selected: --only " + strings.Join(s.Only, " ")
}

func matches(pattern, id string) bool {
	ok, err := spec.MatchID(pattern, id)
	return err == nil && ok
}
