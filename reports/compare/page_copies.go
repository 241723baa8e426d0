package compare

import (
	"fmt"
	"strings"

	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/reports/internal/page"
	"finesse-conformance/suites/evidence"
)

// copies gives a failure the texts to take along: the request as a command, and
// what it did before and does now for a ticket.
func (b *itemBuilder) copies(it *item, old, new *reports.Row, before, after *evidence.Evidence) {
	was, is := refOf(old, before, actOf(before)), refOf(new, after, actOf(after))
	if is == nil {
		is = new.Exchange
	}
	it.Copies = page.Copies{Key: it.Anchor, Curl: page.Curl(b.c.new, is)}

	var t strings.Builder
	fmt.Fprintf(&t, "%s: %s\n\n", new.ID, it.Title)
	fmt.Fprintf(&t, "Tested before: %s\nTested after:  %s\n", sideText(b.c.old), sideText(b.c.new))
	t.WriteString(page.SourcesText(it.Sources))
	t.WriteString("\n")
	if it.Asked != "" {
		fmt.Fprintf(&t, "Asked:    %s\n", it.Asked)
	}
	for _, side := range []struct {
		name string
		row  *reports.Row
	}{{"Before:  ", old}, {"Now:     ", new}} {
		said := page.OutcomeWord(side.row.Outcome)
		switch {
		case side.row.Reason != "":
			said += ": " + side.row.Reason
		case side.row.Observed != nil:
			said += ": " + reports.ObservedText(*side.row.Observed)
		}
		fmt.Fprintf(&t, "%s %s\n", side.name, text.ShownLine(said, 800))
	}
	for _, side := range []struct {
		name string
		x    *reports.ExchangeRef
	}{{"Before", was}, {"Now", is}, {"The answer that showed it", decided(new, is)}} {
		if side.x != nil {
			fmt.Fprintf(&t, "\n%s:\n%s", side.name, page.ExchangeText(side.x))
		}
	}
	t.WriteString(page.SeeAgain(it.Copies.Curl))
	it.Copies.Ticket = text.Shown(strings.TrimSpace(t.String()))
}

// sideText names a run for who has only the ticket.
func sideText(r *reports.Result) string {
	return text.ShownLine(fmt.Sprintf("%s %s at %s, %s by %s %s", r.Target.Deployment, r.Target.Release, r.Target.URL,
		r.Started.UTC().Format("2 January 2006 15:04 UTC"), r.Tool.Name, r.Tool.Version), 400)
}
