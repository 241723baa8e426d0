package html

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"finesse-conformance/internal/text"
	"finesse-conformance/reports"
	"finesse-conformance/reports/page"
	"finesse-conformance/suites/evidence"
)

// copyLimit is how many bytes of a body go into a text to be copied.
const copyLimit = 2 << 10

// curl is the request under test as a command for a shell, with places to fill
// in for the credentials; "" where there is none.
func (b *rowBuilder) curl(x *reports.ExchangeRef) string {
	if x == nil {
		return ""
	}
	parts := []string{"curl -i"}
	if x.As != "" {
		// The id is no secret; the name that it signs in with may be another.
		parts = append(parts, "-u "+quoted("USERNAME_OF_"+x.As+":PASSWORD"))
	}
	if x.Method != http.MethodGet {
		parts = append(parts, "-X "+quoted(x.Method))
	}
	for _, kv := range page.HeaderList(x.RequestHeader) {
		switch strings.ToLower(kv[0]) {
		case "content-type", "accept", "requestid":
			parts = append(parts, "-H "+quoted(kv[0]+": "+kv[1]))
		}
	}
	if x.RequestBody != "" {
		parts = append(parts, "--data-binary "+quoted(text.Cut(x.RequestBody, copyLimit)))
	}
	address := strings.TrimSuffix(b.in.Result.Target.URL, "/") + x.Path
	return text.Shown(strings.Join(append(parts, quoted(address)), " \\\n  "))
}

// quoted makes one word of a text for a POSIX shell.
func quoted(said string) string { return "'" + strings.ReplaceAll(said, "'", `'\''`) + "'" }

// ticket is the failure as plain text for who has to mend it.
func (b *rowBuilder) ticket(f *failure, r *reports.Row, x *reports.ExchangeRef) string {
	var t strings.Builder
	target := b.in.Result.Target
	fmt.Fprintf(&t, "%s: %s\n\n", r.ID, f.Title)
	fmt.Fprintf(&t, "Target:   %s %s at %s\n", target.Deployment, target.Release, target.URL)
	fmt.Fprintf(&t, "Tested:   %s, by %s %s, requirement %s (%s)\n", b.in.Result.Started.UTC().Format("2 January 2006 15:04 UTC"), b.in.Result.Tool.Name, b.in.Result.Tool.Version, r.ID, r.Level)
	for i, s := range f.Sources {
		if i == 0 {
			t.WriteString("\nWhat is documented:\n")
		}
		fmt.Fprintf(&t, "  - %s\n", s.Text)
		if s.Address != "" {
			fmt.Fprintf(&t, "    %s\n", s.Address+mirrorWord(s.Mirror))
		}
	}
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
	if len(f.Way) > 0 {
		fmt.Fprintf(&t, "Before:   %s\n", strings.Join(f.Way, ", then "))
	}
	for _, shown := range []*reports.ExchangeRef{x, r.Exchange} {
		if shown == nil || shown == r.Exchange && x != nil && x.Index == r.Exchange.Index {
			continue
		}
		fmt.Fprintf(&t, "\n%s %s\n%s\nAnswer: %d after %s\n%s\n", shown.Method, shown.Path, text.Cut(shown.RequestBody, copyLimit), shown.Status, page.Took(shown.DurationMS), text.Cut(shown.ResponseBody, copyLimit))
	}
	if f.Curl != "" {
		fmt.Fprintf(&t, "\nTo see it again:\n%s\n", f.Curl)
	}
	return text.Shown(strings.TrimSpace(t.String()))
}

func mirrorWord(mirror bool) string {
	if mirror {
		return " (a mirror)"
	}
	return ""
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
