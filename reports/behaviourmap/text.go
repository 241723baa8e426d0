package behaviourmap

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"finesse-conformance/internal/text"
	"finesse-conformance/suites/behaviour"
)

// mostReasons is how many reasons are printed for what was not reached: one cause
// may name another user each time.
const mostReasons = 8

// WriteText says what the map came to: what is against the guide, a line each,
// and where the whole is.
func (m *Map) WriteText(w io.Writer, page string) error {
	var b strings.Builder
	s := m.Summary
	headline := "NOTHING AGAINST THE GUIDE"
	switch {
	case s.Against > 0:
		headline = "AGAINST THE GUIDE"
	case s.AsDocumented == 0:
		headline = "NOTHING WAS ASKED"
	case len(m.LeftOut) > 0:
		headline += " SO FAR"
	}
	fmt.Fprintf(&b, "%s %s\n", headline, text.ShownLine(side(m), 200))
	fmt.Fprintf(&b, "%d requests: %d as documented, %d against the guide, %d of which it says nothing, %d not reached\n",
		len(m.Cells), s.AsDocumented, s.Against, s.Undocumented, s.NotReached)
	if s.Against > 0 {
		b.WriteString("\nAgainst the guide\n")
	}
	asked := map[request]int{}
	var against []Cell
	reasons := map[string]int{}
	var order []string
	for _, c := range m.Cells {
		if c.Mark != behaviour.NotReached {
			asked[requestOf(c)]++
		}
		switch c.Mark {
		case behaviour.Against:
			against = append(against, c)
		case behaviour.NotReached:
			why := text.ShownLine(c.Why, 160)
			if reasons[why]++; reasons[why] == 1 {
				order = append(order, why)
			}
		}
	}
	for _, a := range together(against, func(c Cell) Cell { return c }, func(c Cell) string { return c.Expected + ">" + c.Result }, asked) {
		fmt.Fprintf(&b, "  in %s, %s: expected %s; saw %s\n", a.where(), a.First.Asks(), a.First.Expected, text.ShownLine(a.First.Result, 200))
	}
	if len(order) > 0 {
		b.WriteString("\nNot reached\n")
	}
	slices.SortStableFunc(order, func(a, b string) int { return reasons[b] - reasons[a] })
	for n, why := range order {
		if n == mostReasons {
			fmt.Fprintf(&b, "  and %s that the matrix tells\n", text.Count(len(order)-n, "more reason"))
			break
		}
		fmt.Fprintf(&b, "  %d: %s\n", reasons[why], why)
	}
	if len(m.LeftOut) > 0 {
		fmt.Fprintf(&b, "\nLeft out: %s, from %s on.\n", text.Count(len(m.LeftOut), "visit"), m.LeftOut[0])
	}
	fmt.Fprintf(&b, "\nThe matrix: %s\n", page)
	_, err := io.WriteString(w, b.String())
	return err
}
