package reports

import (
	"io"

	"finesse-conformance/internal/text"
	"finesse-conformance/suites/evidence"
)

// WriteJUnit writes the comparison as JUnit XML: a testcase for each change,
// of which regressions fail, and one for each kind of drift, which is in the
// file also when there is none of it, so that dashboards keep its history.
// Drift is a failure where failOnDrift says so, otherwise a passed case that
// tells of it.
func (c *Comparison) WriteJUnit(w io.Writer, failOnDrift bool) error {
	suites := junitSuites{Suites: []junitSuite{
		c.junitChanges("regressions", c.Regressions, true),
		c.junitChanges("repairs", c.Repairs, false),
		c.junitChanges("waived", c.Waived, false),
		c.junitChanges("failing", c.Failing, false),
		c.junitChanges("newly-exercised", c.NewlyRun, false),
		c.junitChanges("no-longer-exercised", c.Gone, false),
		c.junitDrifts(failOnDrift),
	}}
	return encodeJUnit(w, suites)
}

func (c *Comparison) junitSuite(name string) junitSuite {
	s := junitSuite{Name: name, Time: seconds(0)}
	p := &junitProperties{}
	for _, side := range []struct {
		name string
		Side
	}{{"old", c.Old}, {"new", c.New}} {
		for _, v := range []junitProperty{
			{side.name + "-target", side.Target.URL}, {side.name + "-deployment", side.Target.Deployment},
			{side.name + "-release", side.Target.Release}, {side.name + "-version", side.Tool.Version},
			{side.name + "-spec-digest", side.SpecDigest}, {side.name + "-verdict", string(side.Verdict)},
		} {
			if v.Value != "" {
				p.List = append(p.List, junitProperty{v.Name, text.Clean(text.OneLine(v.Value))})
			}
		}
	}
	s.Properties = p
	if !c.New.Started.IsZero() {
		s.Timestamp = c.New.Started.UTC().Format("2006-01-02T15:04:05")
	}
	return s
}

// junitChanges is a suite of changes. Without regressions there is one case
// that passes and says so.
func (c *Comparison) junitChanges(name string, list []Change, fails bool) junitSuite {
	s := c.junitSuite("compare." + name)
	for _, x := range list {
		jc := junitCase{Classname: "finesse-compare." + text.Clean(x.Section), Name: text.Clean(x.ID + " " + text.OneLine(x.Title)), Time: seconds(0)}
		message := text.Truncate(text.Clean(text.OneLine(changeText(x))), junitMessageLimit)
		said := escape("was " + orAbsent(x.From) + ", is " + orAbsent(x.To) + "\n" + changeText(x) + "\n" + x.Page + "\n")
		switch {
		case fails:
			jc.Failure = &junitReason{Type: "regression", Message: message, Text: said}
			s.Failures++
		case x.To == evidence.Passed || x.To == evidence.Info:
			jc.SystemOut = &junitText{said}
		default:
			jc.Skipped = &junitReason{Type: string(x.To), Message: message}
			s.Skipped++
		}
		s.Cases = append(s.Cases, jc)
	}
	if len(list) == 0 && fails {
		s.Cases = []junitCase{{Classname: "finesse-compare", Name: "no regression", Time: seconds(0)}}
	}
	s.Tests = len(s.Cases)
	return s
}

func orAbsent(o evidence.Outcome) string {
	if o == "" {
		return "not in the catalogue"
	}
	return string(o)
}

// driftKinds lists the kinds in the order of reports.
func driftKinds() []DriftKind {
	return []DriftKind{DriftOutcome, DriftAsynchrony, DriftStatus, DriftErrorType, DriftErrorData, DriftErrorMessage,
		DriftState, DriftReasonCode, DriftEvents, DriftRecorded, DriftElement, DriftValue, DriftForm, DriftLatency, DriftConvergence}
}

func (c *Comparison) junitDrifts(fail bool) junitSuite {
	s := c.junitSuite("compare.drift")
	for _, kind := range driftKinds() {
		jc := junitCase{Classname: "finesse-compare.drift", Name: "drift " + string(kind), Time: seconds(0)}
		var said, first string
		n := 0
		for _, d := range c.Drifts {
			if d.Kind != kind {
				continue
			}
			if n++; n == 1 {
				first = driftSubject(d) + ": " + driftLine(d)
			}
			said += string(d.Class) + ": " + driftSubject(d) + ": " + driftLine(d) + "\n"
		}
		switch {
		case n == 0:
		case fail:
			message := text.Count(n, "drift") + ", the first: " + first
			jc.Failure = &junitReason{Type: "drift", Message: text.Truncate(text.Clean(text.OneLine(message)), junitMessageLimit), Text: escape(said)}
			s.Failures++
		default:
			jc.SystemOut = &junitText{escape(said)}
		}
		s.Cases = append(s.Cases, jc)
	}
	s.Tests = len(s.Cases)
	return s
}
