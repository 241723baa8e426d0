package behaviourmap

import (
	"fmt"
	"strings"

	"finesse-conformance/reports"
	"finesse-conformance/reports/junit"
	"finesse-conformance/suites/behaviour"
)

// Suite is the map as a JUnit testsuite: one case for each row of the matrix,
// named MAP-<state>-<asker>, so that a dashboard has a few dozen cases with a
// history and not thousands.
func (m *Map) Suite() junit.Suite {
	s := junit.Suite{Name: behaviour.Section, Time: "0"}
	if !m.Started.IsZero() {
		s.Timestamp = m.Started.UTC().Format("2006-01-02T15:04:05")
	}
	var order []string
	rows := map[string][]Cell{}
	for _, c := range m.Cells {
		if rows[c.Row] == nil {
			order = append(order, c.Row)
		}
		rows[c.Row] = append(rows[c.Row], c)
	}
	for _, id := range order {
		cells := rows[id]
		one := junit.Case{Classname: "finesse." + behaviour.Section, Name: id + " " + title(cells[0]), Time: "0"}
		var against, missing []string
		seen := 0
		for _, c := range cells {
			line := fmt.Sprintf("in %s, %s: %s", c.Situation.Text, c.Asks(), c.Result)
			switch c.Mark {
			case behaviour.Against:
				against = append(against, line+"; expected "+c.Expected)
			case behaviour.NotReached:
				missing = append(missing, fmt.Sprintf("in %s, %s: %s", c.Situation.Text, c.Asks(), c.Why))
			default:
				seen++
			}
		}
		switch {
		case len(against) > 0:
			s.Failures++
			one.Failure = &junit.Reason{
				Type: "against the guide", Message: reports.Message(fmt.Sprintf("%d of %d requests: %s", len(against), len(cells), against[0])),
				Text: junit.Escape(strings.Join(against, "\n")),
			}
		case seen == 0:
			s.Skipped++
			one.Skipped = &junit.Reason{Message: reports.Message("not exercised: " + missing[0])}
		}
		one.SystemOut = &junit.Text{Text: junit.Escape(fmt.Sprintf("%d requests asked, %d not reached", len(cells)-len(missing), len(missing)))}
		s.Tests++
		s.Cases = append(s.Cases, one)
	}
	return s
}

func title(c Cell) string {
	return fmt.Sprintf("what %s may ask of a user in %s", strings.ReplaceAll(string(c.Who), "_", " "), c.Situation.State)
}
