// Package junit writes results as JUnit XML, valid against the schema that
// Jenkins publishes, and owns the forms of that schema. It imports the results
// only.
//
// No other module is promised anything of it: see docs/stability.md.
package junit

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/suites/evidence"
)

// The JUnit form that Jenkins publishes a schema of: no attribute on
// testsuites, no properties in a testcase. [Escape] makes the texts of reasons
// and outputs.
type (
	Suites struct {
		XMLName xml.Name `xml:"testsuites"`
		Suites  []Suite  `xml:"testsuite"`
	}
	Suite struct {
		Name       string      `xml:"name,attr"`
		Tests      int         `xml:"tests,attr"`
		Failures   int         `xml:"failures,attr"`
		Errors     int         `xml:"errors,attr"`
		Skipped    int         `xml:"skipped,attr"`
		Time       string      `xml:"time,attr"`
		Timestamp  string      `xml:"timestamp,attr,omitempty"`
		Properties *Properties `xml:"properties,omitempty"`
		Cases      []Case      `xml:"testcase"`
	}
	Properties struct {
		List []Property `xml:"property"`
	}
	Property struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	Case struct {
		Classname string  `xml:"classname,attr"`
		Name      string  `xml:"name,attr"`
		Time      string  `xml:"time,attr"`
		Skipped   *Reason `xml:"skipped,omitempty"`
		Error     *Reason `xml:"error,omitempty"`
		Failure   *Reason `xml:"failure,omitempty"`
		SystemOut *Text   `xml:"system-out,omitempty"`
	}
	Reason struct {
		Type    string `xml:"type,attr,omitempty"`
		Message string `xml:"message,attr"`
		Text    string `xml:",innerxml"` // escaped already, see [Escape]
	}
	Text struct {
		Text string `xml:",innerxml"`
	}
)

// textLimit keeps viewers alive; what is cut says so.
const textLimit = 32 << 10

// WriteJUnit writes the result as JUnit XML: a testsuite for each section, a
// testcase for each requirement that is documented for the deployment. Equal
// results give equal bytes.
func Write(w io.Writer, r *reports.Result) error {
	suites := Suites{}
	for _, section := range sections(r) {
		if s := junitSection(r, section); s.Tests > 0 {
			suites.Suites = append(suites.Suites, s)
		}
	}
	return Encode(w, suites)
}

func Encode(w io.Writer, suites Suites) error {
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
func sections(r *reports.Result) []string {
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
func documentedHere(r *reports.Result, row *reports.Row) bool {
	return r.Target.Deployment == "" || slices.Contains(row.Deployments, r.Target.Deployment)
}

func junitSection(r *reports.Result, section string) Suite {
	s := Suite{Name: text.Clean(section), Properties: junitRun(r)}
	if !r.Started.IsZero() {
		s.Timestamp = r.Started.UTC().Format("2006-01-02T15:04:05")
	}
	var ms int64
	for i := range r.Requirements {
		row := &r.Requirements[i]
		if row.Section != section || !documentedHere(r, row) {
			continue
		}
		c := junitRow(r, row)
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
	s.Time = reports.Seconds(ms)
	return s
}

func junitRun(r *reports.Result) *Properties {
	p := &Properties{}
	add := func(name, value string) {
		if value != "" {
			p.List = append(p.List, Property{name, text.Clean(text.OneLine(value))})
		}
	}
	add("target", r.Target.URL)
	add("deployment", r.Target.Deployment)
	add("release", r.Target.Release)
	if o := r.Target.OtherNode; o != nil {
		add("other-node", o.Words())
	}
	add("version", r.Tool.Version)
	add("commit", r.Tool.Commit)
	add("commit-date", r.Tool.Date)
	if r.Tool.Modified {
		add("modified", "true")
	}
	add("spec-digest", r.Spec.Digest)
	add("suite-version", r.Suite.Version)
	add("faults-detectable", strconv.Itoa(r.Suite.FaultsDetectable))
	add("unproven", strings.Join(r.Suite.Unproven, " "))
	add("verdict", string(r.Verdict))
	add("scope", string(r.Scope))
	for _, p := range r.Profiles {
		add("profile-"+p.Name, p.Word())
	}
	add("exit-code", strconv.Itoa(r.Exit.Code))
	for _, c := range r.Exit.All {
		add("exit-because-"+strconv.Itoa(c.Code), c.Because)
	}
	add("seed", strconv.FormatInt(r.Seed, 10))
	if n := r.Settings.Repeat; n > 1 {
		add("repeat", strconv.Itoa(n))
	}
	if r.Shard != nil {
		add("shard", fmt.Sprintf("%d/%d", r.Shard.Index, r.Shard.Count))
	}
	return p
}

func junitRow(r *reports.Result, row *reports.Row) Case {
	c := Case{
		Classname: "finesse." + text.Clean(row.Section), Name: text.Clean(row.ID + " " + text.OneLine(row.Title)),
		Time: reports.Seconds(row.Duration), SystemOut: &Text{Escape(junitFacts(row))},
	}
	reason := func(kind, message, said string) *Reason {
		return &Reason{Type: kind, Message: reports.Message(message), Text: Escape(said)}
	}
	//exhaustive:enforce
	switch row.Outcome {
	case evidence.Passed, evidence.Info:
	case evidence.Failed:
		c.Failure = reason(row.Level, row.Reason, causeText(r, row)+reports.Account(row)+guideText(r, row))
	case evidence.Waived:
		c.Skipped = reason("waived", "waived: "+row.Reason+reports.WaivedWords(row), "")
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

// causeText says with which other requirements a failure has its cause in
// common, "" for one that stands alone.
func causeText(r *reports.Result, row *reports.Row) string {
	g := r.FailureOf(row.ID)
	if g == nil || g.One() {
		return ""
	}
	said := fmt.Sprintf("cause:    %s\n          fails %s\n", g.Cause.Words(), strings.Join(g.Requirements, ", "))
	if len(g.Kept) > 0 {
		said += fmt.Sprintf("          not exercised for it: %s\n", strings.Join(g.Kept, ", "))
	}
	return said
}

// guideText spells out the guide that a failure cites.
func guideText(r *reports.Result, row *reports.Row) string {
	said := ""
	for _, g := range r.Abbreviations(func(other *reports.Row) bool { return other == row }) {
		said += fmt.Sprintf("\n%s: %s\n", g.Key, g.Title)
	}
	return said
}

// junitFacts is what a reader of the case sees beside its outcome.
func junitFacts(row *reports.Row) string {
	var b strings.Builder
	fmt.Fprintf(&b, "level: %s\n", row.Level)
	fmt.Fprintf(&b, "source: %s\n", strings.Join(row.Source, ", "))
	if row.Observed != nil {
		fmt.Fprintf(&b, "observed: %s\n", reports.ObservedText(*row.Observed))
	}
	if row.Outcome == evidence.Info && row.Reason != "" {
		fmt.Fprintf(&b, "note: %s\n", row.Reason)
	}
	if row.Gap != nil && row.Gap.Remedy != "" {
		fmt.Fprintf(&b, "to make it run: %s\n", row.Gap.Remedy)
	}
	if row.Rates != nil {
		fmt.Fprintf(&b, "repeated: %s\n", reports.RatesText(row.Rates))
	}
	if row.Attempts > 1 {
		fmt.Fprintf(&b, "attempts: %d\n", row.Attempts)
	}
	return b.String()
}

// Escape makes text for between tags. Line ends stay what they are, where
// encoding/xml would write a character reference for each.
func Escape(said string) string {
	return betweenTags.Replace(text.Cut(text.Clean(said), textLimit))
}

var betweenTags = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
