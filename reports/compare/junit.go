package compare

import (
	"io"

	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/reports/junit"
	"finesse-conformance/suites/evidence"
)

// WriteJUnit writes the comparison as JUnit XML: a testcase for each change,
// of which regressions fail, and one for each kind of drift, which is in the
// file also when there is none of it, so that dashboards keep its history.
// Drift is a failure where failOnDrift says so, otherwise a passed case that
// tells of it.
func (c *Comparison) WriteJUnit(w io.Writer, failOnDrift bool) error {
	return junit.Encode(w, junit.Suites{Suites: c.junitSuites(failOnDrift)})
}

func (c *Comparison) junitSuites(failOnDrift bool) []junit.Suite {
	return []junit.Suite{
		c.junitChanges("regressions", c.Regressions, true),
		c.junitChanges("repairs", c.Repairs, false),
		c.junitChanges("waived", c.Waived, false),
		c.junitChanges("failing", c.Failing, false),
		c.junitChanges("newly-exercised", c.NewlyRun, false),
		c.junitChanges("added", c.Added, false),
		c.junitChanges("no-longer-exercised", c.Gone, false),
		c.junitDrifts(failOnDrift),
	}
}

func (c *Comparison) junitSuite(name string) junit.Suite {
	s := junit.Suite{Name: name, Time: reports.Seconds(0)}
	p := &junit.Properties{}
	for _, side := range []struct {
		name string
		Side
	}{{"old", c.Old}, {"new", c.New}} {
		for _, v := range [][2]string{
			{"target", side.Target.URL}, {"deployment", side.Target.Deployment}, {"release", side.Target.Release},
			{"version", side.Tool.Build()}, {"spec-digest", side.SpecDigest}, {"verdict", string(side.Verdict)},
		} {
			if v[1] != "" {
				p.List = append(p.List, junit.Property{Name: side.name + "-" + v[0], Value: text.Clean(text.OneLine(v[1]))})
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
func (c *Comparison) junitChanges(name string, list []Change, fails bool) junit.Suite {
	s := c.junitSuite("compare." + name)
	for _, x := range list {
		jc := junit.Case{Classname: "finesse-compare." + text.Clean(x.Section), Name: text.Clean(x.ID + " " + text.OneLine(x.Title)), Time: reports.Seconds(0)}
		message := reports.Message(changeText(x))
		account := "was " + orAbsent(x.From) + ", is " + orAbsent(x.To) + "\n" + changeText(x) + "\n" + x.Page + "\n"
		if cause := c.causeOf(x.ID); cause != x.ID {
			account += "cause: " + cause + "\n"
		}
		said := junit.Escape(account)
		switch {
		case fails:
			jc.Failure = &junit.Reason{Type: "regression", Message: message, Text: said}
			s.Failures++
		case x.To == evidence.Passed || x.To == evidence.Info:
			jc.SystemOut = &junit.Text{Text: said}
		default:
			jc.Skipped = &junit.Reason{Type: string(x.To), Message: message}
			s.Skipped++
		}
		s.Cases = append(s.Cases, jc)
	}
	if len(list) == 0 && fails {
		s.Cases = []junit.Case{{Classname: "finesse-compare", Name: "no regression", Time: reports.Seconds(0)}}
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
	return []DriftKind{driftOutcome, driftAsynchrony, driftStatus, driftErrorType, driftErrorData, driftErrorMessage,
		driftState, driftReasonCode, driftEvents, driftRecorded, driftElement, driftValue, driftForm, driftLatency, driftConvergence}
}

func (c *Comparison) junitDrifts(fail bool) junit.Suite {
	s := c.junitSuite("compare.drift")
	for _, kind := range driftKinds() {
		jc := junit.Case{Classname: "finesse-compare.drift", Name: "drift " + string(kind), Time: reports.Seconds(0)}
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
			jc.Failure = &junit.Reason{Type: "drift", Message: reports.Message(message), Text: junit.Escape(said)}
			s.Failures++
		default:
			jc.SystemOut = &junit.Text{Text: junit.Escape(said)}
		}
		s.Cases = append(s.Cases, jc)
	}
	s.Tests = len(s.Cases)
	return s
}
