package console

import (
	"cmp"
	"fmt"
	"html"
	"io"
	"strings"

	"finesse-conformance/reports"
)

// WriteBadge writes a badge as SVG: the verdict, and how many of the
// applicable requirements were exercised.
func WriteBadge(w io.Writer, r *reports.Result) error {
	color := map[reports.Word]string{reports.Conformant: "#1b6e3c", reports.Nonconformant: "#b3261e"}[r.Verdict]
	color = cmp.Or(color, "#8a5a00")
	if r.Verdict == reports.Conformant && r.Scope == reports.ScopeSelection {
		color = "#2b5ea7" // green is for a whole certification
	}
	label := strings.TrimSpace("Finesse " + r.Target.Deployment)
	text := string(r.Verdict)
	switch {
	case r.Scope == reports.ScopeSelection, r.Scope == reports.ScopeProfiles:
		text = r.ShortHeadline()
	case r.Verdict == reports.Nonconformant:
		text = fmt.Sprintf("not conformant, %d failed", r.Summary.Failed)
	case r.Verdict == reports.Conformant, r.Verdict == reports.Incomplete:
		text = fmt.Sprintf("%s, %d of %d", r.Verdict, r.Summary.Exercised(), r.Summary.Applicable())
	}
	const pad, char, height = 8, 7, 20
	left, right := 2*pad+char*len(label), 2*pad+char*len(text)
	title := html.EscapeString(label + ": " + text)
	_, err := fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" width="%[1]d" height="%[2]d" role="img" aria-label="%[3]s">
<title>%[3]s</title>
<rect width="%[4]d" height="%[2]d" rx="3" fill="#444"/>
<rect x="%[4]d" width="%[5]d" height="%[2]d" rx="3" fill="%[6]s"/>
<g fill="#fff" text-anchor="middle" font-family="Verdana, DejaVu Sans, sans-serif" font-size="11">
<text x="%[7]d" y="14" textLength="%[8]d">%[9]s</text>
<text x="%[10]d" y="14" textLength="%[11]d">%[12]s</text>
</g>
</svg>
`, left+right, height, title, left, right, color,
		left/2, left-2*pad, html.EscapeString(label), left+right/2, right-2*pad, html.EscapeString(text))
	if err != nil {
		return fmt.Errorf("writing the badge: %w", err)
	}
	return nil
}
