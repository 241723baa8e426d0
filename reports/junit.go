package reports

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"finesse-conformance/internal/text"
	"finesse-conformance/suites/evidence"
)

// The JUnit form that Jenkins publishes a schema of: no attribute on
// testsuites, no properties in a testcase.
type (
	junitSuites struct {
		XMLName xml.Name     `xml:"testsuites"`
		Suites  []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name       string           `xml:"name,attr"`
		Tests      int              `xml:"tests,attr"`
		Failures   int              `xml:"failures,attr"`
		Errors     int              `xml:"errors,attr"`
		Skipped    int              `xml:"skipped,attr"`
		Time       string           `xml:"time,attr"`
		Timestamp  string           `xml:"timestamp,attr,omitempty"`
		Properties *junitProperties `xml:"properties,omitempty"`
		Cases      []junitCase      `xml:"testcase"`
	}
	junitProperties struct {
		List []junitProperty `xml:"property"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Classname string       `xml:"classname,attr"`
		Name      string       `xml:"name,attr"`
		Time      string       `xml:"time,attr"`
		Skipped   *junitReason `xml:"skipped,omitempty"`
		Error     *junitReason `xml:"error,omitempty"`
		Failure   *junitReason `xml:"failure,omitempty"`
		SystemOut *junitText   `xml:"system-out,omitempty"`
	}
	junitReason struct {
		Type    string `xml:"type,attr,omitempty"`
		Message string `xml:"message,attr"`
		Text    string `xml:",innerxml"` // escaped already, see escape
	}
	junitText struct {
		Text string `xml:",innerxml"`
	}
)

// Limits that keep viewers alive; what is cut says so.
const (
	junitMessageLimit = 1 << 10
	junitTextLimit    = 32 << 10
)

// WriteJUnit writes the result as JUnit XML: a testsuite for each section, a
// testcase for each requirement that is documented for the deployment. Equal
// results give equal bytes.
func WriteJUnit(w io.Writer, r *Result) error {
	suites := junitSuites{}
	for _, section := range sections(r) {
		if s := junitSection(r, section); s.Tests > 0 {
			suites.Suites = append(suites.Suites, s)
		}
	}
	return encodeJUnit(w, suites)
}

func encodeJUnit(w io.Writer, suites junitSuites) error {
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("writing JUnit: %w", err)
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(suites); err != nil {
		return fmt.Errorf("writing JUnit: %w", err)
	}
	if _, err := io.WriteString(w, "\n"); err != nil {
		return fmt.Errorf("writing JUnit: %w", err)
	}
	return nil
}

// sections lists the sections in the order of the rows.
func sections(r *Result) []string {
	var names []string
	for i := range r.Requirements {
		if s := r.Requirements[i].Section; !slices.Contains(names, s) {
			names = append(names, s)
		}
	}
	return names
}

// documentedHere reports whether the requirement is documented for the
// deployment, in whatever release. Where the deployment is not known every
// requirement is.
func documentedHere(r *Result, row *Row) bool {
	return r.Target.Deployment == "" || slices.Contains(row.Deployments, r.Target.Deployment)
}

func junitSection(r *Result, section string) junitSuite {
	s := junitSuite{Name: text.Clean(section), Properties: junitRun(r)}
	if !r.Started.IsZero() {
		s.Timestamp = r.Started.UTC().Format("2006-01-02T15:04:05")
	}
	var ms int64
	for i := range r.Requirements {
		row := &r.Requirements[i]
		if row.Section != section || !documentedHere(r, row) {
			continue
		}
		c := junitRow(row)
		s.Tests++
		switch {
		case c.Error != nil:
			s.Errors++
		case c.Failure != nil:
			s.Failures++
		case c.Skipped != nil:
			s.Skipped++
		}
		ms += row.Duration
		s.Cases = append(s.Cases, c)
	}
	s.Time = seconds(ms)
	return s
}

func junitRun(r *Result) *junitProperties {
	p := &junitProperties{}
	add := func(name, value string) {
		if value != "" {
			p.List = append(p.List, junitProperty{name, text.Clean(text.OneLine(value))})
		}
	}
	add("target", r.Target.URL)
	add("deployment", r.Target.Deployment)
	add("release", r.Target.Release)
	add("version", r.Tool.Version)
	add("spec-digest", r.Spec.Digest)
	add("suite-version", r.Suite.Version)
	add("faults-detectable", strconv.Itoa(r.Suite.FaultsDetectable))
	add("unproven", strings.Join(r.Suite.Unproven, " "))
	add("verdict", string(r.Verdict))
	add("exit-code", strconv.Itoa(r.Exit.Code))
	for _, c := range r.Exit.All {
		add("exit-because-"+strconv.Itoa(c.Code), c.Because)
	}
	add("seed", strconv.FormatInt(r.Seed, 10))
	if r.Shard != nil {
		add("shard", fmt.Sprintf("%d/%d", r.Shard.Index, r.Shard.Count))
	}
	return p
}

func junitRow(row *Row) junitCase {
	c := junitCase{
		Classname: "finesse." + text.Clean(row.Section), Name: text.Clean(row.ID + " " + text.OneLine(row.Title)),
		Time: seconds(row.Duration), SystemOut: &junitText{escape(junitFacts(row))},
	}
	reason := func(kind, message, said string) *junitReason {
		return &junitReason{Type: kind, Message: text.Truncate(text.Clean(text.OneLine(message)), junitMessageLimit), Text: escape(said)}
	}
	switch row.Outcome {
	case evidence.Failed:
		c.Failure = reason(row.Level, row.Reason, Account(row))
	case evidence.Waived:
		c.Skipped = reason("waived", "waived: "+row.Reason+waivedWords(row), "")
	case evidence.NotApplicable:
		c.Skipped = reason("not_applicable", "not applicable: "+row.Reason, "")
	case evidence.NotExercised:
		if row.HarnessFault != "" {
			c.Error = reason("harness", row.Reason, row.HarnessFault)
			break
		}
		c.Skipped = reason("not_exercised", "not exercised: "+row.Reason, "")
	}
	return c
}

func waivedWords(row *Row) string {
	if row.WaivedBy == nil {
		return ""
	}
	return fmt.Sprintf(" (by %s until %s: %s)", row.WaivedBy.Owner, row.WaivedBy.Until, row.WaivedBy.Why)
}

// junitFacts is what a reader of the case sees beside its outcome.
func junitFacts(row *Row) string {
	var b strings.Builder
	fmt.Fprintf(&b, "level: %s\n", row.Level)
	fmt.Fprintf(&b, "source: %s\n", strings.Join(row.Source, ", "))
	if row.Observed != nil {
		fmt.Fprintf(&b, "observed: %s\n", ObservedText(*row.Observed))
	}
	if row.Outcome == evidence.Info && row.Reason != "" {
		fmt.Fprintf(&b, "note: %s\n", row.Reason)
	}
	if row.Gap != nil && row.Gap.Remedy != "" {
		fmt.Fprintf(&b, "to make it run: %s\n", row.Gap.Remedy)
	}
	if row.Attempts > 1 {
		fmt.Fprintf(&b, "attempts: %d\n", row.Attempts)
	}
	return b.String()
}

// escape makes text for between tags. Line ends stay what they are, where
// encoding/xml would write a character reference for each.
func escape(said string) string {
	return betweenTags.Replace(text.Cut(text.Clean(said), junitTextLimit))
}

var betweenTags = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// seconds writes milliseconds as seconds with three decimals.
func seconds(ms int64) string {
	ms = max(ms, 0)
	return fmt.Sprintf("%d.%03d", ms/1000, ms%1000)
}
