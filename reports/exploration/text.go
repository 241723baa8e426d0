package exploration

import (
	"fmt"
	"io"
	"strings"

	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/reports/junit"
	"finesse-conformance/suites/explore"
)

// WriteText prints what an exploration came to.
func (r *Report) WriteText(w io.Writer, folder string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "explored %s: %s in %s, seed %d\n", r.Target.URL, text.Count(r.Steps, "step"), text.Count(r.Played, "walk"), r.Seed)
	if r.Stopped != "" {
		fmt.Fprintf(&b, "ended before its end: %s; go on with --resume\n", r.Stopped)
	}
	fails, waived := 0, 0
	for _, f := range r.Findings {
		how := fmt.Sprintf("%d of %d times", f.Shown, f.Of)
		switch {
		case f.Certainty == explore.Once:
			how = fmt.Sprintf("seen once, and not again in %s: no failure", text.Count(f.Of, "replay"))
		case f.WaivedBy != nil:
			waived++
			how += ", waived by " + f.WaivedBy.Owner + " until " + f.WaivedBy.Until
		default:
			fails++
		}
		fmt.Fprintf(&b, "\n%s  %s\n    %s, found in walk %s\n", f.ID, f.Sentence, how, f.Walk)
		if len(f.Sources) > 0 {
			fmt.Fprintf(&b, "    written in %s\n", strings.Join(f.Sources, ", "))
		}
	}
	if len(r.Findings) > 0 {
		fmt.Fprintf(&b, "\nscenarios and scripts of them are in %s\n", folder)
	}
	for _, use := range r.Waivers {
		if use.Stale != "" {
			fmt.Fprintf(&b, "\nthe waiver of %s is stale: %s\n", use.Requirement, use.Stale)
		}
	}
	switch {
	case fails > 0:
		fmt.Fprintf(&b, "\nNOT POSSIBLE BY THE GUIDE: %s\n", text.Count(fails, "finding"))
	case len(r.Classes) == 0:
		b.WriteString("\nNOTHING WAS EXPLORED\n")
	case r.Stopped != "":
		b.WriteString("\nNOTHING AGAINST THE GUIDE SO FAR\n")
	default:
		b.WriteString("\nNOTHING AGAINST THE GUIDE\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Suite is the exploration as a JUnit testsuite: a case for each class of
// rounds that could have been walked, whether it was or not, so that a
// dashboard has the same ones every time.
func (r *Report) Suite(ids []string) junit.Suite {
	s := junit.Suite{Name: explore.Section, Time: "0"}
	if !r.Started.IsZero() {
		s.Timestamp = r.Started.UTC().Format("2006-01-02T15:04:05")
	}
	for _, id := range ids {
		one := junit.Case{Classname: "finesse." + explore.Section, Name: id + " " + titleOf(id), Time: "0"}
		walked := 0
		for _, c := range r.Classes {
			if c.ID == id {
				walked = c.Rounds
			}
		}
		var fails, held []string
		for _, f := range r.Findings {
			switch {
			case class(f.ID) != id:
			case f.Fails():
				fails = append(fails, f.Sentence)
			case f.WaivedBy != nil:
				held = append(held, f.Sentence)
			}
		}
		switch {
		case len(fails) > 0:
			s.Failures++
			one.Failure = &junit.Reason{Type: "against the guide", Message: reports.Message(fails[0]), Text: junit.Escape(strings.Join(fails, "\n"))}
		case len(held) > 0:
			s.Skipped++
			one.Skipped = &junit.Reason{Message: reports.Message("waived: " + held[0])}
		case walked == 0:
			s.Skipped++
			one.Skipped = &junit.Reason{Message: reports.Message("not exercised: no walk came by")}
		}
		one.SystemOut = &junit.Text{Text: junit.Escape(text.Count(walked, "round"))}
		s.Tests++
		s.Cases = append(s.Cases, one)
	}
	return s
}

func titleOf(id string) string {
	parts := strings.Split(id, "-")
	how := map[explore.How]string{
		explore.Alone: "one thing at a time", explore.InARow: "one thing right after another", explore.Together: "things at the same moment",
	}[explore.How(parts[len(parts)-1])]
	return how + ", of a user in " + strings.Join(parts[1:len(parts)-1], "-")
}
