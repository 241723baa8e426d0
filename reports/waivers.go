package reports

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"finesse-conformance/internal/text"
	"finesse-conformance/spec"
	"finesse-conformance/suites/evidence"
)

// Waiver says that a known failure is accepted for a time: which, why, and
// who answers for it. Nothing but that failure is let through.
type Waiver struct {
	Requirement string        // an id; * stands for any characters
	Reason      string        // of the failure, as the result has it; * stands for any characters
	Owner       string        // who answers for it
	Until       time.Time     // the last day on which it holds
	Releases    spec.Releases // of the target for which it holds; open on both ends: any
	Why         string
	Line        int // where it stands in its file
}

// WaiverRef is the waiver that holds a failure back.
type WaiverRef struct {
	Requirement string `json:"requirement"` // the pattern
	Owner       string `json:"owner"`
	Until       string `json:"until"` // 2006-01-02
	Why         string `json:"why"`
}

// WaiverUse is a waiver of the run, and what it did.
type WaiverUse struct {
	Requirement string   `json:"requirement"`
	Reason      string   `json:"reason"`
	Owner       string   `json:"owner"`
	Until       string   `json:"until"`
	From        string   `json:"from_release,omitempty"`
	To          string   `json:"to_release,omitempty"`
	Why         string   `json:"why"`
	Used        []string `json:"used"`            // the requirements whose failure it holds back
	Stale       string   `json:"stale,omitempty"` // why it must be mended or removed
	Line        int      `json:"line,omitempty"`  // where it stands in its file
}

// ApplyWaivers turns the failures that waivers name into waived ones and
// finds the waivers that are stale on the given day. A waiver is stale when
// it matches no requirement of the catalogue, has expired, when what it
// waives passes, or fails for another reason. It is not stale when its
// requirements did not run, or when the target's release is outside its
// range: then it just does nothing. Waivers that were applied before are
// taken back first.
func (r *Result) ApplyWaivers(waivers []Waiver, today time.Time) {
	r.unwaive()
	r.Waivers = nil
	release, err := spec.ParseRelease(r.Target.Release)
	if err != nil {
		release = spec.Release{}
	}
	for _, w := range waivers {
		r.Waivers = append(r.Waivers, r.applyWaiver(w, release, today))
	}
	r.Conclude()
}

func (r *Result) unwaive() {
	for i := range r.Requirements {
		if row := &r.Requirements[i]; row.Unwaived != "" {
			row.Outcome, row.Unwaived, row.WaivedBy = row.Unwaived, "", nil
		}
	}
}

func (r *Result) applyWaiver(w Waiver, release spec.Release, today time.Time) WaiverUse {
	use := WaiverUse{Requirement: w.Requirement, Reason: w.Reason, Owner: w.Owner, Until: w.Until.Format(time.DateOnly),
		From: w.Releases.From.String(), To: w.Releases.To.String(), Why: w.Why, Used: []string{}, Line: w.Line}
	var matched, passed, other []*Row
	for i := range r.Requirements {
		row := &r.Requirements[i]
		if !glob(w.Requirement, row.ID) {
			continue
		}
		matched = append(matched, row)
		switch {
		case row.Outcome == evidence.Passed || row.Outcome == evidence.Info:
			passed = append(passed, row)
		case row.Outcome == evidence.Failed || row.Outcome == evidence.Waived:
			if glob(text.OneLine(w.Reason), row.Reason) {
				use.Used = append(use.Used, row.ID)
			} else {
				other = append(other, row)
			}
		}
	}
	switch {
	case len(matched) == 0:
		use.Stale = "it matches no requirement"
	case today.Format(time.DateOnly) > use.Until:
		use.Stale, use.Used = "it expired on "+use.Until, []string{}
	case !w.Releases.Contains(release):
		use.Used = []string{}
	case len(use.Used) > 0:
	case len(other) > 0:
		use.Stale = fmt.Sprintf("%s fails for another reason now: %s", other[0].ID, other[0].Reason)
	case len(passed) > 0:
		use.Stale = passedWords(passed)
	}
	for _, row := range matched {
		if row.Outcome == evidence.Failed && slices.Contains(use.Used, row.ID) {
			row.Outcome, row.Unwaived = evidence.Waived, evidence.Failed
			row.WaivedBy = &WaiverRef{Requirement: w.Requirement, Owner: w.Owner, Until: use.Until, Why: w.Why}
		}
	}
	return use
}

func passedWords(rows []*Row) string {
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	words := "passes now"
	if len(ids) > 1 {
		words = "pass now"
	}
	if !slices.ContainsFunc(rows, func(row *Row) bool { return row.Level != string(spec.Info) }) {
		words = "is INFO and fails no run"
	}
	return text.Few(ids, 5) + " " + words
}

// ProposeWaivers writes a waivers file for the failures of a result. Owner,
// date and why are placeholders that a person has to fill in: LoadWaivers
// refuses the file before. The reason pattern has * for what changes from run
// to run.
func ProposeWaivers(r *Result) []byte {
	var b strings.Builder
	b.WriteString("# Failures that are accepted for a time. Replace every " + placeholder + " before use;\n" +
		"# remove what should fail the run. * stands for any characters.\n")
	n := 0
	for i := range r.Requirements {
		row := &r.Requirements[i]
		if row.Outcome != evidence.Failed {
			continue
		}
		if n++; n == 1 {
			b.WriteString("waivers:\n")
		}
		fmt.Fprintf(&b, "  - requirement: %s\n", row.ID)
		fmt.Fprintf(&b, "    reason: %s\n", yamlText(reasonPattern(r, row)))
		fmt.Fprintf(&b, "    owner: %s (who answers for it)\n", placeholder)
		fmt.Fprintf(&b, "    until: %s (the last day, as 2006-01-02)\n", placeholder)
		if release, err := spec.ParseRelease(r.Target.Release); err == nil && !release.IsZero() {
			fmt.Fprintf(&b, "    releases: {from: %s, to: %s}\n", release, release)
		}
		fmt.Fprintf(&b, "    why: %s (why it is accepted, and the case with the vendor)\n", placeholder)
	}
	if n == 0 {
		b.WriteString("waivers: []\n")
	}
	return []byte(b.String())
}

// reasonPattern makes a pattern of a reason.
func reasonPattern(r *Result, row *Row) string {
	pattern := Steady(row.Reason, VolatileValues(r, row), "*")
	for strings.Contains(pattern, "**") {
		pattern = strings.ReplaceAll(pattern, "**", "*")
	}
	if !hasWords(pattern) {
		return row.Reason
	}
	return pattern
}

// hasWords reports whether a pattern names something. One without would let
// everything through.
func hasWords(pattern string) bool {
	return strings.ContainsFunc(pattern, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}

// yamlText quotes a text for YAML, where JSON's strings are strings too.
func yamlText(said string) string { return fmt.Sprintf("%q", text.Clean(said)) }
