package html

import (
	"fmt"
	"slices"
	"strings"

	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/reports/internal/page"
	"finesse-conformance/suites/evidence"
)

// ticket is the failure as plain text for who has to mend it.
func (b *rowBuilder) ticket(f *failure, r *reports.Row, x *reports.ExchangeRef) string {
	var t strings.Builder
	target := b.in.Result.Target
	fmt.Fprintf(&t, "%s: %s\n\n", r.ID, f.Title)
	fmt.Fprintf(&t, "Target:   %s %s at %s\n", target.Deployment, target.Release, target.URL)
	fmt.Fprintf(&t, "Tested:   %s, by %s %s, requirement %s (%s)\n", b.in.Result.Started.UTC().Format("2 January 2006 15:04 UTC"), b.in.Result.Tool.Name, b.in.Result.Tool.Version, r.ID, r.Level)
	t.WriteString(page.SourcesText(f.Sources))
	if len(f.Story) > 0 {
		t.WriteString("\nIn our words:\n")
		for _, s := range f.Story {
			fmt.Fprintf(&t, "  %-6s %s\n", s.Word, s.Text)
		}
	}
	t.WriteString("\n")
	if f.Asked != "" {
		fmt.Fprintf(&t, "Asked:    %s\n", f.Asked)
	}
	if f.Expected != "" {
		fmt.Fprintf(&t, "Expected: %s\nSeen:     %s\n", f.Expected, f.Seen)
	} else {
		fmt.Fprintf(&t, "Seen:     %s\n", f.Reason)
	}
	if len(f.Path) > 0 {
		fmt.Fprintf(&t, "Before:   %s\n", strings.Join(f.Path, ", then "))
	}
	for _, shown := range []*reports.ExchangeRef{x, r.Exchange} {
		if shown == nil || shown == r.Exchange && x != nil && x.Index == r.Exchange.Index {
			continue
		}
		fmt.Fprintf(&t, "\n%s", page.ExchangeText(shown))
	}
	t.WriteString(page.SeeAgain(f.Copies.Curl))
	return text.Shown(strings.TrimSpace(t.String()))
}

// underTest is the request that a copied text is about: that of the step which
// failed, or the exchange that decided.
func underTest(r *reports.Row, e *evidence.Evidence) *reports.ExchangeRef {
	if list := sent(e, r.Step-1); len(list) > 0 {
		return reports.NewExchangeRef(e, list[0], true)
	}
	return r.Exchange
}

// groups puts the failures of one cause together, in the order of the result's
// groups.
func (b *rowBuilder) groups(failures []failure) []failureGroup {
	var out []failureGroup
	for _, g := range b.in.Result.Failures {
		var mine []failure
		for _, f := range failures {
			if slices.Contains(g.Requirements, f.ID) {
				mine = append(mine, f)
			}
		}
		if len(mine) == 0 {
			continue
		}
		group := failureGroup{Failures: mine, Kept: g.Kept}
		if !g.One() {
			group.Cause = text.ShownLine(g.Cause.Words(), 400)
		}
		out = append(out, group)
	}
	return out
}
