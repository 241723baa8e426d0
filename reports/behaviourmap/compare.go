package behaviourmap

import (
	"fmt"
	"io"
	"strings"

	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/reports/junit"
	"finesse-conformance/spec"
	"finesse-conformance/suites/behaviour"
)

// Change is a cell that came to something else than before.
type Change struct {
	Cell   Cell           `json:"cell"` // as it is now
	Before string         `json:"before"`
	Now    string         `json:"now"`
	Was    behaviour.Mark `json:"was"`
}

// Worse reports whether the change is one away from the guide.
func (c Change) Worse() bool { return c.Cell.Mark == behaviour.Against && c.Was != behaviour.Against }

// Comparison is what differs between two maps: the fingerprint of an upgrade.
type Comparison struct {
	Old     string   `json:"old"`
	New     string   `json:"new"`
	Same    int      `json:"same"`
	Changed []Change `json:"changed"`
	// Missing counts the cells that only one of the two has seen: they say
	// nothing of a change.
	Missing int `json:"missing"`

	asked map[request]int // in how many situations both have seen a request
}

// key tells cells apart.
type key struct {
	situation   Situation
	who         spec.Actor
	ask, reason string
}

// Compare holds two maps of one kind of deployment against each other.
func Compare(old, now *Map) (*Comparison, error) {
	if a, b := old.Target.Deployment, now.Target.Deployment; a != b && a != "" && b != "" {
		return nil, fmt.Errorf("the old map is of %s and the new one of %s: they cannot be compared", a, b)
	}
	before := map[key]Cell{}
	for _, c := range old.Cells {
		if c.Mark == behaviour.NotReached {
			continue
		}
		before[key{c.Situation, c.Who, c.Ask, c.Reason}] = c
	}
	c := &Comparison{Old: side(old), New: side(now), Changed: []Change{}, asked: map[request]int{}}
	for _, cell := range now.Cells {
		if cell.Mark == behaviour.NotReached {
			continue
		}
		k := key{cell.Situation, cell.Who, cell.Ask, cell.Reason}
		was, ok := before[k]
		delete(before, k)
		switch {
		case !ok:
			c.Missing++
			continue
		case cell.Result == was.Result && cell.Mark == was.Mark:
			c.Same++
		default:
			c.Changed = append(c.Changed, Change{Cell: cell, Before: was.Result, Now: cell.Result, Was: was.Mark})
		}
		c.asked[requestOf(cell)]++
	}
	c.Missing += len(before)
	return c, nil
}

func side(m *Map) string {
	return strings.TrimSpace(fmt.Sprintf("%s (%s %s)", m.Target.URL, m.Target.Deployment, m.Target.Release))
}

// Worse reports whether any change is one away from the guide.
func (c *Comparison) Worse() bool { return c.worse() > 0 }

func (c *Comparison) worse() int {
	n := 0
	for _, ch := range c.Changed {
		if ch.Worse() {
			n++
		}
	}
	return n
}

// Asks says in words what a cell asks for.
func (c Cell) Asks() string {
	what := "PUT " + c.Ask
	switch c.Ask {
	case spec.AskNone:
		what = "PUT without a state"
	case spec.AskUnknown:
		what = "PUT with a state that does not exist"
	}
	switch c.Reason {
	case spec.ReasonValid:
		what += " with a reason code"
	case spec.ReasonWrongCategory:
		what += " with a reason code of the other category"
	case spec.ReasonUnknown:
		what += " with a reason code that does not exist"
	}
	if c.Who != spec.Self {
		what += " by " + strings.ReplaceAll(string(c.Who), "_", " ")
	}
	return what
}

// WriteText says in words what changed, what is against the guide first.
func (c *Comparison) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "old: %s\nnew: %s\n", text.ShownLine(c.Old, 200), text.ShownLine(c.New, 200))
	if len(c.Changed) == 0 {
		fmt.Fprintf(&b, "%s behave as before", text.Count(c.Same, "cell"))
	} else {
		fmt.Fprintf(&b, "%s changed, %d of them against the guide now; %d behave as before", text.Count(len(c.Changed), "cell"), c.worse(), c.Same)
	}
	if c.Missing > 0 {
		fmt.Fprintf(&b, ", %d seen in one of the two alone", c.Missing)
	}
	b.WriteString("\n")
	for _, s := range c.inWords() {
		mark := "  "
		if s.Worse {
			mark = "! "
		}
		b.WriteString(mark + s.Text + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// sentence tells what changed in the same way in situations of one state.
type sentence struct {
	Worse bool
	Text  string
}

// inWords tells what changed, what is against the guide first.
func (c *Comparison) inWords() []sentence {
	var worse, others []sentence
	for _, a := range together(c.Changed, func(ch Change) Cell { return ch.Cell }, func(ch Change) string { return fmt.Sprint(ch.Worse(), ch.Before, ">", ch.Now) }, c.asked) {
		ch := a.First
		s := sentence{ch.Worse(), fmt.Sprintf("in %s, %s: %s before, %s now", a.where(), text.ShownLine(ch.Cell.Asks(), 120), text.ShownLine(ch.Before, 120), text.ShownLine(ch.Now, 120))}
		if s.Worse {
			worse = append(worse, s)
		} else {
			others = append(others, s)
		}
	}
	return append(worse, others...)
}

// WriteJSON writes the comparison for programs.
func (c *Comparison) WriteJSON(w io.Writer) error {
	return reports.WriteJSON(w, "the comparison", c, " ")
}

// WriteMarkdown writes what changed as a table.
func (c *Comparison) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "### Behaviour: %s changed, %d as before\n\n", text.Count(len(c.Changed), "answer"), c.Same)
	if len(c.Changed) > 0 {
		b.WriteString("| in | asked | before | now | |\n|---|---|---|---|---|\n")
	}
	for _, ch := range c.Changed {
		mark := ""
		if ch.Worse() {
			mark = "against the guide"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", inColumn(ch.Cell.Situation.Text), inColumn(ch.Cell.Asks()), inColumn(ch.Before), inColumn(ch.Now), mark)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// inColumn makes a text fit for a column of a table.
func inColumn(s string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", "[", `\[`, "`", "'").Replace(text.ShownLine(s, 160))
}

// WriteJUnit writes the comparison as a testsuite: a case for each answer that
// changed. One that is against the guide now fails, with failOnDrift each.
func (c *Comparison) WriteJUnit(w io.Writer, failOnDrift bool) error {
	s := junit.Suite{Name: behaviour.Section, Time: "0"}
	for _, ch := range c.Changed {
		name := fmt.Sprintf("%s in %s, %s", ch.Cell.Row, ch.Cell.Situation.Text, ch.Cell.Asks())
		one := junit.Case{Classname: "finesse." + behaviour.Section, Name: text.Clean(name), Time: "0"}
		said := fmt.Sprintf("%s before, %s now", ch.Before, ch.Now)
		if ch.Worse() || failOnDrift {
			s.Failures++
			one.Failure = &junit.Reason{Type: "changed", Message: reports.Message(said), Text: junit.Escape(said)}
		} else {
			one.SystemOut = &junit.Text{Text: junit.Escape(said)}
		}
		s.Tests++
		s.Cases = append(s.Cases, one)
	}
	if s.Tests == 0 {
		s.Tests, s.Cases = 1, []junit.Case{{Classname: "finesse." + behaviour.Section, Name: "nothing changed", Time: "0"}}
	}
	return junit.Encode(w, junit.Suites{Suites: []junit.Suite{s}})
}
