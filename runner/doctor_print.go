package runner

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"finesse-conformance/internal/text"
	"finesse-conformance/runner/internal/preflight"
)

// Write prints a diagnosis for a person.
func (d *Diagnosis) Write(w io.Writer, colour bool) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", d.Target)
	width := 0
	for _, c := range d.Checks {
		width = max(width, len(c.Name))
	}
	for _, c := range d.Checks {
		fmt.Fprintf(&b, "  %s  %-*s  %s\n", mark(c.Finding, colour), width, c.Name, text.Printable(c.Seen))
		if c.Advice != "" {
			fmt.Fprintf(&b, "       %*s  -> %s\n", width, "", text.Printable(c.Advice))
		}
	}
	switch {
	case !d.able():
		fmt.Fprintf(&b, "\nIt cannot be certified as it is.\n")
	case d.Planned:
		fmt.Fprintf(&b, "\nA run would exercise %d requirements.", d.Run)
		if len(d.Costs) > 0 {
			b.WriteString(" It would not exercise:")
		}
		b.WriteString("\n")
		for _, c := range d.Costs {
			fmt.Fprintf(&b, "  %3d  %s\n       %s\n", len(c.Requirements), text.Printable(c.Why), strings.Join(shortened(c.Requirements), " "))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func mark(f preflight.Finding, colour bool) string {
	word, code := " ok ", "32"
	switch f {
	case preflight.Lacking:
		word, code = "note", "33"
	case preflight.Broken:
		word, code = "FAIL", "31"
	}
	if !colour {
		return word
	}
	return "\x1b[" + code + "m" + word + "\x1b[0m"
}

// shortened leaves out what would fill the screen.
func shortened(ids []string) []string {
	const most = 12
	if len(ids) <= most {
		return ids
	}
	return append(ids[:most:most], fmt.Sprintf("and %d more", len(ids)-most))
}

// escaped makes a text safe to stand in XML.
func escaped(s string) string {
	var b strings.Builder
	if err := xml.EscapeText(&b, []byte(s)); err != nil {
		return "" // a strings.Builder takes everything
	}
	return b.String()
}
