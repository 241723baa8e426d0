package suites

import (
	"fmt"
	"path"
	"strings"

	"finesse-conformance/spec"
)

// Selection picks requirements by patterns on their ids, in which * stands
// for any text. The zero Selection picks all.
type Selection struct {
	Only []string // where there are any, only what one of them matches
	Skip []string // and never what one of these matches
}

// Check gives an error for a pattern that is malformed or matches nothing in
// the catalogue: a selection with a typo must not look like a quiet success.
func (s Selection) Check(all []*spec.Requirement) error {
	for _, list := range []struct {
		flag     string
		patterns []string
	}{{"--only", s.Only}, {"--skip", s.Skip}} {
		for _, p := range list.patterns {
			if _, err := path.Match(p, ""); err != nil {
				return fmt.Errorf("%s %q: %w", list.flag, p, err)
			}
			matched := false
			for _, r := range all {
				matched = matched || matches(p, r.ID)
			}
			if !matched {
				return fmt.Errorf("%s %q matches no requirement; `finesse-conformance list` shows their ids", list.flag, p)
			}
		}
	}
	return nil
}

// Why says why the requirement is not picked, "" if it is.
func (s Selection) Why(id string) string {
	for _, p := range s.Skip {
		if matches(p, id) {
			return "not selected: --skip " + p
		}
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
	ok, err := path.Match(strings.ToUpper(pattern), strings.ToUpper(id))
	return err == nil && ok
}
